//! `create`, where something is in the way: one clear line, and everything as it was.

use crate::support::{chmod, db2, names, one_line, principals, refused, snapshot};
use harness::{BackEnd, Pair, Realm, Setup, Side, SmallDisk};

const CREATE: [&str; 4] = ["create", "-s", "-P", "x"];

#[test]
fn a_database_that_exists() {
    let pair = Pair::new();
    pair.create("masterpw");
    let before = snapshot(pair.ours().dir());
    pair.kdb5_util(CREATE).same_bytes().code(1);
    pair.kdb5_util(["create"]).stdin("x\nx\n").same_bytes().code(1);
    assert!(snapshot(pair.ours().dir()) == before);
}

/// DIV-20, DIV-21: a file of the database that is left over is named, and nothing is made beside it.
#[test]
fn files_in_the_way() {
    let file = "principal.kadm5";
    let pair = Pair::with(db2());
    pair.each(|realm| realm.write(file, "left over"));
    let both = pair.kdb5_util(CREATE).differs("DIV-20").code(1);
    one_line(&both.ours, &[file, "File exists", "while creating database '"]);
    assert_eq!(both.ours.stdout, both.mit.stdout.replace("/one/", "/two/"));
    refused(pair.ours(), pair.ours().kdb5_util(CREATE), &[file]);
    // A lock file without a database is used.
    let pair = Pair::with(db2());
    pair.each(|realm| realm.write("principal.ok", ""));
    pair.create("masterpw");
    pair.same_dump();
}

#[test]
fn directories_that_cannot_be_written() {
    let pair = Pair::new();
    let first = match pair.ours().backend() {
        BackEnd::Db2 => "base.ok",
        BackEnd::Klmdb => "base.mdb",
    };
    let words = ["create", "-s", "-P", "x", "-d", "{DIR}/none/base"];
    let both = pair.kdb5_util(words).differs("DIV-20").code(1);
    one_line(&both.ours, &["/none/", first, "No such file or directory", "while creating database '"]);
    pair.each(|realm| {
        std::fs::create_dir(realm.path("shut")).unwrap();
        chmod(&realm.path("shut"), 0o500);
    });
    let words = ["create", "-s", "-P", "x", "-d", "{DIR}/shut/base"];
    let both = pair.kdb5_util(words).bound_by_rights().differs("DIV-20").code(1);
    one_line(&both.ours, &["/shut/", first, "Permission denied", "while creating database '"]);
    assert!(!pair.ours().path("stash").exists());
}

/// DIV-21: however early the disk is full, nothing is left, and the same command succeeds once there is room.
#[test]
fn a_full_disk() {
    for kibibytes in [4, 8, 12] {
        let realm = Realm::new(Side::Ours);
        let disk = SmallDisk::mount(&realm.path("disk"), kibibytes);
        let words = ["create", "-s", "-P", "x", "-d", "{DIR}/disk/base"];
        let output = refused(&realm, realm.kdb5_util(words), &["/disk/base", "No space left on device"]);
        assert_eq!(output.exit, 1, "{output}");
        assert_eq!(names(&realm.path("disk")), Vec::<String>::new(), "{kibibytes} KiB");
        assert!(!realm.path("stash").exists());
        drop(disk);
        realm.kdb5_util(words).ok();
        realm.mit("kdb5_util", ["-d", "{DIR}/disk/base", "dump"]).ok();
    }
}

/// DIV-22
#[test]
fn a_stash_file_that_cannot_be_written() {
    let pair = Pair::new();
    pair.each(|realm| {
        realm.write("stash_tmp", "");
        std::fs::create_dir(realm.path("directory")).unwrap();
    });
    for (name, file, what) in [
        ("stash", "stash_tmp", "Temporary stash file already exists"),
        ("none/stash", "none/stash_tmp", "No such file or directory"),
        ("directory", "directory", "not a regular file"),
    ] {
        let stash = format!("{{DIR}}/{name}");
        let words = ["create", "-s", "-P", "x", "-sf", &stash];
        let both = pair.kdb5_util(words).differs("DIV-22").code(1);
        one_line(&both.ours, &[file, what, "while storing key"]);
        assert!(both.ours.stdout.ends_with("Warning: couldn't stash master key.\n"), "{}", both.ours);
        assert!(both.mit.stdout.ends_with("Warning: couldn't stash master key.\n"), "{}", both.mit);
        let dump = pair.ours().mit("kdb5_util", ["dump"]).output().stdout;
        assert_eq!(dump.lines().count(), 5, "{dump}");
        // All that is left to do.
        pair.ours().kdb5_util(["stash", "-f", "{DIR}/later", "-P", "x"]).ok();
        pair.each(remove_database);
        // Nobody asked for it.
        pair.ours().kdb5_util(["create", "-P", "x", "-sf", &stash]).ok();
        remove_database(pair.ours());
    }
    let realm = Realm::new(Side::Ours);
    let disk = SmallDisk::mount(&realm.path("disk"), 4);
    let output = realm.kdb5_util(["create", "-s", "-P", "x", "-sf", "{DIR}/disk/stash"]).ok();
    assert_eq!(output.stderr, "");
    std::fs::write(realm.path("disk/rest"), [0; 4096]).unwrap_err();
    drop(disk);
    let realm = Realm::new(Side::Ours);
    let _disk = SmallDisk::mount(&realm.path("disk"), 4);
    std::fs::write(realm.path("disk/all"), [0; 4096]).unwrap();
    let output = realm.kdb5_util(["create", "-s", "-P", "x", "-sf", "{DIR}/disk/stash"]).fails(1);
    one_line(&output, &["/disk/stash_tmp", "No space left on device", "while storing key"]);
    assert_eq!(names(&realm.path("disk")), ["all"]);
}

fn remove_database(realm: &Realm) {
    realm.backend().files().iter().for_each(|file| std::fs::remove_file(realm.path(file)).unwrap());
}

/// DIV-23
#[test]
fn the_stash_file_of_another_database_stays() {
    let pair = Pair::new();
    pair.create("masterpw");
    let stash = pair.ours().read("stash");
    let both = pair.kdb5_util(["create", "-d", "{DIR}/scratch", "-P", "x"]).differs("DIV-23").code(0);
    one_line_of_success(&both.ours, &["/stash holds no key of this database and was left as it was"]);
    assert_eq!(pair.ours().read("stash"), stash);
    assert!(!pair.mit().path("stash").exists());
    pair.ours().kdb5_util(["stash"]).ok();
    // It holds the right key: nothing to say.
    let output = pair.ours().kdb5_util(["create", "-d", "{DIR}/third", "-P", "masterpw"]).ok();
    assert_eq!(output.stderr, "");
    // With -s the file is the new database's.
    let pair = Pair::new();
    pair.each(|realm| realm.write("stash", "old"));
    pair.create("masterpw");
    pair.klist(["-kK", "stash"]).same_bytes().code(0);
}

fn one_line_of_success(output: &harness::Output, parts: &[&str]) {
    assert_eq!(output.exit, 0, "{output}");
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
    parts.iter().for_each(|part| assert!(output.stderr.contains(part), "{output}"));
}

/// DIV-21: what MIT's program finds out half way.
#[test]
fn words_that_make_half_a_realm() {
    let pair = Pair::new();
    for (words, what) in [
        (vec!["-kv", "-1"], "-1 is an invalid mkeyVNO"),
        (vec!["-kv", "70000"], "70000 is an invalid mkeyVNO"),
        (vec!["-M", ""], "Malformed representation of principal while setting up master key name"),
    ] {
        let words = [vec!["create", "-s", "-P", "x"], words].concat();
        let output = refused(pair.ours(), pair.ours().kdb5_util(&words), &[what]);
        assert_eq!(output.exit, 1, "{output}");
        let _ = pair.kdb5_util(words).differs("DIV-21");
        for file in pair.mit().backend().files() {
            let _ = std::fs::remove_file(pair.mit().path(file));
        }
    }
    for answers in ["x\nx\ny\n", "x\nx\n"] {
        let pair = Pair::new();
        let both = pair.kdb5_util(["create", "-m", "-s"]).stdin(answers).run().code(1);
        one_line(&both.ours, &["while initializing the Kerberos admin interface"]);
        assert_eq!(both.ours.stdout.replace("/two/", "/one/"), both.mit.stdout);
        assert!(pair.mit().path(principals(pair.mit())).exists());
        assert_eq!(names(pair.ours().dir()), ["kdc.conf", "krb5.conf"]);
    }
}

/// DIV-44: MIT makes the database first.
#[test]
fn realm_variables_that_cannot_be_used() {
    for (line, what) in [
        ("default_principal_flags = bogus", "\"bogus\" is not a flag"),
        ("master_key_type = bogus", "not an encryption type"),
        ("master_key_type = des-cbc-crc", "single DES"),
        ("supported_enctypes = bogus", "supported_enctypes"),
        ("default_principal_expiration = tomorrow", "not an absolute time"),
    ] {
        let pair = Pair::with(Setup::new().kdc_realm(line));
        refused(pair.ours(), pair.ours().kdb5_util(CREATE), &["kdc.conf:", what]);
        let both = pair.kdb5_util(CREATE).run().code(1);
        one_line(&both.ours, &["kdc.conf:"]);
    }
}

#[test]
fn database_modules_that_are_not_there() {
    for module in ["kldap", "nonsense"] {
        let text = format!("[dbmodules]\n EXAMPLE.COM = {{\n  db_library = {module}\n }}\n");
        let pair = Pair::with(db2().kdc_text(&text));
        for command in [CREATE.to_vec(), vec!["stash"], vec!["destroy", "-f"]] {
            let ours = pair.ours().kdb5_util(command);
            refused(pair.ours(), ours, &["kdc.conf:", module, "only db2 and klmdb can be used"]);
        }
    }
}

/// DIV-43: a setting that is only partly understood.
#[test]
fn what_is_left_out_is_said() {
    let pair = Pair::with(Setup::new().supported_enctypes("aes256-cts:normal des-cbc-crc:normal"));
    let both = pair.kdb5_util(CREATE).differs("DIV-43").code(0);
    one_line_of_success(&both.ours, &["kdc.conf:", "skipped des-cbc-crc:normal"]);
    pair.same_dump();
}
