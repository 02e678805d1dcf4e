//! Hash files: opened, checked, walked, changed and rescued.

use std::ops::ControlFlow;
use std::path::Path;

use k5_bdb::hash::{Access, Hash, salvage};
use k5_bdb::{Error, MemFile};

pub(super) fn run(data: &[u8]) {
    let path = Path::new("principal");
    for cut_short in [false, true] {
        let mut found = 0;
        salvage(MemFile::with_contents(data.to_vec()), path, cut_short, &mut |_| {
            found += 1;
            ControlFlow::Continue(())
        })
        .expect("a file in memory has a length");
        assert!(found <= data.len(), "{found} records in {} bytes", data.len());
    }
    let file = MemFile::with_contents(data.to_vec());
    let mut table = match Hash::open(file, path, Access::ReadWrite) {
        Ok(table) => table,
        Err(error) => return says_where(&error),
    };
    let report = table.check().expect("a file in memory can be read");
    let mut keys = Vec::new();
    let mut count = 0;
    for record in table.iter() {
        count += 1;
        assert!(count <= data.len(), "endless");
        match record {
            Ok(record) if keys.len() < 8 => keys.push(record.key),
            Ok(_) => {}
            Err(error) => {
                assert!(!report.is_sound(), "a sound table that cannot be walked: {error}");
                says_where(&error);
            }
        }
    }
    assert!(!report.is_sound() || count as u64 == report.records);
    for key in keys {
        let results = [
            table.get(&key).map(drop),
            table.put(&key, &[5; 700]),
            table.delete(&key).map(drop),
            table.put(b"new", &[6; 70]),
        ];
        results.into_iter().filter_map(Result::err).for_each(|error| says_where(&error));
    }
    let after = table.check().expect("a file in memory can be read");
    assert!(!report.is_sound() || after.is_sound(), "changes made a sound table unsound: {after:?}");
}

fn says_where(error: &Error) {
    match error {
        Error::Corrupt { path, what, .. } => assert!(path.ends_with("principal") && !what.is_empty()),
        Error::NotHash { .. } | Error::Unsupported { .. } | Error::KeyLength { .. } => {}
        Error::HashFull { .. } | Error::EmptyValue { .. } => {}
        error => panic!("{error}"),
    }
}
