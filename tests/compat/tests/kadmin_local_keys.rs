//! kadmin.local's purgekeys beside MIT's, and what is done to keys elsewhere that it may find.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::Pair;

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn purging() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -randkey e
        K addprinc -pw x a/b/c
        K purgekeys
        K purgekeys nosuch
        K purgekeys e
        K cpw -randkey -keepold e
        K cpw -randkey -keepold e
        K getprinc e
        K -q "purgekeys -keepkvno 2 e"
        K getprinc e
        K -q "purgekeys e"
        K getprinc e
        K -q "purgekeys -keepkvno 0 e"
        K -q "purgekeys -keepkvno x e"
        K -q "purgekeys -keepkvno -1 e"
        K -q "purgekeys -keepkvno 99 e"
        K getprinc e
        K -q "purgekeys -all a/b/c"
        K getprinc a/b/c
        K purgekeys -all a/b/c
        K purgekeys -all
        K purgekeys -foo e
        K purgekeys -keepkvno 3
        K purgekeys a@@
        "#,
    );
    pair.same_dump();
}

#[test]
fn which_keys_stay() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw one u
        K cpw -keepold -pw two u
        K cpw -keepold -randkey -e aes128-cts u
        K cpw -keepold -randkey u
        K getprinc u
        K purgekeys -keepkvno 2 u
        K getprinc u
        K purgekeys -keepkvno 2147483647x u
        K getprinc u
        K cpw -pw three u
        K cpw -keepold -pw four u
        K cpw -keepold -pw five u
        K getprinc u
        K purgekeys -keepkvno ' 6' u
        K getprinc u
        K purgekeys -keepkvno 4294967297 u
        K getprinc u
        K purgekeys u
        K getprinc u
        K purgekeys u
        K -q "purgekeys -all u"
        K -q "purgekeys -all u"
        K -q "purgekeys u"
        K getprinc u
        K cpw -pw x u
        K getprinc u
        K modprinc -kvno 9 u
        K cpw -keepold -pw y u
        K getprinc u
        K purgekeys -keepkvno 10 u
        K getprinc u
        K purgekeys -keepkvno 11 u
        K getprinc u
        K addprinc -kvno 65535 -pw x wrap
        K cpw -keepold -pw y wrap
        K getprinc wrap
        K purgekeys wrap
        K getprinc wrap
        "#,
    );
    pair.same_dump();
}

#[test]
fn words() {
    let pair = pair();
    script(
        &pair,
        r#"
        K purgekeys
        K -q purgekeys
        K -q "purgekeys a b"
        K -q "purgekeys -all"
        K -q "purgekeys -all a b"
        K -q "purgekeys -keepkvno"
        K -q "purgekeys -keepkvno 1"
        K -q "purgekeys -keepkvno 1 a b"
        K -q "purgekeys -keepkvno=1 a"
        K -q "purgekeys -foo a"
        K -q "purgekeys nosuch"
        K -q "purgekeys -all nosuch"
        K -q "purgekeys -keepkvno 3 nosuch"
        K -q "purgekeys a@b@c"
        K purgekeys krbtgt/EXAMPLE.COM
        K cpw -randkey -keepold krbtgt/EXAMPLE.COM
        K -q "purgekeys krbtgt/EXAMPLE.COM"
        K getprinc krbtgt/EXAMPLE.COM
        "#,
    );
    pair.same_dump();
}

/// MIT does all of this, and the realm is lost.
#[test]
fn the_master_key_stays() {
    let pair = pair();
    let before = pair.ours().dump_by_mit();
    for words in [
        &["purgekeys", "-all", "K/M"][..],
        &["purgekeys", "-keepkvno", "2", "K/M"],
        &["purgekeys", "K/M@EXAMPLE.COM"],
        &["modprinc", "-kvno", "7", "K/M"],
        &["cpw", "-randkey", "K/M"],
        &["cpw", "-randkey", "-keepold", "K/M"],
        &["cpw", "-pw", "x", "K/M"],
        &["delprinc", "K/M"],
        &["delprinc", "-force", "K/M"],
        &["renprinc", "K/M", "K/N"],
        &["-q", "purgekeys -all K/M"],
    ] {
        let said = pair.ours().kadmin_local(words.iter().copied()).output();
        let said = said.stderr_has("Cannot change protected principal while ");
        assert_eq!(said.exit, i32::from(words[0] != "-q"), "{words:?}");
    }
    assert_eq!(pair.ours().dump_by_mit(), before);
    script(&pair, "DIV-52 K purgekeys K/M");
}
