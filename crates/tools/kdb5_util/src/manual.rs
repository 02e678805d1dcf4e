//! The manual.

use crate::{create, destroy, dump, load, options, stash};
use k5_cli::OptionTable;
use k5_cli::manual::{CommandManual, Example, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    let command = |names, summary, options, help| CommandManual { names, summary, options, help };
    Manual {
        program: "kdb5_util",
        section: 8,
        summary: "make and destroy a realm's database, store its master keys",
        synopsis: &["[OPTION ...] COMMAND [COMMAND_OPTION ...]"],
        description: "\
`kdb5_util` works on the files of a realm's database, which `krb5kdc` and `kadmin.local` share. Everything that it makes is its \
user's alone.

The general options count anywhere on the line, before the command or behind it.",
        options: OptionTable(&options::GENERAL).describe(),
        about_commands: "\
MIT's other commands (`ark`, `add_mkey`, `use_mkey`, `list_mkeys`, `update_princ_encryption`, `purge_mkeys`, \
`tabdump`) are not in this version yet.",
        commands: vec![
            command(&["create"], "Make a database", OptionTable(&create::OPTIONS).describe(), &create::HELP),
            command(&["destroy"], "Destroy a database", OptionTable(&destroy::OPTIONS).describe(), &destroy::HELP),
            command(&["stash"], "Store the master keys", OptionTable(&stash::OPTIONS).describe(), &stash::HELP),
            command(&["dump"], "Write the database as text", OptionTable(&dump::OPTIONS).describe(), &dump::HELP),
            command(&["load"], "Make the database of a dump", OptionTable(&load::OPTIONS).describe(), &load::HELP),
        ],
        exit_status: "\
The number of failures: 0 if all went well. A command that goes on without the master key counts that as one; `stash` counts only \
what failed in the end.",
        environment: &[
            ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
            ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
        ],
        files: &[
            (
                "/var/lib/krb5kdc/principal",
                "The database; with `.ok`, `.kadm5` and `.kadm5.lock` behind the name, its lock file, its policies and their lock file.",
            ),
            ("/etc/krb5kdc/.k5.REALM", "The stash file."),
        ],
        examples: &[
            Example { line: "kdb5_util create -s", purpose: "A new realm whose KDC starts without a question." },
            Example {
                line: "kdb5_util -r TEST.EXAMPLE.COM destroy -f",
                purpose: "The end of a realm, without a question.",
            },
        ],
        see_also: &["kadmin.local(8)", "krb5kdc(8)", "krb5.conf(5)", "kdc.conf(5)"],
    }
}
