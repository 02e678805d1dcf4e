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
    fn candidates(&mut self, kind: Operand, prefix: &str) -> Vec<String> {
        let _ = (kind, prefix);
        Vec::new()
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
}

/// Looks at the line up to the cursor.
pub(crate) fn offer<C: Complete>(table: CommandTable<C>, context: &mut C, line: &str) -> Offer {
    let (start, word) = last_word(line);
    let before: Vec<&str> = line.get(..start).unwrap_or_default().split_ascii_whitespace().collect();
    let Some((name, given)) = before.split_first() else {
        return Offer { start, words: Some(beginning_with(word, table.names().map(str::to_owned))) };
    };
    if *name == "help" {
        let names = table.commands.iter().flat_map(|command| command.names).map(ToString::to_string);
        return Offer { start, words: Some(beginning_with(word, names)) };
    }
    let Some(command) = table.find(name.as_ref()) else { return Offer { start, words: Some(Vec::new()) } };
    let options = (command.options)();
    let value = given.last().and_then(|last| options.iter().find(|opt| opt.names.contains(last))?.value);
    let kind = match value {
        Some(value) => kind_of_value(value),
        None if word.starts_with('-') => {
            let names =
                options.iter().filter(|opt| !opt.hidden).flat_map(|opt| opt.names).map(ToString::to_string);
            return Offer { start, words: Some(beginning_with(word, names)) };
        }
        None => command.operands,
    };
    let words = match kind {
        Operand::File => return Offer { start, words: None },
        Operand::Other => Vec::new(),
        Operand::Principal | Operand::Policy => context.candidates(kind, word),
    };
    Offer { start, words: Some(beginning_with(word, words.into_iter())) }
}

/// Help texts name values in one way for all programs, so the name says what the value is.
fn kind_of_value(value: &str) -> Operand {
    match value.to_ascii_lowercase().as_str() {
        "policy" => Operand::Policy,
        "principal" => Operand::Principal,
        "file" | "keytab" => Operand::File,
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
    use k5_cli::{Opt, OptionTable};

    struct Realm;

    impl Complete for Realm {
        fn candidates(&mut self, kind: Operand, _: &str) -> Vec<String> {
            let names: &[&str] = match kind {
                Operand::Principal => &["bob@R", "bo b@R", "alice@R"],
                Operand::Policy => &["strict"],
                _ => &["never"],
            };
            names.iter().map(ToString::to_string).collect()
        }
    }

    const TABLE: CommandTable<Realm> = CommandTable::new(&[
        Command::new(&["get_principal", "getprinc"], "", |_, _, _| Ok(())).operands(Operand::Principal),
        Command::new(&["add_principal", "addprinc"], "", |_, _, _| Ok(())).options(|| {
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
    ]);

    fn words(line: &str) -> (usize, Vec<String>) {
        let offer = offer(TABLE, &mut Realm, line);
        (offer.start, offer.words.unwrap_or_else(|| vec!["<files>".to_owned()]))
    }

    #[test]
    fn by_place() {
        let table: [(&str, usize, &[&str]); 12] = [
            ("get", 0, &["get_principal", "getprinc"]),
            ("  q", 2, &["quit", "q"]),
            ("getprinc bo", 9, &["bob@R", "\"bo b@R\""]),
            ("getprinc \"bo ", 9, &["\"bo b@R\""]),
            ("getprinc -", 9, &[]),
            ("addprinc -p", 9, &["-pw", "-policy"]),
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
