//! `kdb5_util tabdump`: the golden tables, and every option beside MIT.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::{forms, golden, golden_pair, golden_setup, place_form};
use harness::{BackEnd, Pair, Realm, Side, SmallDisk};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Every type that MIT 1.20.1 has. `alias` came with 1.22.
const TYPES: [&str; 7] = [
    "keydata",
    "keyinfo",
    "princ_flags",
    "princ_lockout",
    "princ_meta",
    "princ_stringattrs",
    "princ_tktpolicy",
];

/// Lines that MIT loads and that the golden realm does not have: what a record can hold at its edges, names with what
/// tables are made of, an entry that names no master key, one that nobody has changed.
const EDGES: &str = "\
princ\t38\t14\t6\t3\t0\tx1@GOLDEN.TEST\t-1\t-1\t2147483647\t4294967295\t2147483648\t-2\t-1\t-1\t\
2\t12\t010203804b2f4d4047004f00\t32766\t2\t0001\t11\t20\t6b002c225c2200610a620063640065007600660\
0\t0\t0\t-1\t6\t3\tabcdef\t6\t1\t00\t\
0\t65535\t1\t300\t-32768\t4\t0200abcd\t2\t256\t18\t2\t0000\t-9\t0\t-1\t-1;\n\
princ\t38\t20\t1\t0\t0\tq,\"uote\"@GOLDEN.TEST\t0\t0\t0\t0\t0\t0\t0\t0\t2\t12\t010203804b2f4d4047004f00\t-1;\n\
princ\t38\t17\t2\t1\t0\tplain@GOLDEN.TEST\t128\t36000\t604800\t1900000000\t0\t1800000000\t3000000000\t3\t\
1\t4\t8096d76a\t2\t8\t00ca9a3b612c4000\t2\t1\t3\t3\t0100ff\t3\t4\t7461092c\t-1;\n";

/// The golden realm on both sides, and with it what `EDGES` says.
fn everything() -> Pair {
    let pair = golden_pair();
    pair.mit().write("edges", format!("kdb5_util load_dump version 7\n{EDGES}"));
    let _ = pair.mit().kdb5_util(["load", "-update", "edges"]).ok();
    pair.copy_database();
    pair
}

/// The golden table of that type, less the names that are too long for an LMDB database where there is one.
fn golden_table(kind: &str) -> String {
    let table = golden(&format!("tabdump/tab-{kind}.tsv"));
    let fits = |line: &&str| match BackEnd::of_this_run() {
        BackEnd::Db2 => true,
        BackEnd::Klmdb => line.split(['\t', '\n']).next().is_none_or(|name| name.len() <= 511),
    };
    String::from_utf8_lossy(&table).split_inclusive('\n').filter(fits).collect()
}

#[test]
fn the_golden_realm() {
    for form in forms(BackEnd::of_this_run()) {
        let realm = Realm::with(Side::Ours, golden_setup());
        place_form(&realm, form);
        for kind in TYPES.into_iter().chain(["alias"]) {
            let output = realm.kdb5_util(["tabdump", "-o", "out", kind]).ok();
            assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
            assert!(String::from_utf8_lossy(&realm.read("out")) == golden_table(kind), "{form} {kind}");
        }
    }
}

#[test]
fn every_option() {
    let pair = everything();
    for kind in TYPES {
        for options in ["", "-H", "-c", "-e", "-n", "-Hcen", "-c -n", "-e -o -"] {
            let words = ["tabdump"].into_iter().chain(options.split_whitespace()).chain([kind]);
            let both = pair.kdb5_util(words).same_bytes().code(0);
            assert!(both.ours.stdout.contains("x1@GOLDEN.TEST") || kind == "princ_meta", "{kind}");
        }
        for words in [&["tabdump", "-c", "-o", "out", kind][..], &["tabdump", kind, "-n", "-oout", "word"]] {
            let both = pair.kdb5_util(words).same_bytes().code(0);
            assert_eq!(both.ours.stdout, "");
            assert!(pair.mit().read("out") == pair.ours().read("out"), "{words:?}");
            assert_eq!(pair.ours().path("out").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    // A file that is there is written over, and keeps its rights.
    pair.each(|realm| {
        realm.write("out", "x".repeat(2_000_000));
        fs::set_permissions(realm.path("out"), fs::Permissions::from_mode(0o644)).unwrap();
    });
    pair.kdb5_util(["tabdump", "-o", "out", "keydata"]).same_bytes().code(0);
    assert!(pair.mit().read("out") == pair.ours().read("out"));
    assert_eq!(pair.ours().path("out").metadata().unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn lines_that_mean_nothing() {
    let pair = golden_pair();
    for words in
        ["tabdump", "tabdump keys", "tabdump -x keydata", "tabdump -o", "tabdump -o out", "tabdump KEYDATA"]
    {
        pair.kdb5_util(words.split(' ')).same_bytes().code(1);
        assert!(!pair.ours().path("out").exists(), "{words}");
    }
    pair.kdb5_util(["tabdump", "-o", "out", "keydata", "-q"]).same_bytes().code(1);
    assert!(!pair.ours().path("out").exists());
}

/// Everything works but `princ_meta`, and the status is a count.
#[test]
fn without_the_master_key() {
    let pair = golden_pair();
    pair.each(|realm| fs::remove_file(realm.path("stash")).unwrap());
    for kind in TYPES {
        let both = pair.kdb5_util(["tabdump", kind]).differs("DIV-20");
        assert_eq!(both.ours.stdout, both.mit.stdout, "{kind}");
        let both = both.code(if kind == "princ_meta" { 2 } else { 1 });
        assert_eq!(both.mit.stderr.lines().nth(2), both.ours.stderr.lines().nth(2));
    }
}

/// An entry that nobody has changed, or whose author or master key is none, ends `princ_meta` in the middle of its line.
#[test]
fn entries_that_are_not_whole() {
    for (count, tl_data) in [
        (0, ""),
        (1, "2\t3\t010203\t"),
        (1, "2\t6\t010203806140\t"),
        (1, "2\t10\t01020380614062406300\t"),
        (2, "8\t1\t01\t2\t7\t01020380614000\t"),
    ] {
        let pair = golden_pair();
        let line = format!(
            "kdb5_util load_dump version 7\nprinc\t38\t16\t{count}\t0\t0\tbare@GOLDEN.TEST\t0\t0\t0\t0\t0\t0\t0\t0\t{tl_data}-1;\n"
        );
        pair.mit().write("edges", line);
        let _ = pair.mit().kdb5_util(["load", "-update", "edges"]).ok();
        pair.copy_database();
        let both = pair.kdb5_util(["tabdump", "princ_meta"]).same_bytes().code(1);
        assert!(both.ours.stdout.ends_with("bare@GOLDEN.TEST"), "{}", both.ours);
    }
}

/// DIV-98
#[test]
fn the_type_of_aliases() {
    let pair = golden_pair();
    let both = pair.kdb5_util(["tabdump", "alias"]).differs("DIV-98");
    assert_eq!((both.mit.exit, both.ours.exit), (1, 0));
    assert_eq!(both.ours.stdout, golden_table("alias"));
}

/// DIV-99
#[test]
fn a_file_that_cannot_be_written() {
    let pair = golden_pair();
    let both = pair.kdb5_util(["tabdump", "-o", "no/such/out", "keydata"]).differs("DIV-99");
    assert_eq!(both.mit.exit, -11);
    assert_eq!(both.ours.stderr, "kdb5_util: No such file or directory opening no/such/out for writing\n");
    assert_eq!(both.ours.exit, 1);
    let disks: Vec<SmallDisk> =
        [pair.mit(), pair.ours()].iter().map(|realm| SmallDisk::mount(&realm.path("disk"), 16)).collect();
    pair.kdb5_util(["tabdump", "-o", "disk/out", "keydata"]).same_bytes().code(1);
    drop(disks);
    // MIT does not look at how the file was closed.
    let pair = Pair::new();
    pair.create_by_mit("master");
    let disks: Vec<SmallDisk> =
        [pair.mit(), pair.ours()].iter().map(|realm| SmallDisk::mount(&realm.path("disk"), 16)).collect();
    pair.each(|realm| realm.write("disk/all", [0; 16 * 1024]));
    let both = pair.kdb5_util(["tabdump", "-o", "disk/out", "princ_meta"]).differs("DIV-99");
    assert_eq!((both.mit.exit, both.mit.stderr.as_str()), (0, ""));
    let _ = both.ours.code(1).stderr_has("kdb5_util: No space left on device performing tabular dump\n");
    drop(disks);
}
