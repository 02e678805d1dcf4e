//! `create`, where all goes well.

use crate::support::{names, principals};
use harness::{BackEnd, Kdc, Mask, Pair, Realm, Setup, Side};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn created(pair: &Pair, words: &str) {
    pair.kdb5_util(words.split_whitespace()).same_bytes().code(0);
}

/// The name of a database is bytes.
#[test]
fn names_that_are_no_text() {
    let pair = Pair::new();
    let name = |option: &str, before: &str| {
        let value = OsString::from_vec([before.as_bytes(), b"b\xff"].concat());
        [OsString::from(option), value]
    };
    for [option, value] in [name("-d", ""), name("-x", "dbname=")] {
        for command in [&["create", "-s", "-P", "masterpw"][..], &["list_mkeys"], &["destroy", "-f"]] {
            let words = [option.clone(), value.clone()].into_iter().chain(command.iter().map(OsString::from));
            pair.kdb5_util(words).same().code(0);
        }
    }
}

#[test]
fn a_realm_of_defaults() {
    let pair = Pair::new();
    created(&pair, "create -s -P masterpw");
    pair.same_dump();
    for file in pair.ours().backend().files().iter().chain(&["stash"]) {
        for realm in [pair.mit(), pair.ours()] {
            let mode = realm.path(file).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o600, "{file} of {:?}", realm.side());
        }
    }
    // The key comes from the password, so it is the same on both sides.
    pair.klist(["-kteK", "stash"]).same_file("stash", Mask::TIMES);
    let listed = pair.mit().mit("kadmin.local", ["listprincs"]).ok().stdout;
    assert_eq!(pair.ours().mit("kadmin.local", ["listprincs"]).ok().stdout, listed);
    for principal in ["K/M", "krbtgt/EXAMPLE.COM", "kadmin/admin", "kadmin/changepw"] {
        let shown = |realm: &Realm| {
            let output = realm.mit("kadmin.local", ["getprinc", principal]).ok();
            harness::Masked::new(&output.stdout, realm.dir(), Mask::KEYS_AND_TIMES)
        };
        assert_eq!(shown(pair.mit()).difference(&shown(pair.ours())), None, "{principal}");
    }
}

/// Neither a mask that opens the files to everybody nor one that closes them to their owner counts.
#[test]
fn whatever_the_umask_is() {
    let pair = Pair::new();
    for mask in ["0000", "0777"] {
        pair.each(|realm| {
            // The shell sets the mask and becomes the program.
            let words = [format!("umask {mask} && exec \"$0\" create -s -P masterpw")];
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").args(words).arg(realm.side().program("kdb5_util")).env_clear();
            shell.env("KRB5_CONFIG", realm.path("krb5.conf")).env("KRB5_KDC_PROFILE", realm.path("kdc.conf"));
            let output = shell.current_dir(realm.dir()).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            for file in realm.backend().files().iter().chain(&["stash"]) {
                let mode = realm.path(file).metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o7777, 0o600, "{file} of {:?} with {mask}", realm.side());
                std::fs::remove_file(realm.path(file)).unwrap();
            }
        });
    }
}

#[test]
fn without_a_stash_file() {
    let pair = Pair::new();
    created(&pair, "create -P masterpw");
    assert_eq!(names(pair.mit().dir()), names(pair.ours().dir()));
    assert!(!pair.ours().path("stash").exists());
    pair.kdb5_util(["stash"]).stdin("masterpw\n").differs("DIV-20").code(0);
    pair.same_dump();
}

#[test]
fn mit_reads_it_in_every_direction() {
    let realm = Realm::new(Side::Ours);
    let _ = realm.create("masterpw");
    let sorted = |words: &[&str]| {
        let dump = realm.mit("kdb5_util", words).ok().stdout;
        let mut lines: Vec<String> = dump.lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 5, "{dump}");
        lines.sort();
        lines
    };
    let forward = sorted(&["dump"]);
    assert_eq!(sorted(&["dump", "-rev"]), forward);
    assert_eq!(sorted(&["dump", "-recurse"]), forward);
    assert_eq!(sorted(&["dump", "-rev", "-recurse"]), forward);
}

#[test]
fn mits_programs_go_on_with_it() {
    let realm = Realm::new(Side::Ours);
    let _ = realm.create("masterpw");
    realm.mit("kadmin.local", ["addprinc", "-pw", "alicespw", "alice"]).ok();
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "alicespw").ok();
    realm.kvno("krbtgt/EXAMPLE.COM").ok();
    kdc.stop();
    realm.mit("kdb5_util", ["list_mkeys"]).ok().stdout_has("KVNO: 1, Enctype: aes256-cts-hmac-sha1-96");
    realm.mit("kdb5_util", ["stash"]).ok();
    realm.mit("kdb5_util", ["destroy", "-f"]).ok();
}

#[test]
fn every_type_of_master_key() {
    for enctype in [
        "aes256-cts-hmac-sha1-96",
        "aes128-cts",
        "aes256-sha2",
        "aes128-cts-hmac-sha256-128",
        "camellia256-cts",
        "camellia128-cts-cmac",
        "des3-cbc-sha1",
        "arcfour-hmac",
        "rc4-hmac-exp",
    ] {
        let pair = Pair::new();
        created(&pair, &format!("create -s -k {enctype} -P masterpw"));
        pair.same_dump();
        pair.klist(["-keK", "stash"]).same_bytes().code(0);
        pair.kdb5_util(["stash", "-k", enctype, "-P", "masterpw"]).same_bytes().code(0);
        pair.ours().mit("kadmin.local", ["addprinc", "-randkey", "a"]).ok();
    }
}

#[test]
fn versions_names_and_places() {
    let pair = Pair::new();
    created(&pair, "create -s -kv 5 -P masterpw");
    pair.same_dump();
    pair.klist(["-k", "stash"]).same_bytes().code(0);

    let pair = Pair::new();
    created(&pair, "create -s -M master/key -P masterpw");
    pair.klist(["-kK", "stash"]).same_bytes().code(0);
    pair.kdb5_util(["stash", "-M", "master/key"]).same_bytes().code(0);
    pair.kdb5_util(["stash"]).same_bytes().code(1);

    let pair = Pair::new();
    created(&pair, "create -s -sf {DIR}/hidden -d {DIR}/base -P masterpw");
    assert_eq!(names(pair.mit().dir()), names(pair.ours().dir()));
    pair.kdb5_util(["stash", "-sf", "{DIR}/hidden", "-d", "{DIR}/base"]).same_bytes().code(0);
    pair.kdb5_util(["-d", "{DIR}/base", "-sf", "{DIR}/hidden", "destroy", "-f"]).same_bytes().code(0);

    // The last one counts, and only -d changes what is shown.
    let mut places = vec!["-x dbname={DIR}/a -d {DIR}/b", "-d {DIR}/a -x dbname={DIR}/b"];
    if pair.ours().backend() == BackEnd::Db2 {
        places.push("-x unlockiter -x temporary");
    }
    for words in places {
        let pair = Pair::new();
        created(&pair, &format!("{words} create -s -P masterpw"));
        assert_eq!(names(pair.mit().dir()), names(pair.ours().dir()), "{words}");
    }
}

/// The path of `[realms]` is shown, but that of `[dbmodules]` is used; where only that one is set, the built-in
/// one is shown.
#[test]
fn the_name_that_is_shown() {
    let setup = Setup::new().kdc_text(
        "[realms]\n OTHER = {\n  database_module = m\n  key_stash_file = {DIR}/other\n  acl_file = {DIR}/a\n }\n\
         [dbmodules]\n m = {\n  database_name = {DIR}/base\n }\n EXAMPLE.COM = {\n  database_name = {DIR}/real\n }\n",
    );
    let pair = Pair::with(setup);
    let both = pair.kdb5_util(["create", "-s", "-P", "x"]).same_bytes().code(0);
    assert!(both.ours.stdout.contains("/principal' for realm 'EXAMPLE.COM'"), "{}", both.ours);
    let both = pair.kdb5_util(["-r", "OTHER", "create", "-s", "-P", "x"]).same_bytes().code(0);
    assert!(both.ours.stdout.contains("'/var/lib/krb5kdc/principal' for realm 'OTHER'"), "{}", both.ours);
    // The module that names no library is db2.
    let real = principals(pair.ours()).replace("principal", "real");
    pair.each(|realm| assert!(realm.path("base").is_file() && realm.path(&real).is_file()));
    pair.kdb5_util(["-r", "OTHER", "destroy"]).stdin("yes\n").same_bytes().code(0);
    pair.kdb5_util(["destroy", "-f"]).same_bytes().code(0);
    assert_eq!(names(pair.mit().dir()), names(pair.ours().dir()));
}

#[test]
fn what_the_configuration_gives() {
    let setup = Setup::new()
        .supported_enctypes(
            "aes256-sha2:normal aes256-sha2:special camellia128-cts:onlyrealm rc4-hmac:norealm",
        )
        .kdc_realm("master_key_type = camellia256-cts")
        .kdc_realm("master_key_name = mk")
        .kdc_realm("max_life = 10h 5m 3s")
        .kdc_realm("max_renewable_life = 7d")
        .kdc_realm("default_principal_flags = +preauth, -forwardable")
        .kdc_realm("default_principal_expiration = 20301231235959");
    let pair = Pair::with(setup);
    for zone in ["UTC", "America/New_York"] {
        pair.kdb5_util(["create", "-s", "-P", "x"]).env("TZ", zone).same_bytes().code(0);
        pair.same_dump();
        pair.kdb5_util(["destroy", "-f"]).same_bytes().code(0);
    }
}

#[test]
fn passwords_from_a_pipe() {
    for input in ["secret\nsecret\n", "\n\n", "a b \na b \n", "last\nlast", "secret\nsecret\nmore\n"] {
        let pair = Pair::new();
        pair.kdb5_util(["create", "-s"]).stdin(input).same_bytes().code(0);
        pair.klist(["-kK", "stash"]).same_bytes().code(0);
    }
    let pair = Pair::new();
    for input in ["", "secret", "secret\n", "secret\nother\n", "secret\n\n", "a\nA\n"] {
        pair.kdb5_util(["create", "-s"]).stdin(input).same_bytes().code(1);
        assert!(!pair.ours().path(principals(pair.ours())).exists());
    }
    // What is too long loses its end on both sides.
    let long = "x".repeat(1030);
    let pair = Pair::new();
    pair.kdb5_util(["create", "-s"]).stdin(&format!("{long}\n{long}y\n")).same_bytes().code(0);
    pair.klist(["-kK", "stash"]).same_bytes().code(0);
    let pair = Pair::new();
    // An empty one by option; and one more question with -m.
    pair.kdb5_util(["create", "-s", "-P", ""]).same_bytes().code(0);
    let pair = Pair::new();
    pair.kdb5_util(["create", "-m", "-s"]).stdin("x\nx\nx\n").same_bytes().code(0);
    pair.same_dump();
    let pair = Pair::new();
    pair.kdb5_util(["create", "-m", "-s", "-P", "x"]).stdin("x\n").same_bytes().code(0);
}

#[test]
fn odd_realms_and_passwords() {
    for (realm, password) in
        [("R", "p\u{e4}ss w\u{f6}rd"), ("lower.case", "\\n"), ("ex@mple", "x"), ("a\\b/c", "x")]
    {
        let pair = Pair::new();
        let words = ["create", "-s", "-r", realm, "-d", "{DIR}/base", "-sf", "{DIR}/stash", "-P", password];
        let both = pair.kdb5_util(words).run();
        assert_eq!(
            (&both.ours.stdout, both.ours.exit),
            (&both.mit.stdout.replace("/one/", "/two/"), both.mit.exit)
        );
        if both.mit.exit == 0 {
            pair.klist(["-kK", "stash"]).same_bytes().code(0);
        }
    }
}

#[test]
fn a_person_who_gives_up() {
    let pair = Pair::new();
    let screens = pair.terminal("kdb5_util", ["create", "-s"], |terminal| {
        terminal.wait_for("Enter KDC database master key: ").wait_until_it_reads().keys("Sec\x03");
    });
    let both = screens.same().code(1);
    assert!(both.ours.stdout.contains("Password read interrupted"), "{}", both.ours);
    assert_eq!(names(pair.ours().dir()), ["kdc.conf", "krb5.conf"]);
    let both = pair.terminal("kdb5_util", ["create", "-s"], |terminal| {
        terminal.wait_for("Enter KDC database master key: ").keys("\x04");
    });
    let _ = both.same().code(1);
}

#[test]
fn passwords_typed() {
    let pair = Pair::new();
    let typed = |first: &'static str, second: &'static str| {
        pair.terminal("kdb5_util", ["create", "-s"], |terminal| {
            terminal.wait_for("Enter KDC database master key: ").line(first);
            terminal.wait_for("Re-enter KDC database master key to verify: ").line(second);
        })
        .same()
    };
    let both = typed("Secret1", "Secret2").code(1);
    assert!(!both.ours.stdout.contains("Secret1"), "{}", both.ours);
    let _ = typed("Secret1", "Secret1").code(0);
    pair.klist(["-kK", "stash"]).same_bytes().code(0);
    let both = pair
        .terminal("kdb5_util", ["destroy"], |terminal| {
            terminal.wait_for("(type 'yes' to confirm)? ").line("yes");
        })
        .same()
        .code(0);
    assert!(both.ours.stdout.contains("destroyed."), "{}", both.ours);
}
