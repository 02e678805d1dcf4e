//! What words of commands can be, good and bad.

use super::Dice;
use crate::words::quote;

/// A principal that keys may be changed of, quoted where it must be.
pub fn name(dice: &mut Dice) -> String {
    const GOOD: &[&str] = &[
        "alice",
        "alice",
        "alice",
        "bob",
        "bob",
        "carol",
        "host/a.example.com",
        "http/b",
        "x/y/z",
        "a b",
        "dave@OTHER.REALM",
        "alice@EXAMPLE.COM",
        "ALICE",
        "kadmin/admin",
        "krbtgt/EXAMPLE.COM",
        "ümlaut",
        "a\\/b",
        "c\"d",
    ];
    const BAD: &[&str] = &["nobody", "a@b@c", "bad\\", "kadmin/history", "nobody/else@NOWHERE"];
    quote(dice.mostly(GOOD, BAD))
}

/// A principal to be looked at.
pub fn any_name(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "K/M".into(),
        1 => "kadmin/changepw".into(),
        _ => name(dice),
    }
}

pub fn policy(dice: &mut Dice) -> String {
    quote(dice.mostly(&["p", "p", "q", "default", "strict", "a b"], &["nope", "", "p@q", "ümlaut"]))
}

pub fn password(dice: &mut Dice) -> String {
    const GOOD: &[&str] = &["secret", "Other-1", "aB3$efgh", "correct horse", "\"quoted\"", "grün"];
    quote(dice.mostly(GOOD, &["", "a", "alice", "secretsecretsecretsecretsecretsecret", "EXAMPLE.COM"]))
}

pub fn date(dice: &mut Dice) -> String {
    const GOOD: &[&str] = &[
        "never",
        "now",
        "2030-01-01",
        "2030-01-01 10:20:30",
        "1 day",
        "2 weeks",
        "tomorrow",
        "yesterday",
        "3 days ago",
        "next month",
        "2038-01-20",
        "20300102",
        "1/2/2031",
        "Jan 2 2030",
        "2 Jan 2030 10:00 EST",
        "2030-01-01 10:00 +0200",
        "662256600 seconds",
        "next monday",
        "2039-05-06 07:08",
    ];
    quote(dice.mostly(
        GOOD,
        &["", "foo", "2030-13-01", "2030-02-31", "0", "@5", "25:00", "1 fortnite", "2107-01-01"],
    ))
}

pub fn interval(dice: &mut Dice) -> String {
    const GOOD: &[&str] = &[
        "0",
        "1h",
        "2h30m",
        "1 day",
        "10 hours",
        "1 week",
        "7d",
        "1:30",
        "10:20:30",
        "10-8:45:0",
        "never",
        "86400",
        "382512",
        "1d2h3m4s",
        "2 days 3 hours",
        "1 month",
        "2147483647",
    ];
    quote(
        dice.mostly(
            GOOD,
            &["", "foo", "-1", "1 day ago", "1hh", "24856d", "99999999999", "1.5h", "yesterday"],
        ),
    )
}

pub fn number(dice: &mut Dice) -> String {
    quote(dice.mostly(
        &["0", "1", "2", "3", "5", "8", "12"],
        &["-1", "x", "", "3x", "65535", "65536", "99999999999"],
    ))
}

/// A version that random keys may have.
pub fn kvno(dice: &mut Dice) -> String {
    quote(dice.mostly(
        &["0", "1", "2", "5", "255", "256", "65534", "65535"],
        &["-1", "x", "", "7x", "65536", "70000"],
    ))
}

/// A list of keysalts of which every word is one; `separator` stands between them.
pub fn keysalts(dice: &mut Dice, separator: &str) -> String {
    const ENCTYPES: &[&str] = &[
        "aes256-cts",
        "aes128-cts",
        "aes256-cts-hmac-sha1-96",
        "aes256-sha2",
        "aes128-sha2",
        "camellia256-cts",
        "camellia128-cts-cmac",
        "arcfour-hmac",
        "rc4-hmac",
        "des3-cbc-sha1",
        "AES256-CTS",
    ];
    const SALTS: &[&str] =
        &["", "", "", ":normal", ":normal", ":norealm", ":onlyrealm", ":special", ":NORMAL"];
    let count = 1 + dice.below(3);
    let words = (0..count).map(|_| format!("{}{}", dice.pick(ENCTYPES), dice.pick(SALTS)));
    quote(&words.collect::<Vec<_>>().join(separator))
}

pub fn flag(dice: &mut Dice) -> String {
    const NAMES: &[&str] = &[
        "allow_postdated",
        "allow_forwardable",
        "allow_tgs_req",
        "allow_renewable",
        "allow_proxiable",
        "allow_dup_skey",
        "allow_tix",
        "requires_preauth",
        "preauth",
        "requires_hwauth",
        "hwauth",
        "needchange",
        "pwchange",
        "allow_svr",
        "service",
        "password_changing_service",
        "pwservice",
        "ok_as_delegate",
        "ok_to_auth_as_delegate",
        "no_auth_data_required",
        "support_desmd5",
        "md5",
        "disallow_svr",
        "tgt_based",
        "REQUIRES_PREAUTH",
        "requires-preauth",
        "disallow_all_tix",
        "0x80",
        "0xffff",
        "new_princ",
        "lockdown_keys",
    ];
    const BAD: &[&str] = &["foo", "", "0xzz", "128", "preauth ", "+preauth"];
    let sign = dice.pick(&["+", "-", "+", "-", ""]);
    quote(&format!("{sign}{}", dice.mostly(NAMES, BAD)))
}

pub fn pattern(dice: &mut Dice) -> String {
    quote(dice.pick(&[
        "*",
        "a*",
        "*a*",
        "?",
        "???",
        "[ab]*",
        "[!a]*",
        "*@*",
        "*/*",
        "alice",
        "nobody",
        "",
        "*@OTHER.REALM",
        "p",
        "[[:alpha:]]*",
    ]))
}
