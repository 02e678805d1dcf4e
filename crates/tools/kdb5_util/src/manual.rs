//! The manual.

use crate::{
    add_mkey, ark, create, destroy, dump, list_mkeys, load, options, purge_mkeys, stash, tabdump,
    update_princ_encryption, use_mkey, verify,
};
use k5_cli::OptionTable;
use k5_cli::manual::{CommandManual, DATABASE_FILES, Example, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    let command = |names, summary, options, help| CommandManual { names, summary, options, help };
    Manual {
        program: "kdb5_util",
        section: 8,
        summary: "maintain a realm's database and its master keys",
        synopsis: &["[OPTION ...] COMMAND [COMMAND_OPTION ...]"],
        description: "\
`kdb5_util` works on the files of a realm's database, which `krb5kdc` and `kadmin.local` share. Everything that it makes is its \
user's alone.

The general options count anywhere on the line, before the command or behind it.

A `db2` hash database (`load -hash`) is asked for at each load: `load` without `-hash` makes a B-tree of it. A change to one may need room for a second copy of the file beside it. Its dump has another order than a B-tree's, and `dump -rev` is refused.

The back end `klmdb` is chosen in `kdc.conf`: `db_library = klmdb` in a section of `[dbmodules]` which `database_module` in the realm's section names. Beside it stand `mapsize` (the largest size of each file in MiB, 128 by default; after a change \
restart `krb5kdc` and `kadmind`), `max_readers` (places for readers, 126 by default) and `nosync` (a change does not wait for the disk). docs/formats/klmdb.md in the source has an example.",
        options: OptionTable(&options::GENERAL).describe(),
        about_commands: "\
A change of the master key goes by `add_mkey -s`, `use_mkey`, `update_princ_encryption`, `purge_mkeys`. It may be left at any point and taken up again, with \
MIT's program as well as with this one.",
        commands: vec![
            command(&["create"], "Make a database", OptionTable(&create::OPTIONS).describe(), &create::HELP),
            command(&["destroy"], "Destroy a database", OptionTable(&destroy::OPTIONS).describe(), &destroy::HELP),
            command(&["stash"], "Store the master keys", OptionTable(&stash::OPTIONS).describe(), &stash::HELP),
            command(&["dump"], "Write the database as text", OptionTable(&dump::OPTIONS).describe(), &dump::HELP),
            command(&["load"], "Make the database of a dump", OptionTable(&load::OPTIONS).describe(), &load::HELP),
            command(&["ark"], "Add random keys", OptionTable(&ark::OPTIONS).describe(), &ark::HELP),
            command(&["add_mkey"], "Add a master key", OptionTable(&add_mkey::OPTIONS).describe(), &add_mkey::HELP),
            command(&["use_mkey"], "Make a master key the active one", Vec::new(), &use_mkey::HELP),
            command(&["list_mkeys"], "List the master keys", Vec::new(), &list_mkeys::HELP),
            command(
                &["update_princ_encryption"],
                "Encrypt keys in the active master key",
                OptionTable(&update_princ_encryption::OPTIONS).describe(),
                &update_princ_encryption::HELP,
            ),
            command(
                &["purge_mkeys"],
                "Take unused master keys away",
                OptionTable(&purge_mkeys::OPTIONS).describe(),
                &purge_mkeys::HELP,
            ),
            command(&["tabdump"], "Write a table", OptionTable(&tabdump::OPTIONS).describe(), &tabdump::HELP),
            command(
                &["verify"],
                "Find what is damaged, and save the rest",
                OptionTable(&verify::OPTIONS).describe(),
                &verify::HELP,
            ),
        ],
        shell_commands: Vec::new(),
        exit_status: "\
The number of failures: 0 if all went well. A command that goes on without the master key counts that as one; `stash` counts only \
what failed in the end. `verify` ends with 1 whatever it finds.",
        environment: &[
            ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
            ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
        ],
        files: vec![DATABASE_FILES, &[("/etc/krb5kdc/.k5.REALM", "The stash file, which holds the master keys.")]],
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
