//! kadmin.local's commands on string attributes beside MIT's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::Pair;

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn setting_showing_removing() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -randkey e
        K addprinc -nokey nk2
        K getstrs
        K getstrs e
        K getstrs nosuch
        K setstr e k v
        K getstrs e
        K -q 'setstr e k2 "v 2"'
        K -q "setstr e k v3"
        K getstrs e
        K -q "delstr e k"
        K delstr e nosuchkey
        K getstrs e
        K setstr
        K setstr e k
        K setstr nosuch k v
        K delstr nosuch k
        K delstr e
        K delstr e@@ k
        K setstr e@@ k v
        K getstrs e@@
        K setstr e "" v
        K setstr e x ""
        K getstrs e
        K -q "get_strings e"
        K delstr e ""
        K delstr e x
        K delstr e k2
        K getstrs e
        K delstr nk2 big
        "#,
    );
    pair.same_dump();
}

#[test]
fn many_and_odd_ones() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw x u
        K setstr u session_enctypes aes256-cts,aes128-cts
        K setstr u require_auth 'a b  c'
        K setstr u pac_privsvr_enctype aes256-cts
        K -q 'setstr u otp "[{""type"":""x""}]"'
        K getstrs u
        K -q "getstrs u"
        K setstr u ä ö
        K setstr u 'a: b' c
        K setstr u A upper
        K setstr u a lower
        K getstrs u
        K setstr u require_auth changed
        K getstrs u
        K delstr u session_enctypes
        K delstr u nosuch
        K -q "delstr u a"
        K getstrs u
        K cpw -pw y u
        K modprinc -maxlife 1h u
        K getstrs u
        K getprinc u
        K getprinc -terse u
        K set_string u x y
        K get_strings u
        K del_string u x
        K get_strings krbtgt/EXAMPLE.COM
        K setstr kadmin/admin k v
        K getstrs kadmin/admin
        K delstr kadmin/admin k
        K getstrs kadmin/admin
        K delstr kadmin/changepw k
        K setstr K/M k v
        K getstrs K/M
        K delstr K/M k
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
        K addprinc -nokey u
        K getstrs
        K getstrs u v
        K -q getstrs
        K getstrs a@b@c
        K -q "getstrs a@b@c"
        K getstrs nosuch
        K -q "get_strings nosuch"
        K setstr
        K setstr u
        K setstr u k
        K setstr u k v w
        K -q "setstr u k v w"
        K setstr a@b@c k v
        K setstr nosuch k v
        K -q "set_string nosuch k v"
        K delstr
        K delstr u
        K delstr u k v
        K delstr a@b@c k
        K delstr nosuch k
        K -q "del_string nosuch k"
        K -q 'setstr u "" ""'
        K getstrs u
        K -q 'delstr u ""'
        K getstrs u
        K setstr u -k -v
        K getstrs u
        "#,
    );
    pair.same_dump();
}

#[test]
fn all_together_have_at_most_65535_bytes() {
    let pair = pair();
    let set = |key: &str, length: usize| {
        let value = "v".repeat(length);
        pair.kadmin_local(["setstr", "u", key, &value]).same()
    };
    script(&pair, "K addprinc -nokey u");
    let _ = set("k", 65_532).code(0);
    let _ = set("k", 65_533).code(1);
    let _ = set("l", 0).code(1);
    let _ = set("k", 60_000).code(0);
    let _ = set("l", 5_000).code(0);
    let _ = set("m", 600).code(1);
    let _ = set("m", 526).code(0);
    let _ = set("m", 527).code(1);
    script(&pair, "K getstrs u\nK delstr u k\nK setstr u z z\nK getstrs u");
    pair.same_dump();
}
