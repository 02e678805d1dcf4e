//! Dumps: what is read and written comes back as the same.

use k5_kdb::dump::{DumpReader, Record, Version, write_policy, write_principal};

pub(super) fn run(data: &[u8]) {
    let Ok(mut reader) = DumpReader::open(data, None, b"DEFAULT.TEST") else { return };
    for version in Version::ALL.into_iter().filter(|version| *version != reader.version()) {
        assert!(DumpReader::open(data, Some(version), b"").is_err(), "two versions at once");
    }
    loop {
        match reader.next_record() {
            Ok(Some(record)) => comes_back(&record),
            Ok(None) => return,
            Err(error) => {
                assert!(error.to_string().contains(&reader.line().to_string()), "{error}");
                assert!(matches!(reader.next_record(), Ok(None)), "there is more behind an error");
                return;
            }
        }
    }
}

fn comes_back(record: &Record) {
    let version = Version::Current;
    let mut text = version.header().as_bytes().to_vec();
    match record {
        Record::Principal { entry, .. } => write_principal(version, entry, &mut text),
        Record::Policy(policy) => write_policy(version, policy, &mut text),
        other => panic!("a new kind of record: {other:?}"),
    }
    let mut again = DumpReader::open(&*text, Some(version), b"").expect("our header");
    let read = again.next_record().expect("our line").expect("a record");
    match (record, read) {
        (Record::Principal { entry, .. }, Record::Principal { entry: read, trash, .. }) => {
            assert_eq!((entry, trash), (&read, 0));
        }
        (Record::Policy(policy), Record::Policy(read)) => assert_eq!(*policy, read),
        (one, other) => panic!("{one:?} came back as {other:?}"),
    }
}
