//! k5srvutil beside MIT's script, whose kadmin is kadmin.local here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Mask, Pair, PairRun, Realm, Side, announced_divergence, mit_keytab};
use std::os::unix::fs::symlink;

/// A pair whose keytab `kt` has two keys of bob, and of host/a and host/b one each.
fn pair() -> Pair {
    let pair = Pair::new();
    let mit = pair.mit();
    mit.create("master");
    let lines = "addprinc -randkey host/b\naddprinc -randkey host/a\naddprinc -pw x bob\nktadd -k kt host/b bob\n\
        ktadd -k kt bob host/a\n";
    mit.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    pair.copy_database();
    pair.ours().write("kt", mit.read("kt"));
    std::fs::create_dir(mit.path("bin")).unwrap();
    symlink(Side::Mit.program("kadmin.local"), mit.path("bin/kadmin")).unwrap();
    pair
}

fn k5srvutil(pair: &Pair, words: &str) -> PairRun {
    let path = format!("{{DIR}}/bin:{}", "/usr/sbin:/usr/bin:/sbin:/bin");
    pair.run("k5srvutil", words.split_whitespace()).env("PATH", path)
}

fn versions(realm: &Realm) -> Vec<(String, u32)> {
    let name = |principal: String| principal.split('@').next().unwrap().to_owned();
    let mut entries: Vec<_> =
        mit_keytab(&realm.path("kt")).into_iter().map(|entry| (name(entry.principal), entry.kvno)).collect();
    entries.sort();
    entries.dedup();
    entries
}

fn of(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
    expected.iter().map(|(name, kvno)| ((*name).to_owned(), *kvno)).collect()
}

#[test]
fn what_is_listed_and_how_it_is_used() {
    let pair = pair();
    let _ = k5srvutil(&pair, "list -f kt").same_bytes().code(0);
    let _ = k5srvutil(&pair, "-f FILE:kt -i list").same_bytes().code(0);
    for wrong in ["list change", "-z list", "list -z", "lists", "change -f kt list"] {
        let both = k5srvutil(&pair, wrong).run().code(1);
        // A script is told its whole path.
        assert_eq!(both.mit.stdout.replace("/usr/bin/k5srvutil", "k5srvutil"), both.ours.stdout, "{wrong}");
        assert_eq!(both.mit.stderr, both.ours.stderr);
    }
    let help = pair.ours().run("k5srvutil", ["--help"]).ok();
    assert_eq!(help.stdout, "Usage: k5srvutil [-i] [-f file] [-e keysalts] list|change|delete|delold\n");
    // Nothing asked for is nothing done.
    let both = k5srvutil(&pair, "").differs("DIV-133");
    assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
}

#[test]
fn new_keys_for_all() {
    let pair = pair();
    let both = k5srvutil(&pair, "change -f kt").same().same_file("kt", Mask::KEYS_AND_TIMES).code(0);
    let _ = both.ours.stdout_has("Authenticating as principal bob@EXAMPLE.COM with keytab kt.\n");
    let all =
        of(&[("bob", 2), ("bob", 3), ("bob", 4), ("host/a", 2), ("host/a", 3), ("host/b", 2), ("host/b", 3)]);
    assert_eq!(versions(pair.ours()), all);
    // Who did it, and that the database has the old keys still.
    let shown = pair.kadmin_local(["getprinc", "host/a"]).differs("DIV-132");
    let _ = shown.mit.stdout_has("(host/a@EXAMPLE.COM)\n").stdout_has("Number of keys: 2\n");
    let _ = shown.ours.stdout_has("(host/a@EXAMPLE.COM)\n").stdout_has("Number of keys: 4\n");
    let newest = pair.ours().path("newest");
    pair.ours().mit("kadmin.local", ["ktadd", "-norandkey", "-k", newest.to_str().unwrap(), "host/b"]).ok();
    let keytab = mit_keytab(&pair.ours().path("kt"));
    assert!(mit_keytab(&newest).iter().all(|entry| keytab.contains(entry)), "the keys are the same");
    // Other types of keys, and an absolute name.
    let _ = k5srvutil(&pair, "-e aes128-sha2:normal -f {DIR}/kt change")
        .same()
        .same_file("kt", Mask::KEYS_AND_TIMES);
    // Told once, not for each principal, and nothing is changed.
    let before = versions(pair.ours());
    let ours = k5srvutil(&pair, "-f kt -e nonsense:normal change").differs("DIV-3").ours.code(1);
    let said = "k5srvutil: unknown encryption type \"nonsense\" in \"nonsense:normal\" while parsing keysalts \
                nonsense:normal\n";
    assert_eq!((ours.stdout.as_str(), ours.stderr.as_str()), ("", said));
    assert_eq!(versions(pair.ours()), before);
}

#[test]
fn questions() {
    let pair = pair();
    let _ = k5srvutil(&pair, "change -i -f kt").stdin("No\n\ny\n").same();
    let now = of(&[("bob", 2), ("bob", 3), ("host/a", 2), ("host/a", 3), ("host/b", 2), ("host/b", 3)]);
    assert_eq!(versions(pair.ours()), now);
    assert_eq!(versions(pair.mit()), now);
    let _ = k5srvutil(&pair, "-i delold -f kt").stdin("y\nn\ny\n").same();
    let now = of(&[("bob", 3), ("host/a", 2), ("host/a", 3), ("host/b", 3)]);
    assert_eq!(versions(pair.ours()), now);
    let _ =
        k5srvutil(&pair, "delete -f kt").stdin("n\nyes\nY\n").same().same_file("kt", Mask::KEYS_AND_TIMES);
    assert_eq!(versions(pair.ours()), of(&[("bob", 3)]));
    // The end of the input is no leave to go on.
    let both = k5srvutil(&pair, "delete -f kt").differs("DIV-134").code(0);
    assert_eq!(versions(pair.ours()), of(&[("bob", 3)]), "{:?}", both.ours);
    assert_eq!(versions(pair.mit()), of(&[]), "{:?}", both.mit);
    for answer in ["\n", "what?\n"] {
        let ours = pair.ours().run("k5srvutil", ["delete", "-f", "kt"]).stdin(answer).ok();
        assert_eq!(ours.stdout, "Delete all keys  for bob@EXAMPLE.COM? [yn]");
        assert_eq!(versions(pair.ours()), of(&[("bob", 3)]));
    }
}

#[test]
fn old_keys_go() {
    let pair = pair();
    // Where there are none, that is said, and under whose name is all that differs.
    for _ in 0..2 {
        let both = k5srvutil(&pair, "delold -f kt").differs("DIV-133").code(0);
        let both = both.same_file("kt", Mask::KEYS_AND_TIMES);
        assert_eq!(both.mit.stderr.replace("kadmin:", "k5srvutil:"), both.ours.stderr);
        assert_eq!(both.mit.stdout, both.ours.stdout);
        assert_eq!(versions(pair.ours()), of(&[("bob", 3), ("host/a", 2), ("host/b", 2)]));
    }
    pair.same_dump();
}

#[test]
fn what_fails_is_told_and_keeps_nobody_out() {
    let pair = pair();
    pair.each(|realm| drop(realm.mit("kadmin.local", ["delprinc", "bob"]).ok()));
    let both = k5srvutil(&pair, "change -f kt").differs("DIV-133");
    assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
    assert_eq!(both.mit.stdout, both.ours.stdout);
    let _ = both.ours.stderr_has("k5srvutil: Principal bob@EXAMPLE.COM does not exist.");
    let _ = pair.ours().mit("klist", ["-k", "kt"]).ok().stdout_has("   3 host/b@EXAMPLE.COM");
    for words in ["list -f gone", "change -f gone"] {
        let both = k5srvutil(&pair, words).differs("DIV-133");
        let text = "Key table file 'gone' not found while starting keytab scan";
        let _ = both.mit.stderr_has(text);
        let _ = both.ours.code(1).stderr_has(text);
    }
    // A database that cannot be opened.
    std::fs::rename(pair.ours().path("stash"), pair.ours().path("stash.away")).unwrap();
    let before = pair.ours().read("kt");
    let failed = pair.ours().run("k5srvutil", ["change", "-f", "kt"]).fails(1);
    let _ = failed.stderr_has("while initializing k5srvutil interface");
    assert_eq!(pair.ours().read("kt"), before);
}

#[test]
fn the_default_keytab() {
    let pair = pair();
    let name = |realm: &Realm| format!("FILE:{}", realm.path("kt").display());
    let ours = pair.ours();
    let listed = ours.run("k5srvutil", ["list"]).env("KRB5_KTNAME", name(ours)).ok();
    let _ = listed.stdout_has("host/a@EXAMPLE.COM");
    // MIT's always takes /etc/krb5.keytab, so it may only be asked to read.
    let _ = k5srvutil(&pair, "list").env("KRB5_KTNAME", "{DIR}/kt").differs("DIV-131");
    let changed = ours.run("k5srvutil", ["change"]).env("KRB5_KTNAME", name(ours)).ok();
    let _ = changed.stdout_has(&format!(" added to keytab {}.\n", name(ours)));
    assert_eq!(versions(ours).len(), 7);
}

/// A ticket from before works after `change`, in whatever place it is opened, until `delold`.
#[test]
fn tickets_in_flight() {
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    let lines = "addprinc -pw x -maxrenewlife 7d bob\naddprinc -randkey -maxrenewlife 7d host/a.example.com\n\
        ktadd -k kt host/a.example.com\n";
    realm.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    let _kdc = Kdc::start(&realm);
    realm.kinit("bob", "x").ok();
    let check = || realm.mit("kvno", ["-k", "kt", "host/a.example.com"]);
    check().ok().stdout_has("kvno = 2, keytab entry valid");
    let old = realm.read("ccache");
    let renewable = ["-c", "renewable", "-r", "1d", "-S", "host/a.example.com", "bob"];
    realm.mit("kinit", renewable).stdin("x\n").ok();
    realm.run("k5srvutil", ["change", "-f", "kt"]).ok();
    check().ok().stdout_has("kvno = 2, keytab entry valid");
    // The KDC opens it too: to renew a ticket for a service it needs the key that it was made with.
    realm.mit("kinit", ["-c", "renewable", "-R", "-S", "host/a.example.com"]).ok();
    realm.kinit("bob", "x").ok();
    check().ok().stdout_has("kvno = 3, keytab entry valid");
    realm.kinit_keytab("host/a.example.com", "kt").ok();
    realm.write("ccache", &old);
    realm.run("k5srvutil", ["delold", "-f", "kt"]).ok();
    check().fails(1).stderr_has("keytab entry invalid");
    realm.kinit("bob", "x").ok();
    check().ok().stdout_has("kvno = 3, keytab entry valid");
}

/// All names of a principal get the same new keys: tickets under each are good afterwards.
#[test]
fn names_that_stand_for_others() {
    announced_divergence("DIV-135");
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    let lines = "addprinc -pw x bob\naddprinc -randkey host/a\naddprinc -randkey host/z\nalias host/b host/a\n\
        alias host/c host/a\nktadd -k kt host/a host/b host/z\nktadd -k kt -norandkey host/c\n";
    realm.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    let all = |kvno| of(&[("host/a", kvno), ("host/b", kvno), ("host/c", kvno), ("host/z", kvno)]);
    assert_eq!(versions(&realm), all(2), "of one call of ktadd");
    let said = realm.run("k5srvutil", ["-f", "kt", "change", "-i"]).stdin("y\ny\n").ok();
    assert_eq!(
        said.stdout.matches("Change key ").count(),
        2,
        "host/a, for all its names, and host/z: {said}"
    );
    realm.run("k5srvutil", ["-f", "kt", "delold"]).ok();
    assert_eq!(versions(&realm), all(3));
    let keys = mit_keytab(&realm.path("kt"));
    let of_name = |name: &str| -> Vec<String> {
        let name = format!("{name}@EXAMPLE.COM");
        keys.iter().filter(|entry| entry.principal == name).map(|entry| entry.key.clone()).collect()
    };
    assert_eq!(of_name("host/a"), of_name("host/b"));
    assert_eq!(of_name("host/a"), of_name("host/c"));
    assert_ne!(of_name("host/a"), of_name("host/z"));
    // The same name twice is two changes, as with MIT.
    realm.kadmin_local(["ktadd", "-k", "kt", "host/b", "host/b"]).ok();
    assert!(versions(&realm).contains(&("host/b".into(), 5)));
}
