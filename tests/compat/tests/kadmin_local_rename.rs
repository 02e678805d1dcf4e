//! kadmin.local's rename_principal beside MIT's: the words, and the salts in the dump.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Kdc, Pair};

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn renaming() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -randkey a
        K addprinc -pw abc -e aes256-cts:normal,aes128-cts:norealm,aes256-sha2:onlyrealm,aes128-sha2:special s
        K addprinc -nokey nk
        K renprinc
        K renprinc a
        K renprinc a b
        K renprinc a c
        K renprinc s a/b/c
        K getprinc a/b/c
        K -q "renprinc b d"
        printf 'yes\n' | K -q "renprinc b d"
        printf 'no\n' | K -q "renprinc d e"
        printf 'yes\n' | K -q "renprinc -force d e"
        K -q "renprinc -foo d e"
        K -q "renprinc -force d d"
        K renprinc e e
        K renprinc nosuch e2
        K renprinc e a/b/c
        K renprinc e@@ x
        K renprinc e x@@
        K renprinc nk nk2
        K getprinc nk2
        K getprinc e
        "#,
    );
    pair.same_dump();
}

#[test]
fn salts_are_written_down() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw abc -e aes256-cts:normal,aes128-cts:norealm,aes256-sha2:onlyrealm,aes128-sha2:special one/two
        K renprinc one/two a
        K getprinc a
        K getprinc -terse a
        K renprinc a b
        K getprinc b
        K addprinc -randkey r
        K renprinc r r2
        K getprinc r2
        K cpw -randkey -keepold r2
        K cpw -randkey -keepold -e arcfour-hmac r2
        K renprinc r2 r3@OTHER.REALM
        K getprinc r3@OTHER.REALM
        K addprinc -pw x -policy nosuch p
        K setstr p k v
        K modprinc -pwexpire 'Jan 1 2040' -expire 'Jan 1 2041' +needchange p
        K renprinc p q
        K getprinc q
        K getstrs q
        K cpw -pw y q
        K getprinc q
        K addprinc -nokey none
        K renprinc none none2
        K getprinc none2
        K addprinc -pw x 'we ird'
        K renprinc 'we ird' 'even\/weirder @x'
        K -q 'renprinc -force "we ird" weird'
        K getprinc weird
        K listprincs
        "#,
    );
    pair.same_dump();
}

#[test]
fn questions_and_refusals() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -randkey a
        K addprinc -randkey b
        K -q "renprinc a c"
        printf 'no\n' | K -q "renprinc a c"
        printf 'YES\n' | K -q "renprinc a c"
        printf 'y\n' | K -q "renprinc a c"
        printf 'yes' | K -q "renprinc a c"
        printf 'yes\n' | K -q "renprinc a c"
        printf 'yes\n' | K -q "rename_principal c a"
        K -q "renprinc -force a b"
        K -q "renprinc -force a a"
        K -q "renprinc -force nosuch b"
        K -q "renprinc -force nosuch nosuch2"
        K -q "renprinc -force nosuch nosuch"
        K -q "renprinc -f a c"
        K -q "renprinc a"
        K -q "renprinc"
        K -q "renprinc -force"
        K -q "renprinc -force a"
        K -q "renprinc a b c d"
        K -q "rename_principal -force a d"
        K rename_principal d e
        K renprinc -force e f
        K renprinc f f@EXAMPLE.COM
        K renprinc 'f@@' g
        K renprinc f 'g/h@i/j'
        K renprinc kadmin/changepw x
        K renprinc x kadmin/changepw
        K listprincs
        "#,
    );
    pair.same_dump();
}

#[test]
fn the_master_key_keeps_its_name() {
    let pair = pair();
    script(&pair, "K -q 'renprinc -force nosuch/master K/M'");
    let before = pair.ours().dump_by_mit();
    let _ = pair
        .ours()
        .kadmin_local(["renprinc", "K/M", "old/master"])
        .fails(1)
        .stderr_has("Cannot change protected principal while renaming principal \"K/M@EXAMPLE.COM\"");
    assert_eq!(pair.ours().dump_by_mit(), before);
}

/// The salt of the old name is told by MIT's KDC, so the password still works.
#[test]
fn a_renamed_principal_logs_in_with_its_password() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw secret +requires_preauth before
        K addprinc -pw secret -e aes256-cts:norealm,aes128-cts:onlyrealm before/too
        K addprinc -randkey host/before
        K ktadd -q -norandkey -k kt host/before
        K renprinc before after
        K renprinc before/too after/too
        K renprinc host/before host/after
        "#,
    );
    let server = Kdc::start(pair.ours());
    for name in ["after", "after/too"] {
        let _ = pair.ours().kinit(name, "secret").ok();
    }
    let _ = pair.ours().kinit("before", "secret").fails(1).stderr_has("not found in Kerberos database");
    drop(server);
}
