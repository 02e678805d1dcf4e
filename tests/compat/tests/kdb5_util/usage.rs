//! The command line.

use harness::Pair;

#[test]
fn what_makes_no_sense_gets_the_usage() {
    let pair = Pair::new();
    for words in [
        "",
        "foo",
        "Create",
        "-s create",
        "-r",
        "create -P",
        "create -x",
        "-d",
        "-k",
        "-kv",
        "-M",
        "-sf",
        "create -z",
        "create -s -zW",
        "create -- -z -s foo -d",
        "-r EXAMPLE.COM",
        "create --help",
        "--help",
    ] {
        let both = pair.kdb5_util(words.split_whitespace()).same_bytes().code(1);
        assert!(both.ours.stderr.contains("Usage: kdb5_util [-r realm]"), "{}", both.ours);
    }
    assert!(!pair.ours().path("principal").exists());
    // These open the database before they look at their options.
    pair.kdb5_util(["destroy", "-z"]).same_bytes().code(1);
    pair.create("masterpw");
    for words in ["destroy -z", "stash -f", "stash -z", "stash -q -f x", "destroy -f -x", "destroy -fz"] {
        pair.kdb5_util(words.split_whitespace()).same_bytes().code(1);
    }
    pair.kdb5_util(["destroy", "yes", "-z"]).env("POSIXLY_CORRECT", "1").stdin("no\n").same_bytes().code(1);
    pair.same_dump();
}

#[test]
fn values_that_mean_nothing() {
    let pair = Pair::new();
    for words in [
        "create -k foo",
        "-k des-cbc-crc create",
        "-k foo -r",
        "-kv 0 create",
        "-kv abc",
        "-kv foo -k bar",
        "create -M a@b -P x",
        "create -M a/b@EXAMPLE.COM@ -P x",
    ] {
        pair.kdb5_util(words.split_whitespace()).same_bytes().code(1);
    }
    pair.kdb5_util(["create", "-k", ""]).same_bytes().code(1);
    pair.kdb5_util(["create", "-P", "x", "-x", "foo"]).same_bytes().code(1);
    pair.kdb5_util(["create", "-P", "x", "-x", "foo=bar"]).same_bytes().code(1);
    assert!(!pair.ours().path("principal").exists());
    pair.create("masterpw");
    pair.kdb5_util(["stash", "-x", "foo=bar"]).same_bytes().code(1);
    pair.kdb5_util(["destroy", "-f", "-x", "foo"]).same_bytes().code(1);
    pair.kdb5_util(["destroy", "-f", "-M", "other"]).same_bytes().code(1);
    pair.same_dump();
}

/// The words of a general option are no words of the command, wherever they stand.
#[test]
fn general_options_count_anywhere() {
    for words in [
        "-P x create -s",
        "create -P x -s",
        "create -s -P x word",
        "-r EXAMPLE.COM create -s -W -P x",
        "create word -s -r OTHER -r EXAMPLE.COM -P y -P x",
    ] {
        let pair = Pair::new();
        pair.kdb5_util(words.split_whitespace()).same_bytes().code(0);
        pair.kdb5_util(["-P", "x", "stash"]).same_bytes().code(0);
        pair.same_dump();
    }
}
