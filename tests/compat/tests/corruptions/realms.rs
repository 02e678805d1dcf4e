//! Realms whose files have everything that such files have.

use harness::{Realm, Setup, Side, workspace};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The golden realm in that form.
pub fn golden(form: &str) -> Realm {
    let realm = Realm::with(Side::Ours, Setup::new().realm("GOLDEN.TEST"));
    let read = |name: String| fs::read(workspace().join("tests/golden").join(name)).expect("a golden file");
    for file in ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"] {
        realm.write(file, read(format!("{form}/{file}")));
        fs::set_permissions(realm.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    realm.write("stash", read("stash-all".to_owned()));
    realm
}

/// A realm that MIT makes: some hundred principals and policies on pages of several levels, values on overflow chains,
/// password histories, two master keys, and pages that deletions have freed.
pub fn made(hash: bool) -> Realm {
    let realm =
        Realm::with(Side::Ours, Setup::new().supported_enctypes("aes256-cts:normal aes128-cts:normal"));
    let mit = realm.by(Side::Mit);
    mit.create("first");
    let mut script = String::new();
    for number in 0..120 {
        writeln!(script, "addpol -history 4 -minlength {} policy-of-many-{number:03}", number % 7).unwrap();
    }
    for number in 0..320 {
        let name = if number % 8 == 3 { "deleted" } else { "user" };
        let policy = number % 120;
        writeln!(script, "addprinc -randkey -policy policy-of-many-{policy:03} {name}-{number:03}").unwrap();
    }
    // Neighbours, whose leaves are freed, and long values, whose chains are.
    for number in 0..40 {
        writeln!(script, "addprinc -randkey +requires_preauth deleted-in-a-row-{number:02}").unwrap();
    }
    for number in 0..12 {
        let name = if number % 3 == 1 { "deleted-long" } else { "long" };
        writeln!(script, "addprinc -randkey {name}-{number}").unwrap();
        for part in 0..=number % 4 {
            writeln!(script, "setstr {name}-{number} part{part} {}", "value".repeat(500)).unwrap();
        }
    }
    for round in 0..3 {
        for number in (0..30).filter(|number| number % 8 != 3) {
            writeln!(script, "cpw -pw Secret{round}{number} user-{number:03}").unwrap();
        }
    }
    mit.kadmin_local::<[&str; 0], &str>([]).stdin(&script).ok();
    mit.kdb5_util(["add_mkey", "-s"]).stdin("second\nsecond\n").ok();
    mit.kdb5_util(["use_mkey", "2"]).ok();
    let mut script = String::new();
    for number in 100..140 {
        let name = if number % 8 == 3 { "deleted" } else { "user" };
        writeln!(script, "cpw -randkey -keepold {name}-{number:03}").unwrap();
    }
    if !hash {
        script.push_str(&deletions());
    }
    mit.kadmin_local::<[&str; 0], &str>([]).stdin(&script).ok();
    if hash {
        mit.kdb5_util(["dump", "all"]).ok();
        mit.kdb5_util(["load", "-hash", "all"]).ok();
        mit.kadmin_local::<[&str; 0], &str>([]).stdin(&deletions()).ok();
    }
    let output = realm.kdb5_util(["verify"]).ok();
    assert!(output.stdout.ends_with(" keys decrypted: sound\n"), "{output}");
    realm
}

fn deletions() -> String {
    let mut script = String::new();
    for number in (0..320).filter(|number| number % 8 == 3) {
        writeln!(script, "delprinc -force deleted-{number:03}").unwrap();
    }
    for number in 0..40 {
        writeln!(script, "delprinc -force deleted-in-a-row-{number:02}").unwrap();
    }
    for number in (0..12).filter(|number| number % 3 == 1) {
        writeln!(script, "delprinc -force deleted-long-{number}").unwrap();
    }
    for number in (0..120).filter(|number| number % 10 == 9) {
        writeln!(script, "delpol -force policy-of-many-{number:03}").unwrap();
    }
    script
}
