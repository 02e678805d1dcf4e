//! The shortest script that still differs.

use crate::case::{Case, Step};
use crate::words;

/// Takes commands out of the script, in ever smaller pieces, then words out of the commands that are left, as long as `differs`
/// says so. The answer is a script from which nothing more can be taken.
pub fn minimise(case: &Case, mut differs: impl FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut size = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut shorter = false;
        let mut at = 0;
        while at < best.steps.len() {
            let mut steps = best.steps.clone();
            steps.drain(at..steps.len().min(at + size));
            let less = Case { steps, ..best.clone() };
            if !less.steps.is_empty() && differs(&less) {
                (best, shorter) = (less, true);
            } else {
                at += size;
            }
        }
        match (shorter, size) {
            (false, 1) => break,
            (true, 1) => {}
            _ => size = size.div_ceil(2),
        }
    }
    for at in 0..best.steps.len() {
        fewer_words(&mut best, at, &mut differs);
    }
    best
}

/// Takes words out of one command, two at a time first: an option goes with its value.
fn fewer_words(best: &mut Case, at: usize, differs: &mut impl FnMut(&Case) -> bool) {
    for size in [2, 1] {
        let mut from = 1;
        while let Some(words) = words::split(&best.steps[at].line).filter(|words| from + size <= words.len())
        {
            let left = words.iter().take(from).chain(words.iter().skip(from + size));
            let line = left.map(|word| words::quote(word)).collect::<Vec<_>>().join(" ");
            let mut less = best.clone();
            less.steps[at] = Step { line, ..less.steps[at].clone() };
            if differs(&less) {
                *best = less;
            } else {
                from += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let lines = (0..30).map(|n| Step::new(format!("addprinc -pw a +preauth -x y p{n}")));
        let case = Case::new("x", lines.collect());
        let both = |case: &Case| {
            let has = |name: &str, word: &str| {
                case.steps.iter().any(|step| step.line.ends_with(name) && step.line.contains(word))
            };
            has("p7", "+preauth") && has("p23", "-pw a")
        };
        let least = minimise(&case, both);
        assert_eq!(least.steps, [Step::new("addprinc +preauth p7"), Step::new("addprinc -pw a p23")]);
    }
}
