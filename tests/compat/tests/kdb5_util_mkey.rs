//! The master keys: `add_mkey`, `use_mkey`, `list_mkeys`, `update_princ_encryption`, `purge_mkeys`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{BackEnd, Kdc, Mask, Output, Pair, Realm, Setup, Side};
use std::fs;

/// A pair with the same database: principals with keys of their own salts, with kept keys, and with none.
fn pair() -> Pair {
    pair_with(Setup::new())
}

fn pair_with(setup: Setup) -> Pair {
    let pair = Pair::with(setup);
    let realm = pair.mit();
    let _ = realm.create("first");
    let lines = "addprinc -pw alicespw alice\naddprinc -pw x -e aes128-cts:special,aes256-cts:norealm bob\n\
        addprinc -nokey none\naddprinc -randkey host/a\ncpw -randkey -keepold host/a\n\
        addprinc -randkey -e rc4-hmac:normal old\naddprinc -randkey -e camellia256-cts,aes256-sha2 host/b\n";
    let _ = realm.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    pair.copy_database();
    pair
}

/// All keys of a realm as MIT's kadmin.local exports them.
fn keys(realm: &Realm, side: Side) -> String {
    drop(fs::remove_file(realm.path("keytab")));
    let realm = realm.by(side);
    let words = ["alice", "bob", "host/a", "old", "host/b", "krbtgt/EXAMPLE.COM", "kadmin/admin"];
    let command = ["ktadd", "-k", "keytab", "-norandkey"].into_iter().chain(words);
    let _ = realm.kadmin_local(command).ok();
    let listed = realm.mit("klist", ["-keK", "keytab"]).ok().stdout;
    listed.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

/// Both sides open every key.
fn all_keys_open(realm: &Realm, before: &str) {
    for side in [Side::Mit, Side::Ours] {
        assert_eq!(keys(realm, side), before, "{side:?}");
    }
}

/// MIT's KDC gives a ticket for alice and for a host.
fn tickets(realm: &Realm) {
    let _ = realm.kinit("alice", "alicespw").ok();
    let _ = realm.kvno("host/a").ok();
}

/// The drill: command, input, exit code.
const DRILL: [(&str, &str, i32); 16] = [
    ("add_mkey -s", "second\nsecond\n", 0),
    ("list_mkeys", "", 0),
    ("use_mkey 2", "", 0),
    ("list_mkeys", "", 0),
    ("update_princ_encryption -n -v", "", 0),
    ("update_princ_encryption", "no\n", 1),
    ("update_princ_encryption -v host/*", "yes\n", 0),
    ("purge_mkeys -f", "", 0),
    ("update_princ_encryption -f -v", "", 0),
    ("purge_mkeys -n -v", "", 0),
    ("purge_mkeys", "yes\n", 0),
    ("list_mkeys", "", 0),
    ("stash", "", 0),
    ("add_mkey -e aes128-sha2", "third\nthird\n", 0),
    ("use_mkey 3", "", 0),
    ("update_princ_encryption -f", "", 0),
];

/// The drill on one realm, by the sides that `by` says, with tickets at every step.
fn drill(realm: &Realm, by: impl Fn(usize) -> Side) -> Vec<Output> {
    let before = keys(realm, Side::Mit);
    let kdc = Kdc::start(realm);
    let mut said = Vec::new();
    for (step, (words, input, code)) in DRILL.into_iter().enumerate() {
        let side = by(step);
        said.push(realm.by(side).kdb5_util(words.split(' ')).stdin(input).output().code(code));
        all_keys_open(realm, &before);
        tickets(realm);
    }
    kdc.stop();
    // A KDC that starts now opens the database by the stash file, of the second key: the third is on no disk.
    let _kdc = Kdc::start(realm);
    tickets(realm);
    said
}

/// What MIT says and what MIT's database is, said and made by ours and by both by turns.
#[test]
fn the_drill() {
    let first = pair();
    let mit = drill(first.mit(), |_| Side::Mit);
    let ours = drill(first.ours(), |_| Side::Ours);
    same_said(&mit, &ours);
    first.same_dump();
    // By turns, beginning with either.
    for begins in 0..2 {
        let turns = pair();
        turns.copy_database();
        let by = |step: usize| if (step + begins).is_multiple_of(2) { Side::Ours } else { Side::Mit };
        same_said(&mit, &drill(turns.ours(), by));
        let _ = turns.ours().by(Side::Mit).kdb5_util(["dump", "out"]).ok();
        let _ = first.mit().kdb5_util(["dump", "out"]).ok();
        let masked = |realm: &Realm| {
            harness::normalized_dump(&String::from_utf8(realm.read("out")).unwrap(), Mask::KEYS_AND_TIMES)
        };
        assert_eq!(masked(first.mit()).difference(&masked(turns.ours())), None);
    }
}

fn same_said(mit: &[Output], ours: &[Output]) {
    for (mit, ours) in mit.iter().zip(ours) {
        let masked = |text: &str, output: &Output| harness::Masked::new(text, &output.dir, Mask::TIMES);
        assert_eq!(masked(&mit.stdout, mit).difference(&masked(&ours.stdout, ours)), None, "{mit}{ours}");
        assert_eq!(mit.stderr, ours.stderr);
    }
}

/// A key of every type, each added on top of the others; the dumps say the same, and each older key opens all.
#[test]
fn every_enctype() {
    let pair = pair_with(Setup::new().libdefault("allow_weak_crypto = true"));
    let before = keys(pair.mit(), Side::Mit);
    let types = [
        "aes128-cts",
        "aes256-sha2",
        "aes128-sha2",
        "camellia128-cts",
        "camellia256-cts",
        "rc4-hmac",
        "des3-cbc-sha1",
    ];
    for (number, enctype) in types.into_iter().enumerate() {
        let typed = format!("pw{number}\npw{number}\n");
        pair.kdb5_util(["add_mkey", "-e", enctype]).stdin(&typed).same().code(0);
        pair.kdb5_util(["list_mkeys"]).same().code(0);
        pair.kdb5_util(["use_mkey", &(number + 2).to_string()]).same().code(0);
        pair.kdb5_util(["update_princ_encryption", "-f", "-v"]).same().code(0);
        pair.each(|realm| all_keys_open(realm, &before));
    }
    pair.same_dump();
    // By the password of each.
    for (number, enctype) in types.into_iter().enumerate() {
        pair.kdb5_util(["-k", enctype, "-P", &format!("pw{number}"), "list_mkeys"]).same().code(0);
    }
    // The stash file has the first of all, which nothing is encrypted in any more.
    pair.kdb5_util(["purge_mkeys", "-f"]).same_bytes().code(1);
    pair.kdb5_util(["purge_mkeys", "-n"]).same_bytes().code(1);
    pair.same_dump();
    pair.kdb5_util(["stash"]).same().code(0);
    pair.kdb5_util(["purge_mkeys", "-n"]).same_bytes().code(0);
    pair.kdb5_util(["purge_mkeys", "-f", "-kv", "3"]).same_bytes().code(1);
    pair.kdb5_util(["purge_mkeys", "-f"]).same_bytes().code(0);
    pair.kdb5_util(["purge_mkeys", "-f"]).same_bytes().code(0);
    pair.kdb5_util(["purge_mkeys", "-v", "-f"]).same_bytes().code(0);
    pair.same_dump();
    pair.each(|realm| all_keys_open(realm, &before));
}

#[test]
fn adding() {
    let pair = pair();
    for (words, input, code) in [
        ("add_mkey -e foo", "", 1),
        ("add_mkey -e foo -q", "", 1),
        ("add_mkey -q -e foo", "", 1),
        ("add_mkey -e", "", 1),
        ("add_mkey -e des-cbc-crc", "", 1),
        ("add_mkey", "", 1),
        ("add_mkey", "one\n", 1),
        ("add_mkey -s", "one\ntwo\n", 1),
        ("add_mkey", "\n\n", 0),
        ("add_mkey word -e aes128-cts word", "a\na\n", 0),
        ("add_mkey -k aes128-sha2 -s", "b\nb", 0),
        ("-P first add_mkey", "c\nc\n", 0),
        ("-m add_mkey", "first\nc\nc\n", 0),
        ("-m add_mkey", "", 2),
    ] {
        let both = pair.kdb5_util(words.split(' ')).stdin(input).run();
        if code == 2 {
            // MIT goes on without a key, and asserts that it has one.
            assert_eq!((both.mit.exit, both.ours.exit), (2, 2), "{}", both.mit);
            continue;
        }
        let _ = both.same(Mask::NONE).code(code);
    }
    pair.same_dump();
    pair.kdb5_util(["list_mkeys"]).same_bytes().code(0);
    let stash = ["klist", "-ke", "stash"];
    let listed = |realm: &Realm| realm.mit(stash[0], &stash[1..]).ok().stdout.replace("two", "one");
    assert_eq!(listed(pair.mit()), listed(pair.ours()));
}

/// DIV-95
#[test]
fn adding_without_the_master_key() {
    let pair = pair();
    pair.each(|realm| fs::remove_file(realm.path("stash")).unwrap());
    let before = pair.ours().read(pair.ours().backend().files()[0]);
    let both = pair.kdb5_util(["add_mkey"]).stdin("a\na\n").differs("DIV-95");
    assert_eq!(both.mit.exit, -6);
    let _ = both.ours.code(2).stderr_has("kdb5_util: master keylist not initialized\n");
    assert!(pair.ours().read(pair.ours().backend().files()[0]) == before);
}

/// DIV-96
#[test]
fn a_stash_file_that_cannot_be_written() {
    let pair = pair();
    pair.each(|realm| realm.write("stash_tmp", "somebody's"));
    let both = pair.kdb5_util(["add_mkey", "-s"]).stdin("a\na\n").differs("DIV-96");
    assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
    assert_eq!(
        (&both.mit.stdout, &both.mit.stderr),
        (&both.ours.stdout, &both.ours.stderr.replace("two", "one"))
    );
    pair.same_dump();
    // The old one still opens it.
    pair.kdb5_util(["list_mkeys"]).same_bytes().code(0);
}

#[test]
fn using() {
    let pair = pair();
    pair.kdb5_util(["add_mkey"]).stdin("a\na\n").same_bytes().code(0);
    pair.kdb5_util(["add_mkey"]).stdin("b\nb\n").same_bytes().code(0);
    for (words, code) in [
        (&["use_mkey"][..], 1),
        (&["use_mkey", "1", "now", "x"], 1),
        (&["use_mkey", "0"], 1),
        (&["use_mkey", "x"], 1),
        (&["use_mkey", ""], 1),
        (&["use_mkey", "-1"], 1),
        (&["use_mkey", "4"], 1),
        (&["use_mkey", "65537"], 1),
        (&["use_mkey", "4", "frogs"], 1),
        (&["use_mkey", "2", "frogs"], 1),
        (&["use_mkey", "1", "tomorrow"], 1),
        (&["use_mkey", "2", ""], 0),
        (&["use_mkey", "2", "tomorrow"], 0),
        (&["use_mkey", "3", "next year"], 0),
        (&["use_mkey", "2", "2 days"], 0),
        (&["use_mkey", "2", "@5"], 1),
        (&["use_mkey", "1", "2 years"], 1),
        (&["use_mkey", "3", "yesterday"], 0),
        (&["use_mkey", "3", "1 hour ago"], 0),
        (&["use_mkey", " 2x"], 0),
        (&["use_mkey", "4294967297", "never"], 0),
        (&["use_mkey", "3", "never"], 0),
        (&["use_mkey", "1", "never"], 0),
        (&["use_mkey", "2", "2040-01-01"], 0),
        (&["use_mkey", "3", "2105-01-01"], 0),
    ] {
        pair.kdb5_util(words).same().code(code);
        pair.kdb5_util(["list_mkeys", "word"]).same().code(0);
        pair.kdb5_util(["update_princ_encryption", "-n", "-v"]).same_bytes().code(0);
    }
    pair.same_dump();
    pair.kdb5_util(["list_mkeys"]).env("TZ", "America/New_York").same().code(0);
}

#[test]
fn updating() {
    let pair = pair();
    for side in [pair.mit(), pair.ours()] {
        let _ = side.mit("kdb5_util", ["add_mkey"]).stdin("a\na\n").ok();
    }
    pair.kdb5_util(["use_mkey", "2"]).same().code(0);
    for pattern in [
        "al*",
        "[a-b]*",
        "host/?",
        "*[/]*",
        "nobody",
        "",
        "alice@*",
        "*@EXAMPLE.COM",
        "*@OTHER",
        "[[:alpha:]]ob",
        "a.ice",
        "K/M",
        "[^a]*",
        "al\\ice",
    ] {
        for flag in ["-n", "-nv"] {
            pair.kdb5_util(["update_princ_encryption", flag, pattern]).same_bytes().code(0);
        }
    }
    for (words, input, code) in [
        ("update_princ_encryption -n a b", "", 1),
        ("update_princ_encryption -q", "", 1),
        ("update_princ_encryption -n a[", "", 1),
        ("update_princ_encryption -n ?.*[^$", "", 1),
        ("update_princ_encryption -n a\\", "", 1),
        ("update_princ_encryption", "", 1),
        ("update_princ_encryption", "yes", 1),
        ("update_princ_encryption -v", "y\n", 1),
        ("update_princ_encryption al* -f", "", 0),
        ("update_princ_encryption -v alice", "yes\n", 0),
        ("update_princ_encryption -v ho*", "yes\nno\n", 0),
        ("update_princ_encryption -fv", "", 0),
        ("update_princ_encryption -f", "", 0),
        ("update_princ_encryption -fnv", "", 0),
    ] {
        pair.kdb5_util(words.split(' ')).stdin(input).same_bytes().code(code);
    }
    pair.same_dump();
}

/// An entry whose keys nobody opens ends the work; what was done before it stays, and the next run goes on.
#[test]
fn an_entry_that_cannot_be_updated() {
    let pair = pair();
    let mit = pair.mit();
    let _ = mit.kdb5_util(["dump", "out"]).ok();
    let dump = String::from_utf8(mit.read("out")).unwrap();
    // The first byte of bob's first key, behind its length.
    let line = dump.lines().find(|line| line.contains("\tbob@")).unwrap();
    let key = line.split('\t').find(|field| field.starts_with("1000") && field.len() == 92).unwrap();
    let flipped = if &key[8..9] == "0" { "1" } else { "0" };
    let broken = format!("{}{flipped}{}", &key[..8], &key[9..]);
    mit.write("out", dump.replace(key, &broken));
    let _ = mit.kdb5_util(["load", "out"]).ok();
    pair.copy_database();
    pair.kdb5_util(["add_mkey"]).stdin("a\na\n").same_bytes().code(0);
    pair.kdb5_util(["use_mkey", "2"]).same().code(0);
    for words in
        ["update_princ_encryption -f -v", "update_princ_encryption -f", "update_princ_encryption -n -v"]
    {
        pair.kdb5_util(words.split(' ')).same_bytes();
        pair.same_dump();
    }
    let _ = pair.ours().kadmin_local(["delprinc", "bob"]).ok();
    let _ = pair.mit().kadmin_local(["delprinc", "bob"]).ok();
    pair.kdb5_util(["update_princ_encryption", "-f", "-v"]).same_bytes().code(0);
}

/// So does a record that cannot be read.
#[test]
fn a_record_that_cannot_be_read_while_updating() {
    let pair = pair_with(Setup::new().backend(BackEnd::Db2));
    let mit = pair.mit();
    let _ = mit.mit("kdb5_util", ["add_mkey"]).stdin("a\na\n").ok();
    let _ = mit.mit("kdb5_util", ["use_mkey", "2"]).ok();
    // One key more than there are: the number stands before the length of the name.
    let mut pages = mit.read("principal");
    let name = b"\x10\0old@EXAMPLE.COM\0";
    let at = pages.windows(name.len()).position(|found| found == name).unwrap();
    pages[at - 2] += 1;
    mit.write("principal", pages);
    pair.copy_database();
    for words in ["-f -v", "-f", "-n -v"] {
        let both = pair
            .kdb5_util([&["update_princ_encryption"][..], &words.split(' ').collect::<Vec<_>>()].concat())
            .run();
        assert_eq!(both.ours.stdout, both.mit.stdout, "{words}");
        assert!(both.ours.stdout.contains("principals processed"), "{words}");
        assert!(both.ours.stderr.contains("old@EXAMPLE.COM"), "{words}");
        assert_eq!(both.ours.exit, both.mit.exit, "{words}");
    }
}

#[test]
fn purging() {
    let pair = pair();
    for (words, input, code) in [
        ("purge_mkeys -q", "", 1),
        ("purge_mkeys -n", "", 0),
        ("purge_mkeys -nv word", "", 0),
        ("purge_mkeys -f -v", "", 0),
        ("purge_mkeys", "", 1),
        ("purge_mkeys", "yes\n", 0),
        ("add_mkey -s", "a\na\n", 0),
        ("purge_mkeys -n", "", 0),
        ("purge_mkeys -f", "", 0),
        ("add_mkey", "b\nb\n", 0),
        ("add_mkey", "c\nc\n", 0),
        // Nothing is in 2 and 3; the stash file has 2.
        ("purge_mkeys -n -v", "", 1),
        ("purge_mkeys", "yes\n", 1),
        ("-P first purge_mkeys -n", "", 0),
        ("-m purge_mkeys -n", "c\n", 0),
        ("use_mkey 3", "", 0),
        ("purge_mkeys -P first", "y\n", 1),
        ("purge_mkeys -P first", "yes\n", 0),
        // The key of the stash file is gone: by the password.
        ("-P c stash", "", 0),
        ("list_mkeys", "", 0),
        ("use_mkey 4", "", 0),
        ("update_princ_encryption -f", "", 0),
        ("purge_mkeys -f -P c", "", 0),
        ("-P first list_mkeys", "", 2),
    ] {
        let both = pair.kdb5_util(words.split(' ')).stdin(input).run();
        let both = if code == 2 { both } else { both.same(Mask::TIMES) };
        let _ = both.code(code);
        if !words.contains("-P first") {
            pair.same_dump();
        }
    }
}

/// The active key that nothing is encrypted in, the only one that ever was active.
#[test]
fn the_only_key_that_was_ever_active_stays() {
    let pair = pair();
    pair.each(|realm| {
        let _ = realm.mit("kdb5_util", ["dump", "-mkey_convert", "out"]).stdin("a\na\n").ok();
        let _ = realm.mit("kdb5_util", ["load", "out"]).ok();
    });
    pair.kdb5_util(["stash"]).same().code(0);
    pair.kdb5_util(["purge_mkeys", "-f"]).same_bytes().code(1);
    pair.kdb5_util(["list_mkeys"]).same_bytes().code(0);
    pair.same_dump();
}

/// Without a stash file each counts two: that there is none, and that it cannot go on.
#[test]
fn without_the_master_key() {
    let pair = pair();
    pair.each(|realm| fs::remove_file(realm.path("stash")).unwrap());
    for words in [
        "list_mkeys",
        "use_mkey 1",
        "use_mkey 0",
        "use_mkey",
        "update_princ_encryption -f",
        "update_princ_encryption -n",
        "update_princ_encryption -n -q",
        "update_princ_encryption -n a\\",
        "purge_mkeys",
        "purge_mkeys -q",
        "ark -e aes128-cts alice",
        "ark -e aes128-cts nobody",
    ] {
        let both = pair.kdb5_util(words.split(' ')).differs("DIV-20");
        let rest = |output: &Output| output.stderr.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rest(&both.mit), rest(&both.ours), "{words}");
        assert_eq!((both.mit.exit, &both.mit.stdout), (both.ours.exit, &both.ours.stdout), "{words}");
    }
}

/// An entry that names no master key is under the earliest that there is.
#[test]
fn entries_that_name_no_master_key() {
    let pair = Pair::new();
    let _ = pair.mit().kdb5_util(["-kv", "7", "create", "-s", "-P", "first"]).ok();
    pair.copy_database();
    for (words, input) in [
        ("add_mkey -s", "a\na\n"),
        ("use_mkey 8", ""),
        ("update_princ_encryption -n -v", ""),
        ("purge_mkeys -f", ""),
        ("update_princ_encryption -f -v", ""),
        ("purge_mkeys -f", ""),
    ] {
        pair.kdb5_util(words.split(' ')).stdin(input).same().code(0);
    }
    pair.same_dump();
    pair.kdb5_util(["list_mkeys"]).same().code(0);
    pair.each(|realm| {
        drop(realm.mit("kadmin.local", ["ktadd", "-k", "kt", "-norandkey", "krbtgt/EXAMPLE.COM"]).ok())
    });
}
