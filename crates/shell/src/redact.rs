//! A line as a message may show it: without the secrets in it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::history::secret_options;
use crate::table::CommandTable;
use crate::words::split;

/// What stands for a secret.
const HIDDEN: &[u8] = b"***";
/// What stands for the rest of a line that cannot be looked through.
const REST: &[u8] = b" ...";

/// The words of the line with one blank in between, secrets replaced. Of a line for the shell, and of one whose quotes
/// do not match, only the first word is shown.
pub(crate) fn without_secrets<C>(table: CommandTable<C>, line: &[u8]) -> Vec<u8> {
    let line = line.trim_ascii();
    let words = match split(line) {
        Ok(words) if !line.starts_with(b"!") => words,
        _ => {
            let mut parts = line.splitn(2, u8::is_ascii_whitespace);
            let first = parts.next().unwrap_or_default().to_vec();
            return if parts.next().is_some() { [&first[..], REST].concat() } else { first };
        }
    };
    let secret = secret_options(table);
    let own = words.first().and_then(|name| table.find(name)).map(|command| (command.options)());
    let harmless = |word: &OsStr| {
        own.iter().flatten().any(|opt| !opt.secret && opt.names.iter().any(|name| word == OsStr::new(name)))
    };
    let mut shown = Vec::new();
    let mut is_value = false;
    for word in &words {
        if !shown.is_empty() {
            shown.push(b' ');
        }
        let name = secret.iter().find(|name| word.as_bytes().starts_with(name.as_bytes()));
        match name {
            _ if is_value => {
                shown.extend_from_slice(HIDDEN);
                is_value = false;
            }
            Some(name) if !harmless(word) => {
                shown.extend_from_slice(name.as_bytes());
                is_value = word.len() == name.len();
                if !is_value {
                    // `-pw=x` and `-pwx` are mistakes that hold a password as well.
                    shown.extend_from_slice(HIDDEN);
                }
            }
            _ => shown.extend_from_slice(word.as_bytes()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Command;
    use k5_cli::{Opt, OptionTable};

    const TABLE: CommandTable<()> = CommandTable::new(&[Command::new(&["addprinc"], "", |(), _, _| Ok(()))
        .options(|| {
            OptionTable(
                        const {
                            &[
                                Opt::value((), &["-pw"], "", "").secret(),
                                Opt::value((), &["-pwexpire"], "", ""),
                            ]
                        },
                    )
                    .describe()
        })]);

    #[test]
    fn secrets_are_hidden() {
        for (line, shown) in [
            ("  addprinc  -randkey\tbob ", "addprinc -randkey bob"),
            ("addprinc -pw secret bob", "addprinc -pw *** bob"),
            ("addprinc -pw \"a secret\" bob", "addprinc -pw *** bob"),
            ("addprinc -pw -pw bob", "addprinc -pw *** bob"),
            ("addprinc -pw", "addprinc -pw"),
            ("addprinc -pw=secret bob", "addprinc -pw*** bob"),
            ("addprinc -pwsecret bob", "addprinc -pw*** bob"),
            ("addprinc -pwexpire never bob", "addprinc -pwexpire never bob"),
            ("addprinx -pw secret bob", "addprinx -pw *** bob"),
            ("addprinc -pw \"secret bob", "addprinc ..."),
            ("!kadmin -w secret", "!kadmin ..."),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&without_secrets(TABLE, line.as_bytes())), shown, "{line:?}");
        }
    }
}
