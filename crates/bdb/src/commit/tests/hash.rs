//! Commits to hash files.

use super::*;
use crate::hash::Hash;

fn hash_of(scratch: &Scratch, numbers: impl IntoIterator<Item = u32>) -> Model {
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    let model = model(numbers);
    for (key, value) in &model {
        table.put(key, value).unwrap();
    }
    table.commit().unwrap();
    model
}

#[test]
fn hash_files() {
    for (numbers, copies) in [(0..1, true), (0..1, false), (0..400, true)] {
        let mut left = 0;
        loop {
            let scratch = Scratch::new();
            let before = hash_of(&scratch, 1000..1300);
            scratch.make(1, &Model::new());
            let open = |access| {
                Hash::open(SystemStorage.open(&scratch.paths[0], access).unwrap(), &scratch.paths[0], access)
            };
            let mut table = open(Access::ReadWrite).unwrap();
            let mut after = before.clone();
            for (key, value) in model(numbers.clone()) {
                table.put(&key, &value).unwrap();
                after.insert(key, value);
            }
            let plan = table.plan().unwrap();
            assert_eq!(plan.ordered, numbers.len() == 1);
            drop(table);
            let storage = Cut { copies, ..Cut::after(left) };
            let done = scratch.files(&storage).commit([plan, Plan::default()]);
            let seen = || -> Model {
                open(Access::ReadOnly).unwrap().iter().map(|r| r.unwrap()).map(|r| (r.key, r.value)).collect()
            };
            assert!(seen() == before || seen() == after, "{left}");
            scratch.files(&SystemStorage).recover().unwrap();
            scratch.files(&SystemStorage).remove_copies(&[0]).unwrap();
            assert!(open(Access::ReadOnly).unwrap().check().unwrap().problems.is_empty(), "{left}");
            assert!(seen() == after || (done.is_err() && seen() == before), "{left}");
            if !storage.was_reached() {
                break;
            }
            left += 1;
        }
        assert!(left > 3);
    }
}
