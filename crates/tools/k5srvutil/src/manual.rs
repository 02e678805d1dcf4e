//! The manual.

use crate::options::OPTIONS;
use k5_cli::manual::{CommandManual, Example, Help, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    Manual {
        program: "k5srvutil",
        section: 1,
        summary: "new keys for the services of a keytab, and old ones out of it",
        synopsis: &["[-i] [-f FILE] [-e KEYSALTS] {list | change | delete | delold}"],
        description: DESCRIPTION,
        options: OPTIONS.describe(),
        about_commands: "",
        commands: OPERATIONS.to_vec(),
        shell_commands: Vec::new(),
        exit_status: "0 if all went well, 1 if anything failed or nothing was asked for.",
        environment: ENVIRONMENT,
        files: vec![&[("/etc/krb5.keytab", "The default keytab.")]],
        examples: EXAMPLES,
        see_also: &["ktadd(1)", "kadmin.local(8)", "klist(1)"],
    }
}

const DESCRIPTION: &str = "\
Works on every principal of a keytab, on the machine that has the realm's database. Each principal's change is recorded under its \
own name. One that fails does not keep the others out. Options may stand before or behind the operation.";

const OPERATIONS: [CommandManual; 4] = [
    CommandManual {
        names: &["list"],
        summary: "show the entries of the keytab",
        options: Vec::new(),
        help: &Help {
            operands: "",
            description: "Shows the entries, as `klist -k` does. The database is not needed.",
            flags: &[],
            examples: &[Example { line: "k5srvutil list -f web.keytab", purpose: "What is in it." }],
        },
    },
    CommandManual {
        names: &["change"],
        summary: "give each principal new keys",
        options: Vec::new(),
        help: &Help {
            operands: "",
            description: "\
Gives each principal new random keys and adds them to the keytab. The keytab has them before the database has, so that a failure \
costs no keys. The old keys stay in both: tickets that are under way stay good. The database keeps its old keys until `kadmin.local \
purgekeys`.",
            flags: &[],
            examples: &[Example { line: "k5srvutil change", purpose: "New keys for all services here." }],
        },
    },
    CommandManual {
        names: &["delold"],
        summary: "take old keys out of the keytab",
        options: Vec::new(),
        help: &Help {
            operands: "",
            description: "\
Takes all keys but the newest of each principal out of the keytab. That is right when the tickets from before the change have \
ended: a day later with the usual lifetimes. The database stays as it is.",
            flags: &[],
            examples: &[Example { line: "k5srvutil delold", purpose: "A day after `change`." }],
        },
    },
    CommandManual {
        names: &["delete"],
        summary: "take principals out of the keytab",
        options: Vec::new(),
        help: &Help {
            operands: "",
            description: "\
Takes all keys of a principal out of the keytab, having asked about each; only an answer that begins with `y` is a yes. The database \
stays as it is.",
            flags: &[],
            examples: &[Example { line: "k5srvutil delete", purpose: "Asks about each principal." }],
        },
    },
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
    ("KRB5_KTNAME", "The default keytab."),
];

const EXAMPLES: &[Example] = &[
    Example { line: "k5srvutil change", purpose: "New keys for all services of this machine." },
    Example { line: "k5srvutil delold", purpose: "A day later: the old ones go." },
    Example {
        line: "k5srvutil -i -f web.keytab -e aes256-cts-hmac-sha384-192:normal change",
        purpose: "Keys of one type for those that are chosen one by one.",
    },
];
