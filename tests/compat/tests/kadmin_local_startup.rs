//! kadmin.local's start-up options and its ways in beside MIT's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Kdc, Pair, Setup};

fn with(setup: Setup) -> Pair {
    let pair = Pair::with(setup);
    pair.mit().create("master");
    pair.mit().kadmin_local(["addprinc", "-pw", "x", "bob"]).ok();
    pair.copy_database();
    pair
}

fn pair() -> Pair {
    with(Setup::new())
}

#[test]
fn ways_in() {
    let pair = pair();
    script(
        &pair,
        r#"
        K foo
        K -q foo
        K -q quit
        K -q ""
        K -q " "
        K quit
        K exit
        DIV-15 K -q "?"
        DIV-15 K -q lr
        DIV-15 K -q '!echo hello'
        K -q 'getprinc "bob'
        K -q 'getprinc bob' x
        K -q x y
        K -q 'getprinc bob' -q 'getprinc nosuch'
        K -z
        K -q
        K -r
        K --help
        K --
        K -- getprinc bob
        K getprinc -q bob
        K -p
        K -p "" listprincs
        K -p me/admin@X.COM -q "getprinc bob"
        K -p me -q "modprinc -maxlife 5h bob"
        K getprinc bob
        K -p me/admin@X.COM modprinc -maxlife 6h bob
        K getprinc bob
        K -p 'a\' getprinc bob
        K -p a@b@c -q "getprinc bob"
        K -r OTHER listprincs
        K -r OTHER -q listprincs
        K -r EXAMPLE.COM getprinc bob
        K -rEXAMPLE.COM getprinc bob
        K -r "" listprincs
        K -x foo=1 listprincs
        K -x dbname={DIR}/principal getprinc bob
        K -d {DIR}/principal getprinc bob
        K -x lockiter listprincs
        K -x unlockiter listprincs
        K -w secret getprinc bob
        K -s localhost getprinc bob
        K -O getprinc bob
        K -N getprinc bob
        K -n getprinc bob
        K -n -q "getprinc bob"
        K -n -q "modprinc -maxlife 7h bob"
        K getprinc bob
        K -k -p host/x -q "getprinc bob"
        K -k -t some.keytab -p host/x -q "getprinc bob"
        K -t some.keytab getprinc bob
        K -k -n getprinc bob
        K -c FILE:x -k getprinc bob
        K -c FILE:x -n getprinc bob
        K -c FILE:x getprinc bob
        K -c FILE:x -q "getprinc bob"
        K -c NONE:x getprinc bob
        K -c NONE:x -p me getprinc bob
        KRB5CCNAME=NONE:x K getprinc bob
        KRB5CCNAME=NONE:x K -p me getprinc bob
        KRB5CCNAME=DIR:/nonexistent/x/y K getprinc bob
        KRB5CCNAME=MEMORY:x K -q "getprinc bob"
        USER= K -q "getprinc bob"
        USER=a@b K -q "getprinc bob"
        USER='we ird' K -q "getprinc bob"
        K -e aes128-cts:normal addprinc -pw x e1
        K -e "aes128-cts:normal,camellia256-cts:normal" addprinc -randkey e2
        K getprinc e1
        K getprinc e2
        K -e aes128-cts:special ktadd -k out.kt e2
        DIV-3 K -e foo:bar getprinc bob
        DIV-3 K -e "" getprinc bob
        K -e
        printf 'master\n' | K -m listprincs
        printf 'master' | K -m listprincs
        printf 'master\n' | K -m -q listprincs
        printf 'master\nlistprincs\nquit\n' | K -m
        printf 'listprincs\nfoo\ngetprinc nosuch\nquit\nlistprincs\n' | K
        printf 'getprinc "bob\n' | K
        printf 'getprinc bob' | K
        printf '\n\n \nlistprincs\n' | K
        printf 'quit\n' | K
        printf 'q\n' | K
        printf '' | K
        printf 'listprincs nosuch\nfoo bar\n' | K
        printf 'addprinc carl\npw1\npw1\ngetprinc carl\n' | K
        printf 'addprinc carla\npw1\npw2\ngetprinc carla\n' | K
        printf 'addprinc carlb\npw1\n' | K
        DIV-14 printf 'delprinc carl\nyes\nlistprincs\n' | K
        DIV-14 printf 'delprinc bob\nno\nlistprincs\n' | K
        DIV-15 printf '?\n' | K
        printf 'ktadd -k out.kt bob\nktremove -k out.kt bob\nktremove -k out.kt bob\n' | K
        DIV-13 printf 'addprinc -maxlife 1h -maxrenewlife 1h -expire never -pwexpire never -randkey a.name\n' | K
        printf 'addprinc -pw "a b" "sp ace"\ndelprinc -force "sp ace"\n' | K
        printf '!echo hi\nlistprincs bob\n' | K
        "#,
    );
    pair.same_dump();
}

#[test]
fn the_list_of_commands() {
    let pair = pair();
    for command in ["?", "lr", "list_requests"] {
        let both = pair.kadmin_local([command]).run().code(0);
        // Came after 1.20.
        let known = both.ours.stdout.replace("add_alias, alias         Add alias\n", "");
        assert_eq!(known, both.mit.stdout);
    }
}

#[test]
fn the_master_password() {
    let pair = pair();
    script(
        &pair,
        r#"
        K -m listprincs
        "#,
    );
    for wrong in ["wrong\n", "\n"] {
        let both = pair.kadmin_local(["-m", "listprincs"]).stdin(wrong).differs("DIV-10");
        assert_eq!((both.ours.exit, &both.ours.stdout), (both.mit.exit, &both.mit.stdout));
        assert_eq!(both.ours.stderr.lines().count(), 1, "{}", both.ours);
    }
    pair.each(|realm| std::fs::rename(realm.path("stash"), realm.path("away")).unwrap());
    script(
        &pair,
        r#"
        printf 'master\n' | K -m addprinc -pw x new
        printf 'master\nlistprincs\nquit\n' | K -m
        printf 'master\nx\nx\n' | K -m -q "cpw new"
        "#,
    );
    pair.each(|realm| std::fs::rename(realm.path("away"), realm.path("stash")).unwrap());
    pair.same_dump();
}

#[test]
fn who_is_acting_comes_from_the_cache() {
    let pair = pair();
    pair.each(|realm| {
        realm.mit("kadmin.local", ["addprinc", "-pw", "x", "alice/admin"]).ok();
        let kdc = Kdc::start(realm);
        realm.kinit("bob", "x").ok();
        realm.mit("kinit", ["-c", "FILE:{DIR}/other", "alice/admin"]).stdin("x\n").ok();
        kdc.stop();
    });
    script(
        &pair,
        r#"
        K -q "modprinc -maxlife 1h bob"
        K getprinc bob
        K -c FILE:{DIR}/other -q "modprinc -maxlife 2h bob"
        K getprinc bob
        K -c {DIR}/other modprinc -maxlife 3h bob
        K getprinc bob
        KRB5CCNAME={DIR}/other K -q "modprinc -maxlife 4h bob"
        K getprinc bob
        K -p me -q "modprinc -maxlife 5h bob"
        KRB5CCNAME={DIR}/none K -q "modprinc -maxlife 6h bob"
        KRB5CCNAME={DIR}/kdc.conf K -q "modprinc -maxlife 6h bob"
        K getprinc bob
        "#,
    );
}

#[test]
fn defaults_of_the_realm() {
    let setup = Setup::new()
        .kdc_realm("max_life = 10h 0m 0s")
        .kdc_realm("max_renewable_life = 7d 0h 0m 0s")
        .kdc_realm("default_principal_flags = +preauth, -forwardable")
        .kdc_realm("default_principal_expiration = 20401231235959");
    let pair = with(setup.supported_enctypes("aes256-sha2:normal camellia128-cts:special"));
    script(
        &pair,
        r#"
        K addprinc -pw x a
        K getprinc a
        K addprinc -randkey -maxlife 1h +forwardable b
        K getprinc b
        K addprinc -pw x -expire never -maxrenewlife 0 -preauth c
        K getprinc c
        K cpw -randkey a
        K getprinc a
        K ktadd -k out.kt a
        "#,
    );
    pair.same_dump();
}

#[test]
fn old_samples_work() {
    let setup = Setup::new()
        .kdc_realm("master_key_type = des3-hmac-sha1")
        .kdc_realm("admin_keytab = /etc/kadm5.keytab")
        .kdc_realm("kdc_ports = 749,88")
        .kdc_realm("max_life = 10h 0m 0s")
        .supported_enctypes("des3-hmac-sha1:normal des-cbc-crc:normal");
    let pair = with(setup);
    let both = pair.kadmin_local(["addprinc", "-pw", "x", "old"]).differs("DIV-43");
    assert_eq!(both.mit.stdout, both.ours.stdout);
    assert_eq!((both.mit.stderr.as_str(), both.mit.exit, both.ours.exit), ("", 0, 0));
    assert_eq!(both.ours.stderr.lines().count(), 1, "one notice: {}", both.ours);
    let _ = both.ours.stderr_has("des-cbc-crc");
    let both = pair.kadmin_local(["getprinc", "old"]).run();
    let _ = both.ours.stdout_has("Number of keys: 1\nKey: vno 1, DEPRECATED:des3-cbc-sha1\n");
    pair.same_dump();
}

#[test]
fn no_key_type_is_left() {
    let pair = pair();
    pair.each(|realm| {
        let text = String::from_utf8(realm.read("kdc.conf")).unwrap();
        realm.write(
            "kdc.conf",
            text.replace(
                "        acl_file",
                "        supported_enctypes = des-cbc-crc:normal\n        acl_file",
            ),
        );
    });
    let refused = pair.ours().kadmin_local(["addprinc", "-randkey", "old"]).fails(1);
    let _ = refused.stderr_has("supported_enctypes");
    pair.ours().kadmin_local(["getprinc", "old"]).fails(1);
}
