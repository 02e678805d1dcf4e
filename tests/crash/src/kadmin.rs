//! kadmin.local, killed in the middle of a list of commands.

use std::time::Duration;

use harness::{BackEnd, Dice, Side};

use crate::examine::{Expected, examine};
use crate::moment::{Feed, KILLED, Moment, PROMPT};
use crate::state::State;
use crate::template::{Shape, renew, template};
use crate::tries::Bench;
use crate::work::{Step, steps};

/// About as long as two commands take where syncing is slow.
const SPAN: Duration = Duration::from_millis(10);

/// Kills it once, as the dice have it, and looks at what is left. Tells what was done.
///
/// # Panics
/// Where something is lost, half there or damaged.
pub fn kill_once(bench: &mut Bench, dice: &mut Dice) {
    let Bench { realm, faults, story } = bench;
    let shape = match dice.below(10) {
        0..=2 => Shape::Small,
        3..=6 => Shape::Tree,
        7 if realm.backend() == BackEnd::Db2 => Shape::Hash,
        9 => Shape::Large,
        _ => Shape::Tree,
    };
    let template = template(realm.backend(), shape);
    let count = 2 + dice.place(30);
    // LMDB knows no such lock.
    let steps = steps(dice, &template.state, count, realm.backend() == BackEnd::Db2);
    let lines: Vec<String> = steps.iter().flat_map(|step| step.lines.clone()).collect();
    let feed = if dice.one_in(2) { Feed::Whole } else { Feed::ByLine };
    let mut moment = match dice.one_in(2) {
        true => Moment::outside(dice, lines.len(), SPAN),
        false => Moment::inside(dice, 4 * lines.len()),
    };
    let before = story.len();
    let killed = loop {
        renew(realm, &template);
        story.truncate(before);
        story.push(format!("kadmin.local on {shape:?}, fed {feed:?}, killed {moment:?}:\n{}", shown(&lines)));
        let run = realm.by(Side::Ours).kadmin_local(Vec::<String>::new());
        let killed = moment.kill(faults, realm, run, &lines, feed);
        if killed.output.exit == KILLED || !matches!(moment, Moment::Inside { .. }) {
            break killed;
        }
        // Now it is known how many there are.
        moment = Moment::inside(dice, killed.operations.len());
    };
    let told = acknowledged(&killed.output.stdout, &steps);
    story.push(format!("{told} of {count} steps acknowledged; exit {}", killed.output.exit));
    story.extend(killed.operations.iter().rev().take(12).rev().cloned());
    if killed.output.exit != KILLED {
        assert_eq!(told, count, "not all is acknowledged at the end: {}", killed.output);
    }
    // Of what was not told, nothing was begun unless it was there to be read.
    let begun = if feed == Feed::ByLine { count.min(told + 1) } else { count };
    let states = states(&template.state, &steps);
    let expected = Expected {
        states: states.get(told..=begun).unwrap_or_default().to_vec(),
        keytab: steps.iter().take(told).filter_map(|step| step.keytab.clone()).collect(),
        loads: false,
    };
    examine(realm, &expected, dice, story);
}

/// Long lines cut short.
pub fn shown(lines: &[String]) -> String {
    let cut = |line: &String| line.chars().take(60).collect::<String>();
    lines.iter().map(|line| format!("    {}\n", cut(line))).collect()
}

/// How many steps are done, by what is on standard output: one is if it has said so, or if the prompt behind its last line is
/// there.
fn acknowledged(stdout: &str, steps: &[Step]) -> usize {
    // Before the first prompt, and behind each.
    let pieces: Vec<&str> = stdout.split(PROMPT).collect();
    let mut line = 0;
    let mut done = 0;
    for (number, step) in steps.iter().enumerate() {
        line += step.lines.len();
        let said = step.said.as_ref().is_some_and(|said| pieces.get(line).is_some_and(|p| p.contains(said)));
        if said || pieces.len() > line + 1 {
            done = number + 1;
        }
        // What succeeds says so.
        if let (Some(said), true) = (&step.said, pieces.len() > line + 1) {
            assert!(pieces[line].contains(said), "no {said:?}: {}", pieces[line]);
        }
    }
    done
}

/// What the database holds before the first step and behind each.
fn states(start: &State, steps: &[Step]) -> Vec<State> {
    let mut all = vec![start.clone()];
    for step in steps {
        let mut next = all.last().cloned().unwrap_or_default();
        step.apply(&mut next);
        all.push(next);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(lines: &[&str], said: Option<&str>) -> Step {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        Step { lines, changes: Vec::new(), said: said.map(str::to_owned), keytab: None }
    }

    #[test]
    fn what_is_acknowledged() {
        let steps = [
            step(&["a"], Some("A done")),
            step(&["lock", "b", "unlock"], None),
            step(&["c"], Some("C done")),
        ];
        let out = |text: &str| text.replace('>', PROMPT);
        for (text, done) in [
            ("banner\n", 0),
            (">", 0),
            (">a\n", 0),
            (">a\nA done\n", 1),
            (">a\nA done\n>lock\n>b\nB done\n>unlock\n", 1),
            (">a\nA done\n>lock\n>b\nB done\n>unlock\n>", 2),
            (">a\nA done\n>lock\n>b\nB done\n>unlock\n>c\nC done\n", 3),
        ] {
            assert_eq!(acknowledged(&out(text), &steps), done, "{text}");
        }
    }
}
