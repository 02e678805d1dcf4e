//! The classic workflow as an administrator types it, in all the ways in, beside MIT's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Kdc, Mask, Pair, Terminal};

const PROMPT: &str = "kadmin.local:  ";

#[test]
fn one_shot_and_lines() {
    let pair = Pair::new();
    pair.create("master");
    script(
        &pair,
        r#"
        K addprinc -randkey imap/mail.example.com
        printf 'user1pw\nuser1pw\n' | K addprinc user1@EXAMPLE.COM
        K listprincs
        K getprinc user1
        K addprinc -randkey host/a.example.com
        K -q "ktadd -k {DIR}/krb5.keytab host/a.example.com"
        K ktadd -keytab {DIR}/krb5-zcs.keytab imap/mail.example.com
        ktadd -k out.keytab -norandkey host/a.example.com
        klist -k -t -e -K out.keytab
        klist -k krb5-zcs.keytab
        K delprinc user1
        K getprinc user1
        K listprincs
        "#,
    );
    for keytab in ["krb5.keytab", "krb5-zcs.keytab", "out.keytab"] {
        let _ = pair.klist(["-k", keytab]).same().code(0).same_file(keytab, Mask::KEYS_AND_TIMES);
    }
    let _ = pair.kdb5_util(["dump", "out"]);
    pair.same_dump();
}

#[test]
fn lines_of_standard_input() {
    let pair = Pair::new();
    pair.create("master");
    let lines = "addprinc -randkey imap/mail.example.com\naddprinc user1@EXAMPLE.COM\nuser1pw\nuser1pw\nlistprincs\n\
        getprinc user1\naddprinc -randkey host/a.example.com\nktadd -k krb5.keytab host/a.example.com\n\
        ktadd -keytab krb5-zcs.keytab imap/mail.example.com\nlistprincs\nquit\n";
    let _ = pair.kadmin_local(Vec::<String>::new()).stdin(lines).same().code(0);
    let _ = pair.klist(["-k", "-t", "-e", "-K", "krb5-zcs.keytab"]).same().code(0);
    pair.same_dump();
}

fn workflow(terminal: &mut Terminal) {
    terminal.wait_for(PROMPT).line("addprinc -randkey imap/mail.example.com");
    terminal.wait_for("created.").wait_for(PROMPT).line("addprinc user1@EXAMPLE.COM");
    terminal.wait_for("Enter password for principal \"user1@EXAMPLE.COM\": ").line("user1pw");
    terminal.wait_for("Re-enter password for principal \"user1@EXAMPLE.COM\": ").line("user1pw");
    terminal.wait_for("created.").wait_for(PROMPT).line("listprincs");
    terminal.wait_for("user1@EXAMPLE.COM").wait_for(PROMPT).line("getprinc user1");
    terminal.wait_for("Policy: [none]").wait_for(PROMPT).line("addprinc user2");
    terminal.wait_for("Enter password for principal \"user2@EXAMPLE.COM\": ").line("one");
    terminal.wait_for("Re-enter password for principal \"user2@EXAMPLE.COM\": ").line("other");
    terminal.wait_for("Password mismatch").wait_for(PROMPT).line("cpw user1");
    terminal.wait_for("Enter password for principal \"user1@EXAMPLE.COM\": ").line("newpw");
    terminal.wait_for("Re-enter password for principal \"user1@EXAMPLE.COM\": ").line("newpw");
    terminal
        .wait_for("changed.")
        .wait_for(PROMPT)
        .line("ktadd -keytab krb5-zcs.keytab imap/mail.example.com");
    terminal.wait_for("aes128-cts-hmac-sha1-96 added to keytab").wait_for(PROMPT).line("delprinc user1");
    terminal.wait_for("(yes/no): ").line("no");
    terminal.wait_for("not deleted").wait_for(PROMPT).line("delprinc user1");
    terminal.wait_for("(yes/no): ").line("yes");
    terminal.wait_for("before reusing.").wait_for(PROMPT).line("getprinc user1");
    terminal.wait_for("does not exist").wait_for(PROMPT).line("nonsense");
    terminal.wait_for("Unknown request").wait_for(PROMPT).line("quit");
}

#[test]
fn typed_at_a_terminal() {
    let pair = Pair::new();
    pair.terminal("kdb5_util", ["create", "-s"], |terminal| {
        terminal.wait_for("Enter KDC database master key: ").line("master");
        terminal.wait_for("Re-enter KDC database master key to verify: ").line("master");
    })
    .same()
    .code(0);
    let both = pair.terminal("kadmin.local", Vec::<String>::new(), workflow).same().code(0);
    assert!(!both.ours.stdout.contains("newpw"), "passwords are not echoed: {}", both.ours);
    let _ = both.same_file("krb5-zcs.keytab", Mask::KEYS_AND_TIMES);
    pair.same_dump();
}

/// An end of input, and a question that nobody answers.
#[test]
fn ends_of_input_at_a_terminal() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair.terminal("kadmin.local", Vec::<String>::new(), |terminal| {
        terminal.wait_for(PROMPT).keys("\u{4}");
    })
    .same()
    .code(0);
    pair.terminal("kadmin.local", ["-q", "addprinc bob"], |terminal| {
        terminal.wait_for("Enter password for principal \"bob@EXAMPLE.COM\": ").line("pw");
        terminal.wait_for("Re-enter password for principal \"bob@EXAMPLE.COM\": ").line("pw");
    })
    .same()
    .code(0);
    pair.terminal("kadmin.local", ["-q", "delprinc bob"], |terminal| {
        terminal.wait_for("(yes/no): ").line("yes");
    })
    .same()
    .code(0);
    pair.terminal("kadmin.local", ["-m", "listprincs"], |terminal| {
        terminal.wait_for("Enter KDC database master key: ").line("master");
    })
    .same()
    .code(0);
    pair.same_dump();
}

/// After our programs made everything, MIT's are at home in it.
#[test]
fn mit_goes_on_with_it() {
    let pair = Pair::new();
    let ours = pair.ours();
    ours.create("master");
    ours.kadmin_local(["addprinc", "user1"]).stdin("user1pw\nuser1pw\n").ok();
    ours.kadmin_local(["addprinc", "-randkey", "host/a.example.com"]).ok();
    ours.ktadd(["-k", "out.keytab", "-norandkey", "host/a.example.com"]).ok();
    let _kdc = Kdc::start(ours);
    ours.kinit("user1", "user1pw").ok();
    ours.kvno("host/a.example.com").ok().stdout_has("kvno = 1");
    ours.mit("kvno", ["-k", "out.keytab", "host/a.example.com"]).ok().stdout_has("keytab entry valid");
    ours.mit("klist", ["-e"]).ok().stdout_has("Default principal: user1@EXAMPLE.COM");
    ours.kinit_keytab("host/a.example.com", "out.keytab").ok();
    ours.mit("kadmin.local", ["getprinc", "user1"]).ok().stdout_has("Principal: user1@EXAMPLE.COM\n");
    ours.mit("kdb5_util", ["dump", "out"]).ok();
    ours.mit("ktutil", Vec::<String>::new())
        .stdin("rkt out.keytab\nlist\n")
        .ok()
        .stdout_has("host/a.example.com@EXAMPLE.COM");
    ours.kinit("user1", "wrong").fails(1);
}
