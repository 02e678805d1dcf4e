//! LMDB databases: what MIT made and what LMDB's own tools made is read, changed and written back; MIT's programs work on ours at the
//! same time; what is damaged, full or too long is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::golden;
use harness::{BackEnd, Kdc, Pair, Realm, Setup, Side, SmallDisk, announced_divergence};
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::process::Command;

fn setup() -> Setup {
    Setup::new().backend(BackEnd::Klmdb)
}

/// Both sides with a copy of the database that MIT 1.22 made.
fn golden_pair() -> Pair {
    let pair = Pair::with(setup().realm("GOLDEN.TEST"));
    pair.each(|realm| {
        for file in ["principal.mdb", "principal.lockout.mdb"] {
            realm.write(file, golden(&format!("klmdb/{file}")));
        }
        realm.write("stash", golden("stash-all"));
    });
    pair
}

/// What one of LMDB's tools says of a file of the realm.
fn tool(realm: &Realm, name: &str, args: &[&str], file: &str) -> String {
    let output = Command::new(name).args(args).arg(realm.path(file)).output();
    let output = output.unwrap_or_else(|error| panic!("{name}: {error}; `cargo xtask oracle` installs it"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The records of a tree, as LMDB's own tool reads them.
fn records(realm: &Realm, file: &str, tree: &str) -> String {
    let text = tool(realm, "mdb_dump", &["-n", "-s", tree], file);
    text.split_once("HEADER=END\n").expect("a header").1.to_owned()
}

fn all_records(realm: &Realm) -> [String; 3] {
    [("principal.mdb", "principal"), ("principal.mdb", "policy"), ("principal.lockout.mdb", "lockout")]
        .map(|(file, tree)| records(realm, file, tree))
}

/// Records that differ are too long to be shown.
fn same(these: &[String], those: &[String]) {
    for (these, those) in these.iter().zip(those) {
        for (this, that) in these.lines().zip(those.lines()) {
            let start = |line: &str| line.chars().take(150).collect::<String>();
            assert!(this == that, "{}\n{}", start(this), start(that));
        }
        assert_eq!(these.lines().count(), those.lines().count());
    }
}

#[test]
fn what_mit_made_is_read_changed_and_written_back() {
    let pair = golden_pair();
    let (ours, mit) = (pair.ours(), pair.mit());
    ours.kdb5_util(["dump", "out"]).ok();
    assert_eq!(ours.read("out"), golden("dump/dump-klmdb.txt"));
    let before = all_records(ours);
    same(&before, &all_records(mit));
    for order in [vec!["-rev"], vec!["-recurse"], vec!["-rev", "-recurse"], vec![]] {
        let _ = pair.kdb5_util([vec!["dump"], order].concat()).same().code(0);
    }
    for command in [
        vec!["modprinc", "-maxlife", "3 hours", "bob"],
        vec!["addpol", "-minlength", "9", "another"],
        vec!["addprinc", "-policy", "another", "-nokey", "carol"],
        vec!["modprinc", "-unlock", "alice"],
        vec!["delprinc", "-force", "svc/h100.golden.test"],
        vec!["delpol", "another"],
    ] {
        let _ = pair.kadmin_local(command).same();
    }
    pair.same_dump();
    // The same load gives the same records, byte for byte.
    pair.each(|realm| {
        realm.write("in", golden("dump/dump-klmdb.txt"));
        realm.kdb5_util(["load", "in"]).ok();
    });
    let after = all_records(ours);
    same(&after, &all_records(mit));
    // The lockout record of a principal that is gone stays.
    same(&after[..2], &before[..2]);
}

#[test]
fn lmdbs_own_tools_bear_witness() {
    let pair = golden_pair();
    let ours = pair.ours();
    ours.write("in", golden("dump/dump-klmdb.txt"));
    for file in ["principal.mdb", "principal.mdb-lock", "principal.lockout.mdb", "principal.lockout.mdb-lock"]
    {
        let _ = fs::remove_file(ours.path(file));
    }
    ours.kdb5_util(["load", "in"]).ok();
    for file in ["principal.mdb", "principal.mdb-lock", "principal.lockout.mdb", "principal.lockout.mdb-lock"]
    {
        let mode = fs::metadata(ours.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(tool(ours, "mdb_stat", &["-n", "-s", "principal"], "principal.mdb").contains("Entries:"));
    // The other way round: an environment that mdb_load made.
    let text = tool(ours, "mdb_dump", &["-n", "-a"], "principal.mdb");
    ours.write("text", text);
    fs::remove_file(ours.path("principal.mdb")).unwrap();
    fs::remove_file(ours.path("principal.mdb-lock")).unwrap();
    tool(ours, "mdb_load", &["-n", "-f", ours.path("text").to_str().unwrap()], "principal.mdb");
    ours.kdb5_util(["dump", "out"]).ok();
    assert_eq!(ours.read("out"), golden("dump/dump-klmdb.txt"));
}

/// A KDC of MIT's has the environments open and writes into one of them while we change the other.
#[test]
fn a_running_kdc_shares_it() {
    let realm = Realm::with(Side::Ours, setup());
    realm.create("master");
    realm.kadmin_local(["addpol", "-maxfailure", "2", "strict"]).ok();
    realm.kadmin_local(["addprinc", "-policy", "strict", "-pw", "first", "+requires_preauth", "bob"]).ok();
    let _kdc = Kdc::start(&realm);
    realm.kinit("bob", "first").ok();
    realm.kinit("bob", "wrong").output();
    let failures = |realm: &Realm| {
        let shown = realm.kadmin_local(["getprinc", "bob"]).ok().stdout;
        assert!(!shown.contains("Last successful authentication: [never]"), "{shown}");
        let line = shown.lines().find(|line| line.starts_with("Failed password attempts")).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(failures(&realm), "1");
    realm.kadmin_local(["modprinc", "-maxlife", "1 hour", "bob"]).ok();
    assert_eq!(failures(&realm.by(Side::Mit)), "1", "what the KDC counts stays");
    realm.kinit("bob", "wrong").output();
    realm.kinit("bob", "first").fails(1);
    realm.kadmin_local(["modprinc", "-unlock", "bob"]).ok();
    realm.kinit("bob", "first").ok();
    assert_eq!(failures(&realm), "0");
    realm.kadmin_local(["cpw", "-pw", "second-1", "bob"]).ok();
    realm.kinit("bob", "second-1").ok();
    realm.kdb5_util(["dump", "out"]).ok();
    realm.kdb5_util(["load", "out"]).ok();
    realm.kinit("bob", "second-1").ok();
}

/// DIV-160, DIV-166: a name that does not fit is refused before anything is written.
#[test]
fn names_over_the_limit() {
    let pair = Pair::with(setup());
    let ours = pair.ours();
    pair.each(|realm| {
        realm.create("master");
    });
    let before = all_records(ours);
    let long = "x".repeat(600);
    let shown = ours.kadmin_local(["addprinc", "-randkey", &long]).fails(1).stderr;
    assert!(shown.contains("612 bytes, at most 511"), "{shown}");
    let _ = pair.kadmin_local(["getprinc", &long]).same();
    // The dump of a db2 realm with such a name.
    let other = Realm::with(Side::Ours, Setup::new().backend(BackEnd::Db2));
    other.create("master");
    other.kadmin_local(["addprinc", "-nokey", &long]).ok();
    other.kdb5_util(["dump", "out"]).ok();
    pair.each(|realm| realm.write("in", other.read("out")));
    let shown = ours.kdb5_util(["load", "in"]).fails(1).stderr;
    assert!(shown.contains("612 bytes, at most 511") && shown.contains("restore failed"), "{shown}");
    same(&all_records(ours), &before);
    let shown = pair.mit().kdb5_util(["load", "in"]).fails(1).stderr;
    assert!(shown.contains("MDB_BAD_VALSIZE"), "{shown}");
    assert!(!pair.mit().path("principal.mdb").exists(), "MIT's program has destroyed the live database");
    // Without a database there is none afterwards.
    ours.kdb5_util(["destroy", "-f"]).ok();
    ours.kdb5_util(["load", "in"]).fails(1);
    assert!(!ours.path("principal.mdb").exists() && !ours.path("principal.lockout.mdb").exists());
}

/// DIV-161: what does not fit in the map says which setting and which value.
#[test]
fn a_full_map() {
    let with = |size: u32| {
        let text = format!(
            "[dbmodules]\n    small = {{\n        db_library = klmdb\n        mapsize = {size}\n    }}\n"
        );
        Realm::with(Side::Ours, setup().kdc_realm("database_module = small").kdc_text(&text))
    };
    let source = Realm::with(Side::Ours, setup());
    source.create("master");
    let value = "v".repeat(30_000);
    for number in 0..60 {
        source.kadmin_local(["-q", &format!("addprinc -nokey p{number}")]).ok();
        source.kadmin_local(["setstr", &format!("p{number}"), "s", &value]).ok();
    }
    source.kdb5_util(["dump", "out"]).ok();
    let realm = with(1);
    realm.create("master");
    let before = all_records(&realm);
    realm.write("in", source.read("out"));
    let shown = realm.kdb5_util(["load", "in"]).fails(1).stderr;
    let told = "(MiB) or more in [dbmodules] small of kdc.conf, then restart krb5kdc and kadmind";
    assert!(shown.contains("set mapsize = ") && shown.contains(told), "{shown}");
    same(&all_records(&realm), &before);
    let rest = shown.split_once("set mapsize = ").unwrap().1;
    let needed: u32 = rest.split(' ').next().unwrap().parse().unwrap();
    assert!((3..=16).contains(&needed), "{needed} for 2 MB");
    let realm = with(needed);
    realm.write("in", source.read("out"));
    realm.kdb5_util(["load", "in"]).ok();
    // One principal after the other, until one does not fit.
    let realm = with(1);
    realm.create("master");
    let mut fitted = 0;
    let shown = loop {
        realm.kadmin_local(["addprinc", "-nokey", &format!("p{fitted}")]).ok();
        let output = realm.kadmin_local(["setstr", &format!("p{fitted}"), "s", &value]).output();
        if output.exit != 0 {
            break output.stderr;
        }
        fitted += 1;
        assert!(fitted < 60, "60 times 30 KB in 1 MiB");
    };
    assert!(shown.contains("set mapsize = "), "{shown}");
    let names = realm.kadmin_local(["listprincs", "p*"]).ok().stdout;
    assert_eq!(names.lines().count(), fitted + 1);
}

/// DIV-161: a KDC that runs with the old size cannot open what no longer fits in it, MIT's to be restarted.
#[test]
fn a_kdc_that_runs_while_mapsize_is_raised() {
    let text = "[dbmodules]\n    small = {\n        db_library = klmdb\n        mapsize = 1\n    }\n";
    let realm = Realm::with(Side::Ours, setup().kdc_realm("database_module = small").kdc_text(text));
    realm.create("master");
    realm.kadmin_local(["addprinc", "-pw", "secret", "alice"]).ok();
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "secret").ok();
    let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
    realm.write("kdc.conf", conf.replace("mapsize = 1\n", "mapsize = 8\n"));
    let value = "v".repeat(30_000);
    for number in 0..50 {
        realm.kadmin_local(["addprinc", "-nokey", &format!("p{number}")]).ok();
        realm.kadmin_local(["setstr", &format!("p{number}"), "s", &value]).ok();
    }
    realm.kinit("alice", "secret").fails(1);
    kdc.stop();
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "secret").ok();
    kdc.stop();
}

/// DIV-235: sizes that cannot be.
#[test]
fn map_sizes_that_cannot_be() {
    announced_divergence("DIV-235");
    let pair =
        Pair::with(setup().kdc_realm("database_module = small").kdc_text(
            "[dbmodules]\n    small = {\n        db_library = klmdb\n        mapsize = 0\n    }\n",
        ));
    // None: what the file records, one MiB for a new one, as with MIT.
    pair.create("master");
    pair.each(|realm| assert_eq!(realm.read("principal.mdb")[32..40], (1u64 << 20).to_le_bytes()));
    let each = |size: &str| {
        pair.each(|realm| {
            let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
            let at = conf.find("mapsize = ").unwrap();
            let end = at + conf[at..].find('\n').unwrap();
            realm.write("kdc.conf", format!("{}mapsize = {size}{}", &conf[..at], &conf[end..]));
        });
    };
    for (size, why) in [
        ("4000000000", "mapsize = 4000000000: a number from 0 to 2147483647 is wanted"),
        ("100000000", "Cannot allocate memory: mapsize = 100000000 (MiB) in [dbmodules] small of kdc.conf"),
    ] {
        each(size);
        let both = pair.kadmin_local(["listprincs"]).differs("DIV-235").code(1);
        assert!(both.ours.stderr.contains(why), "{}", both.ours);
    }
    each("0");
    pair.kadmin_local(["listprincs"]).same_bytes().code(0);
}

/// DIV-210: what reading asks for, and what is told where that is not to be had.
#[test]
fn rights_that_readers_need() {
    let pair = Pair::with(setup());
    pair.create("master");
    // The lock file: who reads writes to it.
    let rights = |rights: u32| {
        pair.each(|realm| {
            let path = realm.path("principal.mdb-lock");
            fs::set_permissions(path, PermissionsExt::from_mode(rights)).unwrap();
        });
    };
    rights(0o444);
    let both = pair.kadmin_local(["listprincs"]).bound_by_rights().differs("DIV-210").code(1);
    assert!(both.mit.stderr.contains("principal.mdb): Permission denied"), "{}", both.mit);
    let why = "principal.mdb-lock: Permission denied; who reads an LMDB database writes to its lock file too";
    assert!(both.ours.stderr.contains(why), "{}", both.ours);
    rights(0o600);
}

/// DIV-210: a file system that is read-only is named as such, and read.
#[test]
fn a_file_system_that_is_read_only() {
    let text = "[dbmodules]\n    EXAMPLE.COM = {\n        database_name = {DIR}/disk/principal\n    }\n";
    let pair = Pair::with(setup().kdc_text(text));
    let disks = [pair.mit(), pair.ours()].map(|realm| {
        let disk = SmallDisk::mount(&realm.path("disk"), 1024);
        realm.create("master");
        realm.kadmin_local(["addprinc", "-randkey", "alice"]).ok();
        let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(realm.path("disk")).status();
        assert!(remounted.unwrap().success());
        disk
    });
    let said = "Read-only file system";
    let both = pair.kadmin_local(["getprinc", "alice"]).differs("DIV-210");
    assert_eq!((both.mit.exit, both.ours.exit), (1, 0));
    assert!(both.mit.stderr.contains(said), "{}", both.mit);
    for command in [
        &["addprinc", "-nokey", "bob"][..],
        &["ktadd", "-k", "kt", "alice"],
        &["delprinc", "-force", "alice"],
    ] {
        let output = pair.ours().kadmin_local(command).output();
        assert!(output.stderr.contains(&format!("principal.mdb: {said}")), "{output}");
        assert_eq!(output.exit, 1, "{output}");
    }
    pair.ours().kdb5_util(["dump", "out"]).ok();
    let output = pair.ours().kdb5_util(["load", "out"]).fails(1);
    assert!(output.stderr.contains(said), "{output}");
    drop(disks);
}

/// DIV-162: files that were cut short or filled with garbage are errors; MIT's program dies of the former.
#[test]
fn damaged_files() {
    let whole = golden("klmdb/principal.mdb");
    let name = "principal.mdb";
    for cut in [0, 100, 4096, 8192, 20_000, whole.len() / 2] {
        let pair = golden_pair();
        pair.each(|realm| realm.write(name, &whole[..cut]));
        for command in [vec!["listprincs"], vec!["getprinc", "bob"], vec!["addprinc", "-nokey", "new"]] {
            let said = pair.ours().kadmin_local(command).output();
            // No signal, and where half is there, what stands in it may be found.
            assert!(said.exit == 1 || (cut > 20_000 && said.exit == 0), "cut at {cut}: {said}");
            assert!(said.exit == 0 || said.stderr.contains(name), "cut at {cut}: {said}");
        }
    }
    let pair = golden_pair();
    for page in [2u64, 5, 9] {
        let realm = pair.ours();
        realm.write(name, &whole);
        let file = fs::File::options().write(true).open(realm.path(name)).unwrap();
        file.write_all_at(&[0xa5; 4096], page * 4096).unwrap();
        let said = realm.kdb5_util(["dump", "out"]).output();
        assert!(said.exit == 0 || said.stderr.contains(&format!("page {page}")), "page {page}: {said}");
    }
}

/// What a load is to fill must be sound, the lockout records' environment too: else nothing is changed, and what to do is told.
#[test]
fn a_load_over_damaged_files() {
    let realm = golden_pair().ours().clone();
    realm.kdb5_util(["dump", "in"]).ok();
    let dump = realm.read("in");
    realm.kadmin_local(["addprinc", "-nokey", "later"]).ok();
    let name = "principal.lockout.mdb";
    let records = realm.read(name);
    for damaged in
        [b"garbage".to_vec(), records[..9000].to_vec(), [&records[..4096 * 2], &[0xa5; 4096 * 6]].concat()]
    {
        realm.write(name, damaged);
        let output = realm.kdb5_util(["load", "in"]).fails(1);
        let _ = output.stderr_has(name).stderr_has("lockout.mdb-lock away and load again");
        let listed = realm.mit("kdb5_util", ["dump"]).output();
        assert!(listed.exit != 0 || listed.stdout.contains("\tlater@"), "{listed}");
        realm.kadmin_local(["getprinc", "later"]).ok();
    }
    for file in [name, "principal.lockout.mdb-lock"] {
        fs::remove_file(realm.path(file)).unwrap();
    }
    let whole = realm.read("principal.mdb");
    for damaged in [whole[..100].to_vec(), [&whole[..4096 * 2], &[0xa5; 4096 * 100]].concat()] {
        realm.write("principal.mdb", damaged);
        let output = realm.kdb5_util(["load", "in"]).fails(1);
        let _ = output.stderr_has("principal.mdb-lock away and load again");
    }
    for file in ["principal.mdb", "principal.mdb-lock"] {
        fs::remove_file(realm.path(file)).unwrap();
    }
    realm.kdb5_util(["load", "in"]).ok();
    assert!(realm.mit("kdb5_util", ["dump"]).ok().stdout.as_bytes() == dump);
}

/// DIV-164: a dump that is damaged at its end has changed nothing.
#[test]
fn an_update_that_fails() {
    let pair = Pair::with(setup());
    pair.each(|realm| {
        realm.create("master");
        realm.kadmin_local(["addprinc", "-nokey", "old"]).ok();
        realm.kdb5_util(["dump", "out"]).ok();
        realm.kadmin_local(["delprinc", "-force", "old"]).ok();
        let mut text = realm.read("out");
        text.extend_from_slice(b"princ\tgarbage\n");
        realm.write("in", text);
    });
    let before = all_records(pair.ours());
    pair.ours().kdb5_util(["load", "-update", "in"]).fails(1);
    same(&all_records(pair.ours()), &before);
    pair.mit().kdb5_util(["load", "-update", "in"]).fails(1);
    assert!(pair.mit().kadmin_local(["listprincs"]).ok().stdout.contains("old@"));
    pair.ours().kdb5_util(["load", "-update", "out"]).ok();
    assert!(pair.ours().kadmin_local(["listprincs"]).ok().stdout.contains("old@"));
}

/// DIV-165: the realm is there without them.
#[test]
fn lockout_records_that_are_lost() {
    let pair = golden_pair();
    for damage in
        [None, Some(b"garbage".to_vec()), Some(golden("klmdb/principal.lockout.mdb")[..9000].to_vec())]
    {
        pair.each(|realm| {
            let _ = fs::remove_file(realm.path("principal.lockout.mdb"));
            if let Some(bytes) = &damage {
                realm.write("principal.lockout.mdb", bytes);
            }
        });
        pair.ours().kadmin_local(["getprinc", "bob"]).ok();
        pair.ours().kdb5_util(["dump", "out"]).ok();
    }
    fs::remove_file(pair.ours().path("principal.lockout.mdb")).unwrap();
    pair.ours().kadmin_local(["addprinc", "-nokey", "new"]).ok();
    assert!(pair.ours().path("principal.lockout.mdb").exists());
    fs::remove_file(pair.mit().path("principal.lockout.mdb")).unwrap();
    pair.mit().kadmin_local(["getprinc", "bob"]).fails(1);
}

#[test]
fn what_is_refused_is_refused_in_the_same_words() {
    let pair = Pair::with(setup());
    let _ = pair.kadmin_local(["listprincs"]).same();
    let _ = pair.kdb5_util(["load", "-update", "/dev/null"]).same();
    pair.create_by_mit("master");
    for words in [
        vec!["lock"],
        vec!["unlock"],
        vec!["addprinc", "-x", "foo=bar", "-nokey", "new"],
        vec!["modprinc", "-x", "foo", "krbtgt/EXAMPLE.COM"],
        vec!["-x", "hash=true", "listprincs"],
        vec!["-x", "temporary", "-x", "merge_nra", "listprincs"],
    ] {
        let _ = pair.kadmin_local(words).same();
    }
    for words in [
        vec!["create", "-s", "-P", "x"],
        vec!["load", "-hash", "kdc.conf"],
        vec!["-x", "unlockiter", "dump"],
        vec!["destroy", "-f"],
        vec!["dump"],
    ] {
        let _ = pair.kdb5_util(words).same();
    }
}

/// DIV-25: what is wrong with an LMDB database is told with its page, and the rest is saved.
#[test]
fn verified_and_recovered() {
    let pair = golden_pair();
    let realm = pair.ours();
    let output = realm.kdb5_util(["verify", "--recover", "rescued"]).ok();
    assert!(output.stdout.ends_with(" keys decrypted: sound\n"), "{output}");
    assert!(realm.read("rescued") == golden("dump/dump-klmdb.txt"));
    let whole = golden("klmdb/principal.mdb");
    let names = |file: &str| {
        let text = String::from_utf8_lossy(&realm.read(file)).into_owned();
        text.lines().filter(|line| line.starts_with("princ\t")).count()
    };
    let all = names("rescued");
    // Each page in turn, then both meta pages, then the end of the file.
    for page in 2..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        realm.write("principal.mdb", bytes);
        let _ = fs::remove_file(realm.path("rescued"));
        let _ = fs::remove_file(realm.path("rescued.scanned"));
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).output();
        assert!(output.exit <= 1, "page {page}: {output}");
        let found = names("rescued")
            + if realm.path("rescued.scanned").exists() { names("rescued.scanned") } else { 0 };
        assert!(output.exit == 1 || found == all, "page {page}: {found} of {all} and sound");
        assert!(found * 2 > all, "page {page}: {found} of {all}");
        assert!(output.exit == 0 || output.stdout.contains("principal.mdb: page "), "{output}");
    }
    let _ = fs::remove_file(realm.path("rescued"));
    let _ = fs::remove_file(realm.path("rescued.scanned"));
    let mut bytes = whole.clone();
    bytes[..8192].fill(0);
    realm.write("principal.mdb", bytes);
    let output = realm.kdb5_util(["verify", "--recover", "rescued"]).fails(1);
    assert!(output.stdout.contains("not an LMDB database"), "{output}");
    assert_eq!(names("rescued"), 0);
    assert!(names("rescued.scanned") >= all, "{output}");
    realm.write("principal.mdb", &whole);
    let mut bytes = golden("klmdb/principal.lockout.mdb");
    bytes[3 * 4096..].fill(0xff);
    realm.write("principal.lockout.mdb", bytes);
    let output = realm.kdb5_util(["verify"]).fails(1);
    assert!(output.stdout.contains("principal.lockout.mdb: page "), "{output}");
}
