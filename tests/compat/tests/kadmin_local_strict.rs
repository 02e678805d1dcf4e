//! `--strict` and `REALMSMITH_STRICT`: failures that MIT's kadmin.local hides in its exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{BackEnd, Output, Pair, Realm, Setup, Side, Terminal};

fn realm() -> Realm {
    let realm = Realm::new(Side::Ours);
    let _ = realm.by(Side::Mit).create("master");
    realm
}

fn input(realm: &Realm, text: &str) -> Output {
    realm.kadmin_local(["--strict"]).stdin(text).output()
}

/// Without the option everything is as with MIT: exit code 0.
#[test]
fn without_it_failures_stay_hidden() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    script(
        &pair,
        r#"
        K -q "getprinc nosuch"
        K -q "delprinc -force nosuch"
        K -q "addprinc -randkey a"
        K -q "addprinc -randkey a"
        K -q "addpol -minlength 0 p"
        K -q '"'
        K -q "addprinc"
        K -q '!false'
        printf 'getprinc nosuch\nfoo\n"\naddprinc -randkey b\n' | K
        printf 'no\n' | K -q "delprinc a"
        REALMSMITH_STRICT= K -q "getprinc nosuch"
        REALMSMITH_STRICT=0 K -q "getprinc nosuch"
        DIV-51 REALMSMITH_STRICT=1 K -q "getprinc nosuch"
        DIV-51 K --strict -q "getprinc nosuch"
        "#,
    );
    pair.same_dump();
}

#[test]
fn a_query_that_fails_ends_with_1() {
    let realm = realm();
    let run = |line: &str| realm.kadmin_local(["--strict", "-q", line]).output().exit;
    for line in [
        "getprinc nosuch",
        "addprinc",
        "addpol -minlength 0 p",
        "ktadd -q -k kt nosuch",
        "ktremove -k nosuch a",
        "delprinc krbtgt/EXAMPLE.COM",
        "nosuch",
        "\"",
        "modprinc -maxlife x krbtgt/EXAMPLE.COM",
        "!false",
    ] {
        assert_eq!(run(line), 1, "{line}");
    }
    for line in ["listprincs", "addprinc -randkey a", "", "?", "quit", "delprinc -force a", "!true"] {
        assert_eq!(run(line), 0, "{line}");
    }
    let by_variable = |value: &str| {
        realm.kadmin_local(["-q", "getprinc nosuch"]).env("REALMSMITH_STRICT", value).output().exit
    };
    assert_eq!(["1", "yes", "0", ""].map(by_variable), [1, 1, 0, 0]);
}

#[test]
fn input_stops_at_the_first_line_that_fails() {
    let realm = realm();
    let said = input(&realm, "addprinc -randkey a\n\naddprinc -pw secret a\naddprinc -randkey b\n").code(1);
    assert_eq!(
        said.stderr,
        "No policy specified for a@EXAMPLE.COM; defaulting to no policy\n\
         No policy specified for a@EXAMPLE.COM; defaulting to no policy\n\
         add_principal: Principal or policy already exists while creating \"a@EXAMPLE.COM\".\n\
         kadmin.local: line 3 failed: addprinc -pw *** a\n"
    );
    assert!(!realm.dump_by_mit().contains("\tb@EXAMPLE.COM"));
    let said = input(&realm, "listprincs\naddprinc -randkey c").code(0);
    assert!(!said.stderr.contains("failed"), "{said}");
    assert!(realm.dump_by_mit().contains("\tc@EXAMPLE.COM"));
    for (text, told) in [
        ("foo bar\nquit\n", "line 1 failed: foo bar"),
        ("\n\n\"a b\nquit\n", "line 3 failed: \"a ..."),
        ("getprinc a\ngetprinc nosuch", "line 2 failed: getprinc nosuch"),
        ("quit\nfoo\n", ""),
        ("", ""),
    ] {
        let said = input(&realm, text).code(i32::from(!told.is_empty()));
        let last = said.stderr.lines().last().unwrap_or_default();
        let expected = if told.is_empty() { String::new() } else { format!("kadmin.local: {told}") };
        assert_eq!(last, expected, "{said}");
    }
}

/// Lines are those of the input, passwords and answers among them.
#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let realm = realm();
    let said = input(&realm, "addprinc u\nsecret\nsecret\ndelprinc u\nno\ngetprinc u\n").code(1);
    assert!(
        said.stderr
            .ends_with("Principal \"u@EXAMPLE.COM\" not deleted\nkadmin.local: line 4 failed: delprinc u\n")
    );
    let said = input(&realm, "cpw u\nsecret\nsecret2\n").code(1);
    assert!(said.stderr.ends_with("\nkadmin.local: line 1 failed: cpw u\n"), "{said}");
    let said = input(&realm, "delprinc u\nyes\nfoo\n").code(1);
    assert!(said.stderr.ends_with("\nkadmin.local: line 3 failed: foo\n"), "{said}");
}

/// What was done before the failing line stays, under a lock as well.
#[test]
fn what_was_done_before_stays() {
    // LMDB knows no such lock.
    let realm = Realm::with(Side::Ours, Setup::new().backend(BackEnd::Db2));
    let _ = realm.by(Side::Mit).create("master");
    let _ = input(&realm, "lock\naddprinc -randkey a\nfoo\naddprinc -randkey b\n").code(1);
    let dump = realm.dump_by_mit();
    assert!(dump.contains("\ta@EXAMPLE.COM") && !dump.contains("\tb@EXAMPLE.COM"));
}

/// A person who mistypes goes on.
#[test]
fn at_a_terminal_nothing_stops() {
    let realm = realm();
    let mut shell = Terminal::open(&realm.kadmin_local(["--strict"]));
    let prompt = "kadmin.local:  ";
    let _ = shell.wait_for(prompt).line("foo").wait_for("Unknown request").wait_for(prompt);
    let _ = shell.line("getprinc nosuch").wait_for("does not exist").wait_for(prompt).line("quit");
    let _ = shell.end().code(0);
}

/// One command on the command line says the truth anyway.
#[test]
fn the_one_shot_form_is_the_same() {
    let realm = realm();
    assert_eq!(realm.kadmin_local(["--strict", "getprinc", "nosuch"]).output().exit, 1);
    assert_eq!(realm.kadmin_local(["--strict", "listprincs"]).output().exit, 0);
}
