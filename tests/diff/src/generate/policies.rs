//! Commands on policies.

use super::{Dice, values};
use crate::case::Step;

fn option(dice: &mut Dice) -> String {
    match dice.below(9) {
        0 => format!("-maxlife {}", values::interval(dice)),
        1 => format!("-minlife {}", values::interval(dice)),
        2 => format!("-minlength {}", values::number(dice)),
        3 => format!("-minclasses {}", values::number(dice)),
        4 => format!("-history {}", values::number(dice)),
        5 => format!("-maxfailure {}", values::number(dice)),
        6 => format!("-failurecountinterval {}", values::interval(dice)),
        7 => format!("-lockoutduration {}", values::interval(dice)),
        _ if dice.one_in(4) => "-allowedkeysalts -".into(),
        _ => format!("-allowedkeysalts {}", values::keysalts(dice, ",")),
    }
}

fn change(dice: &mut Dice, command: &str) -> Step {
    let options: Vec<String> = (0..dice.below(4)).map(|_| option(dice)).collect();
    let name = values::policy(dice);
    let words: Vec<&str> =
        [command].into_iter().chain(options.iter().map(String::as_str)).chain([name.as_str()]).collect();
    Step::new(words.join(" "))
}

pub fn add(dice: &mut Dice) -> Step {
    let command = dice.pick(&["addpol", "addpol", "add_policy"]);
    change(dice, command)
}

pub fn modify(dice: &mut Dice) -> Step {
    let command = dice.pick(&["modpol", "modpol", "modify_policy"]);
    change(dice, command)
}

pub fn get(dice: &mut Dice) -> Step {
    let command = dice.pick(&["getpol", "get_policy", "getpol -terse", "get_policy -terse"]);
    Step::new(format!("{command} {}", values::policy(dice)))
}

pub fn delete(dice: &mut Dice) -> Step {
    let command = dice.pick(&["delpol -force", "delete_policy -force"]);
    Step::new(format!("{command} {}", values::policy(dice)))
}

pub fn list(dice: &mut Dice) -> Step {
    let command = dice.pick(&["listpols", "list_policies", "get_policies", "getpols"]);
    if dice.one_in(2) {
        return Step::new(command);
    }
    Step::new(format!("{command} {}", values::pattern(dice)))
}
