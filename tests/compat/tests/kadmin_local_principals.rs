//! kadmin.local's commands on principals beside MIT's: text, streams, exit codes, and the databases afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use compat::script;
use harness::Pair;

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn adding() {
    let pair = pair();
    script(
        &pair,
        r#"
        K listprincs
        K addprinc -randkey host/a
        K addprinc -randkey host/a
        K addprinc -pw foo bob
        K -q "addprinc -pw foo bob2"
        K -q "addprinc -randkey h2"
        K add_principal -pw foo long
        K ank -pw foo short
        K addprinc
        K ank
        K -q addprinc
        K addprinc -foo bar
        K addprinc +foo bar
        K addprinc -pw
        K addprinc -pw x
        K addprinc -randkey
        K addprinc -expire never -pwexpire "2040-01-01" -maxlife 1h -maxrenewlife 7d +requires_preauth -allow_tix -kvno 300 -pw x e1
        K getprinc e1
        K getprinc -terse e1
        K addprinc -nokey nk
        K getprinc nk
        K addprinc -nokey -pw x nk2
        K addprinc -nokey -randkey nk3
        K addprinc -randkey -pw x rp
        K addprinc -randkey -nokey -pw x -kvno 7 rp2
        K getprinc rp
        K getprinc nk2
        K getprinc nk3
        K addprinc -nokey -kvno 5 nk5
        K getprinc nk5
        K addprinc -x foo=bar -randkey xx
        K addprinc -x
        K addprinc -unlock -pw x u9
        K addprinc -pw -randkey trap
        K cpw -pw -randkey trap
        K addprinc -pw x -pw y twice
        K addprinc -e aes128-cts:normal -randkey e128
        K addprinc -e aes128-cts:normal,aes256-cts:special -pw x espec
        K addprinc -e "aes128-cts:normal aes256-cts:norealm" -pw x espace
        K addprinc -e aes256-cts:normal,aes256-cts:norealm,aes256-cts:onlyrealm,aes256-cts:special -pw x foursalts
        K getprinc foursalts
        K getprinc -terse foursalts
        K addprinc -e camellia128-cts,camellia256-cts,aes128-sha2,aes256-sha2,aes128-cts,aes256-cts,arcfour-hmac,des3-cbc-sha1 -pw x eight
        K getprinc eight
        K getprinc -terse eight
        K addprinc -e AES256-CTS-HMAC-SHA1-96:NORMAL -randkey upper
        K addprinc -e aes256-cts:normal,aes256-cts:normal -randkey dup
        K getprinc dup
        K addprinc -e rc4-hmac -pw x rc4b
        K addprinc -clearpolicy -pw x cp
        K -q "addprinc -clearpolicy -pw x cp2"
        K addprinc -policy "" -pw x pe
        K -q "addprinc -policy nopol -pw y p2"
        K addprinc -policy nopol -pw y p1
        K getprinc p1
        K addprinc -clearpolicy -policy foo -pw x pc
        K addprinc -policy foo -clearpolicy -pw x pd
        DIV-12 K -q "addprinc -policy foo -clearpolicy -pw x pd2"
        K getprinc pc
        K addprinc -kvno 0 -pw x kv0
        K addprinc -kvno 65535 -pw x kv65535
        K addprinc -kvno 65536 -pw x kv65536
        K addprinc -kvno 65537 -randkey kv65537
        K addprinc -kvno -1 -pw x kvm1
        K addprinc -kvno abc -randkey kvabc
        K addprinc -kvno 256 -randkey kv256
        K addprinc -kvno 70000 -pw x kv70000
        K addprinc -kvno -70000 -randkey kvm70000
        K addprinc -kvno 4294967297 -pw x kvwide
        K getprinc kvm70000
        K getprinc kv0
        K getprinc kv65535
        K getprinc kv65536
        K getprinc kv65537
        K getprinc kvm1
        K getprinc kvabc
        K getprinc -terse kv256
        K cpw -pw y kv65535
        K getprinc kv65535
        K cpw -randkey -keepold kv256
        K getprinc kv256
        K listprincs
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
        K addprinc -pw x 'we ird/na\/me'
        K getprinc 'we ird/na\/me'
        K addprinc -pw x a@b@c
        K addprinc -pw x 'a\'
        K addprinc -pw x 'a\@b'
        K getprinc 'a\@b'
        K addprinc -pw x 'a\@b@EXAMPLE.COM'
        K addprinc -pw x 'tab\there'
        K addprinc -pw x 'nl\nhere'
        K addprinc -pw x 'bs\bhere'
        K addprinc -pw x 'back\\slash'
        K addprinc -pw x grüße
        K getprinc grüße
        K getprinc -terse grüße
        K -q "getprinc grüße"
        K addprinc -pw x other@OTHER.ORG
        K getprinc other@OTHER.ORG
        K getprinc other
        K addprinc -pw x a/b/c/d
        K getprinc a/b/c/d
        K addprinc -pw x a//b
        K getprinc a//b
        K addprinc -pw x /
        K addprinc -pw x a/
        K addprinc -pw x /a
        K addprinc -pw x @FOO
        K addprinc -pw x foo@
        K addprinc -pw x ""
        K getprinc ""
        K getprinc @
        K delprinc @
        K modprinc -maxlife 1h @
        K cpw -pw x @
        K addprinc -pw x @@
        K listprincs
        K listprincs '*@OTHER*'
        K listprincs '*\@*'
        K -q 'addprinc -pw "a b" "sp ace"'
        K -q 'getprinc "sp ace"'
        K -q 'addprinc -pw "say ""hi""" quo'
        K -q 'delprinc -force "sp ace"'
        K addprinc -pw x -- dd
        K addprinc -pw x -n
        K getprinc -n
        K addprinc -pw x nb@EXAMPLE.COM
        K addprinc -pw x nb@example.com
        K addprinc -pw x krbtgt/OTHER@EXAMPLE.COM
        K delprinc a//b
        K delprinc 'tab\there'
        K listprincs
        "#,
    );
    pair.same_dump();
}

#[test]
fn dates_and_lives() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw x d
        K modprinc -expire "2040-01-01" d
        K getprinc d
        K getprinc -terse d
        K modprinc -expire "2100-01-01" -pwexpire "2105-12-31 23:59:59" d
        K getprinc d
        K getprinc -terse d
        K modprinc -expire "2200-01-01" d
        K getprinc -terse d
        K modprinc -expire never -pwexpire never d
        K getprinc -terse d
        K modprinc -expire now d
        K modprinc -expire tomorrow d
        K getprinc d
        K modprinc -expire "garbage" d
        K -q "modprinc -expire garbage d"
        K modprinc -expire 0 d
        K modprinc -expire "" d
        K modprinc -expire
        K modprinc -pwexpire bad d
        K modprinc -maxlife bad d
        K modprinc -maxlife "1 day ago" d
        K modprinc -maxlife "2 hours" d
        K getprinc d
        K modprinc -maxlife 1:30 d
        K getprinc d
        K modprinc -maxlife 999:11 d
        K modprinc -maxlife 10-8:45:0 d
        K modprinc -maxlife 382512 d
        K getprinc -terse d
        K modprinc -maxlife 0 -maxrenewlife 0 d
        K getprinc d
        K modprinc -maxlife never d
        K getprinc d
        K modprinc -maxlife -5 d
        K getprinc -terse d
        K modprinc -maxlife 2147483647 d
        K getprinc d
        K modprinc -maxlife 2147483648 d
        K modprinc -maxlife 99999999999 d
        K getprinc -terse d
        K modprinc -maxlife 40000d d
        K modprinc -maxrenewlife "1 week 2 days" d
        K modprinc -maxrenewlife 1w d
        K modprinc -maxrenewlife 7days d
        K modprinc -maxlife "" d
        K getprinc d
        K addprinc -maxlife "1 day ago" -pw x i1
        K addprinc -expire "garbage" -pw x i1
        K addprinc -expire "1 hour" -pw x i2
        K addprinc -pwexpire "30 days" -pw x i3
        K getprinc i2
        K getprinc i3
        K addprinc -expire "1 day" -expire never -pw x i4
        K getprinc i4
        TZ=America/New_York K getprinc i3
        TZ=Asia/Kolkata K modprinc -expire "2039-07-01 12:00:00" d
        TZ=Asia/Kolkata K getprinc d
        K getprinc d
        "#,
    );
}

#[test]
fn flags_in_all_spellings() {
    let pair = pair();
    let mut lines = String::from("K addprinc -pw x f\n");
    for flag in [
        "allow_postdated",
        "postdateable",
        "disallow_postdated",
        "allow_forwardable",
        "forwardable",
        "disallow_forwardable",
        "allow_tgs_req",
        "tgt_based",
        "disallow_tgt_based",
        "allow_renewable",
        "renewable",
        "disallow_renewable",
        "allow_proxiable",
        "proxiable",
        "disallow_proxiable",
        "allow_dup_skey",
        "dup_skey",
        "disallow_dup_skey",
        "allow_tickets",
        "allow_tix",
        "disallow_all_tix",
        "requires_preauth",
        "requires_pre_auth",
        "preauth",
        "requires_hwauth",
        "requires_hw_auth",
        "hwauth",
        "needchange",
        "pwchange",
        "requires_pwchange",
        "allow_svr",
        "service",
        "disallow_svr",
        "password_changing_service",
        "pwchange_service",
        "pwservice",
        "support_desmd5",
        "md5",
        "new_princ",
        "ok_as_delegate",
        "ok_to_auth_as_delegate",
        "no_auth_data_required",
        "lockdown_keys",
        "LOCKDOWN-KEYS",
        "Requires-Preauth",
        "0x80",
        "0xffffffff",
        "0x0",
        "128",
        "nosuch",
        "",
    ] {
        lines.push_str(&format!(
            "K modprinc +{flag} f\nK getprinc -terse f\nK getprinc f\nK modprinc -{flag} f\nK getprinc f\n"
        ));
    }
    script(&pair, &lines);
    script(
        &pair,
        "
        K modprinc requires_preauth f
        K getprinc f
        K addprinc -pw x requires_preauth g
        K addprinc +requires_preauth -requires_preauth +hwauth -pw x h
        K getprinc h
        K addprinc -pw x +needchange +allow_tix -allow_svr i
        K getprinc i
        K modprinc +0x10000000 f
        K getprinc f
        ",
    );
    pair.same_dump();
}

#[test]
fn modifying() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw x nk
        K modprinc -maxlife 2h nk
        K modify_principal +needchange nk
        K modprinc nosuch
        K modprinc -foo nosuch
        K modprinc -foo nk
        K modprinc
        K modprinc nk
        K -q "modprinc nk"
        K -q "modprinc nosuch"
        K -q "modprinc -maxlife 3h nk"
        K modprinc -pw x nk
        K modprinc -randkey nk
        K modprinc -nokey nk
        K modprinc -e aes256-cts nk
        K modprinc -pw
        K modprinc -x foo=bar nk
        K modprinc -x
        K modprinc -kvno 9 nk
        K getprinc nk
        K modprinc -kvno 0 nk
        K modprinc -kvno 65535 nk
        K modprinc -kvno 65536 nk
        K getprinc nk
        K modprinc -kvno -1 nk
        K getprinc nk
        K modprinc -unlock nk
        K getprinc nk
        K modprinc -clearpolicy -policy foo nk
        K modprinc -policy foo -clearpolicy nk
        K modprinc -policy foo nk
        K -q "modprinc -policy foo nk"
        K getprinc nk
        K getprinc -terse nk
        K modprinc -clearpolicy nk
        K getprinc nk
        K modprinc -clearpolicy nk
        K modprinc -policy "" nk
        K getprinc nk
        K modprinc -clearpolicy nk
        K modprinc -maxlife 1h K/M
        K getprinc K/M
        K modprinc -maxlife 1h krbtgt/EXAMPLE.COM
        K getprinc krbtgt/EXAMPLE.COM
        K modprinc +lockdown_keys nk
        K cpw -pw locked nk
        K delprinc nk
        "#,
    );
    pair.same_dump();
}

#[test]
fn passwords() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -pw x bob
        K cpw -pw new bob
        K -q "cpw -pw new bob"
        K -q "cpw -randkey bob"
        K change_password -pw new bob
        K cpw -randkey -keepold -e aes256-sha2:normal bob
        K getprinc bob
        K cpw -keepold -pw z bob
        K getprinc bob
        K cpw -e aes128-cts:special,aes256-cts:norealm -pw z bob
        K getprinc bob
        K cpw
        K cpw -foo bob
        K cpw -pw
        K cpw -e
        K cpw -x
        K cpw -x foo -pw y bob
        K cpw -x foo -randkey bob
        K cpw a b
        K cpw bob -pw y
        K cpw nosuch
        K cpw -pw x nosuch
        K cpw -randkey nosuch
        K -q "cpw -pw x nosuch"
        K cpw -randkey -pw both bob
        K cpw -keepold
        printf 'a\nb\n' | K cpw bob
        printf 'a\na\n' | K cpw bob
        printf 'a\n' | K cpw bob
        printf '' | K cpw bob
        printf 'a' | K cpw bob
        printf 'a\na' | K cpw bob
        printf '\n\n' | K cpw bob
        printf 'a b c\na b c\n' | K cpw bob
        printf ' lead \n lead \n' | K cpw bob
        printf 'ä\nä\n' | K cpw bob
        printf 'a\na\n' | K -q "cpw bob"
        printf 'a\nb\n' | K -q "cpw bob"
        printf 'a\na\n' | K -q "addprinc joe"
        printf 'a\nb\n' | K -q "addprinc joe3"
        printf 'a\na\n' | K addprinc joe4
        printf 'a\n' | K addprinc joe5
        K addprinc joe6
        K -q "addprinc joe2"
        printf 'x\nx\n' | K cpw nosuch
        K cpw -pw "" bob
        K addprinc -pw "" emp
        K cpw -pw EXAMPLE.COM bob
        K cpw -pw bob bob
        K cpw -pw x kadmin/history
        K cpw -randkey kadmin/history
        K cpw -randkey -keepold kadmin/history
        K cpw -pw x kadmin/admin
        K cpw -randkey krbtgt/EXAMPLE.COM
        K cpw -randkey -keepold krbtgt/EXAMPLE.COM
        K getprinc krbtgt/EXAMPLE.COM
        K modprinc +needchange bob
        K cpw -pw y bob
        K getprinc bob
        "#,
    );
    let long = "p".repeat(2000);
    script(&pair, &format!("K cpw -pw {long} bob\nprintf '{long}\\n{long}\\n' | K cpw bob\nK getprinc bob"));
    for line in [1022, 1023, 1024, 1025] {
        let word = "q".repeat(line);
        script(&pair, &format!("printf '{word}\\n{word}\\n' | K cpw bob\nK getprinc bob"));
    }
    pair.same_dump();
}

#[test]
fn deleting_and_listing() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addprinc -randkey host/a
        K addprinc -randkey host/b
        K addprinc -randkey h2
        K addprinc -randkey bob2
        K addprinc -randkey BOB
        K addprinc -randkey 'br[a]ce'
        K addprinc -randkey 'st*r'
        K addprinc -randkey 'qu?st'
        K addprinc -randkey 'dol$'
        K addprinc -randkey 'd.t'
        K addprinc -randkey 'a+b'
        K addprinc -randkey '{x,y}'
        K addprinc -randkey o@OTHER
        K addprinc -randkey n1
        K listprincs 'h*'
        K -q "listprincs *"
        K listprincs a b
        K listprincs '*'
        K list_principals 'h?'
        K get_principals 'host/*'
        K getprincs 'H*'
        K listprincs '[hb]*'
        K listprincs '[!h]*'
        K listprincs '[^h]*'
        K listprincs '[a-c]*'
        K listprincs '[[:digit:]]*'
        K listprincs 'n[[:digit:]]'
        K listprincs '*[0-9]'
        K listprincs 'br\[a\]ce'
        K listprincs 'br[[]a]ce'
        K listprincs 'st\*r'
        DIV-11 K listprincs 'qu\?st'
        K listprincs 'dol$'
        K listprincs 'd.t'
        K listprincs 'a+b'
        K listprincs '{x,y}'
        K listprincs 'o@*'
        K listprincs '*@OTHER'
        K listprincs 'h2@EXAMPLE.COM'
        K listprincs 'h2@'
        K listprincs ''
        K listprincs '['
        K listprincs '[]'
        K listprincs '\'
        K listprincs 'h*\'
        K listprincs '^h2'
        K listprincs nosuch
        K -q "listprincs nosuch"
        K listprincs -foo
        K getprinc h2
        K get_principal h2
        K getprinc
        K getprinc a b
        K getprinc -terse
        K getprinc -foo h2
        K getprinc -terse nosuch
        K getprinc nosuch
        K -q "getprinc nosuch"
        K getprinc h2@OTHER
        K delprinc
        K delprinc a b
        K delprinc -foo a
        K delprinc -force
        K delprinc -force nosuch
        K delprinc nosuch
        K -q "delprinc nosuch"
        printf 'yes\n' | K -q "delprinc nosuch"
        K delprinc h2
        K delprinc h2
        K -q "delprinc bob2"
        printf 'no\n' | K -q "delprinc bob2"
        printf 'y\n' | K -q "delprinc bob2"
        printf 'YES\n' | K -q "delprinc bob2"
        printf 'yes' | K -q "delprinc bob2"
        printf 'yes \n' | K -q "delprinc bob2"
        printf 'yesyes\n' | K -q "delprinc bob2"
        printf 'yes\n' | K -q "delprinc bob2"
        K -q "delprinc -force host/a"
        K delete_principal host/b
        K delprinc K/M
        K -q "delprinc -force K/M"
        K delprinc kadmin/history
        K addprinc -randkey K/M
        K listprincs
        "#,
    );
    pair.same_dump();
}

#[test]
fn keysalts_that_are_none() {
    let pair = pair();
    let before = pair.ours().dump_by_mit();
    for list in
        ["foo:bar", "aes256-cts:v4", "aes256-cts:afs3", "rc4:normal", "des-cbc-crc:normal", "aes256-cts,foo"]
    {
        for command in [["addprinc", "-randkey", "new"].as_slice(), &["cpw", "-randkey", "kadmin/changepw"]] {
            let words = [&command[..1], &["-e", list], &command[1..]].concat();
            let both = pair.kadmin_local(words).differs("DIV-3");
            let word = list.split(',').find(|word| *word != "aes256-cts").unwrap();
            let said = format!("while parsing keysalts {list}\n");
            let _ = both.ours.code(1).stderr_has(&said).stderr_has(word.split(':').next_back().unwrap());
        }
        pair.each(|realm| drop(realm.kadmin_local(["delprinc", "new"]).output()));
    }
    assert_eq!(before, pair.ours().dump_by_mit(), "nothing has changed");
}

#[test]
fn the_master_key_is_protected() {
    for command in [
        ["cpw", "-pw", "x", "K/M"].as_slice(),
        &["cpw", "-randkey", "K/M"],
        &["cpw", "-randkey", "-keepold", "K/M"],
        &["ktadd", "-k", "out.kt", "K/M"],
        &["ktadd", "-k", "out.kt", "K/M@EXAMPLE.COM"],
    ] {
        let pair = pair();
        let before = pair.ours().dump_by_mit();
        let both = pair.kadmin_local(command).differs("DIV-4");
        let _ = both.ours.code(1).stderr_has("Cannot change protected principal");
        assert_eq!(before, pair.ours().dump_by_mit());
        pair.mit().kadmin_local(["listprincs"]).fails(1);
        assert!(!pair.ours().path("out.kt").exists());
    }
}

/// Names and patterns in bytes that are no text.
#[test]
fn names_that_are_no_text() {
    let pair = pair();
    let word = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    for name in [&b"caf\xe9"[..], b"\xff\xfe", b"a\x80b/c\xc3", b"\x01control", b"x\x7f"] {
        for words in [
            vec![word(b"addprinc"), word(b"-randkey"), word(name)],
            vec![word(b"getprinc"), word(name)],
            vec![word(b"getprinc"), word(b"-terse"), word(name)],
            vec![word(b"listprincs"), word(name)],
            vec![word(b"listprincs"), word(&[&name[..1], b"*"].concat())],
            vec![word(b"listprincs"), word(b"[\x80-\xff]*")],
            vec![word(b"-q"), word(&[b"getprinc ", name].concat())],
            vec![word(b"ktadd"), word(b"-k"), word(b"out.kt"), word(name)],
            vec![word(b"cpw"), word(b"-pw"), word(b"\xe9\xff"), word(name)],
            vec![word(b"modprinc"), word(b"-policy"), word(b"p\xe9"), word(name)],
        ] {
            let _ = pair.kadmin_local(words).same();
        }
    }
    let _ = pair.kadmin_local(["listprincs"]).same();
    pair.same_dump();
}

/// Lines with other ends, without one, and with bytes that are no text.
#[test]
fn odd_lines() {
    let pair = pair();
    let nothing = Vec::<String>::new;
    // MIT sees an empty line behind each, too.
    let both =
        pair.kadmin_local(nothing()).stdin("addprinc -randkey dos\r\ngetprinc dos\r\n").differs("DIV-16");
    assert_eq!((&both.mit.stderr, both.mit.exit), (&both.ours.stderr, both.ours.exit));
    let _ = both.ours.stdout_has("Principal: dos@EXAMPLE.COM\n");
    for lines in [
        "  listprincs  bob*  \n",
        "addprinc -randkey \"a \"\" b\"\ngetprinc \"a \"\" b\"\n",
        "listprincs \"\"\n",
        "'listprincs'\n",
        "listprincs #x\n",
        "listprincs; listprincs\n",
        "\\listprincs\n",
    ] {
        let _ = pair.kadmin_local(nothing()).stdin(lines).same();
    }
    pair.same_dump();
}
