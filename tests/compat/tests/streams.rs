//! The three streams at the start of each program: closed ones, and a reader that has gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Realm, Side};

/// A command of each program that opens files.
const COMMANDS: [(&str, &str); 7] = [
    ("kdb5_util", "list_mkeys"),
    ("kadmin.local", "cpw -randkey host/a"),
    ("ktadd", "-k {DIR}/new.keytab -norandkey K/M"),
    ("ktutil", "list {DIR}/out.keytab"),
    ("k5srvutil", "-f {DIR}/out.keytab list"),
    ("klist", "-k {DIR}/out.keytab"),
    ("kproplog", "-h"),
];

fn realm(side: Side) -> Realm {
    let realm = Realm::new(side);
    let _ = realm.create("master");
    let mit = realm.by(Side::Mit);
    let _ = mit.kadmin_local(["-q", "addprinc -randkey host/a"]).ok();
    let _ = mit.kadmin_local(["-q", "ktadd -k {DIR}/out.keytab host/a"]).ok();
    realm
}

/// No file may get the number of a stream that was closed: what is said there would be written into it.
#[test]
fn closed_streams_stay_empty() {
    let realm = realm(Side::Ours);
    for (program, words) in COMMANDS {
        let program = Side::Ours.program(program);
        let open = format!("{} {words} >said 2>&1; echo $?", program.display());
        let status = realm.mit("sh", ["-c", &open]).ok().stdout;
        for (closed, streams) in [("<&-", 1), (">&-", 1), ("2>&-", 1), ("<&- >&-", 2), ("<&- >&- 2>&-", 3)] {
            let traced = format!("strace -qq -e trace=openat -o opened {}", program.display());
            let line = format!("{traced} {words} {closed}; echo $? >status");
            let _ = realm.mit("sh", ["-c", &line]).ok();
            assert_eq!(realm.read("status"), status.as_bytes(), "{line}: nothing is amiss");
            let opened = String::from_utf8(realm.read("opened")).unwrap();
            let calls = opened.lines().filter(|call| call.starts_with("openat("));
            // The loader has opened and closed the libraries before.
            let ours: Vec<&str> = calls.skip_while(|call| !call.contains("\"/dev/null\"")).collect();
            let number = |call: &str| {
                call.rsplit("= ").next().unwrap().split(' ').next().unwrap().parse::<i32>().unwrap()
            };
            let (nulls, files) = ours.split_at(streams.min(ours.len()));
            assert!(
                nulls.len() == streams && nulls.iter().all(|call| call.contains("\"/dev/null\"")),
                "{line}: {opened}"
            );
            assert!(nulls.iter().all(|call| number(call) <= 2), "{line}: {opened}");
            assert!(
                !files.is_empty() && files.iter().all(|call| !(0..=2).contains(&number(call))),
                "{line}: {opened}"
            );
        }
    }
    let entry = realm.mit("kadmin.local", ["getprinc", "host/a"]).ok();
    assert!(entry.stdout.contains("Key: vno 8,"), "made, put into a keytab, and changed six times: {entry}");
    let _ = realm.kdb5_util(["verify"]).ok();
}

/// A pipe that nobody reads: a signal ends MIT's, and a shell sees the same status of ours.
#[test]
fn a_reader_that_has_gone() {
    for side in [Side::Mit, Side::Ours] {
        let realm = realm(side);
        for (program, words) in [
            ("kadmin.local", "listprincs"),
            ("klist", "-k {DIR}/out.keytab"),
            ("kdb5_util", "tabdump princ_meta"),
        ] {
            let program = side.program(program);
            let nobody_reads = "rm -f pipe; mkfifo pipe; exec 4<>pipe 3>pipe 4<&-";
            let line = format!("{nobody_reads}; {} {words} >&3; echo $?", program.display());
            let output = realm.mit("sh", ["-c", &line]).ok();
            assert_eq!((&*output.stdout, &*output.stderr), ("141\n", ""), "{line}");
            // Ours ends by itself: the signal would end it in the middle of a change.
            if side == Side::Ours {
                let line = format!("{nobody_reads}; exec {} {words} >&3", program.display());
                let _ = realm.mit("sh", ["-c", &line]).fails(141);
            }
        }
    }
}
