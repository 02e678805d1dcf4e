//! Replicas follow: after each kind of change the replica of MIT's daemons holds what the primary does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "propagation/changes.rs"]
mod changes;

use changes::{CHANGES, Change, Does, Follows};
use harness::{Propagation, Side};

/// Makes a change, by this side, and has the replica follow.
fn step(realms: &Propagation, change: &Change, side: Side) {
    let realm = realms.primary().by(side);
    for what in change.what {
        let _ = match what {
            Does::Kadmin(line) => realm.kadmin_local(["-q", line]).stdin("yes\n").ok(),
            Does::Lines(lines) => realm.kadmin_local(Vec::<String>::new()).stdin(lines).ok(),
            Does::Util(line, input) => realm.kdb5_util(line.split(' ')).stdin(input).ok(),
            Does::Keytab(line) => realm.run("k5srvutil", line.split(' ')).ok(),
            Does::Edit(from, to, edit) => {
                realm.write(to, edit(&String::from_utf8(realm.read(from)).unwrap()));
                continue;
            }
        };
    }
    let round = realms.round();
    let (full, updates) = match change.follows {
        Follows::ByUpdates(count) => (false, count),
        Follows::ByCopy => (true, 0),
        Follows::NotAtAll => (false, 0),
    };
    assert_eq!(round.full, full, "{} by {side:?}: {}", change.name, round.said);
    if updates > 0 || matches!(change.follows, Follows::NotAtAll) {
        assert_eq!(round.updates, updates, "{} by {side:?}: {}", change.name, round.said);
    }
    realms.same(&format!("{} by {side:?}", change.name));
    same_listing(realms, change.name);
}

/// Both programs list both logs in the same words.
fn same_listing(realms: &Propagation, after: &str) {
    for realm in [realms.primary(), realms.replica()] {
        let ours = realm.by(Side::Ours).run("kproplog", ["-v", "-v"]).ok();
        let mits = realm.mit("kproplog", ["-v", "-v"]).ok();
        assert_eq!(ours.stdout, mits.stdout, "kproplog after {after}");
    }
}

/// Only our programs write; MIT's daemons take full copies by our kdb5_util.
#[test]
fn ours_alone() {
    let realms = Propagation::start(Side::Ours, Side::Ours, 1000);
    realms.round();
    for change in CHANGES {
        step(&realms, change, Side::Ours);
    }
    assert!(CHANGES.len() >= 60, "{}", CHANGES.len());
}

/// The writers alternate, and full copies are MIT's. What MIT's programs do not replicate, ours write.
#[test]
fn ours_and_mits_by_turns() {
    let realms = Propagation::start(Side::Mit, Side::Mit, 1000);
    realms.round();
    for (number, change) in CHANGES.iter().enumerate() {
        let side = if change.ours_only || number % 2 == 0 { Side::Ours } else { Side::Mit };
        step(&realms, change, side);
    }
}

/// DIV-220: what MIT's programs leave out of the log, so that their replica differs. Ours make the same changes in `ours_alone`.
#[test]
fn mits_programs_do_not_replicate_these() {
    harness::announced_divergence("DIV-220");
    let realms = Propagation::start(Side::Mit, Side::Mit, 1000);
    let mit = realms.primary().by(Side::Mit);
    let kadmin = |line: &str| drop(mit.kadmin_local(["-q", line]).ok());
    realms.round();
    kadmin("addprinc -randkey alice");
    realms.round();
    realms.same("addprinc");
    kadmin("modprinc -expire 2050-05-06 alice");
    realms.round();
    assert!(!realms.are_same(), "an expiration after 2038");
    kadmin("modprinc -expire never alice");
    realms.round();
    realms.same("modprinc");
    let util = |words: &str| drop(mit.kdb5_util(words.split(' ')).stdin("newer\nnewer\n").ok());
    util("add_mkey -s");
    util("use_mkey 2");
    realms.round();
    realms.same("use_mkey");
    util("update_princ_encryption -f");
    let round = realms.round();
    assert!(!round.full && !realms.are_same(), "{}", round.said);
}

/// A replica that is too far behind, and logs that were begun anew: full copies.
#[test]
fn logs_that_have_lost_what_a_replica_lacks() {
    let realms = Propagation::start(Side::Ours, Side::Ours, 5);
    let primary = realms.primary();
    let add = |name: &str| drop(primary.kadmin_local(["addprinc", "-randkey", name]).ok());
    let full = |why: &str, wanted: bool| {
        let round = realms.round();
        assert_eq!(round.full, wanted, "{why}: {}", round.said);
        realms.same(why);
    };
    realms.round();
    // Five entries: the first of them is the replica's, so that it may lack four.
    let several: String = (0..4).map(|n| format!("addprinc -randkey a{n}\n")).collect();
    drop(primary.kadmin_local(Vec::<String>::new()).stdin(&several).ok());
    full("four changes", false);
    let several: String = (0..5).map(|n| format!("addprinc -randkey b{n}\n")).collect();
    drop(primary.kadmin_local(Vec::<String>::new()).stdin(&several).ok());
    full("five changes", true);
    add("c");
    full("one change", false);
    drop(primary.run("kproplog", ["-R"]).ok());
    full("kproplog -R", true);
    // A writer that died.
    add("d");
    let mut log = primary.read("principal.ulog");
    log[36] = 2;
    primary.write("principal.ulog", &log);
    full("an unstable log", true);
    add("e");
    full("a change behind it", false);
    // Nobody sets this state; who finds it takes no risk.
    let mut log = primary.read("principal.ulog");
    log[36] = 3;
    primary.write("principal.ulog", &log);
    full("a corrupt log", true);
    // The replica's own log goes on where the primary's does.
    let last = |realm: &harness::Realm| {
        let said = realm.mit("kproplog", ["-h"]).ok().stdout;
        said.lines().find(|line| line.contains("Last serial")).map(str::to_owned)
    };
    assert_eq!(last(primary), last(realms.replica()));
}
