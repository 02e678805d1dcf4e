//! What completions need to know of a command line.

use crate::roff::is_placeholder;
use k5_cli::Opt;
use k5_cli::manual::{CommandManual, Manual};

/// What stands where a word is to be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Principal,
    Other,
}

impl Kind {
    /// Help texts name values in one way for all programs, so the name says what the value is.
    pub(crate) fn of(name: &str) -> Kind {
        match name {
            // A name of a credential cache is a path as a rule.
            name if name.ends_with("FILE") || name == "CACHE" => Kind::File,
            name if name.ends_with("PRINCIPAL") => Kind::Principal,
            _ => Kind::Other,
        }
    }

    /// What the operands of a synopsis are: its first placeholder that is no option's value.
    fn of_operands(synopsis: &str) -> Kind {
        let mut after_option = false;
        for word in synopsis.split_whitespace() {
            let bare = word.trim_matches(['[', ']', '{', '}', '|']);
            let is_value = after_option && word.starts_with(|first: char| first.is_ascii_uppercase());
            let bare = bare.split('|').next().unwrap_or(bare);
            if is_placeholder(bare) && !is_value {
                return Kind::of(bare);
            }
            after_option = bare.starts_with('-') && !word.ends_with([']', '}']);
        }
        Kind::Other
    }

    pub(crate) fn of_command(command: &CommandManual) -> Kind {
        Kind::of_operands(command.help.operands)
    }

    /// What a program without commands takes.
    pub(crate) fn of_program(manual: &Manual) -> Kind {
        manual.synopsis.first().map_or(Kind::Other, |synopsis| Kind::of_operands(synopsis))
    }
}

/// The options that are offered.
pub(crate) fn offered(options: &[Opt<()>]) -> impl Iterator<Item = &Opt<()>> {
    options.iter().filter(|option| !option.hidden)
}

/// A program's name as part of a shell function's.
pub(crate) fn identifier(program: &str) -> String {
    program.replace('.', "_")
}

/// Words for the command word, but for those that only begin a sign.
pub(crate) fn command_names(manual: &Manual) -> impl Iterator<Item = (&'static str, &CommandManual)> {
    manual.commands.iter().flat_map(|command| command.names.iter().map(move |name| (*name, command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_told_from_values() {
        assert_eq!(Kind::of_operands("-k [-i] [FILE]"), Kind::File);
        assert_eq!(Kind::of_operands("[-c] [--json] [CACHE]"), Kind::File);
        assert_eq!(Kind::of_operands("[-k FILE] {PRINCIPAL | -glob PATTERN} ..."), Kind::Principal);
        assert_eq!(Kind::of_operands("OLD_PRINCIPAL NEW_PRINCIPAL"), Kind::Principal);
        assert_eq!(Kind::of_operands(""), Kind::Other);
    }
}
