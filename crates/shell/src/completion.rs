//! What the tabulator key offers: names of commands, options, principals, policies and files.

use crate::table::CommandTable;
use crate::words::quote;

/// What a word of a command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operand {
    /// A principal.
    Principal,
    /// A policy.
    Policy,
    /// A file.
    File,
    /// Nothing that could be offered.
    Other,
}

/// The state of a program that can look names up while a line is typed.
pub trait Complete {
    /// The names of that kind that begin with `prefix`, in the order in which they are to be shown. Never called for files.
    /// An error is no candidates.
    fn candidates(&mut self, kind: Operand, prefix: &str) -> Candidates {
        let _ = (kind, prefix);
        Candidates::none()
    }
}

/// What a word could become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidates {
    /// Whole names, all of them.
    Names(Vec<String>),
    /// Where there are too many names to be listed: the ways in which they go on, each as far as nothing is to be chosen.
    Stems(Vec<String>),
}

impl Candidates {
    /// Nothing.
    #[must_use]
    pub fn none() -> Candidates {
        Candidates::Names(Vec::new())
    }
}

impl Complete for () {}

/// What could stand at the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Where the word begins that is completed, in bytes.
    pub(crate) start: usize,
    /// The words, quoted where need be. `None`: file names.
    pub(crate) words: Option<Vec<String>>,
    /// Whether a word is done when it is the only one.
    pub(crate) whole: bool,
}

impl Offer {
    fn words(start: usize, words: Vec<String>) -> Offer {
        Offer { start, words: Some(words), whole: true }
    }
}

/// Looks at the line up to the cursor.
pub(crate) fn offer<C: Complete>(table: CommandTable<C>, context: &mut C, line: &str) -> Offer {
    let (start, word) = last_word(line);
    let before: Vec<&str> = line.get(..start).unwrap_or_default().split_ascii_whitespace().collect();
    let Some((name, given)) = before.split_first() else {
        return Offer::words(start, beginning_with(word, table.names().map(str::to_owned)));
    };
    let Some(command) = table.find(name.as_ref()) else {
        let names = table.names().filter(|_| table.help && *name == "help").map(str::to_owned);
        return Offer::words(start, beginning_with(word, names));
    };
    let options = (command.options)();
    let value = given.last().and_then(|last| options.iter().find(|opt| opt.names.contains(last))?.value);
    let kind = match value {
        Some(value) => kind_of_value(value),
        None if word.starts_with(['-', '+']) => {
            let names = options.iter().filter(|opt| !opt.hidden).flat_map(|opt| opt.names);
            let sign = word.get(..1).unwrap_or_default();
            let flags = command.manual.map(|manual| manual.flags).unwrap_or_default();
            let flags = flags.iter().map(|flag| format!("{sign}{}", flag.name));
            return Offer::words(start, beginning_with(word, names.map(ToString::to_string).chain(flags)));
        }
        None => command.operands,
    };
    let candidates = match kind {
        Operand::File => return Offer { start, words: None, whole: true },
        Operand::Other => Candidates::none(),
        Operand::Principal | Operand::Policy => context.candidates(kind, word),
    };
    match candidates {
        Candidates::Names(names) => Offer::words(start, beginning_with(word, names.into_iter())),
        Candidates::Stems(stems) => {
            let open = |stem: &String| stem.starts_with(word) && !stem.contains(char::is_control);
            // The quote that a blank needs is closed by whoever chooses the last piece.
            let words = stems.into_iter().filter(open).map(|stem| open_quote(&stem)).collect();
            Offer { start, words: Some(words), whole: false }
        }
    }
}

/// Help texts name values in one way for all programs, so the name says what the value is.
fn kind_of_value(value: &str) -> Operand {
    match value.to_ascii_lowercase().as_str() {
        "policy" => Operand::Policy,
        "principal" => Operand::Principal,
        "file" => Operand::File,
        _ => Operand::Other,
    }
}

/// The word that the line ends in, without a quote that opens it, and where it begins (with the quote).
fn last_word(line: &str) -> (usize, &str) {
    let mut quoted = false;
    let mut start = 0;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => start = at + 1,
            _ => {}
        }
    }
    let word = line.get(start..).unwrap_or_default();
    (start, word.strip_prefix('"').unwrap_or(word))
}

/// The beginning of a word, in an open quote if it needs one.
fn open_quote(stem: &str) -> String {
    let quoted = quote(stem);
    quoted.strip_suffix('"').filter(|_| quoted.starts_with('"')).map_or(quoted.clone(), str::to_owned)
}

fn beginning_with(prefix: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    // A control character in a name would not survive the terminal.
    words
        .filter(|word| word.starts_with(prefix) && !word.contains(char::is_control))
        .map(|word| quote(&word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Command;
    use k5_cli::manual::{Flag, Help};
    use k5_cli::{Opt, OptionTable};

    struct Realm;

    impl Complete for Realm {
        fn candidates(&mut self, kind: Operand, prefix: &str) -> Candidates {
            let names: &[&str] = match kind {
                Operand::Principal if prefix.starts_with("host") => {
                    return Candidates::Stems(vec!["host/a".to_owned(), "host/b c".to_owned()]);
                }
                Operand::Principal => &["bob@R", "bo b@R", "alice@R"],
                Operand::Policy => &["strict"],
                _ => &["never"],
            };
            Candidates::Names(names.iter().map(ToString::to_string).collect())
        }
    }

    static HELP: Help = Help {
        operands: "PRINCIPAL",
        description: "",
        flags: &[
            Flag { name: "requires_preauth", help: "" },
            Flag { name: "requires_hwauth", help: "" },
            Flag { name: "p_flag", help: "" },
        ],
        examples: &[],
    };

    static COMMANDS: [Command<Realm>; 2] = [
        Command::new(&["get_principal", "getprinc"], "", |_, _, _| Ok(())).operands(Operand::Principal),
        Command::new(&["add_principal", "addprinc"], "", |_, _, _| Ok(())).manual(&HELP).options(|| {
            OptionTable(
                const {
                    &[
                        Opt::value((), &["-pw"], "password", ""),
                        Opt::value((), &["-policy"], "policy", ""),
                        Opt::value((), &["-k", "-keytab"], "FILE", ""),
                    ]
                },
            )
            .describe()
        }),
    ];
    const TABLE: CommandTable<Realm> = CommandTable::new(&COMMANDS);

    fn words(line: &str) -> (usize, Vec<String>) {
        let offer = offer(TABLE, &mut Realm, line);
        (offer.start, offer.words.unwrap_or_else(|| vec!["<files>".to_owned()]))
    }

    #[test]
    fn help_knows_every_command() {
        let of = |table: CommandTable<Realm>| offer(table, &mut Realm, "help q").words;
        assert_eq!(of(TABLE), Some(Vec::new()));
        assert_eq!(of(TABLE.with_help()), Some(vec!["quit".to_owned(), "q".to_owned()]));
    }

    #[test]
    fn a_stem_is_not_the_end_of_a_word() {
        assert!(!offer(TABLE, &mut Realm, "getprinc host").whole);
        assert!(offer(TABLE, &mut Realm, "getprinc bob").whole);
    }

    #[test]
    fn by_place() {
        let table: [(&str, usize, &[&str]); 17] = [
            ("get", 0, &["get_principal", "getprinc"]),
            ("  q", 2, &["quit", "q"]),
            ("getprinc bo", 9, &["bob@R", "\"bo b@R\""]),
            ("getprinc \"bo ", 9, &["\"bo b@R\""]),
            ("getprinc -", 9, &[]),
            ("getprinc host/", 9, &["host/a", "\"host/b c"]),
            ("addprinc -p", 9, &["-pw", "-policy", "-p_flag"]),
            ("addprinc +req", 9, &["+requires_preauth", "+requires_hwauth"]),
            ("addprinc -randkey -req", 18, &["-requires_preauth", "-requires_hwauth"]),
            ("addprinc -pw +req", 13, &[]),
            ("help getp", 5, &[]),
            ("addprinc -policy s", 17, &["strict"]),
            ("addprinc -pw s", 13, &[]),
            ("addprinc -pw -", 13, &[]),
            ("addprinc -k /e", 12, &["<files>"]),
            ("addprinc b", 9, &[]),
            ("nonsense b", 9, &[]),
        ];
        for (line, start, wanted) in table {
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            assert_eq!(words(line), (start, wanted), "{line:?}");
        }
    }
}
