//! The harness, tried with MIT against MIT: what is the same passes, what is not is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use harness::{Mask, Pair, Setup, Side};

fn mit_twice() -> Pair {
    let pair = Pair::of(Side::Mit, Side::Mit, Setup::new());
    pair.create("masterpw");
    pair
}

/// What the panic says that `act` must end in.
fn complaint(act: impl FnOnce()) -> String {
    let thrown = catch_unwind(AssertUnwindSafe(act)).expect_err("nobody complained");
    thrown
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| thrown.downcast_ref::<&str>().unwrap().to_string())
}

#[test]
fn the_same_passes_although_times_keys_and_paths_differ() {
    let pair = mit_twice();
    let both = pair.kadmin_local(["-q", "addprinc -randkey host/a.example.com"]).same().code(0);
    assert!(
        both.mit.stderr.contains("No policy specified for host/a.example.com@EXAMPLE.COM"),
        "{}",
        both.mit
    );
    let both = pair.kadmin_local(["getprinc", "host/a.example.com"]).same().code(0);
    assert!(both.mit.stdout.contains("Last modified: "), "{}", both.mit);
    pair.kadmin_local(["ktadd", "-k", "out.keytab", "host/a.example.com"])
        .same()
        .same_file("out.keytab", Mask::KEYS_AND_TIMES);
    pair.klist(["-k", "-t", "-e", "-K", "{DIR}/out.keytab"]).same().code(0);
    pair.kdb5_util(["dump", "out"]).same_file("out", Mask::KEYS_AND_TIMES);
    pair.same_dump();
    // The keys are random, so without the masks the same things differ.
    let text = complaint(|| drop(pair.klist(["-k", "-K", "out.keytab"]).same_bytes()));
    assert!(text.contains("(0x"), "{text}");
    let text = complaint(|| drop(pair.kdb5_util(["dump", "out"]).same_file("out", Mask::TIMES)));
    assert!(text.contains("the files out differ"), "{text}");
}

#[test]
fn a_difference_on_each_stream_and_in_the_exit_code_is_shown() {
    let pair = mit_twice();
    pair.mit().kadmin_local(["addprinc", "-randkey", "alice"]).ok();
    let text = complaint(|| drop(pair.kadmin_local(["getprinc", "alice"]).same()));
    assert!(text.contains("- Principal: alice@EXAMPLE.COM"), "{text}");
    assert!(text.contains("+ get_principal: Principal does not exist while retrieving"), "{text}");
    assert!(text.contains("exit code: MIT's 0, ours 1"), "{text}");
    let text = complaint(|| pair.same_dump());
    assert!(text.contains("- princ\t38\t17\t"), "{text}");
}

#[test]
fn a_difference_in_a_file_is_shown() {
    let pair = mit_twice();
    pair.mit().write("note", "a\n");
    pair.ours().write("note", "b\n");
    let text = complaint(|| drop(pair.klist(["-V"]).same().same_file("note", Mask::NONE)));
    assert!(text.contains("- a\n+ b"), "{text}");
}

#[test]
fn a_divergence_must_be_announced_and_must_be_one() {
    let pair = mit_twice();
    let text = complaint(|| drop(pair.klist(["-V"]).differs("DIV-99999")));
    assert!(text.contains("docs/divergences.md has no heading"), "{text}");
    let text = complaint(|| drop(pair.klist(["-V"]).differs("7")));
    assert!(text.contains("not of the form"), "{text}");
}

#[test]
fn standard_input_and_the_directory_reach_the_program() {
    let pair = mit_twice();
    let both = pair.kadmin_local(["addprinc", "alice"]).stdin("pw\npw\n").same().code(0);
    assert!(both.mit.stdout.contains("Enter password for principal \"alice@EXAMPLE.COM\": "), "{}", both.mit);
    let input = "addprinc -randkey bob\nktadd -k {DIR}/bob.keytab bob\n";
    pair.run("kadmin.local", Vec::<String>::new()).stdin(input).same().code(0);
    pair.each(|realm| assert!(realm.path("bob.keytab").is_file()));
}

#[test]
fn a_copied_database_is_the_same_to_the_last_key() {
    let pair = Pair::of(Side::Mit, Side::Mit, Setup::new().supported_enctypes("aes128-cts:normal"));
    pair.create_by_mit("masterpw");
    pair.mit().kadmin_local(["addprinc", "-randkey", "alice"]).ok();
    pair.copy_database();
    pair.kdb5_util(["dump", "out"]).same_file("out", Mask::NONE);
    let both = pair.kadmin_local(["getprinc", "alice"]).same_bytes();
    assert!(both.mit.stdout.contains("Number of keys: 1\n"), "{}", both.mit);
}

#[test]
fn two_terminals_show_the_same() {
    let pair = mit_twice();
    let shown = pair.terminal("kadmin.local", Vec::<String>::new(), |terminal| {
        terminal.wait_for("kadmin.local:  ").line("addprinc alice");
        terminal.wait_for("Enter password for principal \"alice@EXAMPLE.COM\": ").line("secret1");
        terminal.wait_for("Re-enter password for principal \"alice@EXAMPLE.COM\": ").line("secret1");
        terminal.wait_for("created.").wait_for("kadmin.local:  ").line("quit");
    });
    let both = shown.same().code(0);
    assert!(both.mit.stdout.contains("Principal \"alice@EXAMPLE.COM\" created."), "{}", both.mit);
    assert!(!both.mit.stdout.contains("secret1"), "a password is not echoed: {}", both.mit);
    let text = complaint(|| {
        drop(
            pair.terminal("kadmin.local", ["-q", "getprinc bob"], |terminal| {
                terminal.wait_for("bob is not what it says");
            })
            .same(),
        )
    });
    assert!(text.contains("the program ended before it wrote"), "{text}");
}

#[test]
fn a_missing_program_fails() {
    let text = complaint(|| drop(Side::Mit.program("no-such-program")));
    assert!(text.contains("MIT's programs are missing"), "{text}");
}
