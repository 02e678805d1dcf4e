//! The manual.

use crate::{files, options, shell};
use k5_cli::manual::{CommandManual, Example, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    Manual {
        program: "ktutil",
        section: 1,
        summary: "read, change and write keytabs",
        synopsis: &["[OPTION ...] COMMAND [ARGUMENT ...]", "[OPTION ...]"],
        description: DESCRIPTION,
        options: options::OPTIONS.describe(),
        about_commands: ABOUT_COMMANDS,
        commands: commands(),
        shell_commands: shell::TABLE.manuals().collect(),
        exit_status: "\
0 if the command did what it was told; 1 if it failed, and then nothing was changed. `diff` ends with 0 if the keytabs hold the same keys, 1 if they \
do not, and 2 if it cannot tell. The shell ends with 0 however its commands end, as MIT's does; with `--strict` any failure counts: \
standard input is read up to the first line that fails, which is named on standard error, and the exit code is 1. At a terminal \
nothing stops.",
        environment: ENVIRONMENT,
        files: vec![FILES],
        examples: EXAMPLES,
        see_also: &["ktadd(1)", "klist(1)", "kadmin.local(8)", "krb5.conf(5)"],
    }
}

/// The commands on files; those that every table has are told with the shell's.
fn commands() -> Vec<CommandManual> {
    files::TABLE.commands.iter().filter_map(k5_shell::Command::describe).collect()
}

const DESCRIPTION: &str = "\
With a COMMAND, `ktutil` does one thing to keytab files, for scripts as well as for people. Without one it is a shell, which is that of MIT's \
`ktutil`: its commands work on a list of entries in memory, which is read from keytabs and written to them.

Every change of a file is made under the lock that MIT's programs take, and wholly or not at all: should it fail, for \
a full disk or whatever else, the file is what it was. A file that is made is its user's alone; one that is there keeps \
its owner and mode. A damaged file is an error that tells the place.

In the shell, blanks part words, double quotes keep them together, and two double quotes within such quotes are one. A line \
that begins with `!` is for `/bin/sh`. At a terminal there are line editing, completion with the tabulator key and a history. \
`help COMMAND` tells about a command, in the shell and behind `ktutil`, and so does `ktutil COMMAND --help`.";

const ABOUT_COMMANDS: &str = "\
A FILE is a path, or `FILE:` or `WRFILE:` and a path, which mean the same. Options may stand before and behind it; behind `--` \
nothing is an option. What is changed is told on standard output, a line for each entry, unless `-q` is given; with \
`--json` it is one JSON document. A PRINCIPAL without `@REALM` is of the default realm. Keys are never shown, only their fingerprints: eight digits by \
which keys can be told apart.";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    ("XDG_STATE_HOME", "Where the history is kept, in place of `~/.local/state`."),
    ("REALMSMITH_STRICT", "As `--strict`, unless it is empty or 0."),
    ("PAGER", "What the list of commands and `help` are shown with at a terminal; `more` by default."),
    ("TZ", "The time zone of times that are shown."),
];

const FILES: &[(&str, &str)] = &[
    ("/etc/krb5.keytab", "The default keytab of other programs. This one works on the files that are named."),
    ("~/.local/state/realmsmith/ktutil_history", "The lines that were typed, for their user alone."),
];

const EXAMPLES: &[Example] = &[
    Example { line: "ktutil list -e /etc/krb5.keytab", purpose: "What is in the host's keytab." },
    Example {
        line: "ktutil copy /etc/krb5.keytab web.keytab -p 'HTTP/*'",
        purpose: "The web server's keys in a file of their own.",
    },
    Example {
        line: "ktutil\nrkt one.keytab\nrkt two.keytab\ndelent 3\nwkt three.keytab\nquit",
        purpose: "The shell.",
    },
];
