//! ktadd and ktremove beside MIT's: text, keytabs, and the databases afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Entry, Kdc, Mask, Pair, Realm, Side, mit_keytab};

/// A pair with host/a, host/b, host/c, bob and many.
fn pair() -> Pair {
    let pair = Pair::new();
    let mit = pair.mit();
    mit.create("master");
    let lines = "addprinc -randkey host/a\naddprinc -randkey host/b\naddprinc -randkey host/c\naddprinc -pw x bob\n\
        addprinc -e aes256-cts:normal,aes128-cts:special,camellia128-cts:norealm,arcfour-hmac:normal -pw x many\n\
        cpw -keepold -pw y many\n";
    mit.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    pair.copy_database();
    pair
}

fn principals(keytab: &[Entry]) -> Vec<&str> {
    keytab.iter().map(|entry| entry.principal.as_str()).collect()
}

#[test]
fn adding() {
    let pair = pair();
    script(
        &pair,
        r#"
        K ktadd -k out.kt host/a
        K -q "ktadd -k out.kt host/a bob"
        K xst -k out.kt host/b
        K ktadd -keytab long.kt host/a
        K ktadd -kanything odd.kt host/a
        K ktadd -k out.kt -norandkey host/a
        K ktadd -norandkey -k many.kt many
        K ktadd -q -k out.kt host/b
        K -q "ktadd -q -k out.kt host/a"
        K ktadd -q -q -k out.kt host/a
        K -q "ktadd -e aes128-sha2:normal -k out.kt host/a"
        K ktadd -e aes128-sha2:normal,camellia256-cts -k e.kt host/a
        K ktadd -e "aes128-sha2 aes256-sha2" -k e.kt host/a
        K ktadd -e arcfour-hmac:normal -k e.kt bob
        K ktadd -e des3-cbc-sha1:normal -k e.kt bob
        K ktadd -e aes256-cts:special -k e.kt bob
        K ktadd -e aes256-cts:normal,aes256-cts:special -k e.kt bob
        K ktadd -k FILE:file.kt host/a
        K ktadd -k WRFILE:wrfile.kt host/a
        K -q "ktadd -k FILE:{DIR}/abs.kt host/a"
        K ktadd -k {DIR}/abs2.kt host/a
        K ktadd -k out.kt host/a@EXAMPLE.COM
        K -q "ktadd -k out.kt host/a@EXAMPLE.COM"
        DIV-2 K -q "ktadd -k out.kt -glob host/?"
        K ktadd -k 'we ird.kt' host/a
        K ktadd host/a
        K -q "ktadd host/a"
        KRB5_KTNAME=FILE:{DIR}/env.kt K -q "ktadd host/a"
        KRB5_KTNAME=WRFILE:{DIR}/env.kt K -q "ktadd host/b"
        KRB5_KTNAME={DIR}/env.kt K -q "ktadd host/b"
        ktadd -k prog.kt host/a host/b
        ktadd -k prog.kt -norandkey bob
        ktadd -q -k prog.kt bob
        ktadd host/a
        K getprinc host/a
        K getprinc bob
        "#,
    );
    let files = [
        "out.kt",
        "long.kt",
        "odd.kt",
        "many.kt",
        "e.kt",
        "file.kt",
        "wrfile.kt",
        "abs.kt",
        "abs2.kt",
        "we ird.kt",
        "default.keytab",
        "env.kt",
        "prog.kt",
    ];
    let mut both = pair.klist(["-V"]).run();
    for file in files {
        if file == "out.kt" {
            // Some of its entries are there twice in MIT's.
            continue;
        }
        both = both.same_file(file, Mask::KEYS_AND_TIMES);
    }
    pair.same_dump();
    for file in files {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(pair.ours().path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn options_that_do_not_fit() {
    let pair = pair();
    let before = pair.ours().dump_by_mit();
    script(
        &pair,
        r#"
        DIV-1 K ktadd
        K -q ktadd
        DIV-1 K ktadd -k
        DIV-1 K ktadd -k out.kt
        DIV-1 K ktadd -k out.kt -k other.kt host/a
        DIV-1 K ktadd -e
        DIV-1 K ktadd -e aes256-cts
        DIV-1 K ktadd -norandkey
        DIV-1 K ktadd -norandkey -e aes256-cts host/a
        K -q "ktadd -norandkey -e aes256-cts host/a"
        K ktadd -k FOO:x host/a
        K -q "ktadd -k FOO:x host/a"
        K ktadd -k out.kt 'a\'
        DIV-1 K ktadd -k out.kt -glob
        DIV-1 K ktremove
        K -q ktremove
        DIV-1 K ktremove -k
        DIV-1 K ktremove -k out.kt
        DIV-1 K ktremove -k out.kt a b c
        DIV-1 K ktremove -k a -k b c
        K ktremove -k FOO:x host/a
        K ktremove -k out.kt 'a\'
        "#,
    );
    assert_eq!(before, pair.ours().dump_by_mit());
    assert!(!pair.ours().path("out.kt").exists());
}

#[test]
fn what_is_not_there() {
    let pair = pair();
    script(
        &pair,
        r#"
        K ktadd -k a.kt host/a
        DIV-1 K ktadd -k out.kt nosuch
        K -q "ktadd -k out.kt nosuch"
        DIV-1 K ktadd -k out.kt -norandkey nosuch
        DIV-1 K ktadd -k mixed.kt nosuch host/a host/nosuch bob
        DIV-1 ktadd -k out.kt nosuch
        DIV-1 K ktadd -k out.kt host/a@OTHER
        DIV-1 K ktremove -k a.kt nosuch
        DIV-1 K ktremove -k nofile.kt nosuch
        K ktremove -k a.kt host/a 99
        K -q "ktremove -k nofile.kt nosuch"
        K -q "ktremove -k a.kt nosuch"
        K -q "ktremove -k a.kt nosuch all"
        K -q "ktremove -k a.kt nosuch old"
        K -q "ktremove -k a.kt nosuch 3"
        K -q "ktremove -k a.kt host/a 99"
        K -q "ktremove -k a.kt host/a old"
        "#,
    );
    let both = pair.kadmin_local(["ktadd", "-k", "out.kt", "nosuch"]).run();
    assert_eq!((both.mit.stderr, both.mit.exit, both.ours.exit), (both.ours.stderr, 0, 1));
    let _ = pair
        .klist(["-V"])
        .run()
        .same_file("mixed.kt", Mask::KEYS_AND_TIMES)
        .same_file("a.kt", Mask::KEYS_AND_TIMES);
    pair.same_dump();
}

#[test]
fn patterns() {
    let pair = pair();
    let both = pair.kadmin_local(["ktadd", "-k", "out.kt", "-glob", "host/*"]).differs("DIV-2");
    assert_eq!(both.mit.stdout, both.ours.stdout);
    assert_eq!(both.mit.stderr, "kadmin.local: Principal host/* does not exist.\n");
    assert_eq!((both.ours.stderr.as_str(), both.ours.exit), ("", 0));
    let _ = both.same_file("out.kt", Mask::KEYS_AND_TIMES);
    pair.same_dump();

    let both = pair.kadmin_local(["ktadd", "-k", "none.kt", "-glob", "nobody*"]).differs("DIV-2");
    assert_eq!(both.mit.exit, 0);
    let _ = both.ours.code(1).stderr_has("No principal matches the expression \"nobody*\"");
    assert!(!pair.ours().path("none.kt").exists());

    let before = pair.ours().dump_by_mit();
    let all = pair.ours().kadmin_local(["ktadd", "-k", "all.kt", "-glob", "*"]).fails(1);
    let _ = all.stderr_has("K/M@EXAMPLE.COM, the master key, is matched by the expression \"*\"");
    assert_eq!(before, pair.ours().dump_by_mit());

    let some = pair.ours().kadmin_local(["ktadd", "-k", "some.kt", "-glob", "[a-z]*"]).ok();
    assert_eq!(some.stderr.matches("is left out: name it to add it").count(), 3, "{some}");
    let keytab = mit_keytab(&pair.ours().path("some.kt"));
    assert!(principals(&keytab).iter().all(|name| !name.starts_with("k")), "{keytab:?}");
    assert!(principals(&keytab).contains(&"bob@EXAMPLE.COM"));

    pair.mit().kadmin_local(["ktadd", "-k", "all.kt", "-glob", "*"]).ok();
    pair.mit().kadmin_local(["listprincs"]).fails(1);
}

#[test]
fn the_same_keys_again() {
    let pair = pair();
    let add = || pair.kadmin_local(["-q", "ktadd -k out.kt -norandkey host/a many"]).same().code(0);
    let _ = add().same_file("out.kt", Mask::TIMES);
    let once = mit_keytab(&pair.ours().path("out.kt"));
    assert_eq!(once.len(), 8);
    let _ = add();
    assert_eq!(mit_keytab(&pair.ours().path("out.kt")), once);
    assert_eq!(mit_keytab(&pair.mit().path("out.kt")).len(), 16, "DIV-6 is gone");
    let _ = pair.klist(["-k", "out.kt"]).differs("DIV-6");
    pair.same_dump();
    // What has come since is added, and nothing else; by the program too.
    let ours = pair.ours();
    ours.kadmin_local(["cpw", "-keepold", "-e", "aes256-sha2:normal", "-randkey", "many"]).ok();
    for _ in 0..2 {
        let said = ours.ktadd(["-k", "out.kt", "-norandkey", "host/a", "many"]).ok();
        assert_eq!(said.stdout.lines().count(), 9, "each key is told: {said}");
        let keytab = mit_keytab(&ours.path("out.kt"));
        assert_eq!((keytab.len(), &keytab[..8]), (9, &once[..]));
        assert_eq!((keytab[8].kvno, keytab[8].principal.as_str()), (3, "many@EXAMPLE.COM"));
    }
}

#[test]
fn keeping_old_keys() {
    let pair = pair();
    let both = pair.kadmin_local(["ktadd", "-keepold", "-k", "out.kt", "host/a"]).differs("DIV-7");
    let _ = both.ours.code(0);
    let ours = pair.ours();
    ours.mit("kadmin.local", ["getprinc", "host/a"])
        .ok()
        .stdout_has("Number of keys: 4\nKey: vno 2, aes256-cts-hmac-sha1-96\nKey: vno 2, aes128-cts-hmac-sha1-96\nKey: vno 1,");
    let keytab = mit_keytab(&ours.path("out.kt"));
    assert!(keytab.iter().all(|entry| entry.kvno == 2), "only the new ones: {keytab:?}");
    let _ = ours.kadmin_local(["ktadd", "-keepold", "-norandkey", "host/a"]).fails(1).stderr_has("-keepold");

    // A ticket from before is still good.
    ours.kadmin_local(["ktadd", "-norandkey", "-k", "b.kt", "host/b"]).ok();
    let _kdc = Kdc::start(ours);
    ours.kinit("bob", "x").ok();
    ours.kvno("host/b").ok();
    ours.kadmin_local(["ktadd", "-keepold", "-k", "b.kt", "host/b"]).ok();
    ours.mit("kvno", ["-k", "b.kt", "host/b"]).ok().stdout_has("kvno = 1, keytab entry valid");
}

#[test]
fn removing() {
    let pair = pair();
    let setup = "ktadd -k out.kt host/a host/b\nktadd -k out.kt host/a bob\nktadd -k out.kt host/a\n\
        ktadd -k out.kt -norandkey many\n";
    pair.mit().kadmin_local(Vec::<String>::new()).stdin(setup).ok();
    pair.copy_database();
    let fresh = || pair.ours().write("out.kt", pair.mit().read("out.kt"));
    fresh();
    script(
        &pair,
        r#"
        K -q "ktremove -k out.kt host/a old"
        K -q "ktremove -k out.kt host/a old"
        K -q "ktremove -k out.kt host/a"
        K -q "ktremove -k out.kt host/a"
        K -q "ktrem -keytab out.kt bob all"
        K ktremove -k out.kt many 1
        K -q "ktremove -k out.kt many 1"
        K -q "ktremove -k out.kt many 2"
        K ktadd -k out.kt -q host/a
        K ktremove -q -k out.kt host/a
        K ktadd -k out.kt host/a
        K -q "ktremove -k WRFILE:out.kt host/a@EXAMPLE.COM"
        K -q "ktadd -k out.kt host/a"
        K -q "ktadd -k out.kt host/a"
        K -q "ktremove -k FILE:out.kt host/a all"
        K -q "ktadd -k out.kt -kvno host/a"
        K -q "ktadd host/a"
        K -q "ktremove host/a"
        K -q "ktremove host/a"
        K -q "ktadd host/a"
        DIV-1 K -q "ktremove host/a 0"
        DIV-1 K -q "ktremove host/a abc"
        K -q "ktremove host/a -1"
        K -q "ktremove host/a 4294967297"
        "#,
    );
    let _ = pair.klist(["-V"]).run().same_file("out.kt", Mask::KEYS_AND_TIMES);
    pair.same_dump();
}

#[test]
fn both_in_one_keytab() {
    let pair = pair();
    let ours = pair.ours();
    for name in ["host/a", "host/b", "host/c", "bob", "many"] {
        ours.kadmin_local(["ktadd", "-k", "out.kt", name]).ok();
        ours.mit("kadmin.local", ["ktadd", "-k", "out.kt", "-norandkey", "host/a"]).ok();
        ours.mit("kadmin.local", ["ktremove", "-k", "out.kt", "host/a"]).ok();
        ours.kadmin_local(["ktremove", "-k", "out.kt", name]).output();
        ours.kadmin_local(["ktadd", "-k", "out.kt", "-norandkey", name]).ok();
    }
    let keytab = mit_keytab(&ours.path("out.kt"));
    let mut names = principals(&keytab);
    names.dedup();
    let expected = ["host/b", "host/c", "bob", "many"].map(|name| format!("{name}@EXAMPLE.COM"));
    names.sort_unstable();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    names.dedup();
    assert_eq!(names, expected);
    ours.kinit_keytab("host/c", "out.kt").fails(1);
    let _kdc = Kdc::start(ours);
    ours.kinit_keytab("host/c", "out.kt").ok();
}

/// Without words the program tells its own usage, not that of the command in `kadmin.local`'s shell.
#[test]
fn ktadd_without_words() {
    let realm = Realm::new(Side::Ours);
    let no_words: [&str; 0] = [];
    for words in [&no_words[..], &["-r"]] {
        let output = realm.ktadd(words.iter().copied()).fails(1);
        assert!(output.stderr.starts_with("Usage: ktadd [-r REALM] [-p PRINCIPAL]"), "{output}");
        assert_eq!(output.stdout, "");
    }
}
