//! The line editor of a terminal.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

use k5_cli::{ExitStatus, Io, Message, errno_text, restore_terminal_on_signals};
use k5_types::Secret;
use rustyline::completion::{Completer, FilenameCompleter};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, CompletionType, Config, Context, Editor, Helper};

use crate::completion::{Complete, offer};
use crate::history;
use crate::shell::Shell;
use crate::table::CommandTable;

/// How many lines the history keeps.
const HISTORY_LINES: usize = 1000;

/// Terminals that cannot be edited on; they get plain lines.
const UNABLE: [&str; 3] = ["dumb", "cons25", "emacs"];

/// Whether a person sits at a terminal that can move its cursor.
pub(crate) fn is_possible(io: &Io<'_>) -> bool {
    let terminals = io.terminals();
    let able = io
        .env
        .get("TERM")
        .is_some_and(|term| !term.is_empty() && !UNABLE.iter().any(|&unable| term == unable));
    io.is_process() && terminals.stdin && terminals.stdout && able
}

/// The editor's way to the program's state, which it holds between two commands.
struct Helping<'c, C: 'static> {
    table: CommandTable<C>,
    context: RefCell<&'c mut C>,
    files: FilenameCompleter,
}

impl<C: Complete> Completer for Helping<'_, C> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..pos).unwrap_or(line);
        let found = match self.context.try_borrow_mut() {
            Ok(mut state) => offer(self.table, &mut **state, before),
            Err(_) => return Ok((pos, Vec::new())),
        };
        match found.words {
            Some(mut words) => {
                // There is only one way on: the next word can begin.
                if let [only] = words.as_mut_slice()
                    && found.whole
                {
                    only.push(' ');
                }
                Ok((found.start, words))
            }
            None => {
                let (start, files) = self.files.complete(line, pos, context)?;
                Ok((start, files.into_iter().map(|file| file.replacement).collect()))
            }
        }
    }
}

impl<C> Hinter for Helping<'_, C> {
    type Hint = String;
}
impl<C> Highlighter for Helping<'_, C> {}
impl<C> Validator for Helping<'_, C> {}
impl<C: Complete> Helper for Helping<'_, C> {}

/// The loop over typed lines. `None`: no editor can be had; nothing has been read.
pub(crate) fn run<C: Complete>(shell: &Shell<'_, C>, context: &mut C, io: &mut Io<'_>) -> Option<ExitStatus> {
    let config = Config::builder()
        .behavior(Behavior::Stdio)
        .completion_type(CompletionType::List)
        .auto_add_history(false)
        .max_history_size(HISTORY_LINES)
        .and_then(|builder| builder.history_ignore_dups(true))
        .ok()?
        .build();
    let mut editor: Editor<Helping<'_, C>, FileHistory> = Editor::with_config(config).ok()?;
    let prompt = String::from_utf8_lossy(&shell.prompt()).into_owned();
    let file = open_history(shell, io, &mut editor);
    restore_terminal_on_signals().ok()?;
    let table = shell.table();
    editor.set_helper(Some(Helping {
        table,
        context: RefCell::new(context),
        files: FilenameCompleter::new(),
    }));
    loop {
        let _ = io.flush();
        let line = if io.has_unread() {
            // Not kept in the history: among pasted lines there may be passwords.
            match shell.plain_line(io) {
                Ok(Some(line)) => line,
                Ok(None) | Err(_) => continue,
            }
        } else {
            match editor.readline(&prompt) {
                Ok(typed) => {
                    let line = take_first(io, typed);
                    remember(shell, &mut editor, file.as_ref(), &line);
                    line.into_bytes()
                }
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => return Some(ExitStatus::SUCCESS),
                Err(error) if is_bad_text(&error) => {
                    io.complain(&Message::com_err(shell.name(), "", "what was typed is no UTF-8"));
                    continue;
                }
                Err(error) => {
                    io.complain(&Message::com_err(shell.name(), error.to_string(), "while reading commands"));
                    return Some(ExitStatus::SUCCESS);
                }
            }
        };
        let helper = editor.helper_mut()?;
        if !shell.step(helper.context.get_mut(), io, &line) {
            return Some(ExitStatus::SUCCESS);
        }
        if io.is_broken() {
            return Some(ExitStatus::BROKEN_PIPE);
        }
    }
}

fn is_bad_text(error: &ReadlineError) -> bool {
    matches!(error, ReadlineError::Io(error) if error.kind() == io::ErrorKind::InvalidData)
}

/// What is pasted can be several lines. The first one is the command; the others wait for whoever reads next, which may be
/// a prompt for a password.
fn take_first(io: &mut Io<'_>, typed: String) -> String {
    let Some((first, rest)) = typed.split_once('\n') else { return typed };
    // The return key ended the last line, if the paste had not.
    let end = if rest.is_empty() || rest.ends_with('\n') { "" } else { "\n" };
    io.unread(Secret::new([rest, end].concat()).expose().as_bytes());
    first.to_owned()
}

/// Reads the history in and gives the file, made private, to which lines are added. Without one there is a history for as
/// long as the program runs, and one line that says why.
fn open_history<C: Complete>(
    shell: &Shell<'_, C>,
    io: &mut Io<'_>,
    editor: &mut Editor<Helping<'_, C>, FileHistory>,
) -> Option<PathBuf> {
    let path = history::path(&io.env, &String::from_utf8_lossy(shell.name()))?;
    let opened = history::prepare(&path).map_err(|error| errno_text(&error));
    let loaded = opened.and_then(|()| match editor.load_history(&path) {
        Ok(()) => Ok(()),
        Err(ReadlineError::Io(error)) => Err(errno_text(&error)),
        Err(error) => Err(error.to_string()),
    });
    match loaded {
        Ok(()) => Some(path),
        Err(text) => {
            let doing = format!("while opening the history {}", path.display());
            io.complain(&Message::com_err(shell.name(), text, doing));
            None
        }
    }
}

fn remember<C: Complete>(
    shell: &Shell<'_, C>,
    editor: &mut Editor<Helping<'_, C>, FileHistory>,
    file: Option<&PathBuf>,
    line: &str,
) {
    if !history::may_keep(shell.table(), line) {
        return;
    }
    // A history that cannot be kept is no reason to stop working.
    let _ = editor.add_history_entry(line);
    if let Some(file) = file {
        let _ = editor.append_history(file);
    }
}
