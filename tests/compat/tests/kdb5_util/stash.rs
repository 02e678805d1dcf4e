//! `stash`.

use crate::support::{chmod, names, one_line, principals, refused, snapshot};
use harness::{BackEnd, Mask, Pair, Realm, Side};
use std::fs;

fn remove_stash(pair: &Pair) {
    pair.each(|realm| drop(fs::remove_file(realm.path("stash"))));
}

#[test]
fn with_the_stashed_key() {
    let pair = Pair::new();
    pair.create("masterpw");
    pair.kdb5_util(["stash"]).same_bytes().same_file("stash", Mask::TIMES).code(0);
    pair.kdb5_util(["stash", "-f", "{DIR}/other"]).same_bytes().same_file("other", Mask::TIMES).code(0);
    pair.kdb5_util(["stash", "-f", "a", "-f", "b", "word"]).same_bytes().same_file("b", Mask::TIMES).code(0);
    assert_eq!(names(pair.mit().dir()), names(pair.ours().dir()));
    // The stashed key is the key, whatever type is said.
    pair.kdb5_util(["stash", "-k", "aes128-cts"]).same_bytes().same_file("stash", Mask::TIMES).code(0);
    pair.kdb5_util(["stash", "-kv", "1"]).same_bytes().code(0);
    // Links are replaced, as by MIT.
    pair.each(|realm| std::os::unix::fs::symlink("nowhere", realm.path("link")).unwrap());
    pair.kdb5_util(["stash", "-f", "link"]).same_bytes().same_file("link", Mask::TIMES).code(0);
}

#[test]
fn with_a_password() {
    let pair = Pair::new();
    pair.create("masterpw");
    for (words, input) in [
        (vec!["stash", "-P", "masterpw"], ""),
        (vec!["stash", "-m"], "masterpw\n"),
        (vec!["-m", "stash"], "masterpw"),
    ] {
        remove_stash(&pair);
        pair.kdb5_util(words).stdin(input).same_bytes().same_file("stash", Mask::TIMES).code(0);
    }
    // Without a stash file it asks, and in the end nothing has failed.
    remove_stash(&pair);
    let both = pair.kdb5_util(["stash"]).stdin("masterpw\n").differs("DIV-20").code(0);
    let expected = [
        "kdb5_util: Can not fetch master key (error: No such file or directory: {DIR}/stash). while reading master key\n",
        "kdb5_util: Warning: proceeding without master key\n",
    ];
    let dir = pair.ours().dir().display().to_string();
    assert_eq!(both.ours.stderr, expected.concat().replace("{DIR}", &dir));
    assert_eq!(both.ours.stdout, "Enter KDC database master key: \n");
    assert_eq!(both.ours.stdout, both.mit.stdout);
    let _ = both.same_file("stash", Mask::TIMES);
}

#[test]
fn typed_at_a_terminal() {
    let pair = Pair::new();
    pair.create("masterpw");
    remove_stash(&pair);
    let screens = pair.terminal("kdb5_util", ["stash", "-m"], |terminal| {
        terminal.wait_for("Enter KDC database master key: ").line("masterpw");
    });
    let both = screens.same().code(0).same_file("stash", Mask::TIMES);
    assert!(!both.ours.stdout.contains("masterpw"), "{}", both.ours);
}

/// What MIT asks, in its order, with its status; the lines name the file (DIV-20), and the stash file stays.
#[test]
fn wrong_passwords() {
    let pair = Pair::new();
    pair.create("masterpw");
    for (words, input, code) in [
        (vec!["stash", "-P", "wrong"], "", 2),
        (vec!["stash", "-P", "wrong"], "wrong\n", 2),
        (vec!["stash", "-P", "wrong"], "masterpw\n", 0),
        (vec!["stash", "-m"], "", 2),
        (vec!["stash", "-m"], "wrong\n", 2),
        (vec!["stash", "-m"], "wrong\nwrong\n", 2),
        (vec!["stash", "-m"], "wrong\nmasterpw\n", 0),
        (vec!["stash", "-P", "masterpw", "-k", "aes128-cts"], "", 2),
    ] {
        let before = pair.ours().read("stash");
        let both = pair.kdb5_util(&words).stdin(input).run().code(code);
        assert_eq!(both.ours.stdout, both.mit.stdout, "{words:?} {input:?}");
        if both.mit.stderr.contains("Unable to decrypt") {
            let line = format!(
                "kdb5_util: Unable to decrypt latest master key with the provided master key ({}) while getting \
                 master key list\n",
                pair.ours().path("principal").display()
            );
            assert!(both.ours.stderr.starts_with(&line), "{}", both.ours);
            let plain = both.mit.stderr.replace(" master key\n while", " master key while");
            let name = format!(" ({})", pair.ours().path("principal").display());
            assert_eq!(both.ours.stderr.replace(&name, ""), plain);
        } else {
            assert_eq!(both.ours.stderr, both.mit.stderr);
        }
        if code != 0 {
            assert_eq!(pair.ours().read("stash"), before);
        }
    }
}

/// The stash file of another realm, of an older database, of another version; what is none at all.
#[test]
fn stash_files_that_do_not_fit() {
    let pair = Pair::new();
    pair.create("masterpw");
    let elsewhere = Realm::with(Side::Mit, harness::Setup::new().realm("OTHER.ORG"));
    let _ = elsewhere.create("masterpw");
    let older = Realm::new(Side::Mit);
    let _ = older.create("forgotten");
    for (content, what, doing) in [
        (elsewhere.read("stash"), "No key table entry found for K/M@EXAMPLE.COM", "while reading master key"),
        (older.read("stash"), "Unable to decrypt latest master key", "while getting master key list"),
        (b"\n".to_vec(), "Cannot find/read stored master key", "while reading master key"),
        (b"\x12\0\xff\xff\xff\xff".to_vec(), "Stored master key is corrupted", "while reading master key"),
        (Vec::new(), "", "while reading master key"),
    ] {
        pair.each(|realm| realm.write("stash", &content));
        let both = pair.kdb5_util(["stash"]).run().code(2);
        assert_eq!(both.ours.stdout, both.mit.stdout);
        let first = both.ours.stderr.lines().next().unwrap();
        let file = if doing.contains("list") { "/principal)" } else { "/stash)." };
        assert!(first.contains(what) && first.contains(file) && first.ends_with(doing), "{}", both.ours);
        assert_eq!(both.ours.stderr.lines().count(), 3, "{}", both.ours);
        assert_eq!(pair.ours().read("stash"), content);
    }
    remove_stash(&pair);
    pair.kdb5_util(["stash", "-P", "masterpw"]).same_bytes().code(0);
    let both = pair.kdb5_util(["stash", "-kv", "3"]).run().code(2);
    assert_eq!(both.ours.stdout, both.mit.stdout);
}

#[test]
fn a_stash_file_that_cannot_be_written() {
    let pair = Pair::new();
    pair.create("masterpw");
    pair.each(|realm| fs::write(realm.path("stash_tmp"), "somebody's").unwrap());
    pair.kdb5_util(["stash"]).same_bytes().code(1);
    refused(
        pair.ours(),
        pair.ours().kdb5_util(["stash"]),
        &["stash_tmp", "already exists", "while storing key"],
    );
    for (name, file, what) in
        [("none/x", "/none/x_tmp", "No such file or directory"), ("", "/two/", "not a regular file")]
    {
        let both = pair.kdb5_util(["stash", "-f", &format!("{{DIR}}/{name}")]).differs("DIV-20").code(1);
        one_line(&both.ours, &[file, what, "while storing key"]);
        assert_eq!(both.ours.stdout, both.mit.stdout);
    }
    pair.each(|realm| {
        fs::create_dir(realm.path("shut")).unwrap();
        chmod(&realm.path("shut"), 0o500);
    });
    let both = pair.kdb5_util(["stash", "-f", "{DIR}/shut/x"]).bound_by_rights().differs("DIV-20").code(1);
    one_line(&both.ours, &["/shut/x_tmp", "Permission denied", "while storing key"]);
    let realm = pair.ours();
    let _disk = harness::SmallDisk::mount(&realm.path("disk"), 4);
    fs::write(realm.path("disk/all"), [0; 4096]).unwrap();
    let output = realm.kdb5_util(["stash", "-f", "{DIR}/disk/stash"]).fails(1);
    one_line(&output, &["/disk/stash_tmp", "No space left on device", "while storing key"]);
    assert_eq!(names(&realm.path("disk")), ["all"]);
}

#[test]
fn a_database_that_may_only_be_read() {
    let pair = Pair::new();
    pair.create("masterpw");
    let files: &[&str] = match pair.ours().backend() {
        BackEnd::Db2 => &["principal", "principal.ok"],
        BackEnd::Klmdb => pair.ours().backend().files(),
    };
    pair.each(|realm| files.iter().for_each(|file| chmod(&realm.path(file), 0o400)));
    let stashing = pair.kdb5_util(["stash", "-f", "{DIR}/new"]).bound_by_rights();
    if pair.ours().backend() == BackEnd::Db2 {
        let _ = stashing.same_bytes().code(0).same_file("new", Mask::TIMES);
    } else {
        let both = stashing.differs("DIV-210");
        assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
        assert_eq!(pair.ours().klist(["-k", "new"]).ok().stdout.lines().count(), 4);
    }
    // One that may not even be read.
    pair.each(|realm| chmod(&realm.path(principals(realm)), 0));
    let both = pair.kdb5_util(["stash"]).bound_by_rights();
    let both = match pair.ours().backend() {
        BackEnd::Db2 => both.same_bytes(),
        BackEnd::Klmdb => both.differs("DIV-210"),
    };
    one_line(&both.code(1).ours, &["/principal", "Permission denied", "while initializing database"]);
    // A stash file that may not be read.
    let pair = Pair::new();
    pair.create("masterpw");
    pair.each(|realm| chmod(&realm.path("stash"), 0));
    let both = pair.kdb5_util(["stash", "-f", "new"]).bound_by_rights().differs("DIV-20").code(2);
    assert!(both.ours.stderr.contains("(error: Permission denied: "), "{}", both.ours);
    assert_eq!(both.ours.stdout, both.mit.stdout);
}

/// All versions of the master key, in MIT's order.
#[test]
fn a_realm_of_mits_with_two_master_keys() {
    let pair = Pair::new();
    pair.create_by_mit("masterpw");
    pair.mit().kdb5_util(["add_mkey", "-e", "aes256-sha2"]).stdin("second\nsecond\n").ok();
    pair.copy_database();
    pair.kdb5_util(["stash"]).same_bytes().same_file("stash", Mask::TIMES).code(0);
    let both = pair.klist(["-keK", "stash"]).same_bytes().code(0);
    assert_eq!(both.ours.stdout.lines().count(), 3 + 2, "{}", both.ours);
    pair.kdb5_util(["stash", "-P", "masterpw", "-f", "x"]).same_bytes().same_file("x", Mask::TIMES).code(0);
    let before = snapshot(pair.ours().dir());
    pair.ours().mit("kdb5_util", ["list_mkeys"]).ok();
    assert!(snapshot(pair.ours().dir()) == before);
}
