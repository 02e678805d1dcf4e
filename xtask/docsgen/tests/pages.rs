//! The manual pages: complete, and clean to both programs that show them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use docsgen::{manuals, pages};
use k5_cli::Opt;
use k5_cli::manual::Manual;
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn page_of(manual: &Manual) -> String {
    let path = format!("man{0}/{1}.{0}", manual.section, manual.program);
    pages().into_iter().find(|file| file.path == path).unwrap().text
}

/// How a name stands in a page.
fn bold(name: &str) -> String {
    format!("\\fB{}\\fR", name.replace('-', "\\-"))
}

#[test]
fn both_programs_show_them_without_a_complaint() {
    let scratch = tempfile::tempdir().unwrap();
    for file in pages() {
        let path = scratch.path().join("page");
        fs::write(&path, &file.text).unwrap();
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]).arg(&path).env("MANWIDTH", "80");
        let mut mandoc = Command::new("mandoc");
        mandoc.arg("-Tlint").arg(&path);
        for mut command in [man, mandoc] {
            let out = command.env("LC_ALL", "C.UTF-8").output().expect("man-db and mandoc are needed");
            let said = if command.get_program() == "man" { out.stderr } else { out.stdout };
            assert!(
                out.status.success() && said.is_empty(),
                "{}: {}",
                file.path,
                String::from_utf8_lossy(&said)
            );
        }
    }
}

#[test]
fn every_option_command_and_flag_is_told() {
    for manual in manuals() {
        let page = page_of(&manual);
        let tell = |options: &[Opt<()>], part: &str, of: &str| {
            for option in options {
                assert!(!option.help.is_empty(), "{of}: nothing is said of {:?}", option.names);
                assert!(!option.help.ends_with('.'), "{of}: {:?} ends with a full stop", option.names);
                for name in option.names {
                    assert!(part.contains(&bold(name)), "{of}: {name} is not in the page");
                }
            }
        };
        tell(&manual.options, &page, manual.program);
        let (before, of_shell) = page.split_once(".SH SHELL COMMANDS\n").unwrap_or((&page, ""));
        let commands = manual.commands.iter().map(|command| (command, before));
        for (command, page) in commands.chain(manual.shell_commands.iter().map(|command| (command, of_shell)))
        {
            let heading = format!(".SS {}\n", command.name().replace('-', "\\-"));
            let (_, part) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
            let part = part.split(".S").next().unwrap();
            tell(&command.options, part, command.name());
            for name in
                command.names.iter().skip(1).copied().chain(command.help.flags.iter().map(|flag| flag.name))
            {
                assert!(part.contains(&bold(name)), "{}: {name} is not in the page", command.name());
            }
        }
        assert!(!manual.examples.is_empty() && !manual.exit_status.is_empty());
    }
}

/// What MIT's programs give each other and ours only refuse, and what a program says to another's command.
const NOT_TOLD: [(&str, &str); 5] =
    [("dump", "-i"), ("each", "-keepold"), ("each", "-k"), ("remedy", "-randkey"), ("remedy", "-norandkey")];

/// Whatever looks like an option in the source of a program stands in the manual: a table that no manual is made from, or
/// a word that is compared without one, is found here.
#[test]
fn every_option_in_the_source_is_told() {
    let option = Regex::new(r#""(--?[A-Za-z][A-Za-z0-9_-]*)""#).unwrap();
    let mut seen = 0;
    for manual in manuals() {
        let mut places = vec![format!("crates/tools/{}/src", manual.program.replace('.', "_"))];
        if manual.program == "kadmin.local" {
            places.push("crates/kadmin/src".to_owned());
        }
        for path in places.iter().flat_map(|place| sources(&workspace().join(place))) {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let command = manual.commands.iter().find(|command| command.name() == stem);
            // What a command's file has must be told of that command.
            let known: Vec<&str> = match command {
                Some(command) => names(&command.options),
                None => {
                    let commands = manual.commands.iter().chain(&manual.shell_commands);
                    let of_commands = commands.flat_map(|command| names(&command.options));
                    names(&manual.options).into_iter().chain(of_commands).collect()
                }
            };
            for (_, [word]) in option.captures_iter(text).map(|found| found.extract()) {
                seen += 1;
                let excused = NOT_TOLD.contains(&(stem.as_str(), word));
                assert!(excused || known.contains(&word), "{}: {word} is in no manual", path.display());
            }
        }
    }
    assert!(seen > 80, "only {seen} options were found");
}

fn names(options: &[Opt<()>]) -> Vec<&'static str> {
    options.iter().flat_map(|option| option.names).copied().collect()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = directories.iter().flat_map(|directory| sources(directory));
    let written = |path: &PathBuf| path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs");
    files.into_iter().chain(below).filter(written).collect()
}
