//! kadmin.local with many lines on standard input, which it works off together: what is seen of it, what is left for others,
//! and that others get at the database meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;
use std::io::{PipeWriter, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Kdc, Pair, Realm, Side};

/// After this nobody will get what he waits for any more.
const PATIENCE: Duration = Duration::from_secs(60);

fn realm() -> Realm {
    let realm = Realm::new(Side::Ours);
    let _ = realm.by(Side::Mit).create("master");
    realm
}

/// Both streams of a shell line in which `K` is the side's kadmin.local.
fn shell(realm: &Realm, line: &str) -> String {
    let program = realm.side().program("kadmin.local");
    let line = format!("exec 2>&1; K() {{ {} \"$@\"; }}; {line}", program.display());
    realm.mit("sh", ["-c", &line]).ok().stdout
}

fn until(what: &str, happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

const LINES: &str = "addprinc -randkey a\naddprinc -randkey a\ngetprinc nosuch\naddprinc -pw foo b\n\ncpw -pw bar b\nfoo\n\"\n\
    addprinc c\npw1\npw1\naddprinc -pw x -nosuch d\naddpol -minlength 5 p\naddprinc -policy p -pw abc d\n\
    addprinc -policy p -pw abcdef d\naddprinc c2\npw1\npw1\naddprinc -randkey e\nlistprincs\n\
    modpol -history 3 -maxlife 1day p\ncpw -pw abcdef d\ncpw -pw bcdefg d\ncpw -pw abcdef d\n  getpol p\n\
    addprinc -pw x -e aes128-cts:special s\naddprinc -pw y -policy nosuch t\ndelprinc -force c\nrenprinc -force b bb\n\
    cpw -pw z nosuch\ncpw -x foo -pw z bb\ncpw -pw z -e aes256-cts:onlyrealm,aes256-cts:norealm bb\nmodprinc -policy p bb\nlock\n\
    addprinc -pw l locked\nunlock\nsetstr a k v\ngetstrs a\ndelstr a k\npurgekeys a\ndelpol -force p\nlistpols\n";

/// What is printed, the order of both streams, what the database holds, what a child process reads, and what is left.
#[test]
fn as_line_by_line() {
    for how in [
        "(K; echo left; cat) < input",
        "cat input | (K; echo left; cat)",
        "(cat input; sleep 0.1; echo quit) | K",
    ] {
        let pair = Pair::new();
        pair.create_by_mit("master");
        let lines = LINES.to_owned();
        for end in [
            "",
            "!head -n 1; echo child\nfor the child\nlistprincs\n",
            "  quit\nnobody runs this\n",
            "\"exit\"\nnor this",
            "!cat",
        ] {
            let lines =
                if end.is_empty() { lines.clone() } else { format!("addprinc -nokey x{}\n{end}", end.len()) };
            pair.each(|realm| realm.write("input", &lines));
            let [mit, ours] = [pair.mit(), pair.ours()].map(|realm| shell(realm, how));
            let differs = ours.lines().zip(mit.lines()).find(|(ours, mit)| ours != mit);
            assert_eq!(differs, None, "{how}: ours and MIT's\n{ours}");
            assert_eq!(ours, mit);
        }
        pair.same_dump();
    }
}

/// Standard error alone, and standard output alone.
#[test]
fn each_stream_has_its_own() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let _ = pair.kadmin_local([""; 0]).stdin(LINES).same().code(0);
    pair.same_dump();
}

/// Many lines, whose changes take many pages, some of them failing.
#[test]
fn many_lines() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let mut lines = String::new();
    for number in 0..1500 {
        writeln!(lines, "addprinc -randkey host/n{}.example.com", number * 7 % 1300).unwrap();
        if number % 9 == 0 {
            writeln!(lines, "delprinc -force host/n{}.example.com", number / 2).unwrap();
        }
        if number % 50 == 0 {
            writeln!(
                lines,
                "addprinc -pw pw{number} -e aes128-cts u{number}\ncpw -pw again{number} u{}",
                number / 2
            )
            .unwrap();
        }
        if number % 400 == 0 {
            lines.push_str("listprincs *0.*\n");
        }
    }
    let _ = pair.kadmin_local([""; 0]).stdin(&lines).same().code(0);
    pair.same_dump();
}

/// Feeds lines to a program for as long as `goes_on`; gives their number.
fn feed(mut pipe: PipeWriter, goes_on: &AtomicBool, fed: &AtomicUsize, line: impl Fn(usize) -> String) {
    while goes_on.load(Ordering::Relaxed) {
        let number = fed.load(Ordering::Relaxed);
        let lines: String = (number..number + 20).map(&line).collect();
        // The pipe is full most of the time.
        pipe.write_all(lines.as_bytes()).unwrap();
        fed.store(number + 20, Ordering::Relaxed);
    }
}

/// Our program is given work for as long as the others need for theirs.
fn during_a_bulk(realm: &Realm, others: impl FnOnce() + Send) {
    let (input, pipe) = std::io::pipe().unwrap();
    let running = realm.kadmin_local([""; 0]).patience(Duration::from_secs(300)).reading(input);
    let (goes_on, fed) = (AtomicBool::new(true), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| feed(pipe, &goes_on, &fed, |number| format!("addprinc -randkey bulk{number}\n")));
        let others = scope.spawn(|| {
            until("the bulk has begun", || fed.load(Ordering::Relaxed) > 2000);
            others();
        });
        let done = others.join();
        goes_on.store(false, Ordering::Relaxed);
        done.expect("the others could do their work");
    });
    let said = running.wait().code(0);
    let fed = fed.into_inner();
    assert_eq!(said.stdout.matches("created.").count(), fed, "{}", said.stderr);
    assert_eq!(realm.dump_by_mit().matches("\tbulk").count(), fed);
}

#[test]
fn mits_program_gets_in() {
    let realm = realm();
    during_a_bulk(&realm, || {
        for number in 0..5 {
            realm.by(Side::Mit).kadmin_local(["addprinc", "-randkey", &format!("mit{number}")]).ok();
        }
    });
    let dump = realm.dump_by_mit();
    assert!((0..5).all(|number| dump.contains(&format!("\tmit{number}@"))));
}

#[test]
fn the_kdc_answers() {
    let realm = realm();
    let _ = realm.kadmin_local(["addprinc", "-pw", "secret", "alice"]).ok();
    let server = Kdc::start(&realm);
    during_a_bulk(&realm, || {
        for _ in 0..10 {
            let _ = realm.kinit("alice", "secret").ok();
        }
    });
    drop(server);
}

/// Whatever was told is on the disk, and of what was not told there is nothing or all of a command.
#[test]
fn who_is_killed_has_told_nothing_untrue() {
    let realm = realm();
    for round in 1..4 {
        let lines: String =
            (0..4000).map(|number| format!("addprinc -randkey r{round}/{number}\n")).collect();
        realm.write("input", &lines);
        realm.write("said", "");
        let line = format!("exec {} < input > said", realm.side().program("kadmin.local").display());
        let mut running = realm.mit("sh", ["-c", &line]).spawn();
        let said = || String::from_utf8(realm.read("said")).unwrap();
        until("it has told something", || said().matches("created.").count() > round * 100);
        running.kill();
        let _ = running.wait().code(-9);
        let dump = realm.dump_by_mit();
        let (told, said) = (said().matches("created.").count(), said());
        for name in
            said.lines().filter_map(|line| line.strip_prefix("Principal \"")?.strip_suffix("\" created."))
        {
            assert!(dump.contains(&format!("\t{name}\t")), "{name} of {told} is not there");
        }
    }
    let _ = realm.kdb5_util(["verify"]).ok();
}

/// Nothing behind the line that fails is run, and it is still there for others.
#[test]
fn strict_input() {
    let realm = realm();
    realm.write("input", "addprinc -randkey a\naddprinc -randkey b\nfoo\naddprinc -randkey c\nlistprincs\n");
    for how in ["(K --strict; echo $?; cat) < input", "cat input | (K --strict; echo $?; cat)"] {
        let said = shell(&realm, how);
        assert!(
            said.ends_with("kadmin.local: line 3 failed: foo\n1\naddprinc -randkey c\nlistprincs\n"),
            "{said}"
        );
        let dump = realm.dump_by_mit();
        assert!(dump.contains("\tb@EXAMPLE.COM\t") && !dump.contains("\tc@EXAMPLE.COM\t"));
        let _ = realm.kadmin_local(["delprinc", "a"]).ok();
        let _ = realm.kadmin_local(["delprinc", "b"]).ok();
    }
}

/// Whoever types, or writes line by line and waits for the answer, has it at once.
#[test]
fn who_waits_for_answers_has_them() {
    let realm = realm();
    let line = "mkfifo to from; K < to > from & exec 3> to 4< from; \
        for n in 1 2 3; do echo \"addprinc -randkey p$n\" >&3; \
        while read -r said <&4; do case $said in *created.*) break;; esac; done; \
        K listprincs p$n; done; echo quit >&3; wait";
    let said = shell(&realm, line);
    let names: Vec<&str> = said.lines().filter(|line| line.starts_with('p')).collect();
    assert_eq!(names, ["p1@EXAMPLE.COM", "p2@EXAMPLE.COM", "p3@EXAMPLE.COM"], "{said}");
}
