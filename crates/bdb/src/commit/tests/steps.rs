//! What look-ups and walks find between any two steps of a commit.

use super::*;

/// Changes of all kinds to a tree of three levels: one page, splits of leaves and of what is above them, leaves that go, values
/// on pages of their own, and long series.
fn series() -> Vec<(&'static str, Vec<Do>)> {
    let many = |count: u32, of: fn(u32) -> Do| (0..count).map(of).collect::<Vec<_>>();
    vec![
        ("a change", vec![Do::Put(500, 30)]),
        ("a new one", vec![Do::Put(2001, 3)]),
        ("a split", vec![Do::Put(501, 200), Do::Put(503, 200)]),
        ("a value of its own", vec![Do::Put(501, 3000)]),
        ("another one", vec![Do::Put(300, 3000)]),
        ("a leaf goes", many(24, |n| Do::Delete(400 + 2 * n))),
        ("leaves at the end go", many(60, |n| Do::Delete(1998 - 2 * n))),
        ("leaves at the beginning go", many(60, |n| Do::Delete(2 * n))),
        ("all of it goes", many(1000, |n| Do::Delete(2 * n))),
        ("many in a row", many(200, |n| Do::Put(3000 + n, 40))),
        ("many in between", many(200, |n| Do::Put(2 * n + 1, 40))),
        ("many everywhere", many(300, |n| Do::Put(n * 6 % 2000 + 1, 70))),
        (
            "some come, some go",
            (0..150)
                .map(|n| if n % 2 == 0 { Do::Delete(600 + 2 * n) } else { Do::Put(100 + 6 * n, 90) })
                .collect(),
        ),
        ("one goes and another comes beside it", vec![Do::Delete(700), Do::Put(701, 60)]),
    ]
}

/// Before the cut and after it: what both have is found at any time, and nothing is there that neither has.
fn assert_whole(scratch: &Scratch, before: &Model, after: &Model, what: &str) {
    let names: Model = before.iter().chain(after).map(|(key, value)| (key.clone(), value.clone())).collect();
    let (by_name, walked) = scratch.seen(0, &names);
    for (how, seen) in [("look-ups", by_name), ("walk", walked)] {
        for (key, value) in before {
            if after.get(key) == Some(value) {
                assert!(seen.get(key) == Some(value), "{what}: {how}: {}", String::from_utf8_lossy(key));
            } else if after.contains_key(key) {
                assert!(seen.contains_key(key), "{what}: {how}: {}", String::from_utf8_lossy(key));
            }
        }
        for (key, value) in &seen {
            assert!([before, after].iter().any(|model| model.get(key) == Some(value)), "{what}: {how}");
        }
    }
}

/// Cuts a commit after each of its steps, then lets it be finished; answers how many steps there were.
fn cut_everywhere(copies: bool, once: bool, what: &str, doings: &[Do]) -> i64 {
    let start = model((0..1000).map(|number| number * 2));
    let template = Scratch::new();
    template.make(0, &start);
    template.make(1, &Model::new());
    let mut left = 0;
    loop {
        let scratch = Scratch::new();
        for (from, to) in template.paths.iter().zip(&scratch.paths) {
            std::fs::copy(from, to).unwrap();
        }
        let mut after = start.clone();
        let mut tree = scratch.tree(0, Access::ReadWrite);
        work(&mut tree, &mut after, doings);
        let plan = tree.plan().unwrap();
        assert!(plan.ordered, "{what}");
        let storage = Cut { once, copies, unit: PAGE, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan, Plan::default()]);
        drop(tree);
        let what = format!("{what}, {left}");
        if once {
            assert!(
                done.is_ok()
                    || scratch.all(0) == start
                    || matches!(done, Err(Error::Unsure { .. } | Error::Undecided { .. })),
                "{what}: {done:?}"
            );
        } else {
            assert!(done.is_ok() || storage.was_reached(), "{what}");
            assert_whole(&scratch, &start, &after, &what);
        }
        if done.is_ok() {
            assert!(scratch.all(0) == after, "{what}");
        }
        scratch.files(&SystemStorage).recover().unwrap_or_else(|error| panic!("{what}: {error}"));
        scratch.files(&SystemStorage).remove_copies(&[0, 1]).unwrap();
        let now = scratch.all(0);
        assert!(now == after || (now == start && done.is_err()), "{what}");
        if now == start {
            let length = |path: &Path| std::fs::metadata(path).unwrap().len();
            assert_eq!(
                length(&scratch.paths[0]),
                length(&template.paths[0]),
                "{what}: its new pages are gone"
            );
        }
        assert_eq!(scratch.names(), ["p", "p.kadm5"], "{what}");
        if !storage.was_reached() {
            return left;
        }
        // All of the first steps, of long series some of the others.
        left += 1 + left / 40 * 11;
    }
}

#[test]
fn a_copy_is_seen_whole_or_not_at_all() {
    for (what, doings) in series() {
        assert!(cut_everywhere(true, false, what, &doings) >= 2, "{what}");
    }
}

#[test]
fn pages_in_their_places_are_found_at_every_step() {
    for (what, doings) in series() {
        let steps = cut_everywhere(false, false, what, &doings);
        assert!(steps >= 2, "{what}");
    }
}

#[test]
fn one_failure_anywhere_loses_nothing() {
    for (what, doings) in series().into_iter().take(7) {
        for copies in [false, true] {
            cut_everywhere(copies, true, what, &doings);
        }
    }
}

/// Another program, which knows of no journal, replaces a value that has pages of its own between two steps of a commit that moves
/// its record to a new leaf: whoever walks finds the old value or the new one, and all others.
#[test]
fn what_another_program_replaces_in_between_is_old_or_new() {
    const NEW: [u8; 700] = [9; 700];
    let big = |number: u32| (key(number), vec![number as u8; 600]);
    let start: Model =
        model((0..400).map(|number| number * 2)).into_iter().chain((0..80).map(|n| big(n * 10))).collect();
    let template = Scratch::new();
    template.make(0, &start);
    template.make(1, &Model::new());
    let (mut left, mut moved) = (0, 0);
    loop {
        let scratch = Scratch::new();
        for (from, to) in template.paths.iter().zip(&scratch.paths) {
            std::fs::copy(from, to).unwrap();
        }
        let doings: Vec<Do> = (300..340).map(|number| Do::Put(2 * number + 1, 60)).collect();
        let (plan, after) = plan(&scratch, 0, &doings);
        assert!(plan.ordered);
        let storage = Cut { copies: false, unit: PAGE, ..Cut::after(left) };
        let _ = scratch.files(&storage).commit([plan, Plan::default()]);
        let file = std::fs::read(&scratch.paths[0]).unwrap();
        for number in (580..720).step_by(10) {
            let mut tree = scratch.tree(0, Access::ReadWrite);
            let found_by_walk = walk_as_mit(&tree);
            tree.put(&key(number), &NEW).unwrap();
            tree.commit().unwrap();
            let walked = walk_as_mit(&scratch.tree(0, Access::ReadOnly));
            let value = walked.get(&key(number)).unwrap();
            assert!(*value == start[&key(number)] || *value == NEW, "{left}, {number}: {value:?}");
            moved += usize::from(*value != NEW);
            for (name, value) in found_by_walk {
                if name != key(number) && after.get(&name) == start.get(&name) {
                    assert!(walked.get(&name) == Some(&value), "{left}, {number}");
                }
            }
            std::fs::write(&scratch.paths[0], &file).unwrap();
        }
        if !storage.was_reached() {
            break;
        }
        left += 1;
    }
    assert!(moved > 0, "some were moved and not yet walked by");
}

/// A record that goes with its leaf and comes back in another one: for a moment it would be found in neither.
#[test]
fn a_record_that_moves_between_pages_asks_for_a_copy() {
    let scratch = Scratch::new();
    scratch.make(0, &model((0..1000).map(|number| number * 2)));
    scratch.make(1, &Model::new());
    let doings: Vec<Do> = (0..40).map(|n| Do::Delete(400 + 2 * n)).chain([Do::Put(440, 10)]).collect();
    let (change, after) = plan(&scratch, 0, &doings);
    assert!(!change.ordered);
    let storage = Cut { copies: false, ..Cut::after(1000) };
    let refused = scratch.files(&storage).commit([change.clone(), Plan::default()]);
    assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
    scratch.files(&SystemStorage).commit([change, Plan::default()]).unwrap();
    assert_eq!(scratch.all(0), after);
}
