//! What policies do, beside MIT's kadmin.local: to passwords, keys and dates, and at MIT's KDC.
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
