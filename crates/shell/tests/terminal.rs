//! At a terminal: beside MIT where the terminal cannot move its cursor, since then both show plain lines; by what is to be
//! seen where an editor is at work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;

use common::pty::{Pty, dialogue};
use common::{KADMIN, Realm, demo};

const PROMPT: &str = "kadmin.local:  ";
const NOTICE: &str = "No policy specified for zoe@EXAMPLE.COM; defaulting to no policy\r\n";

#[test]
fn plain_lines_are_those_of_mit() {
    let realm = Realm::new();
    for steps in [
        &[(PROMPT, "foo\n"), (PROMPT, "\n"), (PROMPT, "getpol\n"), (PROMPT, "quit\n")][..],
        &[(PROMPT, "foo\n"), (PROMPT, "\x04")],
        &[(PROMPT, "\"x\n"), (PROMPT, "!echo hi\n"), (PROMPT, "q\n")],
        &[(PROMPT, "addprinc zoe\n"), ("\": ", "one\n"), ("\": ", "two\n"), (PROMPT, "q\n")],
        &[(PROMPT, "addprinc zoe\n"), ("\": ", "one\n"), ("\": ", "\x03"), (PROMPT, "q\n")],
        &[(PROMPT, "addprinc zoe\n"), ("\": ", "\x04"), (PROMPT, "q\n")],
    ] {
        let (mit_status, mit) = dialogue(&realm.command(KADMIN), steps);
        let (status, ours) = dialogue(&realm.command(demo()), steps);
        assert_eq!(ours, mit.replace(NOTICE, ""), "{steps:?}");
        assert_eq!(status, mit_status);
    }
}

#[test]
fn ctrl_c_gives_a_new_prompt() {
    let realm = Realm::new();
    for term in ["dumb", "xterm"] {
        let mut command = realm.command(demo());
        command.env("TERM", term);
        let (status, shown) = dialogue(&command, &[(PROMPT, "quit\x03"), (PROMPT, "\x03"), (PROMPT, "q\r")]);
        assert_eq!(status.code(), Some(0), "{shown:?}");
        let (status, shown) =
            dialogue(&command, &[(PROMPT, "delprinc bob\r"), ("(yes/no): ", "\x03"), (PROMPT, "q\r")]);
        assert_eq!(status.code(), Some(0));
        assert!(!shown.contains("deleted"), "{shown:?}");
    }
}

#[test]
fn the_editor_edits_completes_and_remembers() {
    let realm = Realm::new();
    let mut command = realm.command(demo());
    command.env("TERM", "xterm");
    let (status, shown) = dialogue(
        &command,
        &[
            (PROMPT, "fox\x7fo\r"),
            ("Unknown request \"foo\"", ""),
            (PROMPT, "getpo\t\r"),
            ("usage: get_policy [-terse] policy", ""),
            (PROMPT, "addprinc -pw hunter2 bob\r"),
            ("Enter password", "hunter3\r"),
            ("Re-enter password", "hunter3\r"),
            (PROMPT, " hidden\r"),
            (PROMPT, "\x04"),
        ],
    );
    assert_eq!(status.code(), Some(0), "{shown:?}");
    assert!(!shown.contains("hunter3"), "a password was shown: {shown:?}");
    let file = realm.path().join(".local/state/realmsmith/kadmin.local_history");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("\nfoo\ngetpol"), "{kept:?}");
    assert!(!kept.contains("hunter") && !kept.contains("hidden"), "{kept:?}");
    // Arrow up in the next run.
    let (_, shown) =
        dialogue(&command, &[(PROMPT, "\x1b[A\x1b[A\r"), ("Unknown request \"foo\"", ""), (PROMPT, "q\r")]);
    assert!(shown.contains("foo"));
}

#[test]
fn pasted_lines_go_to_whoever_asks() {
    let realm = Realm::new();
    let mut command = realm.command(demo());
    command.env("TERM", "xterm");
    let paste = "\x1b[200~addprinc zoe\none\ntwo\nfoo\n\x1b[201~\r";
    let (status, shown) = dialogue(
        &command,
        &[
            (PROMPT, paste),
            ("add_principal: Password mismatch while reading password for \"zoe@EXAMPLE.COM\".", ""),
            ("Unknown request \"foo\"", ""),
            (PROMPT, "q\r"),
        ],
    );
    assert_eq!(status.code(), Some(0), "{shown:?}");
    let kept = fs::read_to_string(realm.path().join(".local/state/realmsmith/kadmin.local_history")).unwrap();
    assert!(!kept.contains("one") && !kept.contains("two"), "{kept:?}");
}

/// Lines typed while nothing reads yet are MIT's as well as ours, password and all.
#[test]
fn lines_typed_ahead_wait() {
    let realm = Realm::new();
    let steps = [("", "addprinc zoe\none\ntwo\nfoo\nq\n")];
    let (_, mit) = dialogue(&realm.command(KADMIN), &steps);
    let (_, ours) = dialogue(&realm.command(demo()), &steps);
    for shown in [mit, ours] {
        assert!(shown.contains("Password mismatch"), "{shown:?}");
        assert!(shown.contains("Unknown request \"foo\""), "{shown:?}");
    }
}

#[test]
fn signals_put_the_terminal_back() {
    let realm = Realm::new();
    let end_by = |term: &str, steps: &[(&str, &str)], hidden: bool, signal: &str| {
        let mut command = realm.command(demo());
        command.env("TERM", term);
        let mut pty = Pty::spawn(&command);
        for (text, keys) in steps {
            pty.expect(text);
            pty.type_keys(keys);
        }
        if hidden {
            assert!(!pty.echo_is_on(), "the terminal shows what is typed");
        }
        let sent =
            std::process::Command::new("kill").args(["-s", signal, &pty.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let (status, _, restored) = pty.end();
        assert!(restored, "{term}, {signal}: the terminal is left without echo");
        status.signal()
    };
    let password = [(PROMPT, "addprinc zoe\r"), ("Enter password", ""), (": ", "")];
    for (signal, number) in [("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
        assert_eq!(end_by("dumb", &password, true, signal), Some(number), "{signal}");
    }
    for (signal, number) in [("TERM", 15), ("HUP", 1)] {
        assert_eq!(end_by("xterm", &password, true, signal), Some(number), "{signal}");
        assert_eq!(end_by("xterm", &[(PROMPT, "getprinc")], false, signal), Some(number), "{signal}");
    }
}
