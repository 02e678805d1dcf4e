//! The completions, in the shells that they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use docsgen::completions;
use regex::Regex;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A line up to the cursor, some of what is offered there, and some of what is not.
const CASES: [(&str, &[&str], &[&str]); 20] = [
    ("kadmin.local ", &["addprinc", "add_principal", "quit", "ktadd"], &["-randkey"]),
    ("kadmin.local -", &["-r", "-q", "-m"], &["-randkey", "-force"]),
    ("kadmin.local -r EXAMPLE.COM add", &["addprinc", "addpol"], &["delprinc"]),
    ("kadmin.local -r add", &[], &["addprinc"]),
    ("kadmin.local addprinc -r", &["-randkey"], &["-policy", "-r"]),
    ("kadmin.local ank +requires", &["+requires_preauth", "+requires_hwauth"], &["+allow_tix"]),
    ("kadmin.local modprinc -", &["-unlock", "-allow_tix"], &["-randkey", "-pw"]),
    ("kadmin.local xst -k", &["-k", "-keytab", "-keepold"], &["-q"]),
    ("kadmin.local addprinc -pw add", &[], &["addprinc"]),
    ("kdb5_util -", &["-r", "-sf", "-kv"], &[]),
    ("kdb5_util -r X crea", &["create"], &["destroy"]),
    ("kdb5_util create -s", &["-s", "-sf"], &["-r"]),
    ("klist -", &["-k", "-e", "-K"], &["-5"]),
    ("ktadd -n", &["-norandkey"], &["-q"]),
    ("k5srvutil ", &["list", "change", "delold", "delete"], &["-keepold"]),
    ("k5srvutil -i -f some.keytab d", &["delold", "delete"], &["list"]),
    ("ktutil ", &["list", "add", "dedup"], &["wkt", "clear_list"]),
    ("ktutil list ", &["some.keytab"], &[]),
    ("ktutil add --pass", &["--password-file", "--password-fd"], &["--key-file"]),
    ("ktutil copy -p x -", &["--dry-run", "--slot"], &["--keep"]),
];

fn install() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for file in completions() {
        let path = scratch.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.text).unwrap();
    }
    fs::write(scratch.path().join("some.keytab"), "").unwrap();
    scratch
}

fn files(scratch: &tempfile::TempDir, directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(scratch.path().join(directory)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn run(mut command: Command, scratch: &tempfile::TempDir) -> String {
    command
        .current_dir(scratch.path())
        .env("HOME", scratch.path())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    let out = command.output().expect("bash, zsh and fish are needed");
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn check(shell: &str, line: &str, offered: &str, wanted: &[&str], unwanted: &[&str]) {
    // fish adds a description behind a tabulator.
    let offered: Vec<&str> =
        offered.lines().map(|line| line.split('\t').next().unwrap().trim_end()).collect();
    for word in wanted {
        assert!(offered.contains(word), "{shell}: {line:?} offers no {word}: {offered:?}");
    }
    for word in unwanted {
        assert!(!offered.contains(word), "{shell}: {line:?} offers {word}");
    }
}

fn in_bash(scratch: &tempfile::TempDir, line: &str) -> String {
    let program = line.split(' ').next().unwrap();
    let script = format!(
        "source bash-completion/completions/{program}\n\
         compopt() {{ :; }}\n\
         IFS=' ' read -ra COMP_WORDS <<< \"$1\"; [[ $1 == *' ' ]] && COMP_WORDS+=('')\n\
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
         _realmsmith_{}\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        program.replace('.', "_")
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script, "bash", line]);
    run(bash, scratch)
}

fn in_fish(scratch: &tempfile::TempDir, line: &str) -> String {
    let program = line.split(' ').next().unwrap();
    let mut fish = Command::new("fish");
    let script = format!("source fish/vendor_completions.d/{program}.fish; complete -C '{line}'");
    fish.args(["--no-config", "-c", &script]);
    run(fish, scratch)
}

#[test]
fn bash_offers_what_may_stand_there() {
    let scratch = install();
    for (line, wanted, unwanted) in CASES {
        check("bash", line, &in_bash(&scratch, line), wanted, unwanted);
    }
    for line in ["klist -k some", "kadmin.local ktadd -k some", "kdb5_util stash -f some"] {
        check("bash", line, &in_bash(&scratch, line), &["some.keytab"], &[]);
    }
}

#[test]
fn fish_offers_what_may_stand_there() {
    let scratch = install();
    for (line, wanted, unwanted) in CASES {
        check("fish", line, &in_fish(&scratch, line), wanted, unwanted);
    }
    for line in ["klist -k some", "kadmin.local ktadd -k some", "kdb5_util stash -f some"] {
        check("fish", line, &in_fish(&scratch, line), &["some.keytab"], &[]);
    }
}

/// In a zsh at a terminal of its own, keys and all.
#[test]
fn zsh_offers_what_may_stand_there() {
    let scratch = install();
    for file in files(&scratch, "zsh/site-functions") {
        let mut zsh = Command::new("zsh");
        zsh.args(["-f", "-n"]).arg(file);
        run(zsh, &scratch);
    }
    let escapes = Regex::new("\x1b\\[[0-9;?]*[A-Za-z]|\r").unwrap();
    for (line, wanted, unwanted) in CASES {
        let mut zsh = Command::new("zsh");
        zsh.args(["-f", "-c", ZSH, "zsh", line]);
        let screen = escapes.replace_all(&run(zsh, &scratch), "\n").into_owned();
        // The line is on the screen too, its first letter here and there alone.
        // Names that are described alike stand beside each other, before the description.
        let lines = screen.lines().map(|line| line.split(" -- ").next().unwrap_or_default());
        let words: Vec<&str> =
            lines.filter(|shown| !shown.contains(&line[1..])).flat_map(str::split_whitespace).collect();
        check("zsh", line, &words.join("\n"), wanted, unwanted);
    }
}

/// Starts a zsh within this one, types the line and the tabulator key, which shows the list of choices, and prints what
/// is on the screen then.
const ZSH: &str = r#"
zmodload zsh/zpty || exit 1
zpty inner zsh -f -i
until_there() {
    local part
    text=
    while zpty -r inner part; do
        text+=$part
        [[ $text == *$1* ]] && return
    done
}
zpty -w inner "PROMPT=; LISTMAX=10000; fpath=($PWD/zsh/site-functions \$fpath)
autoload -Uz compinit; compinit -u -D
stty rows 200 columns 200
tell() { zle list-choices; zle -R; print -r -- EN''D }
zle -N tell; bindkey '^I' tell; print -r -- RE''ADY"
until_there READY
zpty -w -n inner "$1"$'\t'
until_there END
print -r -- $text
"#;
