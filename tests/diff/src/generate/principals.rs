//! Commands on principals.

use super::{Dice, values};
use crate::case::Step;
use crate::words;

/// Options of add_principal and modify_principal that do not concern keys.
fn option(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => format!("-expire {}", values::date(dice)),
        1 => format!("-pwexpire {}", values::date(dice)),
        2 => format!("-maxlife {}", values::interval(dice)),
        3 => format!("-maxrenewlife {}", values::interval(dice)),
        4 => format!("-kvno {}", values::kvno(dice)),
        5 | 6 => format!("-policy {}", values::policy(dice)),
        7 if dice.one_in(4) => "-unlock".into(),
        _ => values::flag(dice),
    }
}

fn options(dice: &mut Dice, most: u64) -> Vec<String> {
    let mut options: Vec<String> = (0..dice.below(most + 1)).map(|_| option(dice)).collect();
    // Only without -policy: see DIV-12.
    if dice.one_in(6) && !options.iter().any(|option| option.starts_with("-policy")) {
        options.push("-clearpolicy".into());
    }
    options
}

/// A command whose password is given by -pw or asked for.
fn with_password(dice: &mut Dice, command: &str, mut words: Vec<String>, name: &str) -> Step {
    let mut answers = Vec::new();
    let password = values::password(dice);
    if dice.one_in(4) {
        let plain = words::split(&password).and_then(|words| words.into_iter().next()).unwrap_or_default();
        let again = if dice.one_in(6) { format!("{plain}x") } else { plain.clone() };
        answers = vec![plain, again];
    } else {
        let at = dice.place(words.len() + 1);
        words.insert(at, format!("-pw {password}"));
    }
    Step { line: line(command, &words, name), answers }
}

fn line(command: &str, words: &[String], name: &str) -> String {
    let words: Vec<&str> =
        [command].into_iter().chain(words.iter().map(String::as_str)).chain([name]).collect();
    words.join(" ")
}

pub fn add(dice: &mut Dice) -> Step {
    let command = dice.pick(&["addprinc", "addprinc", "add_principal", "ank"]);
    let mut words = options(dice, 3);
    if dice.one_in(4) {
        words.push(format!("-e {}", values::keysalts(dice, ",")));
    }
    let name = values::name(dice);
    match dice.below(4) {
        0 => words.push("-randkey".into()),
        1 if dice.one_in(2) => words.push("-nokey".into()),
        _ => return with_password(dice, command, words, &name),
    }
    Step::new(line(command, &words, &name))
}

pub fn modify(dice: &mut Dice) -> Step {
    let command = dice.pick(&["modprinc", "modprinc", "modify_principal"]);
    let mut words = options(dice, 4);
    // Not with add_principal: see DIV-64.
    if dice.one_in(20) {
        words.push(format!("-x {}", dice.pick(&["foo", "foo=bar", "tktpolicy=x", "\"\""])));
    }
    Step::new(line(command, &words, &values::name(dice)))
}

pub fn change_password(dice: &mut Dice) -> Step {
    let command = dice.pick(&["cpw", "cpw", "change_password"]);
    let mut words = Vec::new();
    if dice.one_in(3) {
        words.push("-keepold".to_owned());
    }
    if dice.one_in(3) {
        words.push(format!("-e {}", values::keysalts(dice, ",")));
    }
    let name = values::name(dice);
    if dice.one_in(3) {
        words.push("-randkey".into());
        return Step::new(line(command, &words, &name));
    }
    with_password(dice, command, words, &name)
}

pub fn get(dice: &mut Dice) -> Step {
    let command = dice.pick(&["getprinc", "getprinc -terse", "get_principal", "get_principal -terse"]);
    Step::new(line(command, &[], &values::any_name(dice)))
}

pub fn delete(dice: &mut Dice) -> Step {
    let command = dice.pick(&["delprinc -force", "delete_principal -force"]);
    Step::new(line(command, &[], &values::name(dice)))
}

pub fn rename(dice: &mut Dice) -> Step {
    let command = dice.pick(&["renprinc -force", "rename_principal -force"]);
    let old = values::name(dice);
    Step::new(line(command, &[old], &values::name(dice)))
}

pub fn list(dice: &mut Dice) -> Step {
    let command = dice.pick(&["listprincs", "list_principals", "get_principals", "getprincs"]);
    if dice.one_in(3) { Step::new(command) } else { Step::new(line(command, &[], &values::pattern(dice))) }
}

pub fn purge_keys(dice: &mut Dice) -> Step {
    let option = match dice.below(4) {
        0 => vec![format!("-keepkvno {}", values::kvno(dice))],
        1 if dice.one_in(2) => vec!["-all".into()],
        _ => Vec::new(),
    };
    Step::new(line("purgekeys", &option, &values::name(dice)))
}

pub fn strings(dice: &mut Dice) -> Step {
    let name = values::name(dice);
    let key = words::quote(dice.mostly(&["a", "b", "session_enctypes", "key with blanks"], &["", "ümlaut"]));
    let line = match dice.below(6) {
        0 | 1 => format!("setstr {name} {key} {}", values::password(dice)),
        2 => format!("set_string {name} {key} \"\""),
        3 => format!("delstr {name} {key}"),
        4 => format!("get_strings {name}"),
        _ => format!("getstrs {name}"),
    };
    Step::new(line)
}
