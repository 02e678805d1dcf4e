//! The manual.

use crate::options::OPTIONS;
use k5_cli::OptionTable;
use k5_cli::manual::{Example, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    Manual {
        program: "klist",
        section: 1,
        summary: "list the entries of a keytab",
        synopsis: &["-k [-i] [-t] [-e] [-K] [-C] [FILE]", "-V"],
        description: "\
`klist -k` lists the entries of a keytab, one line for each key: its version number, then the principal. Without a FILE it is the \
default keytab.

A FILE is a path, or `FILE:` or `WRFILE:` and a path, which mean the same, or `MEMORY:` and a name, which is always empty here.

Credential caches, which MIT's `klist` lists without `-k`, are not read by this version. The options `-c`, `-l`, `-A`, `-d`, `-f`, \
`-s`, `-a` and `-n` are for them, and their rules for what goes together are kept.",
        options: OptionTable(&OPTIONS).describe(),
        about_commands: "",
        commands: Vec::new(),
        shell_commands: Vec::new(),
        exit_status: "\
0 if all entries were listed; 1 if the keytab cannot be read or is damaged (the whole entries before the damage are listed), \
and for wrong usage; 3 for `-4`.",
        environment: ENVIRONMENT,
        files: &[
            ("/etc/krb5.keytab", "The default keytab."),
            ("/etc/krb5/user/EUID/client.keytab", "The default client keytab of a user."),
        ],
        examples: &[Example {
            line: "klist -k -t -e /etc/krb5.keytab",
            purpose: "The keytab's entries with their times and encryption types.",
        }],
        see_also: &["ktadd(1)", "kadmin.local(8)", "krb5.conf(5)"],
    }
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    ("KRB5_KTNAME", "The default keytab; else `default_keytab_name` in `[libdefaults]`."),
    (
        "KRB5_CLIENT_KTNAME",
        "The default client keytab; else `default_client_keytab_name` in `[libdefaults]`.",
    ),
    ("TZ", "The time zone for `-t`, which shows month/day/year whatever the locale."),
];
