//! ktutil shows passwords and keys nowhere but where they were asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Realm, Side, Terminal, mit_keytab};
use std::fs;

const PASSWORD: &str = "hush-hush-9";
const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn ktutil(realm: &Realm, line: &str) -> harness::Run {
    realm.run("ktutil", line.split_whitespace())
}

#[test]
fn nothing_is_said_of_passwords_and_keys() {
    let realm = Realm::new(Side::Ours);
    realm.write("pw", format!("{PASSWORD}\n"));
    realm.write("key", KEY);
    realm.write("odd", format!("{KEY}0"));
    realm.write("no-hex", format!("{KEY}{PASSWORD}"));
    let add = "add k -p x -e aes128-cts -k";
    let mut outputs: Vec<_> = [
        format!("{add} 1 --password-file pw"),
        format!("{add} 1 --password-file pw --json"),
        format!("{add} 2 --key-file key --json"),
        format!("{add} 2 --key-file pw"),
        format!("{add} 2 --key-file odd"),
        format!("{add} 2 --key-file no-hex"),
        format!("{add} 1 --key-file key"),
        format!("{add} 3 -randkey"),
        "list k -t -e -k".to_owned(),
        "list k --json".to_owned(),
        "rename k x y --json".to_owned(),
        "copy k new --json".to_owned(),
        "diff k pw".to_owned(),
        "list pw".to_owned(),
        "list key".to_owned(),
        "purge k --json".to_owned(),
        "diff k new".to_owned(),
    ]
    .iter()
    .map(|line| ktutil(&realm, line).output())
    .collect();
    let lines = [
        format!("{add} 4 -password"),
        format!("{add} 4 -key"),
        format!("{add} 5 --password-fd 0"),
        format!("{add} 6 --key-fd 0 --json"),
    ];
    for line in lines {
        for secret in [PASSWORD, KEY] {
            outputs.push(ktutil(&realm, &line).stdin(&format!("{secret}\n")).output());
        }
    }
    let no_words: [&str; 0] = [];
    let script = format!(
        "addent -password -p x -k 1 -e aes128-cts\n{PASSWORD}\naddent -key -p x -k 1 -e aes128-cts\n{KEY}\n\
         addent -key -p x -k 1 -e aes128-cts\n{PASSWORD}\naddent -password -f -p x -k 1\n{PASSWORD}\nl -t -e\nwkt w\n"
    );
    outputs.push(realm.run("ktutil", no_words).stdin(&script).output());
    let mut secrets: Vec<String> = vec![PASSWORD.to_owned(), KEY.to_owned()];
    for file in ["k", "new", "w"] {
        secrets.extend(mit_keytab(&realm.path(file)).into_iter().map(|entry| entry.key));
    }
    assert!(secrets.len() > 6);
    for output in outputs {
        for secret in &secrets {
            let said = (output.stdout.contains(secret.as_str()), output.stderr.contains(secret.as_str()));
            assert_eq!(said, (false, false), "{secret} in {output}");
        }
    }
}

/// A password that is typed is neither on the screen, nor on the command line, nor in the history.
#[test]
fn what_is_typed() {
    let realm = Realm::new(Side::Ours);
    let state = realm.path("state");
    let no_words: [&str; 0] = [];
    let run = realm.run("ktutil", no_words).env("TERM", "xterm").env("XDG_STATE_HOME", state.as_os_str());
    let mut terminal = Terminal::open(&run);
    terminal.wait_for("ktutil:").line("addent -password -p x -k 1 -e aes128-cts");
    terminal.wait_for("Password for").line(PASSWORD);
    terminal.wait_for("ktutil:").line("addent -key -p x -k 1 -e aes128-cts");
    terminal.wait_for("(hex): ").line(KEY);
    terminal.wait_for("ktutil:").line("list -e");
    terminal.wait_for("aes128").wait_for("ktutil:").line("quit");
    let output = terminal.end().code(0);
    assert!(!output.stdout.contains(PASSWORD), "{output}");
    let history = fs::read_to_string(state.join("realmsmith/ktutil_history")).unwrap();
    assert!(history.contains("list -e"), "{history}");
    assert!(!history.contains(PASSWORD) && !history.contains(KEY), "{history}");
}

#[test]
fn a_prompt_does_not_echo() {
    let realm = Realm::new(Side::Ours);
    let mut terminal = Terminal::open(&ktutil(&realm, "add k -p x -k 1 -e aes128-cts -password"));
    terminal.wait_for("Password for x@EXAMPLE.COM: ").line(PASSWORD);
    let output = terminal.end().code(0);
    assert!(!output.stdout.contains(PASSWORD), "{output}");
}
