//! The manual.

use crate::options::OPTIONS;
use k5_cli::OptionTable;
use k5_cli::manual::{Example, Manual};

/// What the manual page, and the completions of shells, are made from.
#[must_use]
pub fn manual() -> Manual {
    Manual {
        program: "kproplog",
        section: 8,
        summary: "show the update log of a realm that replicas follow",
        synopsis: &["[-h] [-v [-v]] [-e N]", "-R"],
        description: "\
With `iprop_enable = true` every change of a principal goes into the realm's update log, which `kadmind` gives to the replicas' `kpropd`. \
`kproplog` shows the log of the default realm, on the machine of the primary or of a replica: a summary, then the updates, the oldest first. A change of a \
policy cannot be said in the log: it begins anew then, and replicas take a full copy of the database. So they do when they are so far behind that the log has \
lost what they lack (`iprop_master_ulogsize`).

A dummy entry stands where the log was begun anew. `Unstable` is a log at which a program is at work, or was when it died: replicas take a full copy then.

With `-v -v` the keys are shown as the database has them, encrypted in the master key.

But for `-R` nothing is changed. `-R` shows nothing and begins the log anew, in the very file that `kadmind` has open: if the file was removed or made again while `kadmind` ran, `kadmind` has to be \
started again. A file that begins like no log is left alone, by `-R` too.",
        options: OptionTable(&OPTIONS).describe(),
        about_commands: "",
        commands: Vec::new(),
        shell_commands: Vec::new(),
        exit_status: "0 if all was shown; 1 if the log cannot be read or is damaged, and for wrong usage.",
        environment: &[
            ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
            ("KRB5_KDC_PROFILE", "The configuration of the database, in place of `/etc/krb5kdc/kdc.conf`."),
        ],
        files: vec![&[("/var/lib/krb5kdc/principal.ulog", "The update log, unless `iprop_logfile` names another.")]],
        examples: &[
            Example { line: "kproplog -h", purpose: "The newest serial number: what a replica should have." },
            Example { line: "kproplog -v -e 10", purpose: "The last ten updates, with the names of what changed." },
            Example { line: "kproplog -R", purpose: "Has all replicas take a full copy." },
        ],
        see_also: &["kdb5_util(8)", "kadmin.local(8)", "kadmind(8)", "kpropd(8)", "kdc.conf(5)"],
    }
}
