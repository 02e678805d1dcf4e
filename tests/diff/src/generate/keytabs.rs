//! ktadd and ktremove.

use super::{Dice, values};
use crate::case::Step;

pub fn add(dice: &mut Dice) -> Step {
    let command = dice.pick(&["ktadd", "ktadd", "xst"]);
    let quiet = if dice.one_in(4) { " -q" } else { "" };
    if dice.one_in(3) {
        // A keytab of its own: see DIV-6.
        let keytab = format!("{{DIR}}/n{}", dice.below(1_000_000));
        return Step::new(format!("{command} -k {keytab}{quiet} -norandkey {}", values::name(dice)));
    }
    let keytab = dice.pick(&["-k {DIR}/a", "-k FILE:{DIR}/b", "-keytab WRFILE:{DIR}/a", ""]);
    let list = if dice.one_in(3) { format!(" -e {}", values::keysalts(dice, ",")) } else { String::new() };
    let names: Vec<String> = (0..1 + dice.below(2)).map(|_| values::name(dice)).collect();
    Step::new(format!("{command} {keytab}{quiet}{list} {}", names.join(" ")))
}

pub fn remove(dice: &mut Dice) -> Step {
    let command = dice.pick(&["ktrem", "ktremove"]);
    let keytab = dice.pick(&["-k {DIR}/a", "-k {DIR}/b", "-k FILE:{DIR}/a", "-k {DIR}/nowhere", ""]);
    let quiet = if dice.one_in(4) { " -q" } else { "" };
    let which = dice.pick(&["", "", " all", " old", " 2", " 3", " 99"]);
    Step::new(format!("{command} {keytab}{quiet} {}{which}", values::name(dice)))
}
