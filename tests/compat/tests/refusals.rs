//! What our programs do not have must not bite: they stop before anything is changed and say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "kdb5_util/support.rs"]
#[allow(dead_code, reason = "shared with the tests of kdb5_util")]
mod support;

use harness::{BackEnd, Pair, Realm, Setup, Side};
use support::refused;

const WRITING: [&[&str]; 17] = [
    &["addprinc", "-randkey", "new"],
    &["addprinc", "-pw", "x", "new"],
    &["modprinc", "-maxlife", "1h", "bob"],
    &["cpw", "-pw", "y", "bob"],
    &["cpw", "-randkey", "bob"],
    &["delprinc", "bob"],
    &["ktadd", "-k", "new.kt", "bob"],
    &["ktadd", "-k", "old.kt", "bob"],
    &["modprinc", "-unlock", "bob"],
    &["renprinc", "-force", "bob", "robert"],
    &["purgekeys", "bob"],
    &["setstr", "bob", "name", "value"],
    &["delstr", "bob", "name"],
    &["add_alias", "robert", "bob"],
    &["addpol", "new"],
    &["modpol", "-minlength", "3", "old"],
    &["delpol", "-force", "old"],
];

/// A realm of MIT's with bob, his keytab, and then more configuration.
fn realm(kdc_lines: &str, krb5_text: &str) -> Realm {
    let realm = Realm::new(Side::Mit);
    realm.create("master");
    realm.kadmin_local(["addprinc", "-pw", "x", "bob"]).ok();
    realm.kadmin_local(["addpol", "old"]).ok();
    realm.kadmin_local(["ktadd", "-norandkey", "-k", "old.kt", "bob"]).ok();
    let kdc = String::from_utf8(realm.read("kdc.conf")).unwrap();
    realm.write(
        "kdc.conf",
        kdc.replace("        acl_file", &format!("        {kdc_lines}\n        acl_file")),
    );
    let krb5 = String::from_utf8(realm.read("krb5.conf")).unwrap();
    realm.write("krb5.conf", format!("{krb5}\n{krb5_text}\n"));
    realm.by(Side::Ours)
}

/// DIV-46
#[test]
fn no_password_is_set_where_a_module_would_have_to_look() {
    let realm = realm("", "[plugins]\n    pwqual = {\n        module = strict:/usr/lib/strict.so\n    }\n");
    for command in [["addprinc", "-pw", "x", "new"].as_slice(), &["cpw", "-pw", "y", "bob"]] {
        refused(&realm, realm.kadmin_local(command.to_vec()), &["pwqual", "strict"]);
    }
    let said = realm.kadmin_local(["-q", "cpw bob"]).stdin("y\ny\n").ok();
    assert!(said.stderr.contains("strict") && !said.stdout.contains("changed"), "{said}");
    // Random keys are no passwords.
    realm.kadmin_local(["addprinc", "-randkey", "new"]).ok();
    realm.kadmin_local(["ktadd", "-k", "new.kt", "bob"]).ok();
}

#[test]
fn other_back_ends_are_refused() {
    for library in ["kldap", "nonsense"] {
        let modules = format!("[dbmodules]\n    other = {{\n        db_library = {library}\n    }}\n");
        let realm = realm("database_module = other", &modules);
        for command in WRITING.into_iter().chain([["getprinc", "bob"].as_slice(), &["listprincs"]]) {
            let output = refused(&realm, realm.kadmin_local(command.to_vec()), &["db_library", library]);
            assert_eq!(output.exit, 1);
        }
        refused(&realm, realm.ktadd(["bob"]), &["db_library", library]);
    }
}

/// A section that is configured and makes no difference changes nothing.
#[test]
fn db2_by_name_is_db2() {
    let setup = Setup::new()
        .kdc_realm("database_module = mine")
        .kdc_text("[dbmodules]\n    mine = {\n        db_library = db2\n        database_name = {DIR}/principal\n    }\n");
    let pair = Pair::with(setup.backend(BackEnd::Db2));
    pair.create_by_mit("master");
    let _ = pair.kadmin_local(["addprinc", "-pw", "x", "bob"]).same().code(0);
    let _ = pair.kadmin_local(["getprinc", "bob"]).same().code(0);
    pair.same_dump();
}
