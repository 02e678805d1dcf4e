//! Sequences of transactions, cut short at every operation on a disk in memory.
//!
//! A sequence is played once, to its end, on a disk that writes down what is done to it ([`disk`]). From what it wrote down comes what a
//! crash at any operation leaves ([`crash`]): of a killed program what it had done, without power what was synced and some of the rest. In half
//! of the cuts MIT's programs come first, on real files; then our own look at it and go on ([`check`]).

pub mod check;
pub mod crash;
pub mod disk;
pub mod failures;
pub mod holding;
pub mod play;
pub mod replicas;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use harness::{BackEnd, Dice, Realm};

use crate::template::{Shape, Template, renew, template};
use crate::tries::Bench;
use check::{ENDS, ENDS_BEFORE_MIT};
use crash::{End, image};
use play::{Play, play};

/// Cuts of one sequence.
const CUTS_A_PLAY: usize = 100;

/// Plays a long sequence and cuts it at random. How many cuts it made.
///
/// # Panics
/// Where something is not as it must be after a cut.
pub fn random(bench: &mut Bench, dice: &mut Dice) -> u64 {
    let Bench { realm, story, .. } = bench;
    let (shape, transactions) = match dice.below(20) {
        0..=4 => (Shape::Small, 60),
        5..=7 => (Shape::Hash, 30),
        8 => (Shape::Large, 6),
        _ => (Shape::Tree, 40),
    };
    let (template, play) = start(realm, shape, transactions, dice, story);
    let before = story.len();
    let cuts = if shape == Shape::Large { CUTS_A_PLAY / 10 } else { CUTS_A_PLAY };
    for _ in 0..cuts {
        story.truncate(before);
        let cut = dice.place(play.log.len() + 1);
        let mit = dice.one_in(2);
        one(realm, &template, &play, cut, mit, dice, story);
    }
    cuts as u64
}

/// How many cuts [`random`] makes at most.
#[must_use]
pub fn cuts_of_one() -> u64 {
    CUTS_A_PLAY as u64
}

/// Cuts a short sequence at every operation, in every way.
///
/// # Panics
/// As [`random`].
pub fn exhaustive(bench: &mut Bench, shape: Shape, dice: &mut Dice) {
    let Bench { realm, story, .. } = bench;
    let (template, play) = start(realm, shape, 3, dice, story);
    let before = story.len();
    // Many cuts leave the same: nothing is to be learnt from it a second time.
    let mut seen = HashSet::new();
    for cut in 0..=play.log.len() {
        for (mit, ends) in [(false, ENDS), (true, ENDS_BEFORE_MIT)] {
            for end in ends {
                let left = image(&play.base, &play.log, cut, end, dice);
                let mut hasher = DefaultHasher::new();
                (mit, play.done(cut), &left).hash(&mut hasher);
                if !seen.insert(hasher.finish()) {
                    continue;
                }
                story.truncate(before);
                story.push(told(&play, cut, end, mit));
                // Their programs take their time.
                if !mit {
                    check::ours(realm, &play, cut, &left, dice);
                } else if dice.one_in(4) {
                    renew(realm, &template);
                    check::mit_first(realm, &play, cut, &left, dice);
                }
            }
        }
    }
}

fn start(
    realm: &Realm,
    shape: Shape,
    transactions: usize,
    dice: &mut Dice,
    story: &mut Vec<String>,
) -> (Arc<Template>, Play) {
    let template = template(BackEnd::Db2, shape);
    renew(realm, &template);
    story.push(format!("{transactions} transactions on {shape:?}"));
    let play = play(realm, &template, dice, transactions);
    story.push(format!("on a disk with {:?}", play.kind));
    (template, play)
}

fn one(
    realm: &Realm,
    template: &Template,
    play: &Play,
    cut: usize,
    mit: bool,
    dice: &mut Dice,
    story: &mut Vec<String>,
) {
    let end = if mit { ENDS_BEFORE_MIT[dice.place(ENDS.len())] } else { ENDS[dice.place(ENDS.len())] };
    story.push(told(play, cut, end, mit));
    let left = image(&play.base, &play.log, cut, end, dice);
    if mit {
        renew(realm, template);
        check::mit_first(realm, play, cut, &left, dice);
    } else {
        check::ours(realm, play, cut, &left, dice);
    }
}

fn told(play: &Play, cut: usize, end: End, mit: bool) -> String {
    let who = if mit { "MIT comes first" } else { "we come first" };
    let done = play.done(cut);
    format!("{end:?} before operation {cut}, {done} transactions acknowledged, {who}:\n{}", play.around(cut))
}
