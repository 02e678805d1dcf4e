//! File names that MIT 1.20.1 has compiled in as Debian builds it (`--sysconfdir=/etc --localstatedir=/etc`),
//! read out of its binaries.

/// Configuration of every program, unless `KRB5_CONFIG` names another list.
pub const KRB5_CONF: &str = "/etc/krb5.conf";
/// Configuration of the KDC and the administration programs, unless `KRB5_KDC_PROFILE` names another file.
pub const KDC_CONF: &str = "/etc/krb5kdc/kdc.conf";
/// `database_name`.
pub const DATABASE: &str = "/var/lib/krb5kdc/principal";
/// `key_stash_file`, less the realm that follows.
pub const STASH_STUB: &str = "/etc/krb5kdc/.k5.";
/// `acl_file`.
pub const ACL_FILE: &str = "/etc/krb5kdc/kadm5.acl";
/// `default_keytab_name`.
pub const KEYTAB: &str = "FILE:/etc/krb5.keytab";
/// `default_client_keytab_name`, before its token is expanded.
pub const CLIENT_KEYTAB: &str = "FILE:/etc/krb5/user/%{euid}/client.keytab";
/// `default_ccache_name`, before its token is expanded.
pub const CCACHE: &str = "FILE:/tmp/krb5cc_%{uid}";
/// `%{LIBDIR}`, which holds the machine's multiarch name in Debian.
pub const LIBDIR: &str = LIBDIR_FOR_TARGET;
/// `%{BINDIR}`.
pub const BINDIR: &str = "/usr/bin";
/// `%{SBINDIR}`.
pub const SBINDIR: &str = "/usr/sbin";
/// `%{TEMP}` where `TMPDIR` is not set.
pub const TEMP: &str = "/tmp";

#[cfg(target_arch = "x86_64")]
const LIBDIR_FOR_TARGET: &str = "/usr/lib/x86_64-linux-gnu";
#[cfg(target_arch = "aarch64")]
const LIBDIR_FOR_TARGET: &str = "/usr/lib/aarch64-linux-gnu";
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const LIBDIR_FOR_TARGET: &str = "/usr/lib";
