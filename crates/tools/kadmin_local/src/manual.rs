//! The manual.

use crate::options::OPTIONS;
use k5_cli::manual::{DATABASE_FILES, Example, Manual};
use k5_kadmin::TABLE;

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    Manual {
        program: "kadmin.local",
        section: 8,
        summary: "administer a realm on the machine that has its database",
        synopsis: &["[OPTION ...]", "[OPTION ...] -q LINE", "[OPTION ...] COMMAND [ARGUMENT ...]"],
        description: DESCRIPTION,
        options: OPTIONS.describe(),
        about_commands: ABOUT_COMMANDS,
        commands: TABLE.manuals().collect(),
        shell_commands: Vec::new(),
        exit_status: "\
0 if all went well. With a command on the command line, 1 if it failed. With `-q`, 1 only if there is no such command; from \
standard input, 0 however the commands end, unless nothing could be opened at all: these are MIT's rules. With `--strict` any \
failure counts: `-q` ends with 1, and standard input is read up to the first line that fails, which is named on standard error, and \
the exit code is 1. What was done before that line stays. At a terminal nothing stops.",
        environment: ENVIRONMENT,
        files: vec![DATABASE_FILES, FILES],
        examples: EXAMPLES,
        see_also: &["kdb5_util(8)", "ktadd(1)", "klist(1)", "krb5kdc(8)", "krb5.conf(5)", "kdc.conf(5)"],
    }
}

const DESCRIPTION: &str = "\
`kadmin.local` makes, changes and shows the principals and policies of a realm, and writes keytabs. It works on the files of \
the database itself: whoever may write those may do everything, and nobody logs in.

With a COMMAND it runs that and prints nothing but what was asked for and errors. It does not ask whether it may: \
`delprinc` deletes at once. Passwords it asks for. With `-q` it runs one \
line as the shell does. Without either it is a shell, which reads its commands from standard input until `quit` or the \
end of it.

In the shell and with `-q`, blanks part words, double quotes keep them together, and two double quotes within such \
quotes are one. A backslash is a backslash. A line that begins with `!` is for `/bin/sh`.

Lines that wait on standard input, a file or a pipe, are worked off together, which is a good deal faster: their changes are written \
at once, and what they print appears when it is on the disk. Others get at the database in between. Everything before a \
question, a `!` line, `lock`, `ktadd`, `ktremove` or a list is written first.

Where such a run is killed, all that it told as done is in the database, and perhaps what the next lines do too. To go on, run the same file again: what is there already is told (`already exists`), which does no harm, and the rest is made; with `--strict` it \
stops at the first such line. `cpw -randkey` and `ktadd` make new keys again.

The back end `klmdb` is chosen in `kdc.conf`; see kdb5_util(8).

At a terminal there are line editing, completion with the tabulator key (commands, options, attributes behind `+` and `-`, \
principals, policies, files) and a history. Where there are too many principals to list, completion offers them piece by piece. A \
line that begins with a blank, one with a password in it, and the answers to questions are not kept in the history. Ctrl-C \
throws the line away, never a change half made. `help COMMAND` tells about a command. The list of commands, `help` and long lists go \
through a pager. Nothing is ever printed in colour.";

const ABOUT_COMMANDS: &str = "\
A PRINCIPAL without `@REALM` is of the session's realm. Options stand before the name. KEYSALTS is a list such as \
`aes256-cts-hmac-sha384-192:normal,aes128-cts:normal`, an encryption type and how a password is salted in each part.";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
    ("KRB5_KTNAME", "The default keytab of `ktadd` and `ktremove`."),
    (
        "KRB5CCNAME",
        "The credential cache whose principal says who is acting, where neither `-p` nor `-c` does.",
    ),
    ("USER", "Who is acting, with `/admin` behind it, where no credential cache says so."),
    (
        "PAGER",
        "What the list of commands, `help` and long lists are shown with at a terminal; `more` by default.",
    ),
    ("XDG_STATE_HOME", "Where the history is kept, in place of `~/.local/state`."),
    ("REALMSMITH_STRICT", "As `--strict`, unless it is empty or 0."),
    ("TZ", "The time zone of dates that are read and shown."),
];

const FILES: &[(&str, &str)] = &[
    ("/etc/krb5kdc/.k5.REALM", "The stash file, which holds the master keys."),
    ("/etc/krb5.keytab", "The default keytab."),
    ("~/.local/state/realmsmith/kadmin.local_history", "The lines that were typed, for their user alone."),
];

const EXAMPLES: &[Example] = &[
    Example {
        line: "kadmin.local addprinc -randkey host/a.example.com",
        purpose: "One command; the exit code tells whether it worked.",
    },
    Example {
        line: "kadmin.local -q \"ktadd -k /etc/krb5.keytab host/a.example.com\"",
        purpose: "One line of the shell.",
    },
    Example { line: "kadmin.local < commands", purpose: "Many commands from a file." },
];
