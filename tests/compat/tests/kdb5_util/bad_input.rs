//! Files that are missing, damaged, or no configuration: one clear line, the file's name, and everything as it was.

use crate::support::{db2, no_such_database, one_line, refused};
use harness::{BackEnd, Pair, Realm, Run, Side};

#[test]
fn no_configuration() {
    let pair = Pair::new();
    pair.create("masterpw");
    let without = |run: Run| run.env("KRB5_CONFIG", "{DIR}/none").env("KRB5_KDC_PROFILE", "{DIR}/nor");
    for command in [vec!["create", "-P", "x"], vec!["destroy", "-f"], vec!["stash"]] {
        let ours = without(pair.ours().kdb5_util(command.clone()));
        let output =
            refused(pair.ours(), ours, &["Configuration file does not specify default realm", "/none"]);
        let mit = without(pair.mit().kdb5_util(command.clone())).fails(output.exit);
        assert_eq!(mit.stdout, output.stdout);
        let named = [vec!["-r", "EXAMPLE.COM", "-d", "{DIR}/base", "-sf", "{DIR}/sf"], command].concat();
        let ours = without(pair.ours().kdb5_util(named.clone()));
        let output = refused(
            pair.ours(),
            ours,
            &["No such file or directory", "/nor", "while retrieving configuration parameters"],
        );
        let mit = without(pair.mit().kdb5_util(named)).fails(output.exit);
        assert_eq!(mit.stdout, output.stdout);
    }
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let pair = Pair::new();
    pair.create("masterpw");
    pair.each(|realm| realm.write("bad.conf", "[libdefaults]\n default_realm = R\n}\n"));
    for command in [vec![], vec!["create", "-P", "x"], vec!["destroy", "-f"], vec!["stash"], vec!["-k", "x"]]
    {
        for variable in ["KRB5_CONFIG", "KRB5_KDC_PROFILE"] {
            let both = pair.kdb5_util(&command).env(variable, "{DIR}/bad.conf").differs("DIV-42").code(1);
            one_line(&both.ours, &["/bad.conf:3: ", "while initializing Kerberos code"]);
            let run = pair.ours().kdb5_util(command.clone()).env(variable, "{DIR}/bad.conf");
            refused(pair.ours(), run, &["bad.conf"]);
        }
    }
}

#[test]
fn missing_databases() {
    let pair = Pair::new();
    for command in [vec!["destroy", "-f"], vec!["stash"], vec!["stash", "-P", "x"]] {
        let both = pair.kdb5_util(command).same_bytes().code(1);
        let told = no_such_database("principal") + " while initializing database";
        one_line(&both.ours, &[&told]);
    }
    for file in BackEnd::of_this_run().files() {
        let pair = Pair::new();
        pair.create("masterpw");
        pair.each(|realm| std::fs::remove_file(realm.path(file)).unwrap());
        if *file == "principal.lockout.mdb" {
            let both = pair.kdb5_util(["stash"]).differs("DIV-165");
            assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
            continue;
        }
        let both = pair.kdb5_util(["stash"]).run();
        assert_eq!(both.ours.exit, both.mit.exit, "{}", both.ours);
        if both.ours.exit != 0 {
            one_line(&both.ours, &[&format!("/{file}"), "while initializing database"]);
        }
    }
}

/// DIV-27; of LMDB's files in `klmdb.rs`.
#[test]
fn damaged_databases() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("cut", |bytes| bytes.truncate(4096)),
        ("cut in a page", |bytes| bytes.truncate(6000)),
        ("empty", Vec::clear),
        ("noise", |bytes| {
            bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 7 % 251) as u8);
        }),
        ("garbled root", |bytes| bytes[4096..4128].fill(0xa5)),
    ];
    for (name, damage) in damages {
        let realm = Realm::with(Side::Ours, db2());
        let _ = realm.create("masterpw");
        let mut bytes = realm.read("principal");
        damage(&mut bytes);
        realm.write("principal", &bytes);
        for command in [vec!["stash"], vec!["stash", "-P", "masterpw"], vec!["destroy", "-f"]] {
            let output = refused(&realm, realm.kdb5_util(command), &["/principal"]);
            assert_eq!((output.exit, output.stdout.as_str()), (1, ""), "{name}: {output}");
        }
        if name == "cut" {
            let crash = realm.mit("kdb5_util", ["stash"]).output();
            assert!(crash.exit < 0, "MIT crashes no more: {crash}");
        }
    }
    // A K/M entry that is garbled: the record's length says more than there is.
    let realm = Realm::with(Side::Ours, db2());
    let _ = realm.create("masterpw");
    let mut bytes = realm.read("principal");
    let at = bytes.windows(4).rposition(|part| part == [38, 0, 0, 0] || part == [38, 0, 64, 0]);
    if let Some(at) = at {
        bytes[at..at + 2].fill(0xff);
        realm.write("principal", &bytes);
        let output = realm.kdb5_util(["destroy"]).stdin("no\n").output();
        assert_ne!(output.exit, 0, "{output}");
        assert!(!output.stderr.contains("panicked"), "{output}");
    }
}
