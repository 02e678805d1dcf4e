//! ktutil killed while it changes a keytab: for MIT's programs, and for ours, all of the change is there or nothing of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Entry, Realm, Side, mit_keytab, workspace};
use std::ffi::OsString;

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(Into::into).collect()
}

/// Runs ktutil until the call number `count` of `call`, which is not made. `false` where there are not that many.
fn killed(realm: &Realm, line: &str, call: &str, count: usize) -> bool {
    let inject = format!("inject={call}:signal=SIGKILL:when={count}");
    let mut command = words("-o trace -e");
    command.extend([format!("trace={call}").into(), "-e".into(), inject.into()]);
    command.push(Side::Ours.program("ktutil").into());
    command.extend(words(line));
    let output = realm.mit("strace", command).output();
    let trace = String::from_utf8(realm.read("trace")).unwrap();
    let killed = trace.contains("+++ killed by SIGKILL +++");
    assert!(killed || trace.contains("+++ exited with 0 +++"), "{output}\n{trace}");
    killed
}

/// Kills ktutil at each call that changes the keytab or the disk.
fn everywhere(keytab: &str, line: &str) {
    let realm = Realm::new(Side::Ours);
    let before = std::fs::read(workspace().join("tests/golden/keytab").join(keytab)).unwrap();
    realm.write("pw", "secret\n");
    realm.write("k", &before);
    let path = realm.path("k");
    let old = mit_keytab(&path);
    realm.run("ktutil", words(line)).ok();
    let (after, new) = (realm.read("k").len(), mit_keytab(&path));
    assert!(old != new, "{line} changes nothing");

    let mut seen: [usize; 2] = [0; 2];
    for call in ["pwrite64", "fsync", "ftruncate"] {
        for count in 1.. {
            realm.write("k", &before);
            if !killed(&realm, line, call, count) {
                assert!(count > 1, "{line}: no {call}");
                assert!(mit_keytab(&path) == new, "{line}: it is not the same each time");
                break;
            }
            let place = format!("{line}: {call} {count}");
            let there: Vec<Entry> = mit_keytab(&path);
            assert!(there == old || there == new, "{place}: {} entries", there.len());
            seen[usize::from(there == new)] += 1;
            assert_eq!(realm.klist(["-k", "k"]).ok().stdout, realm.mit("klist", ["-k", "k"]).ok().stdout);
            // The next writer puts it in order: nothing stays of what is gone, nor twice.
            realm.run("ktutil", words("add k -q -p last -k 1 -e aes256-cts --random")).ok();
            let mut more = mit_keytab(&path);
            more.retain(|entry| entry.principal != "last@EXAMPLE.COM");
            assert!(more == there, "{place}: {} entries after one more", more.len());
            let longest = before.len().max(after) + 100;
            assert!(realm.read("k").len() <= longest, "{place}: {} bytes", realm.read("k").len());
        }
    }
    assert!(seen[0] > 2 && seen[1] > 2, "{line}: {seen:?}");
}

#[test]
fn while_it_renames() {
    everywhere("all.keytab", "rename k @GOLDEN.TEST @LONGER.EXAMPLE.COM");
}

#[test]
fn while_it_removes() {
    everywhere("all.keytab", "remove k -e aes256-cts,arcfour-hmac");
}

#[test]
fn while_it_fills_holes() {
    everywhere(
        "holes.keytab",
        "add k -p svc/hx.golden.test@GOLDEN.TEST -k 1 -e aes256-cts,aes128-cts --password-file pw",
    );
}
