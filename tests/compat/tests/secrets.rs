//! Passwords and keys show nowhere but where they were asked for, and what is replaced is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::time::{Duration, Instant};

use harness::{BackEnd, Output, Realm, Setup, Side, Terminal, mit_keytab};

fn realm() -> Realm {
    let realm = Realm::new(Side::Mit);
    realm.create("masterpassword");
    realm.by(Side::Ours)
}

/// The encrypted keys of a principal, as they are in the database, from MIT's dump of it.
fn stored_keys(realm: &Realm, principal: &str) -> Vec<Vec<u8>> {
    let dump = realm.dump_by_mit();
    let line = dump.lines().find(|line| line.split('\t').nth(6) == Some(principal)).unwrap();
    // Sealed keys are the long fields: a length of two bytes, then what is random.
    let sealed = line.split('\t').filter(|field| field.len() == 124 || field.len() == 92);
    let bytes = |hex: &str| -> Vec<u8> {
        (4..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    sealed.map(bytes).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// Whether any run of 16 bytes of a key is in the database. LMDB never writes into a page that somebody may read, so an old key is there
/// until the page is used again.
fn traces(realm: &Realm, key: &[u8]) -> bool {
    let database = realm.read("principal");
    key.chunks_exact(16).any(|part| holds(&database, part))
}

#[test]
fn keys_that_were_replaced_are_gone() {
    let realm = Realm::with(Side::Mit, Setup::new().backend(BackEnd::Db2));
    realm.create("masterpassword");
    let realm = realm.by(Side::Ours);
    let many: String = (0..120).map(|number| format!("addprinc -randkey host/h{number}\n")).collect();
    realm.kadmin_local(Vec::<String>::new()).stdin(&many).ok();
    for (number, command) in [
        vec!["delprinc", "host/h7"],
        vec!["cpw", "-pw", "new", "host/h8"],
        vec!["cpw", "-randkey", "host/h9"],
        vec!["ktadd", "-k", "out.kt", "host/h10"],
        vec!["cpw", "-randkey", "-e", "aes128-cts:normal", "host/h11"],
    ]
    .into_iter()
    .enumerate()
    {
        let keys = stored_keys(&realm, &format!("host/h{}@EXAMPLE.COM", number + 7));
        assert_eq!(keys.len(), 2);
        assert!(keys.iter().all(|key| traces(&realm, key)), "the keys are looked for as they are stored");
        realm.kadmin_local(command.clone()).ok();
        assert!(!keys.iter().any(|key| traces(&realm, key)), "{command:?} left the old keys in the file");
    }
    // Many at once, with pages that merge and go.
    let keys: Vec<Vec<u8>> =
        (12..120).flat_map(|number| stored_keys(&realm, &format!("host/h{number}@EXAMPLE.COM"))).collect();
    let all: String = (12..120).map(|number| format!("delprinc -force host/h{number}\n")).collect();
    realm.kadmin_local(Vec::<String>::new()).stdin(&all).ok();
    let left = keys.iter().filter(|key| traces(&realm, key)).count();
    assert_eq!(left, 0, "of {} keys", keys.len());
}

fn says_nothing(output: &Output, secrets: &[&str]) {
    for secret in secrets {
        assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{secret} in {output}");
    }
}

#[test]
fn nothing_is_said_of_passwords_and_keys() {
    let realm = realm();
    let secret = "hush-hush-7";
    let runs = [
        realm.kadmin_local(["addprinc", "-pw", secret, "bob"]),
        realm.kadmin_local(["addprinc", "-pw", secret, "bob"]),
        realm.kadmin_local(["-q", &format!("cpw -pw {secret} bob")]),
        realm.kadmin_local(["cpw", "-pw", secret, "nosuch"]),
        realm.kadmin_local(["cpw", "bob"]).stdin(&format!("{secret}\n{secret}\n")),
        realm.kadmin_local(["cpw", "bob"]).stdin(&format!("{secret}\nother\n")),
        realm.kadmin_local(["addprinc", "-pw", secret, "-policy", "p", "-foo", "carl"]),
        realm.kadmin_local(["cpw", "-pw", secret]),
        realm.kadmin_local(["-w", secret, "listprincs"]),
        realm.kadmin_local(["-m", "listprincs"]).stdin(&format!("{secret}\n")),
        realm.kadmin_local(["getprinc", "bob"]),
        realm.ktadd(["-k", "out.kt", "bob"]),
        realm.ktadd(["-k", "nowhere/out.kt", "bob"]),
    ];
    for run in runs {
        says_nothing(&run.output(), &[secret]);
    }
    let keys: Vec<String> = mit_keytab(&realm.path("out.kt")).into_iter().map(|entry| entry.key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    says_nothing(&realm.ktadd(["-norandkey", "-k", "out.kt", "bob"]).output(), &keys);
    says_nothing(&realm.kadmin_local(["getprinc", "-terse", "bob"]).output(), &keys);
    says_nothing(&realm.klist(["-k", "-e", "out.kt"]).output(), &keys);
    // And in no file but the keytab.
    for entry in fs::read_dir(realm.dir()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap_or_default();
        assert!(!holds(&bytes, secret.as_bytes()), "in {}", path.display());
    }
}

/// A password that is typed is on no command line and in no environment.
#[test]
fn what_is_typed_does_not_show_in_proc() {
    let realm = realm();
    let mut terminal = Terminal::open(&realm.kadmin_local(["-q", "addprinc bob"]));
    terminal.wait_for("Enter password").line("typedsecret");
    terminal.wait_for("Re-enter password");
    let pid = running(&realm);
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap();
        assert!(!holds(&bytes, b"typedsecret"), "{file}");
    }
    terminal.line("typedsecret");
    let output = terminal.end().code(0);
    says_nothing(&output, &["typedsecret"]);
    realm.kinit("bob", "x").fails(1);
}

/// The id of the kadmin.local that works in the realm's directory.
fn running(realm: &Realm) -> String {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == realm.dir());
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if there && line.starts_with(b"kadmin.local\0") {
                return entry.file_name().into_string().unwrap();
            }
        }
    }
    panic!("no kadmin.local in {}", realm.dir().display());
}
