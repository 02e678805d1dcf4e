//! kadmin.local at a terminal that can be edited on: what is remembered, completed, cancelled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::{Output, Pair, Realm, Side, Terminal};

const PROMPT: &str = "kadmin.local:  ";
const HISTORY: &str = ".local/state/realmsmith/kadmin.local_history";

fn realm() -> Realm {
    let realm = Realm::new(Side::Mit);
    realm.create("master");
    let names = "addprinc -randkey host/alpha.example.com\naddprinc -randkey host/beta.example.com\n\
        addprinc -randkey imap/mail.example.com\n";
    realm.kadmin_local(Vec::<String>::new()).stdin(names).ok();
    realm.by(Side::Ours)
}

/// A session at an xterm.
fn session(realm: &Realm, person: impl FnOnce(&mut Terminal)) -> Output {
    let run = realm.kadmin_local(Vec::<String>::new()).env("TERM", "xterm");
    let mut terminal = Terminal::open(&run);
    terminal.resize(200, 24).wait_for(PROMPT);
    person(&mut terminal);
    terminal.end()
}

#[test]
fn passwords_are_not_remembered() {
    let realm = realm();
    session(&realm, |terminal| {
        terminal.line("listprincs i*").wait_for("imap/mail.example.com@").wait_for(PROMPT);
        terminal.line("addprinc -pw topsecret1 carl").wait_for("created.").wait_for(PROMPT);
        terminal.line("addprinc dora").wait_for("Enter password").line("topsecret2");
        terminal.wait_for("Re-enter").line("topsecret2").wait_for("created.").wait_for(PROMPT);
        terminal.line("cpw -randkey -pw topsecret3 carl").wait_for("changed.").wait_for(PROMPT);
        terminal.line("cpw \"-pw\" \"topsecret4 x\" carl").wait_for("changed.").wait_for(PROMPT);
        terminal.line("getprinc carl").wait_for("Policy: [none]").wait_for(PROMPT).line("quit");
    })
    .code(0);
    let history = realm.path(HISTORY);
    assert_eq!(fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&history).unwrap();
    assert!(kept.contains("listprincs i*\naddprinc dora\ngetprinc carl\n"), "{kept}");
    assert!(!kept.contains("topsecret"), "{kept}");
    // It is there in the next session: twice up from `quit`.
    let shown = session(&realm, |terminal| {
        terminal.keys("\u{1b}[A\u{1b}[A").wait_for("getprinc carl").line("");
        terminal.wait_for("Principal: carl@EXAMPLE.COM").wait_for(PROMPT).line("quit");
    });
    let _ = shown.code(0);
    let everything = fs::read_dir(realm.dir()).unwrap().map(|entry| entry.unwrap().path());
    for path in everything.filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"topsecret"), "in {}", path.display());
    }
}

#[test]
fn names_are_completed() {
    let realm = realm();
    session(&realm, |terminal| {
        terminal.keys("getprin\t").wait_for("getprinc").line(" imap/mail.example.com@EXAMPLE.COM");
        terminal.wait_for("Policy: [none]").wait_for(PROMPT);
        terminal.keys("getprinc imap/\t").wait_for("mail.example.com").line("");
        terminal.wait_for("Principal: imap/mail.example.com@EXAMPLE.COM").wait_for(PROMPT);
        // Two begin alike: as far as it goes.
        terminal.keys("getprinc host/b\t").wait_for("eta.example.com").line("");
        terminal.wait_for("Principal: host/beta.example.com@EXAMPLE.COM").wait_for(PROMPT);
        terminal.keys("addprinc -rand\t").wait_for("-randkey").line("fred");
        terminal.wait_for("Principal \"fred@EXAMPLE.COM\" created.").wait_for(PROMPT).line("quit");
    })
    .code(0);
}

#[test]
fn ctrl_c_cancels_the_line() {
    let realm = realm();
    let before = realm.dump_by_mit();
    session(&realm, |terminal| {
        terminal.keys("delprinc -force host/alpha.example.com").wait_for("alpha.example.com").keys("\u{3}");
        terminal
            .wait_for(PROMPT)
            .line("delprinc host/alpha.example.com")
            .wait_for("(yes/no): ")
            .keys("\u{3}");
        terminal.wait_for(PROMPT).line("addprinc eve").wait_for("Enter password").keys("\u{3}");
        terminal.wait_for(PROMPT).line("addprinc eve").wait_for("Enter password").line("one");
        terminal.wait_for("Re-enter").keys("\u{3}").wait_for(PROMPT).line("listprincs host/a*");
        terminal.wait_for("host/alpha.example.com@EXAMPLE.COM").wait_for(PROMPT).keys("\u{4}");
    })
    .code(0);
    assert_eq!(before, realm.dump_by_mit());
}

/// A terminal that can do nothing shows what MIT's shows.
#[test]
fn a_dumb_terminal_is_like_mits() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair.terminal("kadmin.local", Vec::<String>::new(), |terminal| {
        // No Ctrl-C: between its prompt and its reading MIT misses one.
        terminal.wait_for(PROMPT).line("addprinc carl").wait_for("Enter password").keys("\u{4}");
        terminal.wait_for(PROMPT).line("getprinc \"carl").wait_for(PROMPT).line("");
        terminal.wait_for(PROMPT).line("!echo child").wait_for("child\r\n").wait_for(PROMPT).line("exit");
    })
    .same()
    .code(0);
    pair.same_dump();
}

#[test]
fn ctrl_c_at_a_question_is_a_no() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let realm = pair.ours();
    let _ = realm.kadmin_local(["addprinc", "-randkey", "carl"]).ok();
    let out = session(realm, |terminal| {
        terminal.line("delprinc carl").wait_for("(yes/no): ").keys("\u{3}");
        terminal.wait_for("Principal \"carl@EXAMPLE.COM\" not deleted").wait_for(PROMPT).line("quit");
    });
    let _ = out.code(0);
    let _ = realm.kadmin_local(["getprinc", "carl"]).ok();
}

#[test]
fn what_differs_on_purpose() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    // DIV-18
    for (side, code) in [(Side::Mit, 0), (Side::Ours, 1)] {
        let program = side.program("kadmin.local");
        let realm = if side == Side::Mit { pair.mit() } else { pair.ours() };
        let line = format!("exec {} listprincs > /dev/full", program.display());
        let said = realm.mit("sh", ["-c", &line]).output().code(code);
        assert_eq!(said.stderr.contains("No space left on device"), code == 1);
    }
}
