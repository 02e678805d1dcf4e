//! What stops programs at start: settings that every program checks, and missing files.

use crate::mit::Scratch;

#[test]
fn settings_that_every_program_checks() {
    for (setting, expected) in [
        ("allow_weak_crypto = maybe", "Invalid boolean value"),
        ("allow_des3 = f", "Invalid boolean value"),
        ("allow_rc4 = \"\"", "Invalid boolean value"),
        ("ignore_acceptor_hostname = maybe", "Invalid boolean value"),
        ("enforce_ok_as_delegate = maybe", "Invalid boolean value"),
        ("dns_canonicalize_hostname = maybe", "Invalid argument"),
        ("dns_canonicalize_hostname = Fallback", "FILE:/a"),
        ("plugin_base_dir = /x%{foo}", "Invalid argument"),
        ("plugin_base_dir = /x%{TEMP}", "FILE:/a"),
        ("allow_weak_crypto = Y\nallow_des3 = ON\nallow_rc4 = T", "FILE:/a"),
        ("allow_weak_crypto = NIL\nallow_des3 = 0\nallow_rc4 = Off", "FILE:/a"),
        ("clockskew = 5m\nkdc_timesync = x", "FILE:/a"),
        ("dns_lookup_kdc = maybe", "FILE:/a"),
    ] {
        let config = format!("[libdefaults]\ndefault_keytab_name = /a\n{setting}\n");
        let mut scratch = Scratch::new(&[("krb5.conf", &config)]);
        scratch.unset("KRB5_KTNAME");
        let ours = scratch.our_keytab();
        assert_eq!(ours, scratch.mit_keytab(), "{setting}");
        assert_eq!(ours, expected, "{setting}");
    }
}

#[test]
fn without_any_file() {
    let scratch = Scratch::new(&[]);
    assert_eq!(scratch.our_database("R"), scratch.mit_database("R"));
    assert_eq!(scratch.our_database("R"), "No such file or directory");
    let error = scratch.kdc().unwrap().default_realm().unwrap_err();
    let mit = scratch.run("kdb5_util", &["list_mkeys"]);
    assert_eq!(mit.reason("kdb5_util"), error.mit_text());
    // One of the two files is enough.
    for file in ["krb5.conf", "kdc.conf"] {
        let scratch = Scratch::new(&[(file, "[realms]\nR = {\ndatabase_name = DIR/p\n}\n")]);
        assert_eq!(scratch.our_database("R"), scratch.mit_database("R"));
        assert_eq!(scratch.our_database("R"), scratch.path("p").to_str().unwrap());
    }
}

#[test]
fn default_realm() {
    for text in [
        "[libdefaults]\ndefault_realm = A\ndefault_realm = B\n",
        "[libdefaults]\ndefault_realm = \"A B\"\n",
        "[libdefaults]\n",
    ] {
        let scratch = Scratch::new(&[("krb5.conf", text)]);
        // klist is asked nothing here: kdb5_util names the master key of the default realm.
        let mit =
            scratch.run("kdb5_util", &["-P", "x", "-d", scratch.path("none/p").to_str().unwrap(), "create"]);
        match scratch.kdc().unwrap().default_realm() {
            Ok(realm) => assert!(mit.stdout.contains(&format!("for realm '{}'", realm.text())), "{mit:?}"),
            Err(error) => assert_eq!(mit.reason("kdb5_util"), error.mit_text()),
        }
    }
}

/// MIT loads a profile module in place of the files; we go on with the files and say so (DIV-40).
#[test]
fn profile_modules_differ() {
    let text = "module DIR/none.so:x\n[libdefaults]\ndefault_keytab_name = /a\n";
    let mut scratch = Scratch::new(&[("krb5.conf", text)]);
    scratch.unset("KRB5_KTNAME");
    assert_eq!(scratch.mit_keytab(), "FILE:/etc/krb5.keytab");
    assert_eq!(scratch.our_keytab(), "FILE:/a");
    let config = scratch.client().unwrap();
    let notice = config.notices()[0].to_string();
    assert!(notice.ends_with(": profile modules are not loaded; the files count"), "{notice}");
    scratch.set("KRB5_CONFIG", "DIR/gone:DIR/krb5.conf");
    assert_eq!(scratch.our_keytab(), "FILE:/a");
}

/// MIT cuts lines after 2047 bytes and reads the rest as a line of its own (DIV-41).
#[test]
fn long_lines_differ() {
    let text = format!("[libdefaults]\n#{}default_keytab_name = /cut\n", "x".repeat(2046));
    let mut scratch = Scratch::new(&[("krb5.conf", &text)]);
    scratch.unset("KRB5_KTNAME");
    assert_eq!(scratch.mit_keytab(), "FILE:/cut");
    assert_eq!(scratch.our_keytab(), "FILE:/etc/krb5.keytab");
}
