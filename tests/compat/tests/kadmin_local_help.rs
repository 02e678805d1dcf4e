//! `help`, completion of attributes and of names piece by piece, and the pager: what MIT's kadmin.local has not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write;

use compat::script;
use harness::{Output, Pair, Realm, Run, Side, Terminal};

const PROMPT: &str = "kadmin.local:  ";

#[test]
fn mit_has_no_help() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    script(
        &pair,
        r#"
        DIV-60 K help
        DIV-60 K -q help
        DIV-60 printf 'help\n' | K
        DIV-60 K help nosuch
        K helpme
        "#,
    );
}

#[test]
fn help_tells_what_a_command_does_even_without_a_realm() {
    let realm = Realm::new(Side::Ours);
    let help = realm.kadmin_local(["help", "cpw"]).ok();
    for part in
        ["Usage: change_password [-randkey]", "Aliases: cpw\n", "-keepold ", "Examples:\n  cpw alice\n"]
    {
        assert!(help.stdout.contains(part), "no {part:?}:\n{}", help.stdout);
    }
    assert!(realm.kadmin_local(["help", "ank"]).ok().stdout.contains("  requires_preauth "));
    assert!(realm.kadmin_local(["help"]).ok().stdout.contains("addprinc, ank"));
    let _ = realm.kadmin_local(["help", "nosuch"]).fails(1).stderr_has("Command not found nosuch");
}

/// A session at an xterm.
fn session(run: &Run, person: impl FnOnce(&mut Terminal)) -> Output {
    let mut terminal = Terminal::open(run);
    terminal.resize(200, 24).wait_for(PROMPT);
    person(&mut terminal);
    terminal.end().code(0)
}

fn realm_of_many() -> Realm {
    let realm = Realm::new(Side::Ours);
    let _ = realm.by(Side::Mit).create("master");
    let mut names = String::new();
    for number in 0..300 {
        writeln!(names, "addprinc -nokey host/n{number:03}.example.com").unwrap();
    }
    let _ = realm.kadmin_local(["--strict"]).stdin(&names).ok();
    realm
}

#[test]
fn many_names_are_offered_piece_by_piece() {
    let realm = realm_of_many();
    let run = realm.kadmin_local(Vec::<String>::new()).env("TERM", "xterm");
    let _ = session(&run, |terminal| {
        // No blank behind a piece: the next one goes on in the same word.
        terminal.keys("getprinc ho\t").wait_for("st/n").keys("297\t").wait_for(".example.com@EXAMPLE.COM ");
        terminal.line("").wait_for("Principal: host/n297.example.com@EXAMPLE.COM");
        terminal.wait_for(PROMPT).keys("addprinc -nokey +requires_p\t").wait_for("reauth ").line("zoe");
        terminal.wait_for("Principal \"zoe@EXAMPLE.COM\" created").wait_for(PROMPT);
        terminal.line("getprinc zoe").wait_for("Attributes: REQUIRES_PRE_AUTH").wait_for(PROMPT).line("q");
    });
}

/// With PAGER as the witness: it marks what it is given.
#[test]
fn long_lists_are_paged_at_a_terminal_only() {
    let realm = realm_of_many();
    let run = realm.kadmin_local(Vec::<String>::new()).env("TERM", "xterm").env("PAGER", "sed s/^/paged:/");
    let _ = session(&run, |terminal| {
        terminal.line("listprincs").wait_for("paged:host/n299").wait_for(PROMPT);
        terminal.line("listprincs host/n29*").wait_for("\nhost/n290").wait_for(PROMPT);
        terminal.line("help cpw").wait_for("paged:Usage: change_password").wait_for(PROMPT).line("q");
    });
    let piped = realm.kadmin_local(["-q", "listprincs"]).env("PAGER", "sed s/^/paged:/").ok();
    assert!(!piped.stdout.contains("paged:"));
}
