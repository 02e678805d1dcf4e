//! kadmin.local and ktadd on files that are missing, foreign, unreadable, damaged, or on a disk that is full: one clear line
//! that names the file and what is wrong, an exit code that is not 0, and every file as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "kdb5_util/support.rs"]
#[allow(dead_code, reason = "shared with the tests of kdb5_util")]
mod support;

use std::fs;

use harness::{BackEnd, Pair, Realm, Setup, Side, SmallDisk, announced_divergence};
use support::{chmod, db2, no_such_database, one_line, refused, snapshot};

/// Commands that read, and commands that write.
const COMMANDS: [&[&str]; 7] = [
    &["getprinc", "bob"],
    &["listprincs"],
    &["addprinc", "-randkey", "new"],
    &["modprinc", "-maxlife", "1h", "bob"],
    &["cpw", "-pw", "y", "bob"],
    &["delprinc", "bob"],
    &["ktadd", "-k", "old.kt", "bob"],
];

fn realm() -> Realm {
    realm_with(Setup::new())
}

fn realm_with(setup: Setup) -> Realm {
    let realm = Realm::with(Side::Mit, setup);
    realm.create("master");
    realm.kadmin_local(["addprinc", "-pw", "x", "bob"]).ok();
    realm.kadmin_local(["ktadd", "-norandkey", "-k", "old.kt", "bob"]).ok();
    realm.by(Side::Ours)
}

/// Every command is refused in all the ways in.
fn all_refused(realm: &Realm, parts: &[&str]) {
    for command in COMMANDS {
        let output = refused(realm, realm.kadmin_local(command.to_vec()).stdin("yes\n"), parts);
        assert_eq!((output.exit, output.stdout.as_str()), (1, ""), "{output}");
    }
    refused(realm, realm.kadmin_local(["-q", "listprincs"]), parts);
    refused(realm, realm.kadmin_local(Vec::<String>::new()).stdin("listprincs\n"), parts);
    let output = refused(realm, realm.ktadd(["-k", "old.kt", "bob"]), &parts[1..]);
    assert_eq!(output.exit, 1, "{output}");
}

const OPENING: &str = "while initializing kadmin.local interface";

#[test]
fn no_configuration() {
    let realm = realm();
    for command in COMMANDS {
        let run = realm.kadmin_local(command.to_vec());
        let run = run.env("KRB5_CONFIG", "{DIR}/none").env("KRB5_KDC_PROFILE", "{DIR}/nor");
        refused(&realm, run, &["unable to get default realm", "/none"]);
        let run =
            realm.kadmin_local([&["-r", "EXAMPLE.COM", "-d", "{DIR}/nowhere/principal"], command].concat());
        let run = run.env("KRB5_CONFIG", "{DIR}/none").env("KRB5_KDC_PROFILE", "{DIR}/nor");
        // Without a configuration it is db2.
        refused(&realm, run, &["No such file or directory", OPENING]);
    }
    realm.write("bad.conf", "[libdefaults]\n default_realm = R\n}\n");
    for variable in ["KRB5_CONFIG", "KRB5_KDC_PROFILE"] {
        let run = realm.kadmin_local(["listprincs"]).env(variable, "{DIR}/bad.conf");
        refused(&realm, run, &["kadmin.local: ", "/bad.conf:3: ", "while initializing krb5 library"]);
        let run = realm.ktadd(["bob"]).env(variable, "{DIR}/bad.conf");
        refused(&realm, run, &["ktadd: ", "/bad.conf:3: ", "while initializing krb5 library"]);
    }
}

#[test]
fn missing_databases() {
    let realm = Realm::new(Side::Ours);
    all_refused(&realm, &[OPENING, &no_such_database("principal")]);
    let realm = self::realm();
    let run = realm.kadmin_local(["-d", "{DIR}/other", "listprincs"]);
    refused(&realm, run, &[OPENING, &no_such_database("other")]);
    // Without LMDB's lockout records the realm is there (`klmdb.rs`).
    for file in db2_files() {
        let realm = realm_with(db2());
        fs::remove_file(realm.path(file)).unwrap();
        let before = snapshot(realm.dir());
        let output = realm.kadmin_local(["addprinc", "-randkey", "new"]).output();
        let wrong = if file.ends_with("lock") { "is missing" } else { "No such file or directory" };
        one_line(&output, &[&format!("/{file}"), wrong]);
        assert!(snapshot(realm.dir()) == before, "{output}");
    }
}

fn db2_files() -> &'static [&'static str] {
    BackEnd::Db2.files()
}

#[test]
fn master_keys() {
    let realm = realm();
    for wrong in ["wrong\n", "\n"] {
        for command in COMMANDS {
            let command = [&["-m"], command].concat();
            refused(
                &realm,
                realm.kadmin_local(command).stdin(wrong),
                &["Unable to decrypt latest master key with the provided master key", OPENING],
            );
        }
    }
    // The stash file of another realm, of the same realm made anew, and what is none.
    let other = Realm::with(Side::Mit, Setup::new().realm("OTHER.ORG"));
    other.create("other");
    realm.write("stash", other.read("stash"));
    all_refused(&realm, &[OPENING, "/stash"]);
    let again = Realm::new(Side::Mit);
    again.create("another");
    realm.write("stash", again.read("stash"));
    all_refused(&realm, &[OPENING, "/stash"]);
    for damaged in
        [&b""[..], b"\x05", b"\x05\x02", b"\x05\x02\0\0\0\x7f", b"nonsense, and more of it", &[0; 40]]
    {
        realm.write("stash", damaged);
        all_refused(&realm, &[OPENING, "/stash"]);
    }
    fs::remove_file(realm.path("stash")).unwrap();
    all_refused(&realm, &[OPENING, "/stash", "No such file or directory"]);
    fs::create_dir(realm.path("stash")).unwrap();
    all_refused(&realm, &[OPENING, "/stash"]);
}

#[test]
fn rights() {
    let files: &[&str] = match BackEnd::of_this_run() {
        BackEnd::Db2 => &["stash", "principal", "principal.kadm5", "principal.kadm5.lock"],
        BackEnd::Klmdb => &["stash", "principal.mdb", "principal.lockout.mdb"],
    };
    for file in files {
        let realm = realm();
        chmod(&realm.path(file), 0);
        let before = snapshot(realm.dir());
        let output = realm.kadmin_local(["addprinc", "-randkey", "new"]).bound_by_rights().output();
        one_line(&output, &[&format!("/{file}"), "Permission denied"]);
        assert!(snapshot(realm.dir()) == before, "{output}");
    }
    // A database that may only be read can be read and nothing else.
    let realm = realm();
    for file in realm.backend().files() {
        chmod(&realm.path(file), 0o400);
    }
    realm.kadmin_local(["getprinc", "bob"]).bound_by_rights().ok();
    for command in &COMMANDS[2..] {
        let run = realm.kadmin_local(command.to_vec()).bound_by_rights();
        let wrong = match realm.backend() {
            BackEnd::Db2 if command[0] != "ktadd" => "Insufficient access to lock database",
            _ => "",
        };
        refused(&realm, run, &["/principal", wrong]);
    }
    // A configuration file that may not be read is passed over as with MIT, but not in silence.
    chmod(&realm.path("krb5.conf"), 0);
    let both = realm.kadmin_local(["-r", "EXAMPLE.COM", "getprinc", "bob"]).bound_by_rights().ok();
    let _ = both.stderr_has("/krb5.conf: Permission denied");
    chmod(&realm.path("krb5.conf"), 0o600);
    chmod(&realm.path("kdc.conf"), 0);
    let run = realm.kadmin_local(["-d", "{DIR}/nowhere", "listprincs"]).bound_by_rights();
    // What it says of the back end is not known then either.
    let output = run.fails(1).stderr_has("/kdc.conf: Permission denied");
    assert!(output.stderr.contains("/nowhere': No such file"), "{output}");
}

/// Of LMDB's files in `klmdb.rs`.
#[test]
fn damaged_databases() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 7] = [
        ("cut", |bytes| bytes.truncate(4096)),
        ("cut in a page", |bytes| bytes.truncate(6000)),
        ("cut in the first page", |bytes| bytes.truncate(20)),
        ("empty", Vec::clear),
        ("noise", |bytes| bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 7 % 251) as u8)),
        ("garbled root", |bytes| bytes[4096..4128].fill(0xa5)),
        ("text", |bytes| *bytes = b"I am no database\n".repeat(1000)),
    ];
    for (name, damage) in damages {
        let realm = realm_with(db2());
        let mut bytes = realm.read("principal");
        damage(&mut bytes);
        realm.write("principal", &bytes);
        for command in COMMANDS {
            let output = refused(&realm, realm.kadmin_local(command.to_vec()), &["/principal"]);
            assert_eq!((output.exit, output.stdout.as_str()), (1, ""), "{name}: {output}");
        }
    }
    // Policies are in a file of their own.
    let realm = realm_with(db2());
    realm.write("principal.kadm5", b"I am no database either\n".repeat(400));
    for command in [["addprinc", "-randkey", "new"].as_slice(), &["modprinc", "-policy", "p", "bob"]] {
        refused(&realm, realm.kadmin_local(command.to_vec()), &["/principal.kadm5"]);
    }
}

/// Whatever single byte of the database is another one: no crash, no endless loop, and never more than one line.
#[test]
fn garbled_bytes() {
    let realm = realm();
    let file = realm.backend().files()[0];
    let sound = realm.read(file);
    let step = match realm.backend() {
        BackEnd::Db2 if sound.len() <= 8192 => 53,
        BackEnd::Db2 => 97,
        BackEnd::Klmdb => 97 * (sound.len() / 16384).max(1),
    };
    for at in (0..sound.len()).step_by(step) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x41;
        realm.write(file, &bytes);
        let output = realm.kadmin_local(["getprinc", "bob"]).output();
        assert!(
            output.exit == 0 || (output.exit == 1 && output.stderr.lines().count() == 1),
            "byte {at}: {output}"
        );
        let output = realm.kadmin_local(["listprincs"]).output();
        assert!(
            output.exit == 0 || (output.exit == 1 && output.stderr.lines().count() == 1),
            "byte {at}: {output}"
        );
    }
}

#[test]
fn a_full_disk() {
    let realm = realm();
    let place = realm.path("disk");
    let disk = SmallDisk::mount(&place, if realm.backend() == BackEnd::Db2 { 64 } else { 160 });
    for file in realm.backend().files() {
        fs::copy(realm.path(file), place.join(file)).unwrap();
    }
    fs::copy(realm.path("old.kt"), place.join("old.kt")).unwrap();
    // What is left is filled.
    let fill = || {
        let mut filler = fs::File::options().append(true).create(true).open(place.join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[0; 512]).is_ok() {}
    };
    fill();
    fn database<'a>(command: &[&'a str]) -> Vec<&'a str> {
        [&["-d", "{DIR}/disk/principal"], command].concat()
    }
    let full = "No space left on device";
    if realm.backend() == BackEnd::Klmdb {
        // LMDB's lock file, which nobody has made yet. MIT's program writes into it all the same.
        let mit = realm.mit("kadmin.local", database(&["getprinc", "bob"])).output();
        announced_divergence("DIV-211");
        assert_eq!(mit.exit, -7, "SIGBUS: {mit}");
        let _ = refused(&realm, realm.kadmin_local(database(&["getprinc", "bob"])), &["mdb-lock", full]);
        fs::remove_file(place.join("filler")).unwrap();
        let _ = realm.kadmin_local(database(&["getprinc", "bob"])).ok();
        fill();
    }
    let before = snapshot(&place);
    // One entry may fit into the pages that there are; hundreds do not.
    let many: String =
        (0..300).map(|number| format!("addprinc -randkey a.long.name.for.{number}\n")).collect();
    let output = realm.kadmin_local(database(&[])).stdin(&many).output();
    let created = output.stdout.matches("created.").count();
    let told = output.stderr.lines().filter(|line| !line.starts_with("No policy")).collect::<Vec<_>>();
    assert_eq!(created + told.len(), 300, "each is made or refused: {output}");
    assert!(!told.is_empty() && told.iter().all(|line| line.contains(full)), "{told:?}");
    let listed = realm.mit("kadmin.local", database(&["listprincs"])).ok();
    assert_eq!(listed.stdout.lines().count(), 5 + created, "what was acknowledged is there");
    assert_eq!(
        realm.mit("kdb5_util", database(&["dump"])).ok().stdout.matches("\nprinc\t").count(),
        5 + created
    );
    for name in snapshot(&place).keys().filter(|name| !name.ends_with(".mdb-lock")) {
        assert!(before.contains_key(name), "{name} is left behind");
    }
    // The database has no room for so many keys, the keytab elsewhere has: neither gets them.
    let dump = || realm.mit("kdb5_util", database(&["dump"])).ok().stdout;
    let before = dump();
    for keytab in ["old.kt", "fresh.kt"] {
        fill();
        let files = snapshot(&place);
        let command = [vec!["ktadd", "-keepold", "-k", keytab], vec!["bob"; 200]].concat();
        let output = refused(&realm, realm.kadmin_local(database(&command)), &[full]);
        assert_eq!(output.stdout, "");
        // LMDB writes a transaction's pages where nothing refers to them.
        let same = |name: &String| realm.backend() == BackEnd::Klmdb && name.ends_with(".mdb");
        assert!(snapshot(&place).iter().all(|(name, file)| same(name) || files.get(name) == Some(file)));
        assert_eq!(dump(), before);
    }
    // The keytab has no room: the keys stay.
    let before = realm.dump_by_mit();
    for keytab in ["disk/new.kt", "disk/old.kt"] {
        let names: Vec<String> = (0..60).map(|_| "bob".to_owned()).collect();
        let command = [vec!["ktadd".into(), "-k".into(), keytab.to_owned()], names].concat();
        let run = realm.kadmin_local(command.clone());
        let files = snapshot(&place);
        refused(&realm, run, &[keytab, full]);
        assert!(snapshot(&place) == files, "{command:?}");
    }
    assert_eq!(before, realm.dump_by_mit());
    drop(disk);
}

#[test]
fn a_keytab_that_cannot_be_written() {
    let pair = Pair::new();
    pair.mit().create("master");
    pair.mit().kadmin_local(["addprinc", "-pw", "x", "bob"]).ok();
    pair.copy_database();
    let realm = pair.ours();
    realm.mit("kadmin.local", ["ktadd", "-norandkey", "-k", "old.kt", "bob"]).ok();
    let sound = realm.read("old.kt");
    realm.write("text.kt", "no keytab\n");
    realm.write("cut.kt", &sound[..sound.len() - 5]);
    realm.write("version.kt", [&[5, 9], &sound[2..]].concat());
    fs::create_dir(realm.path("directory.kt")).unwrap();
    fs::create_dir(realm.path("locked")).unwrap();
    realm.write("locked/old.kt", &sound);
    chmod(&realm.path("locked/old.kt"), 0o400);
    chmod(&realm.path("locked"), 0o500);
    let before = realm.dump_by_mit();
    for (keytab, wrong) in [
        ("nowhere/out.kt", "not found"),
        ("text.kt", ""),
        ("cut.kt", ""),
        ("version.kt", "Unsupported key table format version number"),
        ("directory.kt", ""),
        ("old.kt/below", "Not a directory"),
        ("locked/old.kt", "Permission denied"),
        ("locked/new.kt", "Permission denied"),
    ] {
        for command in [
            vec!["ktadd", "-k", keytab, "bob"],
            vec!["ktadd", "-norandkey", "-k", keytab, "bob"],
            vec!["ktadd", "-k", keytab, "-glob", "bo*"],
            vec!["ktremove", "-k", keytab, "bob"],
        ] {
            let run = realm.kadmin_local(command.clone()).bound_by_rights();
            if command[0] == "ktremove" && keytab.contains("n") && !realm.path(keytab).exists() {
                let output = run.output();
                assert_eq!((output.exit, output.stderr.lines().count()), (1, 1), "{output}");
            } else {
                refused(realm, run, &[keytab, wrong]);
            }
        }
        refused(realm, realm.ktadd(["-k", keytab, "bob"]).bound_by_rights(), &["ktadd: ", keytab, wrong]);
        if !["directory.kt", "locked/old.kt", "locked/new.kt", "nowhere/out.kt", "old.kt/below"]
            .contains(&keytab)
        {
            let run = realm.klist(["-k", keytab]);
            let output = run.output();
            assert_eq!(output.exit, 1, "{output}");
        }
        assert_eq!(before, realm.dump_by_mit(), "{keytab}: the keys are what they were");
    }
    // MIT changes them.
    let _ = pair.kadmin_local(["ktadd", "-k", "nowhere/out.kt", "bob"]).same().code(1);
    let both = pair.kadmin_local(["getprinc", "bob"]).differs("DIV-5");
    let _ = both.mit.stdout_has("Key: vno 2");
    let _ = both.ours.stdout_has("Key: vno 1");
}

#[test]
fn names_that_are_too_long() {
    // LMDB's limit is another one (`klmdb.rs`).
    let pair = Pair::with(db2());
    pair.create_by_mit("master");
    let long = |length: usize| "n".repeat(length);
    for length in [100, 900, 1000, 1500] {
        let name = long(length);
        let _ = pair.kadmin_local(["addprinc", "-randkey", &name]).same().code(0);
        let _ = pair.kadmin_local(["getprinc", &name]).same().code(0);
        let _ = pair.kadmin_local(["-q", &format!("delprinc -force {name}")]).same();
    }
    pair.same_dump();
    let output = refused(
        pair.ours(),
        pair.ours().kadmin_local(["addprinc", "-randkey", &long(2100)]),
        &["add_principal: ", "while creating"],
    );
    assert_eq!(output.exit, 1);
    let _ = pair.kadmin_local(["addprinc", "-randkey", &long(2100)]).differs("DIV-9");
}
