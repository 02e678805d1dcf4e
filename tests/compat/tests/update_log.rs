//! The update log of a realm that replicas follow: the same file under MIT's programs and ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Output, Pair, Realm, Setup, Side};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};

const LOG: &str = "principal.ulog";

fn setup(entries: u32) -> Setup {
    Setup::new()
        .kdc_realm("iprop_enable = true")
        .kdc_realm("iprop_port = 2121")
        .kdc_realm(&format!("iprop_master_ulogsize = {entries}"))
}

/// What MIT's kproplog says of the log, without its times and path, and without what a second's end decides: whether an entry is
/// stamped with another time than before.
fn listing(realm: &Realm) -> String {
    const BY_THE_CLOCK: [&str; 4] =
        ["Password last changed", "Modifying principal", "Modification time", "TL data"];
    let said = realm.mit("kproplog", ["-v"]).ok().stdout;
    let lines = said.lines().filter(|line| !BY_THE_CLOCK.contains(&line.trim_start()));
    let line = |line: &str| match line.split_once(" : ") {
        Some((name, _))
            if name.ends_with("time stamp") || name.ends_with("changed") || name.ends_with("size") =>
        {
            format!("{name}\n")
        }
        _ if line.starts_with("Kerberos update log") => String::new(),
        _ => format!("{line}\n"),
    };
    lines.map(line).collect()
}

fn same_listing(pair: &Pair, after: &str) {
    assert_eq!(listing(pair.ours()), listing(pair.mit()), "after {after}");
}

/// First and last serial number, and how many entries there are.
fn extent(realm: &Realm) -> Vec<String> {
    let said = realm.mit("kproplog", ["-h"]).ok().stdout;
    let wanted = ["Number of entries", "First serial", "Last serial", "Entry block size", "Log state"];
    let lines = said.lines().map(str::trim).filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    lines.map(str::to_owned).collect()
}

fn lines(realm: &Realm, input: &str) -> Output {
    realm.kadmin_local(Vec::<String>::new()).stdin(input).ok()
}

/// Which commands make the log, begin it anew, and remove it.
#[test]
fn when_it_is_made_and_goes() {
    let pair = Pair::with(setup(10));
    pair.create("master");
    for realm in [pair.mit(), pair.ours()] {
        let facts = realm.path(LOG).metadata().unwrap();
        assert_eq!((facts.mode() & 0o777, facts.size()), (0o600, 40 + 10 * 2048));
    }
    same_listing(&pair, "create");
    pair.kadmin_local(["addprinc", "-randkey", "alice"]).same();
    for words in [
        "kdb5_util list_mkeys",
        "kdb5_util dump out",
        "kdb5_util tabdump keyinfo",
        "kdb5_util stash",
        "kadmin.local getprinc alice",
        "kadmin.local listprincs",
        "kadmin.local ktadd -norandkey -k kt alice",
    ] {
        let (program, words) = words.split_once(' ').unwrap();
        for realm in [pair.mit(), pair.ours()] {
            std::fs::remove_file(realm.path(LOG)).unwrap();
            let _ = realm.run(program, words.split(' ')).ok();
        }
        same_listing(&pair, words);
    }
    let _ = pair.kdb5_util(["load", "out"]).run().code(0);
    same_listing(&pair, "load");
    let _ = pair.kdb5_util(["destroy", "-f"]).run().code(0);
    for realm in [pair.mit(), pair.ours()] {
        assert!(!realm.path(LOG).exists());
    }
    // One that is left over is begun anew: its serial numbers are of another database.
    let log = leftover();
    pair.each(|realm| realm.write(LOG, &log));
    pair.create("master");
    same_listing(&pair, "the second create");
    assert_eq!(extent(pair.ours())[4], "Last serial # : 1");
}

/// A log with some entries.
fn leftover() -> Vec<u8> {
    let realm = Realm::with(Side::Mit, setup(10));
    realm.create("master");
    lines(&realm, "addprinc -randkey a\naddprinc -randkey b\n");
    realm.read(LOG)
}

/// Where `iprop_logfile` says.
#[test]
fn it_is_where_the_configuration_says() {
    let pair = Pair::with(setup(10).kdc_realm("iprop_logfile = {DIR}/some.log"));
    pair.create("master");
    for realm in [pair.mit(), pair.ours()] {
        assert!(realm.path("some.log").exists() && !realm.path(LOG).exists());
    }
}

/// One by one, on standard input and under a lock the log comes to the same, MIT's too.
#[test]
fn batches_log_what_single_commands_do() {
    const LINES: &str = "addprinc -randkey a\naddprinc -pw b b\naddprinc -randkey b\nmodprinc -maxlife 2h a\ndelprinc -force none\n\
                         setstr a k v\ndelprinc -force a\naddprinc -randkey a\nrenprinc -force a c\ncpw -randkey c\nmodprinc -maxlife x c\n";
    let pair = Pair::with(setup(100));
    pair.create("master");
    lines(pair.mit(), LINES);
    lines(pair.ours(), LINES);
    same_listing(&pair, "the lines");
    let together = listing(pair.ours());
    let single = |wrap: fn(&str) -> String| {
        let pair = Pair::with(setup(100));
        pair.create("master");
        LINES.lines().for_each(|line| drop(lines(pair.ours(), &wrap(line))));
        listing(pair.ours())
    };
    assert_eq!(single(|line| format!("{line}\n")), together);
    assert_eq!(single(|line| format!("lock\n{line}\nunlock\n")), together);
    assert_eq!(together.matches("Update Entry").count(), 11, "{together}");
}

/// A log that is full goes round, by batches of any size.
#[test]
fn a_full_log_goes_round() {
    let pair = Pair::with(setup(7));
    pair.create("master");
    let mut number = 0;
    for count in [1, 5, 1, 1, 2, 6, 7, 8, 30] {
        let input: String = (0..count)
            .map(|_| {
                number += 1;
                format!("addprinc -randkey p{number}\n")
            })
            .collect();
        lines(pair.mit(), &input);
        lines(pair.ours(), &input);
        same_listing(&pair, &format!("{number} changes"));
    }
    assert_eq!(
        extent(pair.ours())[2..],
        ["Number of entries : 7", "First serial # : 56", "Last serial # : 62"].map(str::to_owned)
    );
}

/// Another number of entries: what the log has is in other places then.
#[test]
fn the_configured_size_changes() {
    for (changes, size) in [(3, 5), (3, 20), (9, 5), (9, 11), (25, 11), (25, 9), (10, 9)] {
        let pair = Pair::with(setup(10));
        pair.create("master");
        let input: String = (0..changes).map(|n| format!("addprinc -randkey p{n}\n")).collect();
        lines(pair.mit(), &input);
        lines(pair.ours(), &input);
        pair.each(|realm| {
            let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
            realm.write("kdc.conf", conf.replace("ulogsize = 10", &format!("ulogsize = {size}")));
            let _ = realm.kadmin_local(["addprinc", "-randkey", "more"]).ok();
        });
        same_listing(&pair, &format!("{changes} changes of 10, then {size}"));
        let lengths = [pair.mit(), pair.ours()].map(|realm| realm.read(LOG).len());
        assert_eq!(lengths[0], lengths[1]);
    }
}

/// DIV-225: a log that becomes so much larger that its last entry would be behind the end of the file. MIT's programs die.
#[test]
fn the_configured_size_grows() {
    harness::announced_divergence("DIV-225");
    let pair = Pair::with(setup(10));
    pair.create("master");
    let input: String = (0..25).map(|n| format!("addprinc -randkey p{n}\n")).collect();
    lines(pair.mit(), &input);
    lines(pair.ours(), &input);
    pair.each(|realm| {
        let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
        realm.write("kdc.conf", conf.replace("ulogsize = 10", "ulogsize = 30"));
    });
    let both = pair.kadmin_local(["addprinc", "-randkey", "more"]).run();
    assert!(both.mit.exit < 0, "{}", both.mit);
    assert_eq!((both.ours.exit, extent(pair.ours())[4].as_str()), (0, "Last serial # : 2"));
}

/// The last serial number that there is.
#[test]
fn serial_numbers_come_to_an_end() {
    let pair = Pair::with(setup(10));
    pair.create("master");
    for realm in [pair.mit(), pair.ours()] {
        // The only entry, the dummy, gets another number, and its place.
        let log = OpenOptions::new().read(true).write(true).open(realm.path(LOG)).unwrap();
        let serial = u32::MAX - 2;
        let mut entry = [0; 28];
        log.read_exact_at(&mut entry, 40).unwrap();
        entry[4..8].copy_from_slice(&serial.to_le_bytes());
        log.write_all_at(&entry, 40 + u64::from((serial - 1) % 10) * 2048).unwrap();
        for at in [28, 32] {
            log.write_all_at(&serial.to_le_bytes(), at).unwrap();
        }
    }
    same_listing(&pair, "nothing");
    let input = "addprinc -randkey a\naddprinc -randkey b\naddprinc -randkey c\naddprinc -randkey d\n";
    lines(pair.mit(), input);
    lines(pair.ours(), input);
    same_listing(&pair, "the end");
    assert_eq!(extent(pair.ours())[4], "Last serial # : 3");
}

/// Something else than a log: nothing is changed, and the message says which file it is.
#[test]
fn a_file_that_is_no_log() {
    let pair = Pair::with(setup(10));
    pair.create("master");
    let before = pair.ours().dump_by_mit();
    let garbage = vec![b'x'; 50_000];
    pair.each(|realm| realm.write(LOG, &garbage));
    for words in ["getprinc K/M", "addprinc -randkey a", "-q listprincs"] {
        let both = pair.kadmin_local(words.split(' ')).run().code(1);
        for output in [&both.mit, &both.ours] {
            assert!(output.stderr.contains("Update log is corrupt"), "{output}");
        }
        assert!(both.ours.stderr.contains(LOG) && both.ours.stderr.lines().count() == 1, "{}", both.ours);
    }
    let both = pair.kdb5_util(["list_mkeys"]).run().code(1);
    assert!(both.ours.stderr.contains(LOG), "{}", both.ours);
    for words in ["-h", "-R"] {
        let both = pair.run("kproplog", [words]).run().code(1);
        assert!(both.ours.stderr.contains("log"), "{}", both.ours);
    }
    assert_eq!(pair.ours().read(LOG), garbage);
    std::fs::remove_file(pair.ours().path(LOG)).unwrap();
    assert_eq!(pair.ours().dump_by_mit(), before);
}

/// DIV-222: a log at which a writer has died is begun anew by the next writer of ours; MIT's goes on with it.
#[test]
fn a_writer_that_died() {
    let pair = Pair::with(setup(10));
    pair.create("master");
    let input = "addprinc -randkey a\naddprinc -randkey b\n";
    lines(pair.mit(), input);
    lines(pair.ours(), input);
    for realm in [pair.mit(), pair.ours()] {
        let log = OpenOptions::new().write(true).open(realm.path(LOG)).unwrap();
        log.write_all_at(&2u16.to_le_bytes(), 36).unwrap();
    }
    same_listing(&pair, "the death");
    let _ = pair.kadmin_local(["addprinc", "-randkey", "c"]).same().code(0);
    harness::announced_divergence("DIV-222");
    assert_eq!(extent(pair.mit())[4], "Last serial # : 4");
    assert_eq!(extent(pair.ours())[4], "Last serial # : 2", "the dummy, and c");
}

/// DIV-223: an update that no block holds. MIT's program changes the database, says that it failed, and its replicas never get the
/// change.
#[test]
fn an_update_that_no_block_holds() {
    harness::announced_divergence("DIV-223");
    let pair = Pair::with(setup(10));
    pair.create("master");
    let value = "v".repeat(40_000);
    let input = format!("addprinc -randkey a\nsetstr a one {value}\nsetstr a two {}\n", &value[..24_000]);
    let mit = pair.mit().kadmin_local(Vec::<String>::new()).stdin(&input).output();
    let ours = lines(pair.ours(), &input);
    assert!(mit.stderr.contains("log"), "{mit}");
    assert!(!ours.stderr.contains("log"), "{ours}");
    let strings = |realm: &Realm| realm.mit("kadmin.local", ["getstrs", "a"]).ok().stdout.len();
    assert!(strings(pair.ours()) > 64_000 && strings(pair.mit()) == strings(pair.ours()));
    assert_eq!(
        extent(pair.ours())[2..],
        ["Number of entries : 1", "First serial # : 1", "Last serial # : 1"].map(str::to_owned)
    );
}

/// Writers of both sides at once: each change has an entry, and each entry another number.
#[test]
fn many_writers() {
    let realm = Realm::with(Side::Ours, setup(1000));
    realm.create("master");
    let write = |number: usize| {
        let side = if number.is_multiple_of(2) { Side::Ours } else { Side::Mit };
        let realm = realm.by(side);
        // Some together, some one by one.
        let input: String = (0..15).map(|n| format!("addprinc -randkey w{number}n{n}\n")).collect();
        lines(&realm, &input);
        for n in 15..20 {
            let _ = realm.kadmin_local(["addprinc", "-randkey", &format!("w{number}n{n}")]).ok();
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|number| drop(scope.spawn(move || write(number)))));
    let said = realm.mit("kproplog", Vec::<String>::new()).ok().stdout;
    let of = |name: &str| -> Vec<String> {
        said.lines().filter_map(|line| line.trim().strip_prefix(name)).map(str::to_owned).collect()
    };
    let serials: Vec<String> = (1..=81).map(|serial: u32| serial.to_string()).collect();
    assert_eq!(of("Update serial # : "), serials);
    let mut names = of("Update principal : ");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 80);
}

/// A name that MIT's replicas cannot be told by an update.
#[test]
fn a_name_with_a_zero_byte() {
    let realm = Realm::with(Side::Ours, setup(10));
    realm.create("master");
    lines(&realm, "addprinc -randkey a\naddprinc -randkey b\\0c\n");
    assert_eq!(extent(&realm)[4], "Last serial # : 1", "begun anew");
    lines(&realm, "addprinc -randkey d\n");
    assert_eq!(extent(&realm)[4], "Last serial # : 2");
}

/// Full copies, as kadmind has them made: `dump -iN [-c] FILE`.
#[test]
fn full_copies() {
    let realm = Realm::with(Side::Ours, setup(10));
    realm.create("master");
    let input = "addpol -history 2 p\naddprinc -policy p -pw xx a\naddprinc -randkey b\ncpw -pw yy a\n";
    lines(&realm, input);
    // What each database has of its own is in no copy.
    realm.write("lived", lived(&realm.dump_by_mit()));
    let _ = realm.kdb5_util(["load", "lived"]).ok();
    assert!(realm.dump_by_mit().contains("\t11\t12\t13\t"));
    let mit = realm.by(Side::Mit);
    for words in
        ["dump -i", "dump -i0", "dump -i1", "dump -i2", "dump -i1x", "dump -i1 -rev", "dump -i1 - a@.*"]
    {
        let [ours, mits] = [&realm, &mit].map(|realm| realm.kdb5_util(words.split(' ')).ok().stdout);
        assert_eq!(ours, mits, "{words}");
        assert!(ours.starts_with("iprop"), "{ours}");
    }
    // With -c only one from which a replica could not go on is made again.
    for (change, made) in [
        ("", false),
        ("addprinc -randkey c", false),
        ("modpol -minlength 2 p", true),
        ("addprinc -randkey d", false),
    ] {
        for (realm, name) in [(&realm, "copy"), (&mit, "copy-mit")] {
            if change.is_empty() {
                let _ = realm.kdb5_util(["dump", "-i1", "-c", name]).ok();
            }
        }
        let before = realm.read("copy");
        assert_eq!(before, realm.read("copy-mit"), "{change}");
        if !change.is_empty() {
            lines(&realm, &format!("{change}\n"));
        }
        for (realm, name) in [(&realm, "copy"), (&mit, "copy-mit")] {
            let _ = realm.kdb5_util(["dump", "-i1", "-c", name]).ok();
        }
        assert_eq!(realm.read("copy"), realm.read("copy-mit"), "{change}");
        assert_eq!(realm.read("copy") != before, made, "{change}");
    }
    for text in ["", "kdb5_util load_dump version 7\n", "ipropx 1 2 3\n", "ipropx 1 99 2 3\n"] {
        realm.write("copy", text);
        let _ = realm.kdb5_util(["dump", "-i1", "-c", "copy"]).ok();
        assert!(realm.read("copy").len() > 1000, "{text:?}");
    }
    let refused = realm.kdb5_util(["dump", "-c", "copy"]).fails(1);
    assert!(refused.stderr.contains("Conditional dump is an undocumented option"), "{refused}");
}

/// The dump when a@EXAMPLE.COM has logged in at 11, failed at 12, and 13 times.
fn lived(dump: &str) -> String {
    let line = |line: &str| {
        let mut fields: Vec<&str> = line.split('\t').collect();
        if fields.get(6) == Some(&"a@EXAMPLE.COM") {
            fields.splice(12..15, ["11", "12", "13"]);
        }
        fields.join("\t") + "\n"
    };
    dump.lines().map(line).collect()
}

/// Full copies, as kpropd has them loaded: `load -i FILE`. What each database has of its own stays, and the log goes on from the
/// place of the copy.
#[test]
fn full_copies_are_loaded() {
    let primary = Realm::with(Side::Ours, setup(10));
    primary.create("master");
    lines(&primary, "addpol p\naddprinc -policy p -pw xx a\naddprinc -randkey b\naddprinc -randkey gone\n");
    let _ = primary.kdb5_util(["dump", "-i1", "copy"]).ok();
    let _ = primary.kdb5_util(["dump", "-i0", "older"]).ok();
    let place = extent(&primary)[4].clone();
    for copy in ["copy", "older"] {
        let pair = Pair::with(setup(10));
        pair.create("master");
        pair.each(|realm| {
            realm.write("copy", primary.read(copy));
            realm.write("stash", primary.read("stash"));
            // Somebody has failed to log in here.
            realm.write("lived", lived(&primary.dump_by_mit()));
            let _ = realm.mit("kdb5_util", ["load", "lived"]).ok();
            let _ = realm.kadmin_local(["addprinc", "-randkey", "only-here"]).ok();
            let _ = realm.kdb5_util(["load", "-i", "copy"]).ok();
        });
        same_listing(&pair, copy);
        let [ours, mits] = [pair.ours(), pair.mit()].map(Realm::dump_by_mit);
        assert_eq!(ours, mits, "{copy}");
        assert!(ours.contains("\t11\t12\t13\t") && !ours.contains("only-here"), "{ours}");
        assert_eq!(extent(pair.ours())[4], place);
        for text in ["kdb5_util load_dump version 7\n", "ipropx 2 1 1 1\n", "ipropx 1 1 1\n"] {
            pair.each(|realm| realm.write("bad", text));
            let both = pair.kdb5_util(["load", "-i", "bad"]).run().code(1);
            assert!(both.ours.stderr.contains("dump header bad"), "{}", both.ours);
            assert_eq!(pair.ours().dump_by_mit(), ours);
        }
    }
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    for words in ["dump -i1 out", "load -i out"] {
        let refused = realm.kdb5_util(words.split(' ')).fails(1);
        assert_eq!(refused.stderr, "Iprop not enabled\n");
    }
}

/// `-x merge_nra` keeps what a database has of its own, without any log.
#[test]
fn what_a_database_has_of_its_own() {
    let pair = Pair::new();
    pair.create("master");
    pair.each(|realm| {
        let _ = realm.mit("kadmin.local", ["addprinc", "-randkey", "a"]).ok();
    });
    pair.copy_database();
    pair.each(|realm| {
        let dump = realm.dump_by_mit();
        realm.write("plain", &dump);
        realm.write("lived", lived(&dump));
        let _ = realm.mit("kdb5_util", ["load", "lived"]).ok();
        let _ = realm.kdb5_util(["-x", "merge_nra", "load", "plain"]).ok();
    });
    let [ours, mits] = [pair.ours(), pair.mit()].map(Realm::dump_by_mit);
    assert_eq!(ours, mits);
    assert!(ours.contains("\t11\t12\t13\t"), "{ours}");
}

/// A file that may not be written: nothing is changed.
#[test]
fn a_log_that_may_not_be_written() {
    let realm = Realm::with(Side::Ours, setup(10));
    realm.create("master");
    let before = realm.dump_by_mit();
    std::fs::remove_file(realm.path(LOG)).unwrap();
    std::fs::create_dir(realm.path(LOG)).unwrap();
    let refused = realm.kadmin_local(["addprinc", "-randkey", "a"]).fails(1);
    assert!(refused.stderr.contains(LOG), "{refused}");
    std::fs::remove_dir(realm.path(LOG)).unwrap();
    assert_eq!(realm.dump_by_mit(), before);
    assert!(File::open(realm.path(LOG)).is_ok(), "MIT's dump has made one");
}

/// DIV-224
#[test]
fn a_dump_with_more_than_the_log_holds() {
    harness::announced_divergence("DIV-224");
    let realm = Realm::with(Side::Ours, setup(5));
    realm.create("master");
    let many: String = (0..7).map(|n| format!("addprinc -randkey p{n}\n")).collect();
    lines(&realm, &many);
    let dump = realm.dump_by_mit();
    let of = |wanted: &[&str]| -> String {
        let chosen = |line: &&str| wanted.iter().any(|name| line.contains(&format!("\t{name}@")));
        let header = dump.lines().take(1);
        header.chain(dump.lines().filter(chosen)).map(|line| format!("{line}\n")).collect()
    };
    let last = |realm: &Realm| extent(realm)[4].clone();
    for (dump, left) in [
        (of(&["p0", "p1"]), "Last serial # : 10"),
        (of(&["p0", "p1", "p2", "p3", "p4", "p5"]), "Last serial # : 1"),
        (of(&["p0"]), "Last serial # : 2"),
        (of(&["p0"]) + of(&["p0"]).lines().nth(1).unwrap() + "\n", "Last serial # : 1"),
    ] {
        realm.write("part", dump);
        let _ = realm.kdb5_util(["load", "-update", "part"]).ok();
        assert_eq!(last(&realm), left);
    }
    let _ = realm.kdb5_util(["load", "-i", "-update", "part"]).fails(1);
}

/// DIV-226
#[test]
fn too_many_entries() {
    harness::announced_divergence("DIV-226");
    let realm = Realm::with(Side::Ours, setup(131_072));
    let refused = realm.kdb5_util(["create", "-s", "-P", "master"]).fails(1);
    assert!(refused.stderr.contains("iprop_ulogsize") && refused.stderr.contains("131071"), "{refused}");
    assert!(!realm.path("principal").exists() && !realm.path(LOG).exists());
}
