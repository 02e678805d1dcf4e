//! Lines that go wrong by their words.

use super::Dice;
use crate::case::Step;
use crate::words;

/// Another word could be a keytab that has the keys already, or is none.
fn on_keytabs(line: &str) -> bool {
    line.starts_with("kt") || line.starts_with("xst")
}

/// The command with a word too few, too many or misplaced, or with a quote too many.
pub fn of(step: &Step, dice: &mut Dice) -> Step {
    let Some(mut words) = words::split(&step.line).filter(|_| !on_keytabs(&step.line)) else {
        return step.clone();
    };
    let at = dice.place(words.len());
    match dice.below(7) {
        0 if words.len() > 1 => {
            words.remove(at);
        }
        1 => words.insert(at, words[at].clone()),
        2 => {
            let other = dice.place(words.len());
            words.swap(at, other);
        }
        3 => words.insert(at, dice.pick(&["-foo", "", "-", "--", "alice", "-pw", "+", "=", "-x"]).to_owned()),
        4 => words[at] = words[at].to_uppercase(),
        5 => words.truncate(at.max(1)),
        _ => {
            let line = format!("{}{}", step.line, dice.pick(&["\"", " \"", "\"x", " \"\""]));
            return Step { line, ..step.clone() };
        }
    }
    let words: Vec<String> = words.iter().map(|word| words::quote(word)).collect();
    Step { line: words.join(" "), ..step.clone() }
}
