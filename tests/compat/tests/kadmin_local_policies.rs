//! kadmin.local's commands on policies beside MIT's, and what policies do: to passwords and keys, and at MIT's KDC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use compat::script;
use harness::{Kdc, Mask, Masked, Output, Pair, Realm, Setup, Side};

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn making_changing_showing_deleting() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol
        K -q addpol
        K -q "addpol -minlength 8 p"
        K -q "addpol p"
        K addpol p
        K -q "addpol -minlength 0 p2"
        K -q "addpol -minlength -1 p2"
        K -q "addpol -minlength abc p2"
        K -q "addpol -minclasses 6 p2"
        K -q "addpol -minclasses 0 p2"
        K -q "addpol -history 0 p2"
        K -q "addpol -history -3 p2"
        K -q "addpol -maxlife 1d -minlife 2d p2"
        K -q "addpol -maxlife 2d -minlife 1d p3"
        K getpol p3
        K getpol -terse p3
        K -q "addpol -maxlife foo p4"
        K -q "addpol -maxlife never p4"
        K -q "addpol -maxlife '3 days' p4"
        K -q 'addpol -maxlife "3 days" p4'
        K -q "addpol -maxlife -5 p5"
        K getpol -terse p5
        K -q 'addpol -maxlife "3 days ago" p6'
        K -q "addpol -maxfailure 3 -failurecountinterval 1h -lockoutduration 5m p7"
        K getpol p7
        K getpol -terse p7
        K -q "addpol -maxfailure -1 p8"
        K getpol p8
        K getpol -terse p8
        K -q "addpol -minlength 3000000000 p9"
        K getpol -terse p9
        K -q "addpol -history 2147483647 -minclasses 5 p10"
        K getpol p10
        K getpol p11
        K getpol -terse p11
        K getpol -terse p10
        K -q "addpol -maxlife 1d"
        K -q "addpol -foo p"
        K -q "addpol foo p"
        K -q 'addpol ""'
        K -q 'addpol "p q"'
        K getpol "p q"
        K modpol
        K -q "modpol -minlength 9 p"
        K getpol p
        K -q "modpol -minlength 9 nosuch"
        K modpol -minlength 9 nosuch
        K -q "modpol p"
        K -q "modpol -maxlife 1d p"
        K -q "modpol -minlife 2d p"
        K -q "modpol -maxlife 3d -minlife 2d p"
        K -q "modpol -maxlife 1d p"
        K getpol p
        K -q "modpol -minclasses 9 p"
        K -q "modpol -history 0 p"
        K -q "modpol -minlength 0 p"
        K getpol p
        K getpol p
        K -q 'modpol ""'
        K -q "modpol -maxfailure 5 -failurecountinterval never p"
        K -q 'modpol -maxfailure 5 -failurecountinterval "" p'
        K getpol p
        K getpol
        K getpol nosuch
        K getpol ""
        K getpol -terse
        K getpol -foo p
        K getpol a b c
        K -q "getpol nosuch"
        K listpols
        K -q listpols
        K listpols p1*
        K getpols "p?"
        K listpols a b
        K listpols "["
        K list_policies nosuch
        K get_policies "p 1"
        K delpol
        K delpol nosuch
        K -q "delpol nosuch"
        K -q "delpol -force nosuch"
        K -q "delpol -foo nosuch"
        printf 'yes\n' | K -q "delpol p10"
        K delpol -force p10
        K delpol ""
        K listpols
        "#,
    );
    pair.same_dump();
}

#[test]
fn names() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol 'tab	here'
        K -q 'addpol a"b'
        K -q 'addpol "a""b"'
        K addpol ä
        K addpol ' '
        K addpol ' lead'
        K addpol -
        K addpol --
        K addpol -maxlife -maxlife
        K addpol -maxlife 1d -maxlife
        K addpol -force
        K delpol -force
        K delpol -force -force
        K getpol -terse -force
        K addpol default
        K addpol DEFAULT
        K addpol Default@EXAMPLE.COM
        K listpols
        K listpols 'D*'
        K listpols '[dD]efault'
        K listpols '*@*'
        K listpols '?'
        K listpols ''
        K listpols 'a\'
        K getpol default@EXAMPLE.COM
        K -q "getpol  default  "
        "#,
    );
    pair.same_dump();
}

#[test]
fn aliases_of_the_commands() {
    let pair = pair();
    script(
        &pair,
        r#"
        K add_policy -minlength 3 a
        K -q "add_policy -minlength 3 a"
        K modify_policy -minlength 4 a
        K get_policy a
        K get_policy -terse a
        K list_policies
        K get_policies
        K getpols a
        K delete_policy a
        K delete_policy a
        K get_privs
        K getprivs
        K -q getprivs
        K getprivs x
        K -q "get_privs x"
        K list_policies x y
        K modify_policy x
        K modify_policy -minlength
        K delete_policy
        K get_policy
        K listpols [
        K -q "listpols ["
        "#,
    );
    pair.same_dump();
}

#[test]
fn numbers_and_intervals() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -minlength 08 n1
        K addpol -minlength ' 9x' n2
        K addpol -minlength +7 n3
        K addpol -minlength 4294967297 n4
        K addpol -minlength 2147483648 n5
        K addpol -minlength 2147483647 n6
        K addpol -minclasses 1 n7
        K addpol -minclasses 5 n8
        K addpol -minclasses -2 n9
        K addpol -history 1 n10
        K addpol -history 4294967298 n11
        K addpol -maxfailure -1 n12
        K addpol -maxfailure x n13
        K addpol -maxfailure 99999999999999999999 n14
        K addpol -maxfailure 4294967299 n15
        K addpol -maxlife 1 n16
        K addpol -maxlife 1s n17
        K addpol -maxlife 2h3m n18
        K addpol -maxlife 10-8:45:0 n19
        K addpol -maxlife 999:11 n20
        K addpol -maxlife 0 n21
        K addpol -maxlife never n22
        K addpol -maxlife '2 weeks' n23
        K addpol -maxlife '2 years' n24
        K addpol -maxlife '1 fortnight' n25
        K addpol -maxlife 'yesterday' n26
        K addpol -maxlife '3 days ago' n27
        K addpol -maxlife 'gibberish' n28
        K addpol -maxlife '' n29
        K addpol -maxlife -1h n30
        K addpol -minlife 1d n31
        K addpol -minlife 1d -maxlife 1h n32
        K addpol -maxlife 1h -minlife 1d n33
        K addpol -maxlife 0 -minlife 1d n34
        K addpol -maxlife 1d -minlife 1d n35
        K addpol -failurecountinterval 5m n36
        K addpol -lockoutduration '10 minutes' n37
        K addpol -lockoutduration never n38
        K addpol -lockoutduration x n39
        K addpol -maxfailure 3 -failurecountinterval 2147483647 -lockoutduration 2147483647 n40
        K addpol -failurecountinterval -1 n41
        K addpol -maxlife 2147483647 n42
        K addpol -maxlife 2147483648 n43
        K addpol -maxlife 4294967295 n44
        K listpols
        K getpol n40
        K getpol n41
        K getpol n42
        K getpol n43
        K getpol n44
        K getpol -terse n12
        K getpol -terse n14
        K getpol -terse n15
        K getpol -terse n40
        K getpol -terse n34
        K modpol -maxlife 1h n34
        K modpol -minlife 2h n34
        K modpol -minlife 30m n34
        K modpol -maxlife 0 -minlife 2h n34
        K getpol n34
        K modpol -minlength 5 -minclasses 6 n34
        K getpol -terse n34
        K modpol -history 2 -minlength 0 n34
        K getpol -terse n34
        K modpol -maxfailure 0 -failurecountinterval 0 -lockoutduration 0 n40
        K getpol n40
        "#,
    );
    pair.same_dump();
}

#[test]
fn allowed_keysalts_are_checked() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -allowedkeysalts aes256-cts:normal,aes128-cts p
        K getpol p
        K getpol -terse p
        K addpol -allowedkeysalts - q
        K getpol -terse q
        K addpol -allowedkeysalts
        K addpol -allowedkeysalts p
        K -q "addpol -allowedkeysalts aes256-cts"
        K modpol -allowedkeysalts aes256-sha2 q
        K getpol q
        K modpol -allowedkeysalts - q
        K getpol q
        K addpol -allowedkeysalts AES256-CTS:Normal,aes128-sha2:special mixed
        K getpol mixed
        K addpol -allowedkeysalts aes256-cts,aes256-cts twice
        K getpol -terse twice
        K addpol -allowedkeysalts aes256-cts -allowedkeysalts - back
        K getpol -terse back
        K addpol -allowedkeysalts - -allowedkeysalts aes256-cts forth
        K getpol -terse forth
        K modpol -allowedkeysalts aes128-cts -allowedkeysalts - forth
        K getpol -terse forth
        DIV-54 K -q "addpol -allowedkeysalts aes256-cts:normal,foo bad"
        DIV-54 K addpol -allowedkeysalts '' bad2
        DIV-54 K -q "addpol -allowedkeysalts , bad3"
        DIV-54 K -q 'addpol -allowedkeysalts "aes256-cts aes128-cts" bad4'
        DIV-54 K -q "modpol -allowedkeysalts aes256-cts:foo q"
        K modpol -allowedkeysalts - q
        DIV-54 K delpol bad
        DIV-54 K delpol bad2
        DIV-54 K delpol bad3
        DIV-54 K delpol bad4
        "#,
    );
    pair.same_dump();
}

#[test]
fn allowed_keysalts_bound_keys() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -allowedkeysalts aes256-cts:normal,aes128-cts:normal p
        K addprinc -policy p -pw x a
        K getprinc a
        K addprinc -policy p -pw x -e aes128-cts:normal b
        K getprinc b
        K addprinc -policy p -pw x -e aes128-cts,aes256-cts c
        K getprinc c
        K addprinc -policy p -pw x -e aes128-sha2 d
        K -q "addprinc -policy p -randkey -e aes128-sha2:normal d"
        K addprinc -policy p -pw x -e aes256-cts:special d
        K addprinc -policy p -randkey e
        K getprinc e
        K cpw -pw y a
        K cpw -e aes128-cts -pw z a
        K getprinc a
        K cpw -e arcfour-hmac -pw z a
        K -q "cpw -e arcfour-hmac -randkey a"
        K cpw -randkey -e aes256-cts a
        K getprinc a
        K ktadd -q -k k a
        K modprinc -clearpolicy a
        K cpw -e aes128-sha2 -pw z a
        K getprinc a
        K modpol -allowedkeysalts aes128-sha2:special p
        K cpw -randkey e
        K getprinc e
        K cpw -pw x e
        K getprinc e
        K modpol -allowedkeysalts - p
        K cpw -randkey e
        K getprinc e
        "#,
    );
    pair.same_dump();
}

fn with_dictionary() -> Pair {
    let pair = Pair::with(Setup::new().kdc_realm("dict_file = {DIR}/words"));
    pair.each(|realm| realm.write("words", "apple\nBanana\n\nunfinished"));
    pair.create_by_mit("master");
    pair
}

#[test]
fn passwords_are_good_enough() {
    let pair = with_dictionary();
    script(
        &pair,
        r#"
        K addpol -minlength 6 -minclasses 3 strict
        K addpol lax
        K addprinc -policy strict -pw short bob
        K -q "addprinc -policy strict -pw short bob"
        K addprinc -policy strict -pw longbutplain bob
        K addprinc -policy strict -pw longButplain bob
        K addprinc -policy strict -pw longBut1 bob
        K addprinc -policy strict -pw 'aB 3 5' carol
        K addprinc -policy strict -pw 'aB' carol
        K addprinc -policy strict -pw 'abc.1,' carla
        K addprinc -policy strict -pw 'abcäöü' dora
        K addprinc -policy strict -pw 'abcäö1' dora2
        K addprinc -policy lax -pw apple eve
        K addprinc -policy lax -pw APPLE eve
        K addprinc -policy lax -pw banana eve
        K addprinc -policy lax -pw unfinished eve
        K addprinc -policy lax -pw eve eve2
        K addprinc -policy lax -pw EVE3 eve3
        K addprinc -policy lax -pw EVE3 eve3/admin
        K addprinc -policy lax -pw admin eve3/admin
        K addprinc -policy lax -pw eve3/admin eve3/admin
        K addprinc -policy lax -pw example.com frank
        K addprinc -policy lax -pw EXAMPLE.COM frank
        K addprinc -policy lax -pw '' frank
        K addprinc -pw '' frank
        K addprinc -pw apple frank
        K addprinc -pw frank frank2
        K cpw -pw short bob
        K -q "cpw -pw short bob"
        K cpw -pw longbutplain bob
        K cpw -pw 'longButpl4in' bob
        K cpw -pw '' bob
        K modprinc -policy lax bob
        K cpw -pw banana bob
        K cpw -pw bob bob
        K cpw -pw Example.Com bob
        K cpw -pw x bob
        K modprinc -clearpolicy bob
        K cpw -pw banana bob
        K cpw -pw bob bob
        K cpw -pw '' bob
        printf 'short\nshort\n' | K addprinc -policy strict typed
        printf 'goodEnough1\ngoodEnough1\n' | K addprinc -policy strict typed
        printf 'short\nshort\n' | K -q "cpw typed"
        K addprinc -policy strict -randkey random
        K cpw -randkey random
        K getprinc random
        K listprincs
        "#,
    );
    pair.same_dump();
}

#[test]
fn expiration_follows_the_policy() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -maxlife 1d day
        K addpol -maxlife 7d week
        K addpol free
        K addprinc -policy day -pw x a
        K getprinc a
        K addprinc -policy day -pwexpire 'Jan 1 2040 00:00:00 UTC' -pw x b
        K getprinc b
        K addprinc -policy day -pwexpire never -pw x c
        K getprinc c
        K addprinc -policy free -pw x d
        K getprinc d
        K modprinc -policy week a
        K getprinc a
        K modprinc -policy free a
        K getprinc a
        K modprinc -policy day a
        K getprinc a
        K modprinc -policy week -pwexpire 'Jan 1 2040 00:00:00 UTC' a
        K getprinc a
        K modprinc -clearpolicy a
        K getprinc a
        K modprinc -pwexpire 'Jan 1 2040 00:00:00 UTC' a
        K modprinc -clearpolicy a
        K getprinc a
        K modprinc -policy nosuch b
        K -q "modprinc -policy nosuch b"
        K getprinc b
        K modprinc -clearpolicy -pwexpire 'Jan 1 2040 00:00:00 UTC' b
        K getprinc b
        K cpw -pw y c
        K getprinc c
        K cpw -randkey c
        K getprinc c
        K modpol -maxlife 2d day
        K getprinc c
        K cpw -pw z c
        K getprinc c
        K modprinc +needchange -pwexpire 'Jan 1 2040 00:00:00 UTC' c
        K cpw -pw zz c
        K getprinc c
        K delpol day
        K getprinc c
        K -q "getprinc c"
        K getprinc -terse c
        K cpw -pw zzz c
        K getprinc c
        K modprinc -policy week -clearpolicy c
        K modprinc +allow_tix c
        K getprinc c
        K addpol -maxlife 3h day
        K getprinc c
        K cpw -pw zzzz c
        K getprinc c
        "#,
    );
    pair.same_dump();
}

#[test]
fn the_policy_called_default() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw x before
        K -q "addprinc -pw x before2"
        K addpol -minlength 3 default
        K addprinc -pw x after
        K addprinc -pw xyz after
        K -q "addprinc -pw xyz after2"
        K addprinc -clearpolicy -pw x none
        K -q "addprinc -clearpolicy -pw x none2"
        K addprinc -policy other -pw x other
        K -q "addprinc -policy other -pw x other2"
        K addprinc -randkey random
        K getprinc after
        K getprinc none
        K getprinc other
        K cpw -pw y other
        K addpol -minlength 5 other
        K cpw -pw y other
        K cpw -pw yyyyy other
        K getprinc other
        K delpol default
        K cpw -pw y after
        K getprinc after
        "#,
    );
    pair.same_dump();
}

#[test]
fn history_refuses_the_same_passwords() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -history 3 h
        K addprinc -policy h -pw a u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw c u
        K cpw -pw a u
        K cpw -pw d u
        K cpw -pw b u
        K cpw -pw e u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw c u
        K cpw -pw d u
        K cpw -pw e u
        K cpw -pw a u
        K cpw -pw a u
        K cpw -pw e u
        K cpw -pw d u
        K cpw -pw c u
        K cpw -pw b u
        K cpw -pw a u
        K listprincs
        K getprinc kadmin/history
        K modpol -history 5 h
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw c u
        K cpw -pw a u
        K cpw -pw d u
        K cpw -pw b u
        K cpw -pw e u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw c u
        K cpw -pw d u
        K cpw -pw e u
        K cpw -pw a u
        K cpw -pw a u
        K cpw -pw e u
        K cpw -pw d u
        K cpw -pw c u
        K cpw -pw b u
        K cpw -pw a u
        K modpol -history 2 h
        K -q "cpw -pw a u"
        K -q "cpw -pw b u"
        K -q "cpw -pw c u"
        K -q "cpw -pw a u"
        K -q "cpw -pw d u"
        K -q "cpw -pw b u"
        K -q "cpw -pw e u"
        K -q "cpw -pw a u"
        K -q "cpw -pw b u"
        K -q "cpw -pw c u"
        K -q "cpw -pw d u"
        K -q "cpw -pw e u"
        K -q "cpw -pw a u"
        K -q "cpw -pw a u"
        K -q "cpw -pw e u"
        K -q "cpw -pw d u"
        K -q "cpw -pw c u"
        K -q "cpw -pw b u"
        K -q "cpw -pw a u"
        K modpol -history 1 h
        K cpw -pw a u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw a u
        K modpol -history 4 h
        K cpw -randkey u
        K cpw -pw a u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -randkey -keepold u
        K cpw -pw c -keepold u
        K cpw -pw b u
        K cpw -pw a u
        K modprinc -clearpolicy u
        K cpw -pw a u
        K cpw -pw a u
        K modprinc -policy h u
        K cpw -pw a u
        K cpw -pw b u
        K cpw -pw f u
        K cpw -e aes128-cts -pw f u
        K cpw -e aes128-sha2 -pw f u
        K cpw -e aes256-cts:special -pw g u
        K cpw -e aes256-cts:special -pw g u
        K cpw -e aes256-cts -pw g u
        K renprinc u v
        K cpw -pw g v
        K cpw -pw f v
        K cpw -pw h v
        K cpw -pw h v
        K cpw -randkey kadmin/history
        K cpw -pw g v
        K cpw -pw h v
        K cpw -pw f v
        K cpw -randkey -keepold kadmin/history
        K cpw -pw x kadmin/history
        K delprinc kadmin/history
        K cpw -pw f v
        K cpw -pw q v
        K getprinc v
        K getprinc kadmin/history
        "#,
    );
    pair.same_dump();
}

/// One database, two programs in turn: what one remembered, the other refuses.
#[test]
fn each_side_continues_the_other_ones_history() {
    for first in [Side::Mit, Side::Ours] {
        let second = if first == Side::Mit { Side::Ours } else { Side::Mit };
        let realm = Realm::shared(first);
        let _ = realm.by(Side::Mit).create("master");
        let told =
            |side: Side, words: &[&str]| realm.by(side).kadmin_local(words.iter().copied()).output().exit;
        assert_eq!(told(first, &["addpol", "-history", "4", "h"]), 0);
        assert_eq!(told(first, &["addprinc", "-policy", "h", "-pw", "p0", "u"]), 0);
        let mut kept = vec![0];
        for step in 1..12 {
            let (writer, reader) = if step % 3 == 0 { (second, first) } else { (first, second) };
            for old in 0..step {
                // The last four count, the present one among them.
                let refused = kept.iter().rev().take(4).any(|known| *known == old);
                if refused {
                    for side in [reader, writer] {
                        let word = format!("p{old}");
                        assert_eq!(
                            told(side, &["cpw", "-pw", &word, "u"]),
                            1,
                            "{side:?} takes {word} in step {step}"
                        );
                    }
                }
            }
            assert_eq!(told(writer, &["cpw", "-pw", &format!("p{step}"), "u"]), 0, "step {step}");
            kept.push(step);
        }
        assert_eq!(told(second, &["cpw", "-pw", "p7", "u"]), 0, "older ones may come again");
    }
}

/// The same words to MIT's client on both realms.
fn kinit(pair: &Pair, principal: &str, password: &str) -> Output {
    let said = |realm: &Realm| realm.kinit(principal, password).output();
    let (mit, ours) = (said(pair.mit()), said(pair.ours()));
    for (one, other) in [(&mit.stdout, &ours.stdout), (&mit.stderr, &ours.stderr)] {
        let masked = |text: &str, output: &Output| Masked::new(text, &output.dir, Mask::KEYS_AND_TIMES);
        let difference = masked(one, &mit).difference(&masked(other, &ours));
        assert_eq!(difference, None, "kinit {principal} {password}");
    }
    assert_eq!(mit.exit, ours.exit, "kinit {principal} {password}");
    ours
}

fn wait_for_the_next_second() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let second = now().as_secs();
    while now().as_secs() == second {
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_kdc_sees_what_policies_do() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -maxfailure 2 -failurecountinterval 1h -lockoutduration 0 locking
        K addpol -maxlife 3d short
        K addprinc -policy locking -pw right +requires_preauth locked
        K addprinc -policy short -pw right warned
        K addprinc -pw right -pwexpire '1 day ago' expired
        K addprinc -pw right +needchange mustchange
        K addprinc -pw right -expire '1 day ago' gone
        K addprinc -pw right -allow_tix off
        K addprinc -pw right +requires_preauth plain
        "#,
    );
    let servers = (Kdc::start(pair.mit()), Kdc::start(pair.ours()));
    let fails = |principal: &str, password: &str, text: &str| {
        let said = kinit(&pair, principal, password);
        assert_eq!(said.exit, 1, "{said}");
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(all.contains(text), "{all}");
    };
    let works = |principal: &str| {
        let said = kinit(&pair, principal, "right");
        assert_eq!(said.exit, 0, "{said}");
        said
    };
    let _ = works("plain");
    let _ = works("locked");
    fails("locked", "wrong", "Password incorrect");
    script(&pair, "K getprinc locked");
    fails("locked", "wrong", "Password incorrect");
    fails("locked", "right", "revoked");
    script(&pair, "K getprinc locked\nK -q 'modprinc -unlock locked'\nK getprinc locked");
    let _ = works("locked");
    // Failures of the second in which the lock was lifted do not count.
    wait_for_the_next_second();
    fails("locked", "wrong", "Password incorrect");
    fails("locked", "wrong", "Password incorrect");
    fails("locked", "right", "revoked");
    script(&pair, "K cpw -pw other locked\nK cpw -pw right locked");
    let _ = works("locked");
    script(&pair, "K modpol -maxfailure 0 locking");
    for _ in 0..4 {
        fails("locked", "wrong", "Password incorrect");
    }
    let _ = works("locked");
    let warned = works("warned");
    assert!(format!("{}{}", warned.stdout, warned.stderr).contains("Your password will expire"), "{warned}");
    fails("expired", "right", "Password expired");
    script(&pair, "K modprinc -pwexpire never expired");
    let _ = works("expired");
    fails("mustchange", "right", "Password expired");
    script(&pair, "K cpw -pw right mustchange");
    let _ = works("mustchange");
    fails("gone", "right", "expired");
    fails("off", "right", "revoked");
    script(&pair, "K modprinc +allow_tix off\nK modprinc -expire never gone");
    let _ = works("off");
    let _ = works("gone");
    drop(servers);
    pair.same_dump();
}
