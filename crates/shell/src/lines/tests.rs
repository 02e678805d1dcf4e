use super::*;
use crate::table::{Call, Command, CommandResult, CommandTable};
use k5_cli::{Environment, Failure, Streams, prompt};
use k5_types::Timestamp;
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek};
use std::rc::Rc;

/// A list of words, of which those that were added last are not sure.
#[derive(Default)]
struct List {
    sure: Vec<String>,
    unsure: Vec<String>,
    mark: usize,
    gathers: bool,
    alone: bool,
    /// Commits that fail, by their number.
    failing: Vec<usize>,
    /// Those that fail have happened all the same.
    doubts: bool,
    /// Words that cannot be added by anybody.
    refused: Vec<&'static str>,
    commits: usize,
    due: usize,
    looked: Vec<usize>,
}

impl List {
    fn fails_now(&mut self) -> bool {
        self.commits += 1;
        self.failing.contains(&self.commits)
    }
}

impl Batch for List {
    fn begin(&mut self) -> bool {
        self.gathers = true;
        true
    }

    fn look_ahead(&mut self, lines: &[Vec<OsString>]) -> usize {
        assert!(self.unsure.is_empty(), "nothing is held");
        self.looked.push(lines.len());
        lines.len().min(3)
    }

    fn mark(&mut self) -> bool {
        self.alone = false;
        self.mark = self.unsure.len();
        true
    }

    fn wants_to_be_alone(&self) -> bool {
        self.alone
    }

    fn undo(&mut self) -> bool {
        self.unsure.truncate(self.mark);
        true
    }

    fn is_due(&self) -> bool {
        self.unsure.len() >= self.due.max(1)
    }

    fn commit(&mut self) -> Written {
        let written = !self.fails_now();
        let unsure = std::mem::take(&mut self.unsure);
        if written || self.doubts {
            self.sure.extend(unsure);
        }
        match (written, self.doubts) {
            (true, _) => Written::Whole,
            (false, false) => Written::Not,
            (false, true) => Written::InDoubt("the disk is gone".to_owned()),
        }
    }

    fn end(&mut self) {
        self.gathers = false;
        self.unsure.clear();
    }
}

fn add(list: &mut List, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let word = call.args[0].to_str().unwrap().to_owned();
    if list.sure.contains(&word) || list.unsure.contains(&word) {
        return Err(Failure::plain(format!("{word} again")));
    }
    if list.gathers {
        list.unsure.push(word.clone());
    } else if list.refused.contains(&word.as_str()) || list.fails_now() {
        return Err(Failure::plain(format!("{word} fails")));
    } else {
        list.sure.push(word.clone());
    }
    writeln!(io.out(), "+{word}")?;
    Ok(())
}

fn ask(list: &mut List, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    add(list, io, call)?;
    let answer = prompt::read_answer(io, "? ")?.unwrap_or_default();
    writeln!(io.out(), "={}", String::from_utf8_lossy(&answer).trim())?;
    Ok(())
}

fn slow(list: &mut List, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    if list.gathers {
        list.alone = true;
        return Err(Failure::plain("never seen"));
    }
    add(list, io, call)
}

fn all(list: &mut List, io: &mut Io<'_>, _: &Call<'_>) -> CommandResult {
    assert!(!list.gathers && list.unsure.is_empty());
    writeln!(io.out(), "{}", list.sure.join(" "))?;
    Ok(())
}

static COMMANDS: [Command<List>; 4] = [
    Command::new(&["add"], "", add),
    Command::new(&["ask"], "", ask),
    Command::new(&["slow"], "", slow),
    Command::new(&["all"], "", all).alone(),
];

/// Both streams into one.
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Ran {
    list: List,
    said: String,
    left: String,
    status: ExitStatus,
}

fn run_with(list: List, strict: bool, lines: &str) -> Ran {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    input.rewind().unwrap();
    let said = Rc::new(RefCell::new(Vec::new()));
    let streams = Streams {
        stdin: Box::new(io::empty()),
        stdout: Box::new(Shared(Rc::clone(&said))),
        stderr: Box::new(Shared(Rc::clone(&said))),
    };
    let none: [(&str, &str); 0] = [];
    let stdin: File = input.try_clone().unwrap();
    let io = Io::new(streams, Environment::from_pairs(none), || Timestamp(0));
    let mut io = io.reading_from(stdin);
    let mut list = list;
    let shell = Shell::new(b"x", CommandTable::new(&COMMANDS)).strict(strict);
    let status = Lines::new(&shell, &mut list, &mut io).run();
    let status = io.finish(b"x", status);
    drop(io);
    let mut left = String::new();
    input.read_to_string(&mut left).unwrap();
    let said = String::from_utf8(said.borrow().clone()).unwrap();
    Ran { list, said, left, status }
}

fn run(due: usize, lines: &str) -> Ran {
    run_with(List { due, ..List::default() }, false, lines)
}

/// However many are written together, one sees the same.
#[test]
fn batches_are_not_seen() {
    let lines = "add a\nadd a\nfoo\nask b\nyes\nadd c\nslow d\nadd e\nall\nadd f\nquit\nadd g\n";
    let said = "x:  add a\n+a\nx:  add a\na again\nx:  foo\nx: Unknown request \"foo\".  Type \"?\" for a request list.\n\
        x:  ask b\n+b\n? =yes\nx:  add c\n+c\nx:  slow d\n+d\nx:  add e\n+e\nx:  all\na b c d e\nx:  add f\n+f\nx:  quit\n";
    for due in [1, 2, 3, 100] {
        let ran = run(due, lines);
        assert_eq!(ran.said, said, "{due}");
        assert_eq!(ran.list.sure.concat(), "abcdef");
        assert_eq!(ran.left, "add g\n");
        assert_eq!(ran.status, ExitStatus::SUCCESS);
    }
    // Two that were due, and one that is no line and is added alone.
    assert_eq!(run(2, "add a\nadd b\nadd c\nadd d\nadd e").list.commits, 3);
    // Two that ended what was looked at, and one that is added alone.
    assert_eq!(run(100, "add a\nadd b\nadd c\nadd d\nadd e").list.commits, 3);
}

#[test]
fn lines_are_looked_at_first() {
    let ran = run(100, "add a\nadd b\nadd c\nadd d\nadd e\nall\nadd f\nquit\nadd g\n");
    assert_eq!(ran.list.looked, [5, 2, 1], "three at a time, and none behind what is done alone");
    // What is written gives the time for it.
    assert_eq!(run(2, "add a\nadd b\nadd c\nadd d\nadd e\n").list.looked, [5, 3, 1]);
}

#[test]
fn after_a_commit_that_fails_each_line_tells_for_itself() {
    let lines = "add a\nadd b\nadd a\nadd c\nall\nadd d\n";
    let list = || List { due: 100, failing: vec![1], refused: vec!["b"], ..List::default() };
    let ran = run_with(list(), false, lines);
    let said = "x:  add a\n+a\nx:  add b\nb fails\nx:  add a\na again\nx:  add c\n+c\nx:  all\na c\nx:  add d\n+d\nx:  ";
    assert_eq!(ran.said, said);
    assert_eq!(ran.list.sure.concat(), "acd");
    // Strictly, that is the end.
    let ran = run_with(list(), true, lines);
    assert_eq!(ran.said, "x:  add a\n+a\nx:  add b\nb fails\nx: line 2 failed: add b\n");
    assert_eq!(ran.status, ExitStatus::FAILURE);
    assert_eq!(ran.list.sure.concat(), "a");
}

#[test]
fn nothing_is_run_behind_a_strict_failure() {
    for due in [1, 2, 100] {
        let ran = run_with(List { due, ..List::default() }, true, "add a\nadd b\nadd a\nadd c\n");
        assert_eq!(ran.said, "x:  add a\n+a\nx:  add b\n+b\nx:  add a\na again\nx: line 3 failed: add a\n");
        assert_eq!((ran.list.sure.concat().as_str(), ran.left.as_str()), ("ab", "add c\n"));
    }
}

/// All is seen by a child process.
#[test]
fn a_child_comes_after_the_commit() {
    let ran = run_with(
        List { due: 100, failing: vec![2], ..List::default() },
        false,
        "add a\n!true\nadd b\n  !true\n",
    );
    assert_eq!(ran.list.sure.concat(), "ab");
    assert_eq!(ran.list.commits, 3, "one that failed, and then alone");
}

#[test]
fn what_may_have_happened_is_not_done_again() {
    let list = List { due: 2, failing: vec![2], doubts: true, ..List::default() };
    let ran = run_with(list, false, "add a\nadd b\nadd c\nadd d\nadd e\n");
    let said = "x:  add a\n+a\nx:  add b\n+b\n\
        x: lines 3 to 4 may have been done or not (the disk is gone); nothing behind them was done\n";
    assert_eq!((ran.said.as_str(), ran.status), (said, ExitStatus::FAILURE));
    assert_eq!((ran.list.sure.concat().as_str(), ran.list.commits), ("abcd", 2));
    assert_eq!(ran.left, "add e\n");
}
