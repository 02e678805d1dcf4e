//! kadmin.local's add_alias, which the installed MIT has not: what it writes is what MIT 1.22 wrote into the golden
//! realm, and look-ups follow it as 1.22's do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use compat::script;
use harness::{Output, Pair, Realm, Setup, Side, workspace};

fn realm() -> Realm {
    let realm = Realm::new(Side::Ours);
    let _ = realm.by(Side::Mit).create("master");
    realm
}

fn k(realm: &Realm, words: &[&str]) -> Output {
    realm.kadmin_local(words.iter().copied()).output()
}

/// Words that work, and what they print.
fn works(realm: &Realm, words: &[&str]) -> String {
    k(realm, words).code(0).stdout
}

fn refuses(realm: &Realm, words: &[&str], text: &str) {
    let said = k(realm, words).code(1);
    assert_eq!(said.stderr, format!("{text}\n"), "{words:?}");
}

/// The line of a principal in MIT's dump.
fn dumped(realm: &Realm, name: &str) -> String {
    let dump = realm.dump_by_mit();
    let marked = format!("\t{name}@EXAMPLE.COM\t");
    dump.lines().find(|line| line.contains(&marked)).unwrap_or_default().to_string()
}

#[test]
fn an_alias_is_written_as_mit_1_22_writes_it() {
    let realm = realm();
    let _ = works(&realm, &["addprinc", "-randkey", "alice"]);
    let said = k(&realm, &["-p", "root/admin", "-q", "add_alias www alice"]).code(0);
    assert!(
        said.stdout.ends_with("Principal \"www@EXAMPLE.COM\" aliased to \"alice@EXAMPLE.COM\".\n"),
        "{said}"
    );
    assert_eq!(works(&realm, &["-p", "root/admin", "alias", "web", "alice"]), "");
    // As the golden realm has it, the time and the realm aside.
    let line = dumped(&realm, "www");
    let (before, after) = line.split_once("\t2\t27\t").unwrap_or_else(|| panic!("{line}"));
    assert_eq!(
        before,
        "princ\t38\t15\t3\t0\t0\twww@EXAMPLE.COM\t64\t0\t0\t0\t0\t0\t0\t0\t3\t24\t\
         12345c010000000000000000000000000000000000000000"
    );
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected =
        format!("{}\t12\t18\t{}\t-1;", hex("root/admin@EXAMPLE.COM\0"), hex("alice@EXAMPLE.COM\0"));
    assert_eq!(after.get(8..), Some(expected.as_str()), "{line}");
    assert_eq!(works(&realm, &["listprincs", "w*"]), "web@EXAMPLE.COM\nwww@EXAMPLE.COM\n");
}

#[test]
fn every_command_finds_the_target() {
    let realm = realm();
    let _ = works(&realm, &["addprinc", "-randkey", "alice"]);
    let _ = works(&realm, &["alias", "a", "alice"]);
    let _ = works(&realm, &["alias", "aa", "a"]);
    let same = || {
        let (one, other) = (works(&realm, &["getprinc", "alice"]), works(&realm, &["getprinc", "aa"]));
        assert_eq!(one, other);
        one
    };
    assert!(same().starts_with("Principal: alice@EXAMPLE.COM\n"));
    let alias = dumped(&realm, "aa");
    let _ = works(&realm, &["modprinc", "-maxlife", "1h", "+needchange", "aa"]);
    assert!(same().contains("Maximum ticket life: 0 days 01:00:00"));
    let _ = works(&realm, &["cpw", "-pw", "x", "aa"]);
    assert!(same().contains("Key: vno 2,"));
    let _ = works(&realm, &["cpw", "-randkey", "-keepold", "aa"]);
    assert!(same().contains("Key: vno 3,"));
    let _ = works(&realm, &["purgekeys", "aa"]);
    assert!(!same().contains("Key: vno 2,"));
    let _ = works(&realm, &["setstr", "aa", "k", "v"]);
    assert_eq!(works(&realm, &["getstrs", "alice"]), "k: v\n");
    let _ = works(&realm, &["delstr", "a", "k"]);
    assert_eq!(works(&realm, &["getstrs", "aa"]), "(No string attributes.)\n");
    let _ = works(&realm, &["ktadd", "-q", "-k", "kt", "aa"]);
    assert!(same().contains("Key: vno 4,"));
    assert_eq!(dumped(&realm, "aa"), alias, "the alias itself has not changed");
    // Tickets for an alias carry the alias, and so does the keytab, as MIT's has the name that was typed.
    let listed = realm.mit("klist", ["-k", "kt"]).ok();
    assert!(listed.stdout.contains("   4 aa@EXAMPLE.COM\n"), "{listed}");
}

#[test]
fn chains_end_after_ten_steps() {
    let realm = realm();
    let _ = works(&realm, &["addprinc", "-randkey", "a0"]);
    for number in 1..=11 {
        let _ = works(&realm, &["alias", &format!("a{number}"), &format!("a{}", number - 1)]);
    }
    let _ = works(&realm, &["getprinc", "a10"]);
    let unknown = "get_principal: Principal does not exist while retrieving \"a11@EXAMPLE.COM\".";
    refuses(&realm, &["getprinc", "a11"], unknown);
    let _ = works(&realm, &["alias", "self", "self"]);
    refuses(
        &realm,
        &["cpw", "-pw", "x", "self"],
        "change_password: Principal does not exist while changing password for \"self@EXAMPLE.COM\".",
    );
    let _ = works(&realm, &["alias", "loop1", "loop2"]);
    let _ = works(&realm, &["alias", "loop2", "loop1"]);
    refuses(
        &realm,
        &["modprinc", "-maxlife", "1h", "loop1"],
        "modify_principal: Principal does not exist while getting \"loop1@EXAMPLE.COM\".",
    );
    let _ = works(&realm, &["delprinc", "self"]);
    let _ = works(&realm, &["delprinc", "loop1"]);
    let _ = works(&realm, &["delprinc", "loop2"]);
    assert!(!works(&realm, &["listprincs"]).contains("loop"));
}

#[test]
fn names_that_are_taken() {
    let realm = realm();
    let _ = works(&realm, &["addprinc", "-randkey", "alice"]);
    let _ = works(&realm, &["alias", "a", "alice"]);
    let there = "Principal or policy already exists";
    refuses(
        &realm,
        &["alias", "a", "alice"],
        &format!("add_alias: {there} while aliasing principal \"a@EXAMPLE.COM\" to \"alice@EXAMPLE.COM\""),
    );
    refuses(
        &realm,
        &["alias", "alice", "kadmin/admin"],
        &format!(
            "add_alias: {there} while aliasing principal \"alice@EXAMPLE.COM\" to \"kadmin/admin@EXAMPLE.COM\""
        ),
    );
    refuses(
        &realm,
        &["addprinc", "-randkey", "a"],
        &format!("add_principal: {there} while creating \"a@EXAMPLE.COM\"."),
    );
    refuses(
        &realm,
        &["renprinc", "alice", "a"],
        &format!(
            "rename_principal: {there} while renaming principal \"alice@EXAMPLE.COM\" to \"a@EXAMPLE.COM\""
        ),
    );
    refuses(
        &realm,
        &["renprinc", "a", "b"],
        "rename_principal: Operation unsupported on alias principal name while renaming principal \
         \"a@EXAMPLE.COM\" to \"b@EXAMPLE.COM\"",
    );
    refuses(
        &realm,
        &["alias", "b", "alice@OTHER"],
        "add_alias: Alias target must be within the same realm while aliasing principal \
         \"b@EXAMPLE.COM\" to \"alice@OTHER\"",
    );
    refuses(&realm, &["alias"], "usage: add_alias alias_principal target_principal");
    refuses(&realm, &["alias", "b"], "usage: add_alias alias_principal target_principal");
    refuses(&realm, &["alias", "b", "c", "d"], "usage: add_alias alias_principal target_principal");
    refuses(
        &realm,
        &["alias", "b@@", "alice"],
        "add_alias: Malformed representation of principal while parsing alias principal name",
    );
    refuses(
        &realm,
        &["alias", "b", "alice@@"],
        "add_alias: Malformed representation of principal while parsing target principal name",
    );
    // What leads nowhere may be taken.
    let _ = works(&realm, &["alias", "free", "nosuch"]);
    let _ = works(&realm, &["alias", "free", "alice"]);
    let _ = works(&realm, &["delprinc", "alice"]);
    refuses(
        &realm,
        &["getprinc", "free"],
        "get_principal: Principal does not exist while retrieving \"free@EXAMPLE.COM\".",
    );
    let _ = works(&realm, &["addprinc", "-randkey", "free"]);
    assert!(works(&realm, &["getprinc", "free"]).starts_with("Principal: free@EXAMPLE.COM\n"));
}

#[test]
fn an_alias_does_not_open_what_is_protected() {
    let realm = realm();
    let _ = works(&realm, &["alias", "master", "K/M"]);
    let _ = works(&realm, &["alias", "history", "kadmin/history"]);
    let _ = works(&realm, &["addpol", "-history", "3", "h"]);
    let _ = works(&realm, &["addprinc", "-policy", "h", "-pw", "x", "u"]);
    let _ = works(&realm, &["cpw", "-pw", "y", "u"]);
    let before = realm.dump_by_mit();
    for words in [
        &["cpw", "-randkey", "master"][..],
        &["cpw", "-pw", "x", "master"],
        &["cpw", "-pw", "x", "history"],
        &["cpw", "-randkey", "-keepold", "history"],
        &["purgekeys", "-all", "master"],
        &["modprinc", "-kvno", "7", "master"],
        &["ktadd", "-k", "kt", "master"],
        &["ktadd", "-norandkey", "-k", "kt", "master"],
    ] {
        let _ = k(&realm, words).code(1).stderr_has("Cannot change protected principal");
    }
    assert_eq!(realm.dump_by_mit(), before);
}

/// All that the list of requests has beside MIT's is the one line.
#[test]
fn the_list_of_requests() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    script(&pair, "DIV-50 K -q ?");
    for name in ["?", "lr", "list_requests"] {
        let both = pair.kadmin_local(["-q", name]).run();
        let lines = |text: &str| -> Vec<String> {
            // MIT's list comes from another process, and so before the banner.
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let mut ours = lines(&both.ours.stdout);
        ours.retain(|line| !line.contains("add_alias, alias"));
        assert_eq!(ours, lines(&both.mit.stdout));
        assert_eq!(both.ours.exit, both.mit.exit);
    }
}

/// A realm that MIT 1.22 wrote, with its two aliases.
#[test]
fn aliases_of_mit_1_22() {
    let realm = Realm::with(Side::Ours, Setup::new().realm("GOLDEN.TEST"));
    let golden = workspace().join("tests/golden");
    for file in realm.backend().files() {
        realm.write(file, fs::read(golden.join(realm.backend().name()).join(file)).unwrap());
    }
    realm.write("stash", fs::read(golden.join("stash-all")).unwrap());
    let listed = works(&realm, &["listprincs"]);
    for (alias, target) in [("www", "alice"), ("HTTP/alias.golden.test", "imap/mail.golden.test")] {
        assert!(listed.contains(&format!("{alias}@GOLDEN.TEST\n")));
        let shown = works(&realm, &["getprinc", alias]);
        assert!(shown.starts_with(&format!("Principal: {target}@GOLDEN.TEST\n")), "{shown}");
        assert_eq!(shown, works(&realm, &["getprinc", target]));
    }
}
