//! kproplog beside MIT's: on logs of either side, and on damaged ones. What is in logs is compared after each kind of change in
//! `propagation.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Pair, Realm, Setup, Side};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

const LOG: &str = "principal.ulog";

/// One realm for both, with a log of ten entries that has gone round.
fn realm() -> Realm {
    let setup = Setup::new()
        .kdc_realm("iprop_enable = true")
        .kdc_realm("iprop_port = 2121")
        .kdc_realm("iprop_ulogsize = 10");
    let realm = Realm::with(Side::Ours, setup);
    realm.create("master");
    let lines: String = (0..13).map(|n| format!("addprinc -randkey -expire 2030-01-01 p{n}\n")).collect();
    let _ = realm.kadmin_local(Vec::<String>::new()).stdin(&lines).ok();
    realm
}

/// The same from both, but for what stands before the program's name.
fn same(realm: &Realm, words: &str) {
    let [ours, mits] = [Side::Ours, Side::Mit].map(|side| {
        let words = words.split(' ').filter(|word| !word.is_empty());
        let output = realm.by(side).run("kproplog", words).output();
        let path = side.program("kproplog").display().to_string();
        (output.exit, output.stdout, output.stderr.replace(&path, "kproplog"))
    });
    assert_eq!(ours, mits, "{words}");
}

#[test]
fn options() {
    let realm = realm();
    for words in [
        "",
        "-h",
        "-v",
        "-v -v",
        "-vv",
        "-vvv",
        "-e 1",
        "-e 3 -v",
        "-e9",
        "-e 10",
        "-e 11",
        "-e 0",
        "-h -v -e 2",
        "word",
        "-h word -v",
        "-x",
        "-e",
        "-R -x",
        "--",
    ] {
        same(&realm, words);
    }
    // Another number of entries than the log was made with: nothing is changed by looking.
    let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
    realm.write("kdc.conf", conf.replace("iprop_ulogsize = 10", "iprop_ulogsize = 12"));
    let before = realm.read(LOG);
    for words in ["-h", "-e 1"] {
        same(&realm, words);
    }
    assert_eq!(realm.read(LOG), before);
}

#[test]
fn zones() {
    let realm = realm();
    for zone in ["Europe/Berlin", "Pacific/Kiritimati", "XXX5"] {
        let said = [Side::Ours, Side::Mit]
            .map(|side| realm.by(side).run("kproplog", ["-v", "-v"]).env("TZ", zone).ok().stdout);
        assert_eq!(said[0], said[1], "{zone}");
    }
}

#[test]
fn begun_anew() {
    let realm = realm();
    for side in [Side::Ours, Side::Mit] {
        let _ = realm.kadmin_local(["addprinc", "-randkey", &format!("by-{side:?}")]).ok();
        let said = realm.by(side).run("kproplog", ["-R"]).ok();
        assert!(said.stdout.ends_with("Reinitialized the ulog.\n"), "{said}");
        same(&realm, "-v");
        let listed = realm.mit("kproplog", ["-h"]).ok().stdout;
        assert!(
            listed.contains("Number of entries : 1\n") && listed.contains("Last serial # : 1\n"),
            "{listed}"
        );
    }
    // Without a log one is made.
    std::fs::remove_file(realm.path(LOG)).unwrap();
    let _ = realm.run("kproplog", ["-R"]).ok();
    same(&realm, "");
}

/// Other states and damaged parts of the header.
#[test]
fn headers() {
    let realm = realm();
    let sound = realm.read(LOG);
    let with = |at: usize, bytes: &[u8]| {
        let mut log = sound.clone();
        log[at..at + bytes.len()].copy_from_slice(bytes);
        realm.write(LOG, log);
    };
    for state in [2u16, 3, 7] {
        with(36, &state.to_le_bytes());
        same(&realm, "-h");
    }
    // No time of the first one, of neither; no number of the first one, of neither.
    for (at, count) in [(12, 4), (12, 16), (28, 4), (28, 8), (8, 4)] {
        with(at, &[0; 16][..count]);
        same(&realm, "-h");
    }
}

/// A realm that cannot be changed for want of a setting has a log to show all the same.
#[test]
fn without_a_port() {
    let realm = realm();
    let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
    realm.write("kdc.conf", conf.replace("iprop_port = 2121", ""));
    same(&realm, "-h");
    same(&realm, "-e 2");
}

/// DIV-221
#[test]
fn damaged_logs() {
    harness::announced_divergence("DIV-221");
    let realm = realm();
    let sound = realm.read(LOG);
    let both = || [Side::Ours, Side::Mit].map(|side| realm.by(side).run("kproplog", ["-v"]).output());
    // An entry's magic number; its update's first length.
    for (at, said) in [(40, "Corrupt update entry"), (40 + 24, "Entry data decode failure")] {
        let log = OpenOptions::new().write(true).open(realm.path(LOG)).unwrap();
        log.write_all_at(&[0xff; 4], at).unwrap();
        let [ours, mits] = both();
        assert_eq!((ours.exit, mits.exit), (1, 1), "{said}");
        assert!(ours.stderr.contains(said), "{ours}");
        assert_eq!(ours.stdout, mits.stdout.replace("Entry data decode failure\n\n", ""), "{said}");
        realm.write(LOG, &sound);
    }
    // Cut short: MIT's reads behind the end of the file and dies.
    for length in [0, 10, 39, 40, 50, 3000, sound.len() - 1] {
        realm.write(LOG, &sound[..length]);
        let output = realm.run("kproplog", ["-v", "-v"]).output();
        assert!(output.exit == 1 || length == sound.len() - 1, "{length}: {output}");
    }
    std::fs::remove_file(realm.path(LOG)).unwrap();
    let [ours, mits] = both();
    assert_eq!((ours.exit, &ours.stdout), (1, &mits.stdout));
    assert!(
        ours.stderr.starts_with(mits.stderr.trim_end()) && ours.stderr.contains("No such file"),
        "{ours}"
    );
    let refused = realm.run("kproplog", ["-e", "ten"]).fails(1);
    assert!(refused.stderr.contains("not a number of updates: ten"), "{refused}");
}

/// Logs that MIT's programs wrote, of a principal that has everything.
#[test]
fn values_of_every_kind() {
    let setup = Setup::new().kdc_realm("iprop_enable = true").kdc_realm("iprop_port = 2121");
    let pair = Pair::with(setup);
    pair.create_by_mit("master");
    pair.each(|realm| {
        let lines = "addprinc -pw p -e aes256-cts:special,aes128-cts:norealm -expire 2030-01-01 -pwexpire 2031-01-01 -maxlife 25h \
                     -maxrenewlife 8d +requires_preauth +0x40000 grüße/a\\/b\nsetstr grüße/a\\/b k v\nmodprinc -unlock grüße/a\\/b\ndelprinc -force grüße/a\\/b\n";
        let _ = realm.mit("kadmin.local", Vec::<String>::new()).stdin(lines).ok();
        same(realm, "-v -v");
    });
}
