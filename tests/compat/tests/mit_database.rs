//! Entries with everything in them that MIT writes: what ours shows of them, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Kdc, Mask, Pair, Realm, Setup, normalized_dump};

/// A realm of MIT's with all that MIT's programs can put into it; ours gets a copy.
fn full() -> Pair {
    let setup = Setup::new().kdc_realm("default_principal_flags = +preauth");
    let pair = Pair::with(setup);
    let mit = pair.mit();
    mit.create("master");
    let said = mit
        .kadmin_local(Vec::<String>::new())
        .stdin(
            r#"addpol -maxlife 90d -minlife 0 -minlength 2 -minclasses 1 -history 3 -maxfailure 2 -lockoutduration 10m -failurecountinterval 5m strict
addpol -allowedkeysalts aes128-cts:normal,aes256-cts:normal narrow
addpol default
addprinc -policy strict -pw first p
cpw -pw second p
cpw -pw third p
addprinc -policy narrow -pw x n
addprinc -pw x d
addprinc -clearpolicy -pw x plain
setstr plain session_enctypes aes256-cts
setstr plain otp {}
addprinc -e aes256-cts:normal,aes256-cts:norealm,aes256-cts:onlyrealm,aes256-cts:special -clearpolicy -pw x salts
addprinc -e aes256-cts,aes128-cts,aes256-sha2,aes128-sha2,camellia256-cts,camellia128-cts,arcfour-hmac,des3-cbc-sha1 -clearpolicy -pw x eight
addprinc -clearpolicy -pw a many
cpw -keepold -pw b many
cpw -keepold -pw c many
cpw -keepold -randkey many
addprinc -clearpolicy -kvno 65000 -pw x high
addprinc -clearpolicy -expire 2100-01-01 -pwexpire "2106-01-01 00:00:00" -pw x late
addprinc -clearpolicy -nokey bare
addprinc -policy gone -pw x dangling
renprinc -force salts renamed
"#,
        )
        .ok();
    assert!(!said.stderr.contains(" while "), "{said}");
    let kdc = Kdc::start(mit);
    mit.kinit("p", "wrong").fails(1);
    mit.kinit("p", "wrong").fails(1);
    mit.kinit("p", "third").fails(1).stderr_has("revoked");
    mit.kinit("plain", "x").ok();
    kdc.stop();
    // Whose tickets they are would be who is acting.
    std::fs::remove_file(mit.path("ccache")).unwrap();
    pair.copy_database();
    pair
}

const NAMES: [&str; 15] = [
    "p",
    "n",
    "d",
    "plain",
    "renamed",
    "eight",
    "many",
    "high",
    "late",
    "bare",
    "dangling",
    "kadmin/history",
    "krbtgt/EXAMPLE.COM",
    "kadmin/admin",
    "K/M",
];

#[test]
fn all_fields_are_shown() {
    let pair = full();
    let mut lines = String::from("K listprincs\n");
    for name in NAMES {
        lines.push_str(&format!("K getprinc {name}\nK getprinc -terse {name}\nK -q \"getprinc {name}\"\n"));
        lines.push_str(&format!("TZ=Europe/Berlin K getprinc {name}\n"));
    }
    script(&pair, &lines);
    let late = pair.ours().kadmin_local(["getprinc", "-terse", "late"]).ok();
    assert!(late.stdout.contains("\t-195287296\t"), "times past 2038 are negative there: {late}");
    pair.same_dump();
}

#[test]
fn what_is_not_changed_stays() {
    let pair = full();
    let mut lines = String::new();
    for name in NAMES {
        lines.push_str(&format!(
            "K modprinc -maxlife 2h {name}\nK modprinc +ok_as_delegate -allow_svr {name}\n"
        ));
        lines.push_str(&format!("K getprinc {name}\nK getprinc -terse {name}\n"));
    }
    script(&pair, &lines);
    pair.same_dump();
    // The keys are the very same bytes.
    let dump = |realm: &Realm| normalized_dump(&realm.dump_by_mit(), Mask::TIMES);
    assert_eq!(dump(pair.mit()).difference(&dump(pair.ours())), None);
    for direction in ["-rev", "-recurse"] {
        let dump = pair.ours().mit("kdb5_util", ["dump", direction]).ok().stdout;
        assert_eq!(dump.lines().count(), pair.ours().dump_by_mit().lines().count());
    }
}

#[test]
fn policies_of_mits_are_kept_to() {
    let pair = full();
    script(
        &pair,
        r#"
        K addprinc -pw x newbie
        K -q "addprinc -pw xyz newbie2"
        K getprinc newbie
        K getprinc newbie2
        K cpw -pw third p
        K cpw -pw second p
        K cpw -pw first p
        K cpw -pw a p
        K cpw -pw p p
        K cpw -pw fourth p
        K cpw -pw first p
        K cpw -pw fifth p
        K cpw -pw first p
        K cpw -pw first p
        K getprinc p
        K cpw -randkey p
        K cpw -pw sixth p
        K modprinc -unlock p
        K getprinc p
        K cpw -pw y n
        K getprinc n
        K cpw -randkey -e aes256-cts n
        K getprinc n
        K cpw -randkey -e camellia128-cts n
        K cpw -e aes128-cts:special -pw y n
        K cpw -randkey -e aes128-cts,aes256-cts n
        K getprinc n
        K ktadd -k out.kt n
        K ktadd -e camellia128-cts -k out.kt n
        K addprinc -policy narrow -e arcfour-hmac -pw x n2
        K addprinc -policy narrow -pw x n3
        K getprinc n3
        K addprinc -policy strict -pw x s1
        K addprinc -policy strict -pw s1 s1
        K addprinc -policy strict -pw longer s1
        K addprinc -policy strict -randkey s2
        K addprinc -policy strict -pwexpire never -pw longer s3
        K getprinc s1
        K getprinc s2
        K getprinc s3
        K -q "modprinc -policy strict plain"
        K getprinc plain
        K modprinc -clearpolicy plain
        K getprinc plain
        K modprinc -policy strict -pwexpire 2040-01-01 plain
        K getprinc plain
        K modprinc -clearpolicy -pwexpire 2040-01-01 plain
        K getprinc plain
        K -q "modprinc -policy gone plain"
        K cpw -pw x plain
        K cpw -pw y dangling
        K getprinc dangling
        K cpw -pw x kadmin/history
        K cpw -randkey -keepold kadmin/history
        K cpw -randkey kadmin/history
        K getprinc kadmin/history
        K cpw -pw seventh p
        K cpw -pw seventh p
        K delprinc kadmin/history
        K cpw -pw eighth p
        K getprinc kadmin/history
        "#,
    );
    pair.same_dump();
}

/// Key types that MIT has no more, and tagged data that nobody knows, come in by a dump.
#[test]
fn removed_key_types_and_unknown_data() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair.mit().kadmin_local(["addprinc", "-pw", "x", "old"]).ok();
    let dump: String = pair
        .mit()
        .dump_by_mit()
        .lines()
        .map(|line| {
            let mut line = line.to_owned();
            if line.contains("\told@") {
                // Of its two keys the second becomes one of type 1, des-cbc-crc; type 99 is unknown, 16 weak.
                line = line.replacen("\t1\t1\t17\t", "\t1\t1\t1\t", 1);
                line = line.replacen("\t1\t1\t18\t", "\t1\t1\t99\t", 1);
                // Tagged data of a type that nobody knows.
                line = line.replacen("princ\t38\t15\t4\t", "princ\t38\t15\t5\t", 1);
                line = line.replacen("\t3\t24\t", "\t4242\t3\tabcdef\t3\t24\t", 1);
            }
            line + "\n"
        })
        .collect();
    pair.each(|realm| realm.write("altered", &dump));
    pair.mit().kdb5_util(["load", "altered"]).ok();
    pair.copy_database();
    script(
        &pair,
        r#"
        K getprinc old
        K getprinc -terse old
        K modprinc -maxlife 1h old
        K getprinc old
        K ktadd -norandkey -k out.kt kadmin/changepw
        "#,
    );
    pair.same_dump();
    assert!(pair.ours().dump_by_mit().contains("\t4242\t3\tabcdef\t"), "it is carried");
    script(&pair, "K cpw -randkey old\nK getprinc old\n");
    pair.same_dump();
}

/// A realm whose master key was changed: entries under the old one and under the new one.
#[test]
fn several_master_keys() {
    let pair = Pair::with(Setup::new().kdc_realm("master_key_name = My/Master"));
    let mit = pair.mit();
    mit.create("master");
    mit.kadmin_local(["addprinc", "-pw", "x", "before"]).ok();
    mit.kadmin_local(["addprinc", "-randkey", "host/before"]).ok();
    mit.kdb5_util(["add_mkey", "-s", "-e", "aes128-cts"]).stdin("second\nsecond\n").ok();
    mit.kdb5_util(["use_mkey", "2", "now-1day"]).ok();
    mit.kdb5_util(["add_mkey", "-s", "-e", "camellia256-cts"]).stdin("third\nthird\n").ok();
    mit.kadmin_local(["addprinc", "-pw", "x", "after"]).ok();
    pair.copy_database();
    script(
        &pair,
        r#"
        K getprinc before
        K getprinc -terse after
        K getprinc My/Master
        K modprinc -maxlife 1h before
        K getprinc before
        K cpw -keepold -pw y before
        K getprinc before
        K cpw -randkey after
        K addprinc -pw x new
        K getprinc new
        K ktadd -norandkey -k out.kt host/before
        K ktadd -k out.kt host/before
        K getprinc host/before
        K delprinc My/Master
        DIV-10 printf 'third\n' | K -m getprinc new
        "#,
    );
    let _ = pair.klist(["-V"]).run().same_file("out.kt", Mask::KEYS_AND_TIMES);
    pair.same_dump();
    let ours = pair.ours();
    ours.kadmin_local(["cpw", "-randkey", "My/Master"])
        .fails(1)
        .stderr_has("Cannot change protected principal");
    let _kdc = Kdc::start(ours);
    ours.kinit("before", "y").ok();
    ours.kinit("new", "x").ok();
    ours.kinit_keytab("host/before", "out.kt").ok();
}

#[test]
fn realms_with_other_names() {
    for name in ["lower.case", "O", "A-B_C.1"] {
        let pair = Pair::with(Setup::new().realm(name));
        pair.create_by_mit("master");
        script(
            &pair,
            r#"
            K addprinc -pw x bob
            K getprinc bob
            K -q "addprinc -randkey host/a"
            K ktadd -k out.kt host/a
            K listprincs
            "#,
        );
        pair.same_dump();
    }
}
