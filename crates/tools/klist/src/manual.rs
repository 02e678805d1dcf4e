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
        summary: "list the tickets in a credential cache, or the entries of a keytab",
        synopsis: &[
            "[-c] [-e] [-f] [-d] [-C] [-a [-n]] [-s] [-A] [--json] [CACHE]",
            "-l [--json] [CACHE]",
            "-k [-i] [-t] [-e] [-K] [-C] [--json] [FILE]",
            "-V [--json]",
        ],
        description: "\
`klist` lists the tickets in a credential cache: from when and until when each is good, and for which service. Without a CACHE it is \
the default one.

A CACHE is a path, or `FILE:` and a path; `DIR:` and a directory of caches, or `DIR::` and the path of one of them; `KEYRING:` and a \
name, for a cache in the kernel; `KCM:` and perhaps a name, for a cache in a daemon; `MEMORY:` and a name, which is always empty here. \
`API:` and `MSLSA:` belong to other systems and are not supported.

A name of a collection means its primary cache; `-l` and `-A` list all of its caches, the primary one first. In `-l`, \
`(Expired)` stands behind a cache without a good ticket in the sense of `-s`.

The letters of `-f`: `F` forwardable, `f` forwarded, `P` proxiable, `p` proxy, `D` may be postdated, `d` postdated, `R` renewable, `I` \
initial, `i` invalid, `H` by hardware, `A` preauthenticated, `T` transited realms checked, `O` the service may act for the user, `a` \
anonymous.

`klist -k` lists the entries of a keytab, one line for each key: its version number, then the principal. Without a FILE it is the \
default keytab. A FILE is a path, or `FILE:` or `WRFILE:` and a path, which mean the same, or `MEMORY:` and a name, which is always \
empty here.

With `--json` there are fingerprints in place of keys, whatever `-K` says, and addresses are numbers.

Nothing is ever written or made.",
        options: OptionTable(&OPTIONS).describe(),
        about_commands: "",
        commands: Vec::new(),
        shell_commands: Vec::new(),
        exit_status: "\
0 if everything was listed, of a collection if one cache was; 1 if there is no cache or it cannot be read or is damaged (what is whole \
before the damage is listed), likewise for keytabs, and for wrong usage; 3 for `-4`.

With `-s`: 0 if the cache has a good ticket-granting ticket of its own realm, or has none at all but another good ticket; else 1.",
        environment: ENVIRONMENT,
        files: vec![&[
            ("/tmp/krb5cc_UID", "The default cache of a user."),
            ("/etc/krb5.keytab", "The default keytab."),
            ("/etc/krb5/user/EUID/client.keytab", "The default client keytab of a user."),
        ]],
        examples: &[
            Example { line: "klist -e -f", purpose: "The tickets with their encryption types and flags." },
            Example { line: "klist -s || kinit", purpose: "A new ticket where there is no good one." },
            Example {
                line: "klist -k -t -e /etc/krb5.keytab",
                purpose: "The keytab's entries with their times and encryption types.",
            },
        ],
        see_also: &["kinit(1)", "ktadd(1)", "kadmin.local(8)", "krb5.conf(5)"],
    }
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KRB5_CONFIG", "The configuration files, separated by colons, in place of `/etc/krb5.conf`."),
    (
        "KRB5CCNAME",
        "The default cache; else `default_ccache_name` in `[libdefaults]`, else `FILE:/tmp/krb5cc_UID`.",
    ),
    ("KRB5_KTNAME", "The default keytab; else `default_keytab_name` in `[libdefaults]`."),
    (
        "KRB5_CLIENT_KTNAME",
        "The default client keytab; else `default_client_keytab_name` in `[libdefaults]`.",
    ),
    ("TZ", "The time zone of what is shown, as month/day/year whatever the locale."),
];
