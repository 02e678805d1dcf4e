//! Realms whose principals are in a hash file: made, read and changed by either side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::damage::PRINC;
use compat::golden;
use harness::{Kdc, Pair, Realm, Setup, Side};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// How a hash file begins.
const MAGIC: [u8; 4] = [0, 6, 0x15, 0x61];

fn assert_hash(realm: &Realm) {
    assert!(realm.read("principal").starts_with(&MAGIC));
    assert!(!realm.read("principal.kadm5").starts_with(&MAGIC), "policies are in a B-tree");
}

/// The golden realm in its hash form on both sides.
fn golden_pair() -> Pair {
    let pair = Pair::with(Setup::new().realm("GOLDEN.TEST"));
    pair.each(|realm| {
        for file in ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"] {
            realm.write(file, golden(&format!("hash/{file}")));
            fs::set_permissions(realm.path(file), fs::Permissions::from_mode(0o600)).unwrap();
        }
        realm.write("stash", golden("stash-all"));
    });
    pair
}

#[test]
fn the_golden_realm() {
    let pair = golden_pair();
    for version in ["-b7", "-r13", "-r18", "-verbose"] {
        pair.kdb5_util(["dump", version, "out"]).same_bytes().code(0);
        assert!(pair.mit().read("out") == pair.ours().read("out"), "{version}");
    }
    assert!(pair.ours().read("out") == golden("dump/dump-hash.txt"));
    pair.kadmin_local(["listprincs"]).same_bytes().code(0);
    pair.kadmin_local(["getprinc", "alice"]).same_bytes().code(0);
    // Only what is read may be asked for: nothing has changed.
    assert!(pair.ours().read("principal") == golden("hash/principal"));
}

#[test]
fn a_hash_file_has_one_order() {
    let pair = golden_pair();
    for options in [&["-rev"][..], &["-recurse"], &["-recurse", "-rev"]] {
        let both = pair.kdb5_util([&["dump"], options, &["out"]].concat()).same_bytes().code(1);
        assert!(!both.ours.stderr.is_empty());
        assert!(!pair.ours().path("out").exists());
    }
}

#[test]
fn made_and_changed_alike() {
    let pair = Pair::new();
    let _ = pair.kdb5_util(["create", "-s", "-P", "x", "-x", "hash=true"]).same().code(0);
    pair.each(assert_hash);
    let mut lines = vec!["addpol -history 2 pol".to_owned()];
    for number in 0..150 {
        lines.push(format!("addprinc -pw a{number} -policy pol u{number}"));
        if number % 3 == 0 {
            lines.push(format!("cpw -pw b{number} u{number}"));
        }
        if number % 5 == 0 {
            lines.push(format!("setstr u{number} note {}", "x".repeat(number * 40)));
        }
        if number % 7 == 0 {
            lines.push(format!("delprinc -force u{}", number / 2));
        }
    }
    lines.push("getprinc u149".to_owned());
    let _ = pair.kadmin_local([""; 0]).stdin(&(lines.join("\n") + "\n")).run();
    pair.each(assert_hash);
    // DIV-92: MIT's file has more buckets after so many changes, so the order is another one.
    let both = pair.kadmin_local(["listprincs", "u1*"]).differs("DIV-92");
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&both.mit.stdout), sorted(&both.ours.stdout));
    assert!(pair.ours().read("principal").len() * 3 < pair.mit().read("principal").len() * 2);
    // What a file is, it says itself; the argument is for new ones.
    let _ = pair.kadmin_local(["-x", "hash=true", "getprinc", "u149"]).same().code(0);
    // In a B-tree both are in the same order.
    pair.each(|realm| {
        realm.kdb5_util(["dump", "out"]).ok();
        realm.by(Side::Mit).kdb5_util(["load", "out"]).ok();
        assert!(!realm.read("principal").starts_with(&MAGIC));
    });
    pair.same_dump();
    let _ = pair.kadmin_local(["-x", "hash=true", "listprincs"]).same().code(0);
}

/// Buckets that were divided hundreds of times, chains, and records of several pages.
#[test]
fn a_load_leaves_mits_order() {
    let pair = golden_pair();
    let mut dump = String::from("kdb5_util load_dump version 7\n");
    let golden = String::from_utf8(golden("dump/dump.txt")).unwrap();
    dump += golden.lines().find(|line| line.contains("\tK/M@")).unwrap();
    dump.push('\n');
    for number in 0..5000 {
        let name = format!("svc/host{:04}.example.test@GOLDEN.TEST", number * 7919 % 5000);
        let line = PRINC.replace("13\t2\t2\t0\tp@GOLDEN.TEST", &format!("{}\t2\t2\t0\t{name}", name.len()));
        let length = if number % 50 == 0 { 3000 + number } else { number % 500 };
        let data = format!("500\t{}\t{}", length + 2, "ab".repeat(length + 2));
        dump += &line.replace("500\t2\tabcd", &data);
    }
    pair.each(|realm| {
        realm.write("in", &dump);
        realm.kdb5_util(["load", "-hash", "in"]).ok();
        assert_hash(realm);
        realm.by(Side::Mit).kdb5_util(["dump", "out"]).ok();
    });
    let out = pair.ours().read("out");
    assert_eq!(out.split(|byte| *byte == b'\n').count(), 5003);
    assert!(pair.mit().read("out") == out);
    assert_eq!(pair.mit().read("principal").len(), pair.ours().read("principal").len());
}

#[test]
fn what_is_destroyed_is_gone() {
    let pair = Pair::new();
    let _ = pair.kdb5_util(["create", "-s", "-P", "x", "-x", "hash=true"]).same().code(0);
    let _ = pair.kdb5_util(["destroy", "-f"]).same().code(0);
    pair.each(|realm| assert!(!realm.path("principal").exists()));
}

#[test]
fn by_turns() {
    let mit = Realm::shared(Side::Mit);
    let ours = mit.by(Side::Ours);
    mit.kdb5_util(["create", "-s", "-P", "x", "-x", "hash=true"]).ok();
    for turn in 0..6 {
        let (one, other) = if turn % 2 == 0 { (&mit, &ours) } else { (&ours, &mit) };
        let mut lines = String::new();
        for number in 0..60 {
            lines += &format!("addprinc -randkey t{turn}/u{number}\n");
            if turn > 0 && number % 4 == 0 {
                lines += &format!("delprinc -force t{}/u{number}\n", turn - 1);
            }
            if turn > 0 && number % 4 == 1 {
                lines += &format!("cpw -randkey -keepold t{}/u{number}\n", turn - 1);
            }
        }
        lines += &format!("setstr t{turn}/u7 note {}\n", "y".repeat(9000));
        let output = one.kadmin_local([""; 0]).stdin(&lines).ok();
        assert!(!output.stderr.contains("while"), "turn {turn}: {output}");
        one.kdb5_util(["dump", "one"]).ok();
        other.kdb5_util(["dump", "other"]).ok();
        assert!(mit.read("one") == mit.read("other"), "turn {turn}");
        assert_hash(&mit);
    }
    assert_eq!(ours.kadmin_local(["listprincs", "t*"]).ok().stdout.lines().count(), 6 * 60 - 5 * 15);
}

#[test]
fn a_kdc_serves_what_we_made() {
    let ours = Realm::new(Side::Ours);
    ours.kdb5_util(["create", "-s", "-P", "x", "-x", "hash=true"]).ok();
    ours.kadmin_local(["addprinc", "-pw", "alicespw", "+requires_preauth", "alice"]).ok();
    ours.kadmin_local(["addprinc", "-randkey", "host/a"]).ok();
    let _kdc = Kdc::start(&ours);
    ours.kinit("alice", "alicespw").ok();
    ours.kvno("host/a").ok();
    // The KDC writes the time of the last success into our file.
    let text = ours.kadmin_local(["getprinc", "alice"]).ok().stdout;
    assert!(
        text.contains("Last successful authentication: ")
            && !text.contains("authentication: [never]\nLast failed")
    );
    assert_hash(&ours);
}
