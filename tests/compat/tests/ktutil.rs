//! ktutil's shell against MIT's: what is said, prompted, echoed and written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::without_times;
use harness::{Both, Mask, Pair, Realm, Side, mit_keytab, workspace};
use std::fs;

const NO_WORDS: [&str; 0] = [];

/// The script on standard input of both.
fn both(pair: &Pair, script: &str) -> Both {
    pair.run("ktutil", NO_WORDS).stdin(script).run()
}

fn same(pair: &Pair, script: &str) -> Both {
    both(pair, script).same(Mask::KEYS_AND_TIMES).code(0)
}

/// Both keytabs are the same to the last byte but for the times in them.
fn same_file(pair: &Pair, name: &str) {
    let (mit, ours) = (without_times(&pair.mit().path(name)), without_times(&pair.ours().path(name)));
    assert!(mit == ours, "{name} differs");
}

const ADD: &str = "\
addent -password -p host/a -k 1 -e aes128-cts
one
add_entry -password -p host/b@OTHER -k 300 -e arcfour-hmac
two
addent -password -p host/c -k 99999999999 -e aes256-sha2 -s salt
three
addent -password -p d -k 2x -e des3-cbc-sha1
four
addent -password -p e -k 7 -e camellia256-cts
five
";

#[test]
fn every_command() {
    let pair = Pair::new();
    let script = format!(
        "?\nlr\nlist_requests\n{ADD}list\nl -t\nl -e\nl -k\nlist -t -k -e\nwkt out\ndelent 2\nl\n\
                          write_kt out\nclear\nl\nrkt out\nl -e\nread_kt FILE:out\nl\nrkt WRFILE:out\ndelete_entry 1\n\
                          clear_list\nrst\nread_st x\nwst\nwrite_st x y\nl\nquit\n"
    );
    same(&pair, &script).same_file("out", Mask::TIMES);
    same_file(&pair, "out");
    for end in ["quit", "exit", "q", ""] {
        same(&pair, &format!("l\n{end}\nl\n"));
    }
}

/// Keys are compared, not masked.
#[test]
fn keys_of_passwords() {
    let pair = Pair::new();
    let types = [
        "aes128-cts",
        "aes256-cts",
        "aes128-sha2",
        "aes256-sha2",
        "arcfour-hmac",
        "rc4-hmac-exp",
        "des3-cbc-sha1",
        "camellia128-cts",
        "camellia256-cts",
        "AES256-CTS",
    ];
    let long = "x".repeat(5000);
    let mut script = String::new();
    for (number, enctype) in types.iter().enumerate() {
        for (salt, password) in [("", "pw"), ("-s \"a b\"", "p\u{e4}ss word"), ("-s \"\"", &long), ("", "")] {
            script += &format!("addent -password -p u\\/y@R -k {number} -e {enctype} {salt}\n{password}\n");
        }
    }
    script += "l -k -e\nwkt out\n";
    both(&pair, &script).same(Mask::NONE).code(0);
    same_file(&pair, "out");
}

#[test]
fn mistakes() {
    let pair = Pair::new();
    let script = "\
clear x
rkt
rkt a b
rkt nosuch
rkt .
rkt \"\"
read_kt FOO:x
rkt MEMORY:x
rkt krb5.conf
wkt
wkt a b
addent
addent -p
addent -p a
addent -password -p a -k 1
addent -password -p a -k 1 -e
addent -password -key -p a -k 1 -e aes128-cts
addent -password -password -p a -k 1 -e aes128-cts
addent -password -p a -k 1 -e aes128-cts -f -s x
addent -password -p a@b@c -k 1 -e aes128-cts
addent -password -p a\\ -k 1 -e aes128-cts
addent -password -p a -k 1 -e nosuch
addent -password -p a -k 1 -e des-cbc-crc
add_entry -password -p a -k 1 -e des-cbc-md5
addent more words -password than -p b -k 1 -e aes128-cts there are
pw
addent -password -p a -p b -k 1 -k -7 -e nosuch -e aes128-cts
pw
delent
delent 1 2
delent 0
delent -1
delete_entry 77
delent x
list -x
l x
l -tk
l -t x
foo
\"l
  l  
\"l\"

!echo from the shell
!exit 3
L
list\u{a0}
addent -password -p last -k 1 -e aes128-cts";
    same(&pair, script);
    // A password that is not there, and an RC4 password that is no text, which MIT cannot turn into UTF-16.
    same(&pair, "addent -password -p a -k 1 -e aes128-cts\n");
}

#[test]
fn files_that_cannot_be_written() {
    let pair = Pair::new();
    pair.each(|realm| {
        realm.write("text", "no keytab\n");
        realm.write("readonly", fs::read(workspace().join("tests/golden/keytab/all.keytab")).unwrap());
        fs::set_permissions(realm.path("readonly"), std::os::unix::fs::PermissionsExt::from_mode(0o400))
            .unwrap();
    });
    let script = format!("{ADD}wkt .\nwkt no/such/dir\nwkt text\nwkt \"\"\n");
    same(&pair, &script);
    let script = format!("{ADD}wkt readonly\nrkt readonly\nl\n");
    let _ = pair.run("ktutil", NO_WORDS).stdin(&script).bound_by_rights().same();
    let empty = same(&pair, "wkt out\n");
    assert!(!pair.ours().path("out").exists(), "{}", empty.ours);
}

#[test]
fn odd_names() {
    let pair = Pair::new();
    let mut script = String::new();
    for name in [
        "a b@R",
        "\u{e4}\u{f6}",
        "a\\@b/c\\/d@E\\@F",
        "x\\n\\ty",
        "a-name/of-forty-bytes-as-one",
        "@R",
        "a@",
        "/x",
    ] {
        script += &format!("addent -password -p \"{name}\" -k 1 -e aes128-cts\npw\n");
    }
    same(&pair, &(script + "l -k\n"));
    // Without a default realm.
    pair.each(|realm| realm.write("krb5.conf", "[libdefaults]\n"));
    same(
        &pair,
        "addent -password -p a -k 1 -e aes128-cts\naddent -password -p a@R -k 1 -e aes128-cts\npw\nl\n",
    );
}

#[test]
fn golden_keytabs() {
    let pair = Pair::new();
    for name in ["all.keytab", "holes.keytab", "reused.keytab"] {
        pair.each(|realm| {
            realm.write(name, fs::read(workspace().join("tests/golden/keytab").join(name)).unwrap())
        });
        let script =
            format!("rkt {name}\nl -t -e -k\n{ADD}wkt {name}\nclear\nrkt {name}\nl -e -k\nwkt new.{name}\n");
        // The times of what was written are near each other: those of the writing.
        let _ = same(&pair, &script).same_file(&format!("new.{name}"), Mask::TIMES);
        same_file(&pair, name);
        same_file(&pair, &format!("new.{name}"));
    }
}

/// A version 1 keytab is read and added to; one of its own kind is never made.
#[test]
fn version_1_keytabs() {
    use k5_keytab::Entry;
    use k5_keytab::record::{Version, encode};
    use k5_types::{EncType, KeyBlock, Principal, Timestamp};
    let mut bytes = Version::V1.header().to_vec();
    for name in ["a", "longer.example.com", "b"] {
        let key = KeyBlock::new(EncType(17), (1..=16).collect());
        let entry =
            Entry { principal: Principal::new("R", ["host", name]), timestamp: Timestamp(9), kvno: 300, key };
        let body = encode(Version::V1, &entry).unwrap();
        bytes.extend(Version::V1.length_bytes(body.expose().len().try_into().unwrap()));
        bytes.extend(body.expose());
    }
    let pair = Pair::new();
    pair.each(|realm| realm.write("v1", &bytes));
    same(&pair, &format!("rkt v1\nl -t -e -k\nwkt v2\n{ADD}wkt v1\nclear\nrkt v1\nl -e -k\n"));
    same_file(&pair, "v2");
    assert_eq!(&pair.ours().read("v1")[..2], [5, 1]);
    let (mit, ours) = (pair.mit().read("v1"), pair.ours().read("v1"));
    // MIT leaves the last four bytes of a version 1 file out; see docs/formats/keytab.md.
    assert!((mit.len()..=mit.len() + 4).contains(&ours.len()), "{} and {}", mit.len(), ours.len());
    // Only the times of the new records may differ: four bytes each.
    let differing = mit.iter().zip(&ours).filter(|(a, b)| a != b).count();
    assert!(differing <= 8 * 4, "{differing} bytes differ");
}

/// What a person sees and types.
#[test]
fn at_a_terminal() {
    let pair = Pair::new();
    let person = |terminal: &mut harness::Terminal| {
        terminal.wait_for("ktutil:  ").line("addent -password -p a -k 1 -e aes128-cts");
        terminal.wait_for("Password for a@EXAMPLE.COM: ").line("secret");
        terminal.wait_for("ktutil:  ").line("addent -key -p b -k 1 -e aes128-cts");
        terminal.wait_for("Key for b@EXAMPLE.COM (hex): ").line("00112233445566778899aabbccddeeff");
        terminal.wait_for("ktutil:  ").line("l -e");
        terminal.wait_for("b@EXAMPLE.COM (aes128").wait_for("ktutil:  ").line("wkt out");
        terminal.wait_for("ktutil:  ").line("quit");
    };
    let screens = pair.terminal("ktutil", NO_WORDS, person).run();
    assert!(!screens.ours.stdout.contains("secret"), "{}", screens.ours);
    let lines =
        |text: &str| text.replace('\r', "").lines().map(str::trim_end).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&screens.mit.stdout), lines(&screens.ours.stdout));
    same_file(&pair, "out");
}

/// A terminal with an editor: completion of commands, options, files, and of principals in the list.
#[test]
fn completion() {
    let realm = Realm::new(Side::Ours);
    realm.write(
        "some-long-name.keytab",
        fs::read(workspace().join("tests/golden/keytab/all.keytab")).unwrap(),
    );
    let run = realm.run("ktutil", NO_WORDS).env("TERM", "xterm");
    let mut terminal = harness::Terminal::open(&run);
    terminal.wait_for("ktutil:").keys("rk\tsome-l\t").wait_for("some-long-name.keytab").line("");
    terminal.wait_for("ktutil:").keys("addent -pa\t").wait_for("-password").keys("\u{3}");
    terminal.wait_for("ktutil:").line("l");
    terminal.wait_for("slot KVNO").wait_for("ktutil:").line("q");
    terminal.end().code(0).stdout_has("@");
}

/// DIV-121
#[test]
fn a_key_is_one_line() {
    let pair = Pair::new();
    let key = "00112233445566778899aabbccddeeff";
    let script = |key: &str| format!("addent -key -p a -k 1 -e aes128-cts\n{key}\nl -k\n");
    let told = both(&pair, &script(key)).differs("DIV-121").code(0);
    assert!(!told.mit.stdout.contains("l -k"), "MIT has read on: {}", told.mit);
    told.ours.stdout_has(&format!("a@EXAMPLE.COM (0x{key})\n"));
    // A key that is the last line is the same in both.
    for key in [key, "ABCDEFab"] {
        let script = format!("addent -key -p a -k 1 -e aes128-cts\n{key}\n");
        same(&pair, &script);
    }
    for bad in ["", "xyz", "00 11", "0x00"] {
        let told = same(&pair, &format!("addent -key -p a -k 1 -e aes128-cts\n{bad}\n"));
        assert!(told.ours.stderr.starts_with("addent: "), "{}", told.ours);
    }
    let odd = both(&pair, &script("012"));
    odd.ours.stderr_has("addent: The key has an odd number of digits.").stdout_has("-\nktutil:  ");
    // No line at all.
    both(&pair, "addent -key -p a -k 1 -e aes128-cts\n").ours.stderr_has("addent: Error reading key.");
}

/// DIV-122
#[test]
fn the_kdc_is_not_asked_for_a_salt() {
    let pair = Pair::new();
    let told = both(&pair, "addent -password -p a -k 1 -f\nsecret\nl\n").differs("DIV-122").code(0);
    let line = "addent: Asking the KDC for the salt (-f) is not supported by this version; give -e and -s while adding new entry\n";
    assert_eq!(told.ours.stderr, line, "the password was not taken for a command");
    assert!(
        told.ours.stdout.ends_with("-\nktutil:  \n") || told.ours.stdout.ends_with("-\nktutil:  "),
        "{}",
        told.ours
    );
    let told = both(&pair, "addent -password -p a -k 1 -f -e aes128-cts\nsecret\nl\n").differs("DIV-122");
    assert_eq!(told.ours.stderr, line);
    // For a key there is nothing to ask; MIT's would add one of no type.
    let key = both(&pair, "addent -key -p a -k 1 -f\n0011\n").differs("DIV-122");
    key.ours.stderr_has("addent: Bad encryption type while adding new entry");
}

/// DIV-123
#[test]
fn an_option_without_its_value() {
    let told = both(&Pair::new(), "addent -password -p a -e aes128-cts -k\nl\n").differs("DIV-123");
    assert_eq!(told.mit.exit, -11, "{}", told.mit);
    told.ours.code(0).stderr_has("usage: addent (-key");
}

/// DIV-124: what does not fit in, whole, is not begun.
#[test]
fn a_list_is_written_whole_or_not_at_all() {
    let pair = Pair::new();
    let script = format!("{ADD}addent -password -p a//b -k 1 -e aes128-cts\npw\nwkt out\n");
    let told = both(&pair, &script).differs("DIV-124");
    assert_eq!(mit_keytab(&pair.mit().path("out")).len(), 5, "{}", told.mit);
    assert!(!pair.ours().path("out").exists());
    told.ours.stderr_has("wkt: a//b@EXAMPLE.COM cannot be stored in a keytab");
}

/// DIV-31: the entries before the damage come into the list, as with MIT, but it is said that there is damage.
#[test]
fn a_damaged_keytab() {
    let pair = Pair::new();
    let golden = fs::read(workspace().join("tests/golden/keytab/all.keytab")).unwrap();
    pair.each(|realm| realm.write("cut", &golden[..golden.len() - 10]));
    let told = both(&pair, "rkt cut\nl -e -k\nwkt rest\n").differs("DIV-31").code(0);
    assert_eq!(told.mit.stdout, told.ours.stdout);
    assert_eq!(told.mit.stderr, "");
    told.ours
        .stderr_has("rkt: Bad format in keytab 'cut' at offset")
        .stderr_has("while reading keytab \"cut\"");
    same_file(&pair, "rest");
}

/// DIV-125
#[test]
fn help_and_strict() {
    let pair = Pair::new();
    let told = both(&pair, "help addent\n").differs("DIV-125").code(0);
    told.ours.stdout_has("Usage: add_entry [-key] [-password] [-p PRINCIPAL]").stdout_has("Aliases: addent");
    let script = "l\nrkt nosuch\nwkt never\n";
    let ours = pair.ours();
    let strict = ours.run("ktutil", ["--strict"]).stdin(script).fails(1);
    assert!(strict.stderr.ends_with("ktutil: line 2 failed: rkt nosuch\n"), "{strict}");
    ours.run("ktutil", NO_WORDS).env("REALMSMITH_STRICT", "1").stdin(script).fails(1);
    ours.run("ktutil", NO_WORDS).env("REALMSMITH_STRICT", "0").stdin(script).ok();
    // A password is a line, too.
    let script = "addent -password -p a -k 1 -e aes128-cts\npw\ndelent 7\n";
    ours.run("ktutil", ["--strict"]).stdin(script).fails(1).stderr_has("line 3 failed: delent 7");
}

/// DIV-120
#[test]
fn words_are_commands() {
    let pair = Pair::new();
    let told = pair.run("ktutil", ["list", "nosuch"]).stdin("l\n").run().differs("DIV-120");
    told.mit.code(0).stdout_has("ktutil:  l\nslot KVNO");
    told.ours.code(1).stderr_has("ktutil: Key table file 'nosuch' not found");
    for (words, told) in [
        (vec!["foo"], "ktutil: Command not found foo\n"),
        (vec!["-k", "x", "list"], "ktutil: unrecognized option -k\nUsage: ktutil [OPTION ...] COMMAND"),
    ] {
        let output = pair.ours().run("ktutil", words).fails(1);
        assert!(output.stderr.starts_with(told), "{output}");
    }
    pair.ours().run("ktutil", ["--help"]).ok().stdout_has("dedup").stdout_has("Usage: ktutil [OPTION ...]\n");
    let help = pair.ours().run("ktutil", ["help", "purge"]).ok().stdout_has("--older-than AGE").stdout;
    for words in [&["purge", "--help"][..], &["purge", "k", "-n", "--help"]] {
        assert_eq!(pair.ours().run("ktutil", words.iter().copied()).ok().stdout, help, "{words:?}");
    }
    pair.ours().run("ktutil", ["nosuch", "--help"]).fails(1).stderr_has("Command not found nosuch");
    pair.ours()
        .run("ktutil", ["list", "--", "--help"])
        .fails(1)
        .stderr_has("Key table file '--help' not found");
    let salt = ["add", "k", "-p", "a", "-k", "1", "-password", "-f"];
    let said = "ktutil: Asking the KDC for the salt (-f) is not supported by this version; give -e and -s\n";
    assert_eq!(pair.ours().run("ktutil", salt).fails(1).stderr, said);
    assert!(!pair.ours().path("k").exists());
}

#[test]
fn a_broken_configuration() {
    let pair = Pair::new();
    pair.each(|realm| realm.write("krb5.conf", "[libdefaults]\nforwardable = perhaps\n"));
    let none = pair.run("ktutil", NO_WORDS).stdin("l\n").run();
    assert_eq!(none.mit.exit, none.ours.exit, "{}{}", none.mit, none.ours);
}
