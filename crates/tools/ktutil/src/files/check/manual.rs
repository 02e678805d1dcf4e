//! What the manual says of check.

use k5_cli::manual::{Example, Help};

pub(crate) static HELP: Help =
    Help { operands: "[FILE]", description: DESCRIPTION, flags: &[], examples: EXAMPLES };

const EXAMPLES: &[Example] = &[
    Example { line: "ktutil check", purpose: "The host's keytab." },
    Example {
        line: "ktutil check web.keytab --host web.example.com --alias www.example.com --service HTTP --user www-data",
        purpose: "On the KDC's host: is this what the web server needs?",
    },
    Example {
        line: "ktutil check --json | jq -r '.findings[] | select(.level != \"note\") | .mend[]'",
        purpose: "What mends it.",
    },
];

/// The lists of findings are the doctor's table, which a test compares.
pub(super) const DESCRIPTION: &str = "\
Tells why a keytab does not work, or will not for long: a line for each thing that was found, with the level in front, the place, \
and the code behind; below it what mends it, as a line for the shell; at the end a summary. Without FILE it is the default keytab. Nothing is \
changed. Keys are compared and shown as fingerprints only.

It looks at the file (damage, owner and mode), at its entries, and at two things beside it. The one is the principal database, where this host \
has one that its user may read: are the keys and version numbers those of the database, is the encryption type there in which the KDC encrypts tickets, does it \
give tickets at all? The master key comes from the stash file, or from a password with `-m`. Elsewhere this is left out, and said so; on the KDC's host a copy of \
the keytab can be checked with `--host`.

The other is the host: under which names do clients ask for its services, by `dns_canonicalize_hostname`, `rdns`, `qualify_shortname`, `[domain_realm]` and the \
look-ups of this host, which should be those of the clients? A name by which clients know the host besides its own is given with `--alias`.

The exit code is 0 if the keytab is fine, 1 if there are warnings, and 2 if it is broken, or the question could not be answered.

What makes a keytab broken:

`unreadable`: the keytab cannot be opened or read.

`not-a-keytab`: the file does not begin as a keytab does.

`damaged`: from that offset on the file is no keytab any more; what stands before it is whole.

`empty`: there is no entry.

`unreadable-by-user`: the user of the service may not read the file.

`key-length`: a key is not as long as those of its type are.

`no-usable-key`: a principal has entries of such types only as no library can use.

`principal-missing`: the database does not know the principal.

`tickets-disallowed`: the principal gets no tickets, and nobody gets one for it (`-allow_tix`).

`service-disallowed`: nobody gets a ticket for this service (`-allow_svr`).

`principal-expired`: the principal has expired.

`no-keys`: the principal has no key in the database that the KDC may use.

`key-differs`: the key in which the KDC encrypts the tickets is another one in the database.

`kvno-wrong`: the key is that of the database, but its key version number is another one.

`kvno-stale`: only older key versions than the database's are there.

`kvno-ahead`: only newer key versions than the database's are there.

`enctype-missing`: the key in which the KDC encrypts the tickets is not there.

What is a warning:

`readable-by-others`: everybody may read the file.

`writable-by-others`: its group, or everybody, may write to the file.

`owned-by-other`: the owner of the file is neither root nor the user of the service.

`enctype-removed`: no library has this encryption type any more.

`enctype-unknown`: nobody knows this encryption type.

`enctype-weak`: the encryption type is broken and needs `allow_weak_crypto`.

`enctype-deprecated`: the encryption type is too weak for this day.

`enctype-not-permitted`: `permitted_enctypes` leaves the encryption type out.

`duplicate-differs`: two entries of one principal, version and encryption type have different keys: the first one counts.

`kvno-fields-differ`: the old and the new field of an entry's key version number contradict each other.

`timestamp-future`: an entry says that it was written in the future.

`database-unusable`: there is a database, but its keys cannot be had: nothing was compared.

`tgt-disallowed`: a client with a ticket-granting ticket gets none for this service (`-allow_tgs_req`).

`key-unopened`: a key in the database cannot be decrypted and was not compared.

`other-key-differs`: a current key, but none in which the KDC encrypts tickets today, is not that of the database.

`old-key-differs`: an old key is not the one that the database keeps.

`kvno-newer`: beside the current key there is one of a version that the database has not reached.

`enctype-gap`: the database has current keys of further encryption types, which are not there.

`name-unknown`: the database does not know the name under which clients ask for the service.

`name-missing`: the name under which clients ask for the service has no entry.

What is only noted:

`readable-by-group`: its group may read the file.

`holes`: there is space that entries have left.

`duplicate`: an entry is there twice.

`kvno-over-255`: programs that know the old field only find this key version number by its low 8 bits.

`database-not-checked`: there is no database here: nothing was compared.

`realm-not-checked`: a principal is of a realm that the database does not have.

`principal-alias`: the name is an alias in the database.

`client-only`: nobody gets a ticket for this principal (`-allow_svr`), but it is no service.

`password-expired`: its password has expired: services do not mind, but `kinit -k` fails.

`keys-locked`: its keys are locked (`+lockdown_keys`): they cannot be fetched from afar.

`enctype-extra`: the database has no such key at this version: no ticket needs it.

`kvno-old-kept`: an old key, which the database keeps as well.

`kvno-old`: an old key, good for tickets from before the last change only.

`host-not-checked`: nothing was compared with names of hosts.

`host-unknown`: the resolver does not find a host: its name counts as given.

`acceptor-refuses`: a service that calls itself by this host's name passes over an entry.";
