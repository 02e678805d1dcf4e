//! B-tree files: opened, checked, walked in every way, changed and rescued.

use std::ops::ControlFlow;
use std::path::Path;

use k5_bdb::btree::{Access, BTree, Order, Walk, salvage};
use k5_bdb::{Error, MemFile};

pub(super) fn run(data: &[u8]) {
    let path = Path::new("principal");
    let mut found = 0;
    salvage(MemFile::with_contents(data.to_vec()), path, &mut |_| {
        found += 1;
        ControlFlow::Continue(())
    })
    .expect("a file in memory has a length");
    assert!(found <= data.len(), "{found} records in {} bytes", data.len());
    let mut tree = match BTree::open(MemFile::with_contents(data.to_vec()), path, Access::ReadWrite) {
        Ok(tree) => tree,
        Err(error) => return says_where(&error),
    };
    let report = tree.check().expect("a file in memory can be read");
    let mut keys = Vec::new();
    for order in [Order::Forward, Order::Backward] {
        for walk in [Walk::Siblings, Walk::Tree] {
            let mut count = 0;
            for record in tree.iter(order, walk) {
                count += 1;
                assert!(count <= data.len(), "endless");
                match record {
                    Ok(record) if keys.len() < 8 => keys.push(record.key),
                    Ok(_) => {}
                    Err(error) => {
                        assert!(!report.is_sound(), "a sound tree that cannot be walked: {error}");
                        says_where(&error);
                    }
                }
            }
            assert!(!report.is_sound() || count as u64 == report.records);
        }
    }
    for key in keys {
        // In a sound tree each is found; in a damaged one no change may do more than fail.
        let results = [
            tree.get(&key).map(drop),
            tree.put(&key, &[5; 700]),
            tree.delete(&key).map(drop),
            tree.put(b"new", &[6; 70]),
        ];
        results.into_iter().filter_map(Result::err).for_each(|error| says_where(&error));
    }
    let after = tree.check().expect("a file in memory can be read");
    assert!(!report.is_sound() || after.is_sound(), "changes made a sound tree unsound: {after:?}");
    tree.commit().expect("there is room in memory");
}

fn says_where(error: &Error) {
    match error {
        Error::Corrupt { path, what, .. } => assert!(path.ends_with("principal") && !what.is_empty()),
        Error::NotBTree { .. } | Error::Unsupported { .. } | Error::KeyLength { .. } => {}
        error => panic!("{error}"),
    }
}
