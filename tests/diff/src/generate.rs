//! Random scripts from a seed: valid commands, commands that are wrong by their words, and lines that are broken.
//!
//! What docs/divergences.md tells is left out, since a script that has met a difference says nothing from there on:
//! words of `-e` that name no key (DIV-3, DIV-54), changes of K/M (DIV-4, DIV-52), `-norandkey` into a keytab that has the keys
//! (DIV-6), files that are no keytabs (DIV-5, DIV-61), `-glob` (DIV-2), questions (DIV-14), children's output (DIV-15), aliases (DIV-50).

mod breakage;
mod keytabs;
mod policies;
mod principals;
mod values;

pub use harness::Dice;

use crate::case::{Aspect, Case, Form, Step};
use crate::compare::Difference;
use crate::words;
use k5_types::KeySalt;

/// A command: its share among all, and how it is made.
type Maker = (u64, fn(&mut Dice) -> Step);

const COMMANDS: &[Maker] = &[
    (16, principals::add),
    (10, principals::modify),
    (9, principals::change_password),
    (8, principals::get),
    (3, principals::delete),
    (3, principals::rename),
    (4, principals::list),
    (4, principals::purge_keys),
    (6, principals::strings),
    (7, policies::add),
    (7, policies::modify),
    (4, policies::get),
    (2, policies::delete),
    (2, policies::list),
    (7, keytabs::add),
    (4, keytabs::remove),
    (2, others),
];

/// The script of a seed. The same seed always gives the same script.
pub fn script(seed: u64, commands: usize) -> Case {
    let mut dice = Dice::new(seed);
    let total = COMMANDS.iter().map(|(share, _)| share).sum();
    let steps = (0..commands).map(|_| {
        let mut at = dice.below(total);
        let mut makers = COMMANDS.iter();
        let make = loop {
            let (share, make) = makers.next().expect("below the total");
            match at.checked_sub(*share) {
                Some(rest) => at = rest,
                None => break make,
            }
        };
        let step = make(&mut dice);
        let broken = if dice.one_in(9) { breakage::of(&step, &mut dice) } else { step.clone() };
        if is_told(&broken.line) { step } else { broken }
    });
    let case = Case::new(&format!("seed {seed}"), steps.collect());
    let kdc: &[&str] = match seed % 5 {
        0 => &[
            "supported_enctypes = aes256-cts:special camellia128-cts:norealm arcfour-hmac:onlyrealm",
            "default_principal_flags = +preauth -forwardable",
            "default_principal_expiration = 20380101000000",
        ],
        1 => &["dict_file = {DIR}/words", "max_life = 5h", "max_renewable_life = 3d"],
        _ => &[],
    };
    let files = if seed % 5 == 1 { vec![("words".into(), "secret\nalice\n".into())] } else { Vec::new() };
    Case { kdc: kdc.iter().map(|line| (*line).to_owned()).collect(), files, ..case }
}

/// Whether the command does what docs/divergences.md tells. Shorter forms of random commands are such commands now and then.
pub fn is_told(line: &str) -> bool {
    let words = words::split(line).unwrap_or_default();
    let command = words.first().map_or("", String::as_str);
    let has = |wanted: &str| words.iter().position(|word| word == wanted);
    // DIV-3, DIV-54.
    let lists = words.windows(2).filter(|two| two[0] == "-e" || two[0] == "-allowedkeysalts");
    let odd = |option: &str, list: &str| {
        let mut items = KeySalt::parse_list(list).peekable();
        (list != "-" || option == "-e")
            && (items.peek().is_none() || items.any(|(_, keysalt)| keysalt.is_err()))
    };
    // DIV-12.
    let lost = has("-policy").is_some_and(|policy| has("-clearpolicy").is_some_and(|clear| clear > policy));
    // DIV-64.
    let lost = lost || (command.starts_with("a") && has("-x").is_some());
    // DIV-14.
    let asks = ["delprinc", "delete_pr", "delpol", "delete_po", "renprinc", "rename_pr"];
    let asks = asks.iter().any(|name| command.starts_with(name));
    let names = if command.starts_with("ren") { 2 } else { 1 };
    let forced = has("-force") == Some(1) && words.len() >= 2 + names;
    // Options of the program; DIV-50, DIV-60; DIV-62: an 8-bit letter at the beginning of a line is a key that edits.
    let other = ["?", "lr", "list_requests", "help", "alias", "add_alias"].contains(&command)
        || line.starts_with(|first: char| !first.is_ascii());
    lost || (asks && !forced) || other || lists.into_iter().any(|two| odd(&two[0], &two[1]))
}

/// Whether a difference after a random command is one that docs/divergences.md tells.
pub fn told(case: &Case, form: Form, difference: &Difference) -> bool {
    let line = difference.step.and_then(|at| case.steps.get(at)).map(|step| step.line.trim_start());
    let on_keytabs = |line: &str| ["kt", "xst"].iter().any(|command| line.starts_with(command));
    // DIV-1: what ktadd and ktremove fail at ends with 1.
    form == Form::OneShot && difference.aspect == Aspect::Exit && line.is_some_and(on_keytabs)
}

fn others(dice: &mut Dice) -> Step {
    Step::new(dice.pick(&[
        "getprivs",
        "get_privs",
        "getprivs now",
        "lock",
        "unlock",
        "unlock",
        "lock up",
        "nonsense",
        "getprin alice",
        "listpol",
        "\"\"",
        "-",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_script() {
        assert_eq!(script(7, 30), script(7, 30));
        assert_ne!(script(7, 30).steps, script(8, 30).steps);
        assert_eq!(script(7, 30).steps.len(), 30);
    }

    #[test]
    fn every_command_comes() {
        let lines: Vec<String> =
            (0..100).flat_map(|seed| script(seed, 30).steps).map(|step| step.line).collect();
        for word in ["addprinc", "modprinc", "cpw", "getprinc", "delprinc", "renprinc", "listprincs"]
            .into_iter()
            .chain(["purgekeys", "setstr", "getstrs", "delstr", "addpol", "modpol", "getpol", "delpol"])
            .chain(["listpols", "ktadd", "ktrem", "lock", "unlock", "getprivs"])
        {
            assert!(lines.iter().any(|line| line.starts_with(word)), "no {word}");
        }
    }

    #[test]
    fn scripts_can_be_written_down() {
        for seed in 0..50 {
            let case = script(seed, 30);
            let read = crate::case::parse("f", &case.to_string()).unwrap();
            assert_eq!(read[0].steps, case.steps);
        }
    }
}
