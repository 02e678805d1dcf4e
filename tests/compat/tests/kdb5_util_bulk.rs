//! `kdb5_util` on much: memory that does not grow, and the bar that shows how far it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::damage::{DAMAGE, POLICY, PRINC, damaged};
use harness::{Pair, Realm, Setup, Side, SmallDisk, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const HEADER: &str = "kdb5_util load_dump version 7\n";

fn golden(name: &str) -> Vec<u8> {
    let path = workspace().join("tests/golden").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn setup() -> Setup {
    Setup::new().realm("GOLDEN.TEST")
}

/// The golden realm on both sides.
fn golden_pair() -> Pair {
    let pair = Pair::with(setup());
    pair.each(place);
    pair
}

fn place(realm: &Realm) {
    for file in ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"] {
        realm.write(file, golden(&format!("db2/{file}")));
        fs::set_permissions(realm.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    realm.write("stash", golden("stash-all"));
}

fn dump(realm: &Realm, side: Side) -> String {
    realm.by(side).kdb5_util(["dump"]).ok().stdout
}

/// The line of the golden realm's master key, without which MIT dumps nothing.
fn master() -> String {
    let dump = String::from_utf8_lossy(&golden("dump/dump.txt")).into_owned();
    let line = dump.lines().find(|line| line.contains("\tK/M@")).unwrap();
    format!("{line}\n")
}

/// A dump of so many principals, far apart from one to the next.
fn write_dump(path: &Path, principals: usize) {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    out.write_all(HEADER.as_bytes()).unwrap();
    out.write_all(master().as_bytes()).unwrap();
    for number in 0..principals {
        let name = format!("svc/host{:06}.example.test@GOLDEN.TEST", number * 7919 % principals);
        let line = PRINC.replace("13\t2\t2\t0\tp@GOLDEN.TEST", &format!("{}\t2\t2\t0\t{name}", name.len()));
        out.write_all(
            line.replace("abcd\t501", &format!("{}\t501", "ab".repeat(1000)))
                .replace("500\t2", "500\t1000")
                .as_bytes(),
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// A dump of so many aliases of nobody.
fn write_aliases(path: &Path, aliases: usize) {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    out.write_all(HEADER.as_bytes()).unwrap();
    out.write_all(master().as_bytes()).unwrap();
    let target = format!("nobody/{}@GOLDEN.TEST\0", "x".repeat(400));
    let target: String = target.bytes().map(|byte| format!("{byte:02x}")).collect();
    let tagged = format!("12\t{}\t{target}\t501", target.len() / 2);
    for number in 0..aliases {
        let alias = format!("alias{number:06}@GOLDEN.TEST");
        let line = PRINC.replace("13\t2\t2\t0\tp@GOLDEN.TEST", &format!("{}\t2\t2\t0\t{alias}", alias.len()));
        out.write_all(line.replace("500\t2\tabcd\t501", &tagged).as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// A dump of so many principals, each of which has a policy that is not there, another one each, and of so many policies.
fn write_policies(path: &Path, principals: usize, policies: usize) {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    out.write_all(HEADER.as_bytes()).unwrap();
    out.write_all(master().as_bytes()).unwrap();
    let long = "x".repeat(100);
    for number in 0..principals {
        let name = format!("svc/host{number:06}.example.test@GOLDEN.TEST");
        let line = PRINC.replace("13\t2\t2\t0\tp@GOLDEN.TEST", &format!("{}\t2\t2\t0\t{name}", name.len()));
        let data = admin_data(&format!("gone{number:06}{long}"));
        let line = line.replace("500\t2\tabcd", &format!("3\t{}\t{data}", data.len() / 2));
        out.write_all(line.as_bytes()).unwrap();
    }
    for number in 0..policies {
        let name = format!("policy{:06}{long}", number * 7919 % policies);
        out.write_all(POLICY.replacen("policy\tpol\t", &format!("policy\t{name}\t"), 1).as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// The tagged datum of an entry that has a policy, in hexadecimal digits (`docs/formats/kadm_data.md`).
fn admin_data(policy: &str) -> String {
    let mut bytes = 0x1234_5c01u32.to_be_bytes().to_vec();
    let length = policy.len() + 1;
    bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
    bytes.extend(policy.as_bytes());
    bytes.resize(bytes.len() + 1 + (4 - length % 4) % 4, 0);
    // It refers to the policy; no history.
    for number in [0x800u32, 0, 2, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A run of ours, and the most memory that it had in use at a time, in KiB.
fn peak(realm: &Realm, words: &[&str]) -> (std::process::Output, u64) {
    let report = realm.path("peak");
    let output = Command::new("/usr/bin/time")
        .args(["--quiet", "-f", "%M", "-o"])
        .arg(&report)
        .arg(Side::Ours.program("kdb5_util"))
        .args(words)
        .current_dir(realm.dir())
        .env_clear()
        .env("KRB5_CONFIG", realm.path("krb5.conf"))
        .env("KRB5_KDC_PROFILE", realm.path("kdc.conf"))
        .output()
        .unwrap();
    let report = fs::read_to_string(report).unwrap();
    (output, report.trim().parse().unwrap_or_else(|_| panic!("{words:?}: {report}")))
}

/// More principals take no more memory, whatever is done with them, once there are more than a load keeps.
#[test]
fn memory_does_not_grow_with_the_dump() {
    const MORE: u64 = 8 * 1024;
    const MOST: u64 = 128 * 1024;
    let realm = Realm::with(Side::Ours, setup());
    realm.write("stash", golden("stash-all"));
    write_dump(&realm.path("some"), 66_000);
    write_dump(&realm.path("many"), 90_000);
    for words in
        [&["load"][..], &["load", "-update"], &["dump"], &["tabdump", "-o"], &["verify"], &["load", "-hash"]]
    {
        let of = |dump: &str| {
            let mut words = words.to_vec();
            let out = format!("out-{dump}");
            match words[0] {
                "load" => words.push(dump),
                "verify" => {
                    // The realm that was loaded last is that of `many`.
                    let _ = realm.kdb5_util(["load", dump]).ok();
                }
                "dump" => words.push(&out),
                _ => words.extend([out.as_str(), "keyinfo"]),
            }
            let (output, peak) = peak(&realm, &words);
            let told = String::from_utf8_lossy(&output.stdout);
            // The keys are made up, and told as such.
            let verified = words == ["verify"] && told.contains("001 principals, 0 policies, ");
            assert!(output.status.success() || verified, "{words:?}: {:?}", output.stderr);
            peak
        };
        let (some, many) = (of("some"), of("many"));
        if words == ["dump"] {
            let lines = |name: &str| realm.read(name).split(|byte| *byte == b'\n').count();
            assert_eq!(lines("out-many"), lines("many"));
        }
        assert!(many <= some + MORE && many <= MOST, "{words:?}: {some} KiB, then {many} KiB");
    }
}

/// Nor do more aliases, whose targets `verify` looks up.
#[test]
fn memory_does_not_grow_with_the_aliases() {
    const MORE: u64 = 8 * 1024;
    let realm = Realm::with(Side::Ours, setup());
    realm.write("stash", golden("stash-all"));
    let [some, many] = [20_000, 50_000].map(|aliases| {
        write_aliases(&realm.path("in"), aliases);
        let _ = realm.kdb5_util(["load", "in"]).ok();
        let (output, peak) = peak(&realm, &["verify"]);
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(told.matches("which does not exist").count(), aliases);
        peak
    });
    assert!(many <= some + MORE, "{some} KiB, then {many} KiB");
}

/// Nor do more policies, in a load, an update and a dump, nor do policies that are missed, in `verify`.
#[test]
fn memory_does_not_grow_with_the_policies() {
    const MORE: u64 = 8 * 1024;
    const MOST: u64 = 96 * 1024;
    let realm = Realm::with(Side::Ours, setup());
    realm.write("stash", golden("stash-all"));
    write_policies(&realm.path("some"), 5_000, 60_000);
    write_policies(&realm.path("many"), 5_000, 150_000);
    for words in [&["load", "{}"][..], &["load", "-update", "{}"], &["dump", "out"], &["verify"]] {
        let [some, many] = ["some", "many"].map(|name| {
            match words[0] {
                "dump" => drop(realm.kdb5_util(["load", name]).ok()),
                "verify" => {
                    write_policies(&realm.path("in"), if name == "some" { 20_000 } else { 70_000 }, 1);
                    drop(realm.kdb5_util(["load", "in"]).ok());
                }
                _ => {}
            }
            let words: Vec<&str> =
                words.iter().map(|word| if *word == "{}" { name } else { *word }).collect();
            let (output, peak) = peak(&realm, &words);
            let told = String::from_utf8_lossy(&output.stdout);
            match words[0] {
                "verify" => {
                    assert!(told.contains("more principals have policies that do not exist"), "{told}")
                }
                _ => assert!(output.status.success(), "{words:?}: {output:?}"),
            }
            peak
        });
        // An update changes pages of a tree that is there: so many of them wait that the smaller one does not fill them.
        let grown = many > some + MORE && !words.contains(&"-update");
        assert!(!grown && many <= MOST, "{words:?}: {some} KiB, then {many} KiB");
    }
}

/// Dumps that say of themselves that they are huge, and those that are damaged otherwise, are refused in little memory, and
/// what is live stays as it is.
#[test]
fn damaged_dumps_take_no_memory() {
    const MOST: u64 = 64 * 1024;
    let realm = Realm::with(Side::Ours, setup());
    place(&realm);
    let wild = [
        ("\t13\t2\t2", "\t4294967295\t2\t2"),
        ("\t13\t2\t2", "\t8388608\t2\t2"),
        ("\t13\t2\t2", "\t13\t32767\t2"),
        ("\t13\t2\t2", "\t13\t2\t32767"),
        ("\t500\t2\tabcd", "\t500\t65535\tabcd"),
        ("\t18\t2\t0102", "\t18\t65535\t0102"),
        ("\t1\t300\t2\tabcd\n", "\t32767\t300\t65535\tabcd\n"),
    ];
    let all = DAMAGE.iter().map(|(from, to, _)| (*from, *to)).chain(wild);
    let mut refused = 0;
    for (from, to) in all {
        realm.write("in", format!("{HEADER}{}{}", master(), damaged(from, to)));
        for words in [&["load", "in"][..], &["load", "-update", "in"]] {
            let live = || ["principal", "principal.kadm5"].map(|file| realm.read(file));
            let before = live();
            let (output, peak) = peak(&realm, words);
            assert!(peak < MOST, "{words:?} {from:?} {to:?}: {peak} KiB");
            assert!(output.status.success() || live() == before, "{words:?} {from:?} {to:?}: not as it was");
            refused += usize::from(!output.status.success());
        }
    }
    assert!(refused >= 2 * 30, "{refused}");
    // A line that has all that it says, and too much of it.
    let octets = "5".repeat(2 * 65_535);
    let tagged = format!("\t500\t65535\t{octets}").repeat(400);
    let line = PRINC.replace("\t13\t2\t2", "\t13\t400\t0").replace("\t500\t2\tabcd", &tagged);
    realm.write("in", format!("{HEADER}{}{line}", master()));
    let (output, peak) = peak(&realm, &["load", "in"]);
    assert!(!output.status.success() && peak < MOST, "{output:?} {peak} KiB");
}

/// A disk that is full before all of a dump out of order is sorted.
#[test]
fn a_full_disk_while_sorting() {
    let on_disk = "[dbmodules]\n    GOLDEN.TEST = {\n        database_name = {DIR}/disk/principal\n    }\n";
    let realm = Realm::with(Side::Ours, setup().kdc_text(on_disk));
    // The first run goes to the disk when 48 MiB wait; there is not so much room.
    let disk = SmallDisk::mount(&realm.path("disk"), 32 * 1024);
    realm.write("stash", golden("stash-all"));
    write_dump(&realm.path("small"), 10);
    write_dump(&realm.path("big"), 46_000);
    let _ = realm.kdb5_util(["load", "small"]).ok();
    let names = || -> BTreeSet<_> {
        fs::read_dir(realm.path("disk")).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let before = (names(), realm.read("disk/principal"), realm.read("disk/principal.kadm5"));
    for words in [&["load", "big"][..], &["load", "-update", "big"]] {
        let _ = realm.kdb5_util(words.iter().copied()).fails(1).stderr_has("No space left on device");
        assert!(before == (names(), realm.read("disk/principal"), realm.read("disk/principal.kadm5")));
    }
    let _ = realm.mit("kadmin.local", ["getprinc", "K/M"]).ok();
    drop(disk);
}

/// The later of two records of one name counts, as with MIT.
#[test]
fn a_name_twice() {
    let pair = golden_pair();
    let second = PRINC.replace("\t1\t2\t3\t4", "\t9\t2\t3\t4");
    for words in [&["load", "in"][..], &["load", "-hash", "in"], &["load", "-update", "in"]] {
        for (first, second) in [(PRINC, second.as_str()), (second.as_str(), PRINC)] {
            pair.each(|realm| realm.write("in", format!("{HEADER}{}{first}{second}{POLICY}", master())));
            pair.kdb5_util(words.iter().copied()).same_bytes().code(0);
            // MIT's hash table has another order after a change (DIV-92).
            let sorted = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<BTreeSet<_>>();
            let after = dump(pair.ours(), Side::Mit);
            assert!(sorted(&after) == sorted(&dump(pair.mit(), Side::Mit)), "{words:?}");
            assert!(after.contains(second) && !after.contains(first), "{words:?}");
        }
    }
}

/// A bar on a terminal while a dump is read or written; nothing of it stays on the screen, and a screen that gets the
/// dump itself, or the names, has none.
#[test]
fn a_bar_on_a_terminal() {
    let realm = Realm::with(Side::Ours, setup());
    place(&realm);
    realm.write("in", golden("dump/dump.txt"));
    let screen = |words: &[&str]| {
        let run = realm.kdb5_util(words.iter().copied()).env("TERM", "xterm");
        let output = harness::Terminal::open(&run).end();
        assert_eq!(output.exit, 0, "{output}");
        output.stdout
    };
    const CLEARED: &str = "\r\u{1b}[2K";
    for (words, shown) in [(["load", "in"], "loading ["), (["dump", "out"], "principals dumped")] {
        let screen = screen(&words);
        assert!(screen.contains(shown) && screen.ends_with(CLEARED), "{words:?}: {screen:?}");
    }
    for words in
        [&["load", "-verbose", "in"][..], &["dump", "-verbose", "out"], &["dump"], &["dump", "/dev/tty"]]
    {
        let screen = screen(words);
        assert!(!screen.contains('\u{1b}') && screen.contains("alice@GOLDEN.TEST"), "{words:?}: {screen:?}");
    }
    // Standard error is what counts: in a file there is nothing, though standard output is a terminal; and the reverse.
    for (words, shown) in [(["load", "in"], "loading ["), (["dump", "out"], "principals dumped")] {
        let run = realm.kdb5_util(words).env("TERM", "xterm");
        let file = || Some(fs::File::create(realm.path("stream")).unwrap());
        let output = harness::Terminal::open_beside(&run, None, file()).end().code(0);
        assert_eq!((output.stdout.as_str(), realm.read("stream").as_slice()), ("", &b""[..]), "{words:?}");
        let output = harness::Terminal::open_beside(&run, file(), None).end().code(0);
        assert!(output.stdout.contains(shown) && output.stdout.ends_with(CLEARED), "{output}");
        assert!(realm.read("stream").is_empty());
    }
}
