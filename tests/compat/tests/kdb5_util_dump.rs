//! `kdb5_util dump` beside MIT's: every version and option on a realm that has everything, names, and where it goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::calls::{count, kill, traced};
use compat::{forms, golden, golden_pair, golden_setup, place_form};
use harness::{BackEnd, Mask, Pair, Realm, Side, SmallDisk};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Every version.
const VERSIONS: [&str; 4] = ["-b7", "-r13", "-r18", ""];

/// Lines that MIT loads and that the golden realm does not have: what a record can hold at its edges.
const EDGES: &str = "\
princ\t38\t14\t5\t3\t0\tx1@GOLDEN.TEST\t-1\t-1\t2147483647\t4294967295\t2147483648\t-2\t-1\t-1\t\
-32768\t1\tff\t32766\t2\t0001\t0\t0\t-1\t6\t3\tabcdef\t6\t1\t00\t\
0\t65535\t1\t300\t-32768\t4\t0200abcd\t2\t256\t18\t2\t0000\t-9\t0\t-1\t-1;\n\
princ\t38\t23\t0\t4\t0\tsorted/alfa@GOLDEN.TEST\t0\t0\t0\t0\t0\t0\t0\t0\t\
1\t1\t18\t1\t01\t1\t3\t18\t1\t02\t1\t2\t18\t1\t03\t1\t3\t17\t1\t04\t-1;\n\
policy\tedges\t-1\t2147483647\t4294967295\t5\t1\t7\t4294967294\t0\t1\t-5\t6\t7\taes256-cts:normal,rc4-hmac:onlyrealm\t2\t\
300\t3\t010203\t5\t0\t-1\n\
policy\tplain\t1\t2\t3\t4\t5\t0\t0\t0\t0\n";

/// The golden realm on both sides, and with it what `EDGES` says.
fn everything() -> Pair {
    let pair = golden_pair();
    pair.mit().write("edges", format!("kdb5_util load_dump version 7\n{EDGES}"));
    let _ = pair.mit().kdb5_util(["load", "-update", "edges"]).ok();
    pair.copy_database();
    pair
}

fn options<'a>(version: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["dump"];
    words.extend(Some(version).filter(|version| !version.is_empty()));
    words.extend(more);
    words
}

#[test]
fn the_golden_realm() {
    let versions = match BackEnd::of_this_run() {
        BackEnd::Db2 => {
            &[("-b7", "dump-b7.txt"), ("-r13", "dump-r13.txt"), ("-r18", "dump-r18.txt"), ("", "dump.txt")][..]
        }
        BackEnd::Klmdb => &[("", "dump-klmdb.txt")],
    };
    for form in forms(BackEnd::of_this_run()) {
        let realm = Realm::with(Side::Ours, golden_setup());
        place_form(&realm, form);
        for (version, file) in versions {
            let output = realm.kdb5_util(options(version, &["out"])).ok();
            assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
            assert!(realm.read("out") == golden(&format!("dump/{file}")), "{form} {file}");
        }
    }
}

#[test]
fn a_realm_with_everything() {
    let pair = everything();
    for version in VERSIONS {
        for more in [&[][..], &["-verbose"], &["-rev"], &["-recurse"], &["-recurse", "-rev"]] {
            let words = options(version, &[more, &["out"]].concat());
            pair.kdb5_util(words).same_bytes().code(0);
            assert!(pair.mit().read("out") == pair.ours().read("out"), "{version} {more:?}");
        }
    }
    for words in ["dump", "dump -", "dump -b7 -verbose -", "dump -r13 -r18", "-r GOLDEN.TEST dump"] {
        let both = pair.kdb5_util(words.split(' ')).same_bytes().code(0);
        assert!(both.ours.stdout.contains("sorted/alfa@GOLDEN.TEST"));
    }
}

/// The same from a hash table that each side made. LMDB has no hash tables.
#[test]
fn a_hash_table_with_everything() {
    let pair = everything();
    pair.kdb5_util(["dump", "all"]).same_bytes().code(0);
    if pair.ours().backend() == BackEnd::Klmdb {
        pair.kdb5_util(["load", "-hash", "all"]).same_bytes().code(1);
        return;
    }
    pair.kdb5_util(["load", "-hash", "all"]).same_bytes().code(0);
    for version in VERSIONS {
        for more in [&[][..], &["-verbose"]] {
            pair.kdb5_util(options(version, &[more, &["out"]].concat())).same_bytes().code(0);
            let out = pair.mit().read("out");
            assert!(out == pair.ours().read("out"), "{version} {more:?}");
            assert!(String::from_utf8_lossy(&out).contains("sorted/alfa@GOLDEN.TEST"));
            pair.each(|realm| {
                for side in [Side::Mit, Side::Ours] {
                    let _ = realm.by(side).kdb5_util(options(version, &["again"])).ok();
                    assert!(realm.read("again") == out, "{version} {side:?}");
                }
            });
        }
    }
}

#[test]
fn names() {
    let pair = everything();
    for expressions in [
        "alice@GOLDEN.TEST",
        "alice",
        "svc/h1.*",
        ".*@GOLDEN\\.TEST",
        "(alice|bob)@.*",
        "alice|bob",
        "al+i?ce@[A-Z.]+ b[[:alpha:]]b@.*",
        "[^/]+@GOLDEN.TEST",
        ".{5}@GOLDEN.TEST",
        "svc/h[0-9]{3}\\..*",
        "svc/h2{,2}3.*",
        ".*\\\\.*",
        "nobody@.*",
        "^alice@GOLDEN.TEST$",
        "(a|al)(lice|ice)@GOLDEN.TEST",
        "a+?l*?ice@GOLDEN.TEST",
        ".*\\bkrb.*",
        ".*[]x)]@.*",
        ")*alice.*",
        "",
        "\\w+@\\w+.\\w+",
    ] {
        let words = ["dump", "-verbose", "-"].into_iter().chain(expressions.split(' '));
        pair.kdb5_util(words).same_bytes().code(0);
    }
}

/// DIV-82
#[test]
fn an_expression_that_is_none() {
    let pair = everything();
    pair.each(|realm| realm.write("out", "before"));
    for expression in ["(a", "[a", "*a", "a{2,1}", "a\\", "[[:word:]]", "[b-a]", "a{99999}"] {
        let both = pair.kdb5_util(["dump", "out", expression]).differs("DIV-82");
        let first = both.mit.stderr.lines().next().unwrap();
        assert_eq!(both.ours.stderr, format!("{first}\n"));
        assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
        assert_eq!(pair.ours().read("out"), b"before");
    }
    let both = pair.kdb5_util(["dump", "-", "(.)\\1.*"]).differs("DIV-82");
    assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
}

#[test]
fn without_the_master_key() {
    let pair = everything();
    pair.each(|realm| fs::remove_file(realm.path("stash")).unwrap());
    let both = pair.kdb5_util(["dump", "out"]).run().code(1);
    assert!(both.ours.stderr.contains("Warning: proceeding without master key"));
    assert!(pair.mit().read("out") == pair.ours().read("out"));
}

#[test]
fn lines_that_mean_nothing() {
    let pair = everything();
    for words in [
        "dump -b8",
        "dump -verbose -x",
        "dump -ov",
        "dump -ov out",
        "dump -i",
        "dump -i1 out",
        "dump -c out",
        "dump -c -b7 out",
        "dump --",
    ] {
        pair.kdb5_util(words.split(' ')).same_bytes().code(1);
        assert!(!pair.ours().path("out").exists(), "{words}");
    }
    let both = pair.kdb5_util(["dump", "no/such/directory/out"]);
    match pair.ours().backend() {
        BackEnd::Db2 => both.same_bytes().code(1),
        // MIT's error text for the same code is an older one: of looking for its LMDB module in the directory of Debian's.
        BackEnd::Klmdb => both.run().code(1),
    };
    pair.kdb5_util(["dump", "-c"]).same_bytes().code(0);
    pair.kdb5_util(["dump", "", "alice@.*"]).run().code(1);
}

#[test]
fn the_ok_file() {
    let pair = everything();
    pair.each(|realm| realm.write("out.dump_ok", "left over"));
    pair.kdb5_util(["dump", "out"]).same_bytes().code(0);
    for realm in [pair.mit(), pair.ours()] {
        assert_eq!(realm.read("out.dump_ok"), [0]);
        assert_eq!(realm.path("out").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(realm.path("out.dump_ok")).unwrap();
        fs::create_dir(realm.path("out.dump_ok")).unwrap();
    }
    let both = pair.kdb5_util(["dump", "out"]).same_bytes().code(1);
    assert!(both.ours.stderr.contains("while creating 'ok' file, 'out.dump_ok'"), "{}", both.ours);
    assert_eq!(leftovers(pair.ours().dir()), 0);
}

/// Whoever dumps to a file holds the lock of its `.dump_ok` until the dump has its name; another one waits, and then writes
/// its own.
#[test]
fn a_second_dump_waits_for_the_first() {
    for (first, call, second) in [
        (Side::Ours, "fsync", Side::Mit),
        (Side::Mit, "rename", Side::Ours),
        (Side::Ours, "fsync", Side::Ours),
    ] {
        let realm = everything().ours().by(first);
        let running = traced(&realm, call, Some("signal=SIGSTOP:when=1"), &["dump", "out"], "").spawn();
        let stopped = wait_for("it stops", || {
            let calls = fs::read_to_string(realm.path("calls")).unwrap_or_default();
            let line = calls.lines().find(|line| line.contains("stopped by SIGSTOP"))?;
            line.split(' ').next().map(str::to_owned)
        });
        let waiting = realm.by(second).kdb5_util(["dump", "out"]).spawn();
        let inode = format!(":{} ", realm.path("out.dump_ok").metadata().unwrap().ino());
        wait_for("the second waits", || {
            let locks = fs::read_to_string("/proc/locks").unwrap();
            locks.lines().any(|line| line.contains("-> ") && line.contains(&inode)).then_some(())
        });
        assert_eq!(realm.read("out.dump_ok"), b"", "it says nothing of a dump that is under way");
        let resumed = std::process::Command::new("kill").args(["-CONT", &stopped]).status().unwrap();
        assert!(resumed.success());
        let _ = running.wait().code(0);
        let _ = waiting.wait().code(0);
        assert_eq!(realm.read("out.dump_ok"), [0]);
        assert_eq!(realm.read("out"), realm.kdb5_util(["dump"]).ok().stdout.as_bytes());
    }
}

/// Waits until there is an answer.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: never");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Killed at any call, a dump leaves the old file or the new one, whole.
#[test]
fn a_dump_that_is_killed() {
    let realm = everything().ours().clone();
    // The first to open an LMDB environment makes its file of locks.
    let _ = realm.kdb5_util(["dump", "out"]).ok();
    let calls = count(&realm, &["dump", "out"], "");
    let whole = realm.read("out");
    let mut kills = 0;
    for (call, times) in calls {
        for nth in 1..=times {
            realm.write("out", "before");
            let _ = kill(&realm, call, nth, &["dump", "out"], "");
            kills += 1;
            let found = realm.read("out");
            assert!(found == b"before" || found == whole, "{call} {nth} of {times}");
            // What says that it is good says so of the new one.
            let good = realm.read("out.dump_ok") == [0];
            assert!(!good || found == whole, "{call} {nth} of {times}");
        }
    }
    assert!(kills > 1);
}

/// A failure leaves the old dump, an empty `.dump_ok`, and nothing else.
#[test]
fn a_failure_leaves_the_old_dump() {
    let realm = everything().ours().clone();
    let _ = realm.kdb5_util(["dump", "out"]).ok();
    let before = realm.read("out");
    let file = realm.backend().files()[0];
    let mut pages = realm.read(file);
    let name = b"svc/h150.golden.test@GOLDEN.TEST";
    let page = pages.windows(name.len()).position(|bytes| bytes == name).unwrap() / 4096;
    pages[page * 4096..][..4096].fill(0xee);
    realm.write(file, pages);
    let output = realm.kdb5_util(["dump", "out"]).fails(1);
    let _ = output.stderr_has("performing Kerberos version 5 release 1.11 dump");
    assert!(realm.read("out") == before);
    assert!(realm.read("out.dump_ok").is_empty());
    assert_eq!(leftovers(realm.dir()), 0);
}

/// DIV-83
#[test]
fn a_full_disk() {
    let pair = everything();
    let disks: Vec<SmallDisk> =
        [pair.mit(), pair.ours()].iter().map(|realm| SmallDisk::mount(&realm.path("disk"), 128)).collect();
    pair.each(|realm| realm.write("disk/out", "before"));
    let both = pair.kdb5_util(["dump", "disk/out"]).differs("DIV-83");
    assert_eq!(both.mit.exit, 0);
    let _ = both.ours.code(1).stderr_has("No space left on device while writing disk/out");
    assert_eq!(
        (pair.ours().read("disk/out"), pair.ours().read("disk/out.dump_ok")),
        (b"before".to_vec(), vec![])
    );
    assert_ne!(pair.mit().read("disk/out"), b"before");
    assert_eq!(leftovers(&pair.ours().path("disk")), 0);
    drop(disks);
}

/// Temporary files in a directory.
fn leftovers(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("out-")).count()
}

/// DIV-80
#[test]
fn what_is_no_regular_file_is_written_through() {
    let pair = everything();
    let expected = pair.kdb5_util(["dump"]).run().ours.stdout;
    pair.each(|realm| {
        let made = std::process::Command::new("mkfifo").arg(realm.path("pipe")).status().unwrap();
        assert!(made.success());
    });
    let _ = pair.mit().kdb5_util(["dump", "pipe"]).ok();
    assert!(pair.mit().path("pipe").metadata().unwrap().is_file(), "MIT replaces it");
    let path = pair.ours().path("pipe");
    let reader = std::thread::spawn(move || fs::read(path).unwrap());
    let _ = pair.ours().kdb5_util(["dump", "pipe"]).ok();
    assert!(reader.join().unwrap() == expected.as_bytes());
    assert!(pair.ours().path("pipe").metadata().unwrap().file_type().is_fifo());
    assert!(!pair.ours().path("pipe.dump_ok").exists());

    let output = pair.ours().kdb5_util(["dump", "/dev/stdout"]).ok();
    assert!(output.stdout == expected);
    assert!(Path::new("/dev/stdout").symlink_metadata().unwrap().is_symlink());
    let _ = pair.ours().kdb5_util(["dump", "/dev/null"]).ok();
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
    assert!(!Path::new("/dev/null.dump_ok").exists());

    fs::create_dir(pair.ours().path("directory")).unwrap();
    let output = pair.ours().kdb5_util(["dump", "directory"]).fails(1);
    let _ = output.stderr_has("Is a directory while opening directory for writing");
}

/// A link to a dump is replaced, as MIT does it, and what it leads to stays.
#[test]
fn a_link_is_replaced() {
    let pair = everything();
    pair.each(|realm| {
        realm.write("other", "kept");
        std::os::unix::fs::symlink("other", realm.path("out")).unwrap();
    });
    pair.kdb5_util(["dump", "out"]).same_bytes().code(0).same_file("other", Mask::NONE);
    assert!(pair.ours().read("out") == pair.mit().read("out"));
}

/// The keys of a realm as MIT's kadmin.local exports them.
fn exported(realm: &Realm) -> String {
    drop(fs::remove_file(realm.path("keytab")));
    let words = ["ktadd", "-k", "keytab", "-norandkey", "alice", "bob", "krbtgt/GOLDEN.TEST"];
    let _ = realm.mit("kadmin.local", words).ok();
    let listed = realm.mit("klist", ["-keK", "keytab"]).ok().stdout;
    listed.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

/// The dump under a new master key, loaded by MIT, has the same keys.
#[test]
fn a_new_master_key() {
    let pair = golden_pair();
    let before = exported(pair.ours());
    let typed = "third\nthird\n";
    pair.kdb5_util(["dump", "-mkey_convert", "out"]).stdin(typed).same_bytes().code(0);
    pair.kdb5_util(["dump", "-mkey_convert", "bad"]).stdin("third\nfourth\n").same().code(1);
    pair.each(|realm| {
        let _ = realm.mit("kdb5_util", ["load", "out"]).ok();
        assert_ne!(realm.mit("kdb5_util", ["-P", "wrong", "list_mkeys"]).output().exit, 0);
        let _ = realm.mit("kdb5_util", ["-P", "third", "stash"]).ok();
        assert_eq!(exported(realm), before);
    });
    pair.kdb5_util(["dump", "plain"]).same_bytes().code(0).same_file("plain", Mask::KEYS);
    let versions = |realm: &Realm| realm.mit("kdb5_util", ["-P", "third", "list_mkeys"]).ok().stdout;
    assert_eq!(versions(pair.mit()), versions(pair.ours()));
}

#[test]
fn a_new_master_key_from_a_file() {
    let pair = golden_pair();
    let before = exported(pair.ours());
    let other = Realm::with(Side::Mit, golden_setup());
    let _ = other.create("anotherpw");
    pair.each(|realm| realm.write("new", other.read("stash")));
    for words in [&["dump", "-new_mkey_file", "missing", "bad"][..], &["dump", "-new_mkey_file"]] {
        pair.kdb5_util(words).run().ours.code(1);
    }
    pair.kdb5_util(["dump", "-new_mkey_file", "new", "out"]).same_bytes().code(0);
    pair.each(|realm| {
        let _ = realm.mit("kdb5_util", ["load", "out"]).ok();
        let _ = realm.mit("kdb5_util", ["-P", "anotherpw", "stash"]).ok();
        assert_eq!(exported(realm), before);
    });
    pair.kdb5_util(["dump", "plain"]).same_bytes().code(0).same_file("plain", Mask::KEYS);
}
