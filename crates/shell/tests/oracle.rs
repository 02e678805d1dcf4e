//! The same input to MIT's `kadmin.local` and to a demonstration shell with the same list of requests: same bytes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Ran, Realm, demo};

/// Runs both and compares streams and status; returns what ours did.
#[track_caller]
fn same(realm: &Realm, args: &[&str], input: &[u8]) -> Ran {
    let mit = realm.mit(args, input);
    let ours = realm.run(&demo(), args, input);
    let lines = |ran: &Ran| format!("{ran:?}").lines().map(str::to_owned).collect::<Vec<_>>();
    if let Some((ours, mit)) = lines(&ours).iter().zip(&lines(&mit)).find(|(ours, mit)| ours != mit) {
        panic!("args {args:?}\n mit: {mit}\nours: {ours}");
    }
    assert_eq!(ours, mit, "args {args:?}, input {:?}", String::from_utf8_lossy(input));
    ours
}

#[test]
fn lines_from_a_pipe_are_prompted_for_and_echoed() {
    let realm = Realm::new();
    let ran = same(
        &realm,
        &[],
        b"foo\n\n   \n  foo  bar \n#x\nfo\xc3\xa9\xff\n\"fo o\" bar\n\"\" x\n\"unbalanced\nlast",
    );
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.ends_with(b"kadmin.local:  last\nkadmin.local:  "));
    same(&realm, &[], b"");
    same(&realm, &[], b"?\nlr x\nlist_requests\n");
    same(&realm, &[], b"getpol\nget_policy\n");
}

#[test]
fn quit_and_a_command_of_the_system_leave_the_rest_of_the_input() {
    let realm = Realm::new();
    for quit in ["quit", "exit", "q", " q x"] {
        let ran = same(&realm, &[], format!("foo\n{quit}\nleft\nover").as_bytes());
        assert_eq!(ran.left, b"left\nover");
    }
    let ran = same(&realm, &[], b"!echo hi; cat\nof the child\n");
    assert!(ran.stdout.ends_with(b"!echo hi; cat\nhi\nof the child\nkadmin.local:  "));
    let ran = same(&realm, &[], b"  !read x; echo \"<$x>\"\none\nfoo\nquit\ntwo");
    assert_eq!(ran.left, b"two");
    same(&realm, &[], b"!exit 3\n!\n!nonexistent\nfoo\n");
}

#[test]
fn passwords_are_lines_of_the_input() {
    let realm = Realm::new();
    let policy = "No policy specified for zoe@EXAMPLE.COM; defaulting to no policy\n";
    for input in ["one\ntwo\nfoo\n", "", "one\n", "one"] {
        let line = format!("addprinc zoe\n{input}");
        let mut mit = realm.mit(&[], line.as_bytes());
        let ours = realm.run(&demo(), &[], line.as_bytes());
        // What lies outside of the shell: the notice, and the principal itself.
        let said = String::from_utf8(mit.stderr).unwrap().replace(policy, "");
        mit.stderr = said.into_bytes();
        assert_eq!(ours, mit, "{line:?}");
    }
}

#[test]
fn one_line() {
    let realm = Realm::new();
    for (line, status) in [
        ("", 0),
        ("   ", 0),
        ("foo", 1),
        ("  foo bar", 1),
        ("\tfoo", 1),
        (" \"fo o\" bar", 1),
        ("\"\" x", 1),
        ("a\"b\"c d", 1),
        ("\"a\"\"b\"", 1),
        ("getprinc\nbob\tx", 1),
        ("a\rb", 1),
        ("LR", 1),
        ("help", 1),
        ("getprinc \"bob", 0),
        ("\"", 0),
        ("getpol", 0),
        ("\"getpol\"", 0),
        ("quit", 0),
        ("!exit 3", 0),
        ("!nonexistent", 0),
    ] {
        assert_eq!(same(&realm, &["-q", line], b"").status, status, "{line:?}");
    }
}

/// MIT's child writes first, since its own output waits in a buffer until the end. At a terminal, and in ours, the order
/// is that of the events.
#[test]
fn one_line_with_output_of_a_child() {
    let realm = Realm::new();
    for line in ["?", "lr", "!echo hi"] {
        let mit = realm.mit(&["-q", line], b"");
        let ours = realm.run(&demo(), &["-q", line], b"");
        let banner = b"Authenticating as principal root/admin@EXAMPLE.COM with password.\n";
        assert_eq!(ours.stdout, [banner, mit.stdout.strip_suffix(banner).unwrap()].concat());
        assert_eq!((ours.stderr, ours.status), (mit.stderr, mit.status));
    }
}

#[test]
fn words_of_the_command_line() {
    let realm = Realm::new();
    for (words, status) in [
        (&["foo"][..], 1),
        (&["a b", "c"], 1),
        (&[""], 1),
        (&["!echo hi"], 1),
        (&["\"getprinc\"", "bob"], 1),
        (&["?"], 0),
        (&["lr"], 0),
        (&["list_requests", "x"], 0),
        (&["quit"], 0),
        (&["getpol"], 1),
    ] {
        assert_eq!(same(&realm, words, b"").status, status, "{words:?}");
    }
}

/// Many lines of quotes, blanks and letters: the same words unknown, the same lines unbalanced. A control character would
/// mean something to readline, and a line wider than its 80 columns is cut in its echo.
#[test]
fn words_are_split_alike() {
    let realm = Realm::new();
    let mut state = 12345u32;
    let mut next = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % limit
    };
    let mut input = Vec::new();
    for _ in 0..400 {
        for _ in 0..next(9) {
            input.push(b"ab\"\"\" \\'"[next(8) as usize]);
        }
        input.push(b'\n');
    }
    let ran = same(&realm, &[], &input);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.matches("Unbalanced").count() > 50 && said.matches("Unknown").count() > 50, "{said}");
}

/// `delprinc` asks, and MIT's answer is read through a buffer that swallows the commands behind it.
#[test]
fn an_answer_does_not_swallow_the_commands_behind_it() {
    let realm = Realm::new();
    let input = b"delprinc bob\nno\nfoo\n";
    let mit = realm.mit(&[], input);
    assert!(!mit.stderr.windows(3).any(|at| at == b"foo"), "MIT has changed");
    let ours = realm.run(&demo(), &[], input);
    assert!(
        ours.stderr.ends_with(b"kadmin.local: Unknown request \"foo\".  Type \"?\" for a request list.\n")
    );
}
