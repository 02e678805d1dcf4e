//! `destroy`.

use crate::support::{chmod, db2, names, one_line, principals, refused, snapshot};
use harness::{BackEnd, Pair, Realm, Side};

#[test]
fn only_yes_destroys() {
    let pair = Pair::new();
    pair.create("masterpw");
    let before = snapshot(pair.ours().dir());
    for answer in ["", "\n", "no\n", "y\n", "YES\n", "yes", "yes \n", " yes\n", "yess\n", "yes\r\n"] {
        pair.kdb5_util(["destroy"]).stdin(answer).same_bytes().code(1);
        assert!(snapshot(pair.ours().dir()) == before, "{answer:?}");
    }
    pair.kdb5_util(["destroy"]).stdin("yes\n").same_bytes().code(0);
    for realm in [pair.mit(), pair.ours()] {
        assert_eq!(names(realm.dir()), ["kdc.conf", "krb5.conf", "stash"]);
    }
    pair.kdb5_util(["destroy"]).stdin("yes\n").same_bytes().code(1);
    pair.kdb5_util(["destroy", "-f"]).same_bytes().code(1);
}

#[test]
fn without_a_question() {
    for words in [vec!["destroy", "-f"], vec!["destroy", "-ff"], vec!["destroy", "now", "-f"]] {
        let pair = Pair::new();
        pair.create("masterpw");
        pair.kdb5_util(words).same_bytes().code(0);
        assert!(!pair.ours().path(principals(pair.ours())).exists());
    }
}

/// The status counts what failed on the way.
#[test]
fn without_the_master_key() {
    let pair = Pair::new();
    pair.create("masterpw");
    for (words, answer, code) in [
        (vec!["destroy"], "no\n", 2),
        (vec!["destroy", "-P", "wrong"], "no\n", 2),
        (vec!["destroy", "-m"], "wrong\nno\n", 2),
        (vec!["destroy", "-m"], "masterpw\nno\n", 1),
        (vec!["destroy", "-f"], "", 1),
    ] {
        pair.each(|realm| drop(std::fs::remove_file(realm.path("stash"))));
        let both = pair.kdb5_util(words).stdin(answer).run().code(code);
        assert_eq!(both.ours.stdout, both.mit.stdout.replace("/one/", "/two/"));
        assert_eq!(both.ours.stderr.is_empty(), both.mit.stderr.is_empty());
    }
    assert!(!pair.ours().path(principals(pair.ours())).exists());
}

#[test]
fn what_mit_has_made() {
    let realm = Realm::new(Side::Ours);
    let _ = realm.by(Side::Mit).create("masterpw");
    realm.mit("kadmin.local", ["addpol", "-minlength", "6", "staff"]).ok();
    realm.kdb5_util(["destroy", "-f"]).ok();
    assert_eq!(names(realm.dir()), ["kdc.conf", "krb5.conf", "stash"]);
    let _ = realm.by(Side::Mit).create("masterpw");
}

#[test]
fn files_that_are_missing() {
    for file in BackEnd::of_this_run().files().iter().filter(|file| **file != "principal.kadm5.lock") {
        let pair = Pair::new();
        pair.create("masterpw");
        pair.each(|realm| std::fs::remove_file(realm.path(file)).unwrap());
        if *file == "principal.lockout.mdb" {
            let both = pair.kdb5_util(["destroy", "-f"]).differs("DIV-165");
            assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
            continue;
        }
        let both = pair.kdb5_util(["destroy", "-f"]).run().code(1);
        one_line(&both.ours, &[file]);
    }
}

/// DIV-84: what a load of MIT's leaves that was killed.
#[test]
fn the_lock_file_of_a_dead_loader() {
    let pair = Pair::with(db2());
    pair.create("masterpw");
    pair.each(|realm| std::fs::remove_file(realm.path("principal.kadm5.lock")).unwrap());
    let both = pair.kdb5_util(["destroy", "-f"]).differs("DIV-84");
    assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
    one_line_of(&both.ours.stderr, "principal.kadm5.lock was missing");
    assert_eq!(names(pair.ours().dir()), ["kdc.conf", "krb5.conf", "stash"]);
}

fn one_line_of(text: &str, part: &str) {
    assert!(text.lines().count() == 1 && text.contains(part), "{text}");
}

/// DIV-26
#[test]
fn a_directory_that_may_not_be_changed() {
    let pair = Pair::new();
    pair.each(|realm| {
        std::fs::create_dir(realm.path("shut")).unwrap();
        realm.kdb5_util(["create", "-s", "-P", "x", "-d", "{DIR}/shut/base"]).ok();
        chmod(&realm.path("shut"), 0o500);
    });
    let before = snapshot(&pair.ours().path("shut"));
    let words = ["destroy", "-f", "-d", "{DIR}/shut/base"];
    let both = pair.kdb5_util(words).bound_by_rights().differs("DIV-26").code(1);
    one_line(&both.ours, &["/shut: Permission denied", "deleting database '"]);
    assert!(snapshot(&pair.ours().path("shut")) == before);
    let base = principals(pair.mit()).replace("principal", "shut/base");
    assert!(pair.mit().read(&base).iter().all(|&byte| byte == 0), "MIT has wiped it already");
    pair.each(|realm| chmod(&realm.path("shut"), 0o700));
}

#[test]
fn a_database_that_may_not_be_written() {
    let realm = Realm::new(Side::Ours);
    let _ = realm.create("masterpw");
    let files: &[&str] = match realm.backend() {
        BackEnd::Db2 => &["principal", "principal.ok"],
        BackEnd::Klmdb => realm.backend().files(),
    };
    for file in files {
        for mode in [0o400, 0] {
            chmod(&realm.path(file), mode);
            let run = realm.kdb5_util(["destroy", "-f"]).bound_by_rights();
            refused(&realm, run, &[&format!("/{file}")]);
            chmod(&realm.path(file), 0o600);
        }
    }
    realm.kdb5_util(["destroy", "-f"]).ok();
}
