//! Manuals as data: what a program or a command is, in words that stand beside its option table. Manual pages, shell
//! completions and the shell's `help` are all made from it, so that none of them can tell of an option that is not
//! there, or leave one out.
//!
//! Texts are plain English in paragraphs parted by empty lines; what is to be typed as it stands is between backticks.

use crate::options::Opt;
use std::fmt::Write;

/// How wide the lines of [`CommandManual::text`] are.
const WIDTH: usize = 78;
/// Where the second column of its lists begins.
const COLUMN: usize = 24;

/// What there is to say of a command beside its names, its summary and its options.
#[derive(Clone, Copy, Debug)]
pub struct Help {
    /// The words that are no options, as a synopsis has them: `PRINCIPAL [KVNO]`; capitals stand for what the person fills in.
    pub operands: &'static str,
    /// What the command does.
    pub description: &'static str,
    /// Words that are given with a `+` or `-` in front, and what they mean.
    pub flags: &'static [Flag],
    /// At least one.
    pub examples: &'static [Example],
}

/// A word that is given with a `+` or `-` in front.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The word.
    pub name: &'static str,
    /// What is so of whatever has it, one line.
    pub help: &'static str,
}

/// Something to type, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The line; several where one alone makes no sense.
    pub line: &'static str,
    /// What it does.
    pub purpose: &'static str,
}

/// A command of a program.
#[derive(Clone, Debug)]
pub struct CommandManual {
    /// The long name, then the aliases.
    pub names: &'static [&'static str],
    /// One line.
    pub summary: &'static str,
    /// From its option table.
    pub options: Vec<Opt<()>>,
    /// The rest.
    pub help: &'static Help,
}

/// A program.
#[derive(Clone, Debug)]
pub struct Manual {
    /// Its name.
    pub program: &'static str,
    /// The section of its manual page.
    pub section: u8,
    /// One line, in lower case and without a full stop.
    pub summary: &'static str,
    /// The ways to call it, without its name.
    pub synopsis: &'static [&'static str],
    /// What it does.
    pub description: &'static str,
    /// From its option tables.
    pub options: Vec<Opt<()>>,
    /// A text that stands in front of the commands.
    pub about_commands: &'static str,
    /// Its commands.
    pub commands: Vec<CommandManual>,
    /// The commands of its shell, where those are others.
    pub shell_commands: Vec<CommandManual>,
    /// What it ends with.
    pub exit_status: &'static str,
    /// Variables, and what they say.
    pub environment: &'static [(&'static str, &'static str)],
    /// Files, and what they hold; lists behind each other, since programs share some.
    pub files: Vec<&'static [(&'static str, &'static str)]>,
    /// At least one.
    pub examples: &'static [Example],
    /// Other pages, as `name(section)`.
    pub see_also: &'static [&'static str],
}

/// The files of a database, and those beside it.
pub const DATABASE_FILES: &[(&str, &str)] = &[
    (
        "/var/lib/krb5kdc/principal",
        "The database, unless `database_name` in `kdc.conf` says otherwise; with `.ok`, `.kadm5` and `.kadm5.lock` behind the name, its lock file, its policies and their lock file.",
    ),
    (
        "/var/lib/krb5kdc/principal.journal",
        "A change that was cut short. It is finished or taken back when a program that may write opens the database next, so any command of `kadmin.local` will do; who may only \
             read is refused until then. It must not be removed by hand. If a message says that another program has written to the database since, save what can be read with \
             `kdb5_util verify --recover FILE` and load that; what was deleted last may be there again, so look at it.",
    ),
    (
        "/var/lib/krb5kdc/principal.commit, principal.kadm5.commit",
        "The new files of a change that is being made. What a killed program leaves of them goes with the next change.",
    ),
    (
        "/var/lib/krb5kdc/principal~",
        "The new database of a load, with `.kadm5` and others behind the name. The next load removes what a killed one leaves.",
    ),
    (
        "/var/lib/krb5kdc/principal.mdb, principal.lockout.mdb",
        "The database with `klmdb`: principals and policies, and what the KDC records of logins; each with a lock file, `-lock` behind the name, which readers write to as well.",
    ),
];

impl CommandManual {
    /// The name that messages call it by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// How it is called: its name, its options, its operands.
    #[must_use]
    pub fn synopsis(&self) -> String {
        let mut line = self.name().to_owned();
        for opt in self.options.iter().filter(|opt| !opt.hidden) {
            let more = if opt.repeatable { " ..." } else { "" };
            // Writing to a string does not fail.
            let _ = write!(line, " [{}]{more}", opt.shown());
        }
        if !self.help.flags.is_empty() {
            line.push_str(" [{+|-}FLAG] ...");
        }
        if !self.help.operands.is_empty() {
            line.push(' ');
            line.push_str(self.help.operands);
        }
        line
    }

    /// What `help COMMAND` shows.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        fold(&mut text, &format!("Usage: {}", self.synopsis()), 0, 7);
        if let Some(aliases) = self.names.get(1..).filter(|aliases| !aliases.is_empty()) {
            fold(&mut text, &format!("Aliases: {}", aliases.join(", ")), 0, 9);
        }
        for paragraph in self.help.description.split("\n\n") {
            text.push('\n');
            fold(&mut text, &plain(paragraph), 0, 0);
        }
        let options = self.options.iter().filter(|opt| !opt.hidden);
        list(&mut text, "Options:", options.map(|opt| (opt.shown_all(), opt.help)));
        let flags = self.help.flags.iter();
        list(
            &mut text,
            "Flags, set with + and cleared with -:",
            flags.map(|flag| (flag.name.to_owned(), flag.help)),
        );
        text.push_str("\nExamples:\n");
        for example in self.help.examples {
            for line in example.line.lines() {
                let _ = writeln!(text, "  {line}");
            }
            fold(&mut text, &plain(example.purpose), 6, 6);
        }
        text
    }
}

impl<K> Opt<K> {
    /// The option as a synopsis has it: `-k FILE`.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = self.names.first().copied().unwrap_or_default();
        self.value.map_or_else(|| name.to_owned(), |value| format!("{name} {value}"))
    }

    /// The same with every name: `-k, -keytab FILE`.
    #[must_use]
    pub fn shown_all(&self) -> String {
        let names = self.names.join(", ");
        self.value.map_or_else(|| names.clone(), |value| format!("{names} {value}"))
    }
}

/// A text without its backticks.
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = (String, &'static str)>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    for (name, help) in items {
        let _ = write!(text, "  {name:0$}", COLUMN - 2);
        if name.len() + 2 >= COLUMN {
            let _ = write!(text, "\n{:COLUMN$}", "");
        }
        let mut folded = String::new();
        fold(&mut folded, &plain(help), COLUMN, COLUMN);
        text.push_str(folded.trim_start());
    }
}

/// Adds the words in lines of no more than [`WIDTH`] letters where that is possible; what stands between brackets
/// stays together.
fn fold(text: &mut String, words: &str, first: usize, indent: usize) {
    let mut line = " ".repeat(first);
    let mut fresh = true;
    for word in pieces(words) {
        if !fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(indent);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(&word);
        fresh = false;
    }
    text.push_str(&line);
    text.push('\n');
}

/// Words, where `[-k FILE] ...` is one.
fn pieces(words: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for word in words.split_whitespace() {
        match pieces.last_mut().filter(|_| open || word == "...") {
            Some(piece) => {
                piece.push(' ');
                piece.push_str(word);
            }
            None => pieces.push(word.to_owned()),
        }
        open = pieces.last().is_some_and(|piece| piece.starts_with('[') && !piece.contains(']'));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OptionTable;

    const HELP: Help = Help {
        operands: "PRINCIPAL",
        description: "Does `it`.\n\nTwice.",
        flags: &[Flag { name: "preauth", help: "must prove itself" }],
        examples: &[Example { line: "do -k f bob", purpose: "Does it to bob." }],
    };

    fn manual() -> CommandManual {
        let table: OptionTable<u8> = OptionTable(
            const {
                &[
                    Opt::value(1, &["-k", "-keytab"], "FILE", "the keytab"),
                    Opt::value(2, &["-x"], "ARG", "more").repeatable(),
                    Opt::flag(3, &["-secret"], "nobody's business").hidden(),
                    Opt::flag(4, &["-a_really_rather_long_option"], "even so"),
                ]
            },
        );
        CommandManual { names: &["do_it", "do"], summary: "Do", options: table.describe(), help: &HELP }
    }

    #[test]
    fn help_has_every_part() {
        let wanted = "\
Usage: do_it [-k FILE] [-x ARG] ... [-a_really_rather_long_option]
       [{+|-}FLAG] ... PRINCIPAL
Aliases: do

Does it.

Twice.

Options:
  -k, -keytab FILE      the keytab
  -x ARG                more
  -a_really_rather_long_option
                        even so

Flags, set with + and cleared with -:
  preauth               must prove itself

Examples:
  do -k f bob
      Does it to bob.
";
        assert_eq!(manual().text(), wanted);
    }

    #[test]
    fn no_line_is_too_long_and_options_stay_whole() {
        let mut text = String::new();
        fold(&mut text, &"[-k FILE] word ".repeat(20), 0, 4);
        assert!(text.lines().all(|line| line.len() <= WIDTH && !line.trim().starts_with("FILE]")), "{text}");
        assert_eq!(pieces("a [b c] d"), ["a", "[b c]", "d"]);
    }
}
