//! Whole configurations: of old guides, of Debian's packages, of the golden files.

use crate::mit::Scratch;
use crate::realm::compare;

#[test]
fn old_guides() {
    let kdc = "[kdcdefaults]\n kdc_ports = 750,88\n v4_mode = nopreauth\n\n[realms]\n R.TEST = {\n\
               \x20 database_name = DIR/principal\n  admin_keytab = FILE:DIR/kadm5.keytab\n  acl_file = DIR/kadm5.acl\n\
               \x20 key_stash_file = DIR/stash\n  kdc_ports = 750,88\n  max_life = 10h 0m 0s\n\
               \x20 max_renewable_life = 7d 0h 0m 0s\n  master_key_type = des3-hmac-sha1\n\
               \x20 supported_enctypes = des3-hmac-sha1:normal des-cbc-crc:normal des:normal des:v4 des:norealm\n\
               \x20 default_principal_flags = +preauth\n }\n";
    let scratch =
        Scratch::new(&[("kdc.conf", kdc), ("krb5.conf", "[libdefaults]\n default_realm = R.TEST\n")]);
    let ours = compare(&scratch).unwrap();
    let notices: Vec<String> = ours.notices.iter().map(ToString::to_string).collect();
    let expected = format!(
        "{}:15: [realms] R.TEST supported_enctypes: skipped des-cbc-crc:normal des:normal des:v4 des:norealm \
         (single DES keys are no longer made)",
        scratch.path("kdc.conf").display()
    );
    assert_eq!(notices, [expected]);
}

/// The files that Debian's packages install, with the realm's files moved into the scratch directory.
#[test]
fn debian() {
    let kdc = "[kdcdefaults]\n    kdc_ports = 750,88\n\n[realms]\n    R.TEST = {\n\
               \x20       database_name = DIR/principal\n        admin_keytab = FILE:DIR/kadm5.keytab\n\
               \x20       acl_file = DIR/kadm5.acl\n        key_stash_file = DIR/stash\n\
               \x20       kdc_ports = 750,88\n        max_life = 10h 0m 0s\n\
               \x20       max_renewable_life = 7d 0h 0m 0s\n        #master_key_type = aes256-cts\n\
               \x20       #supported_enctypes = aes256-cts:normal aes128-cts:normal\n\
               \x20       default_principal_flags = +preauth\n    }\n";
    let krb5 = "[libdefaults]\n\tdefault_realm = R.TEST\n\n# The following krb5.conf variables are only for MIT \
                Kerberos.\n\tkdc_timesync = 1\n\tccache_type = 4\n\tforwardable = true\n        rdns = false\n\n\
                \n[realms]\n\tR.TEST = {\n\t\tkdc = k1.test\n\t\tkdc = k2.test:88\n\t\tadmin_server = k1.test\n\t}\n\
                [domain_realm]\n\t.test = R.TEST\n";
    let scratch = Scratch::new(&[("kdc.conf", kdc), ("krb5.conf", krb5)]);
    let ours = compare(&scratch).unwrap();
    assert_eq!(ours.max_life.0, 36_000);
    assert!(ours.notices.is_empty(), "{:?}", ours.notices);
}

/// The configuration that the golden files were made with.
#[test]
fn golden() {
    let kdc = include_str!("../samples/kdc.conf")
        .replace("= db2/principal", "= DIR/principal")
        .replace("= stash", "= DIR/stash");
    let scratch = Scratch::new(&[("kdc.conf", &kdc), ("krb5.conf", include_str!("../samples/krb5.conf"))]);
    let ours = compare(&scratch).unwrap();
    assert_eq!(ours.supported_enctypes.len(), 8);
    let config = scratch.client().unwrap();
    assert!(config.allow_weak_crypto());
    assert_eq!(config.permitted_enctypes().unwrap().len(), 8);
    assert_eq!(config.canonicalize_hostname(), k5_config::CanonicalizeHostname::No);
}
