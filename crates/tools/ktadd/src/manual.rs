//! The manual.

use crate::OPTIONS;
use k5_cli::manual::{Example, Manual};
use k5_kadmin::TABLE;

/// What the manual page, and the completions of shells, are made from. What the program does is what the command of
/// its name does.
#[must_use]
pub fn manual() -> Manual {
    let mut options = OPTIONS.describe();
    let command = TABLE.describe("ktadd".as_ref());
    options.extend(command.iter().flat_map(|command| command.options.clone()));
    Manual {
        program: "ktadd",
        section: 1,
        summary: "add keys of principals to a keytab",
        synopsis: &["[-r REALM] [-p PRINCIPAL] [-d FILE] [-x DB_ARG] ... [-m] [-k FILE] [-q] \
                     [-norandkey | [-keepold] [-e KEYSALTS]] {PRINCIPAL | -glob PATTERN} ..."],
        description: command.map_or("", |command| command.help.description),
        options,
        about_commands: "",
        commands: Vec::new(),
        shell_commands: Vec::new(),
        exit_status: "0 if every key was added, 1 if not.",
        environment: ENVIRONMENT,
        files: vec![&[("/etc/krb5.keytab", "The default keytab.")]],
        examples: EXAMPLES,
        see_also: &["kadmin.local(8)", "klist(1)", "krb5.conf(5)", "kdc.conf(5)"],
    }
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
    ("KRB5_KTNAME", "The default keytab."),
];

const EXAMPLES: &[Example] = &[
    Example { line: "ktadd -k /etc/krb5.keytab host/a.example.com", purpose: "New keys for the machine." },
    Example {
        line: "ktadd -k copy.keytab -norandkey host/a.example.com",
        purpose: "A copy of the keys that it has.",
    },
    Example {
        line: "ktadd -k web.keytab -glob 'HTTP/*'",
        purpose: "New keys for every service whose name begins so. The quotes are for the shell.",
    },
];
