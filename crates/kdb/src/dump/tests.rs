//! The codec on MIT's dumps and on damaged lines. `tests/compat` shows what MIT makes of the same.

use super::*;
use crate::error::KdbError;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

fn golden(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/dump").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", PathBuf::from(&path).display()))
}

fn rewritten(dump: &[u8]) -> Vec<u8> {
    let mut reader = DumpReader::open(dump, None, b"").unwrap();
    let version = reader.version();
    let mut out = version.header().as_bytes().to_vec();
    while let Some(record) = reader.next_record().unwrap() {
        match record {
            Record::Principal { name, entry, trash } => {
                assert_eq!((trash, name), (0, entry.principal.unparse()));
                write_principal(version, &entry, &mut out);
            }
            Record::Policy(policy) => write_policy(version, &policy, &mut out),
        }
    }
    out
}

#[test]
fn what_mit_wrote_comes_back_the_same() {
    let files = [
        ("dump.txt", Version::Current),
        ("dump-hash.txt", Version::Current),
        ("dump-klmdb.txt", Version::Current),
        ("dump-r18.txt", Version::Release18),
        ("dump-r13.txt", Version::Release13),
        ("dump-b7.txt", Version::Beta7),
    ];
    for (name, version) in files {
        let dump = golden(name);
        assert_eq!(DumpReader::open(dump.as_slice(), Some(version), b"").unwrap().version(), version);
        assert!(rewritten(&dump) == dump, "{name}");
    }
}

/// A version below the current one is what it says of a current one's entries.
#[test]
fn older_versions_say_less() {
    let current = golden("dump.txt");
    for (name, version) in [
        ("dump-b7.txt", Version::Beta7),
        ("dump-r13.txt", Version::Release13),
        ("dump-r18.txt", Version::Release18),
    ] {
        let mut reader = DumpReader::open(current.as_slice(), None, b"").unwrap();
        let mut out = version.header().as_bytes().to_vec();
        while let Some(record) = reader.next_record().unwrap() {
            match record {
                Record::Principal { entry, .. } => write_principal(version, &entry, &mut out),
                Record::Policy(policy) => write_policy(version, &policy, &mut out),
            }
        }
        assert!(out == golden(name), "{name}");
    }
}

fn read(lines: &str) -> crate::Result<Vec<Record>> {
    let dump = format!("{}{lines}", Version::Current.header());
    let mut reader = DumpReader::open(dump.as_bytes(), None, b"R")?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok(records)
}

fn what(lines: &str) -> String {
    match read(lines) {
        Err(KdbError::DumpLine { line: 2, what }) => what,
        other => panic!("{lines:?} gives {other:?}"),
    }
}

const PRINC: &str =
    "princ\t38\t3\t1\t1\t0\ta@R\t1\t2\t3\t4\t5\t6\t7\t8\t-5\t2\tABcd\t1\t300\t-3\t2\t0102\t-1;\n";

#[test]
fn a_line_cut_anywhere_is_an_error() {
    assert_eq!(read(PRINC).unwrap().len(), 1);
    let policy = "policy\tmy pol\t1\t2\t3\t4\t5\t0\t7\t8\t9\t1\t2\t3\t-\t1\t5\t1\tab\n";
    assert_eq!(read(policy).unwrap().len(), 1);
    for line in [PRINC, policy] {
        for end in 1..line.len() {
            assert!(read(&line[..end]).is_err(), "{:?}", &line[..end]);
            let broken = format!("{}\n{}", &line[..end], &line[end..]);
            assert!(end + 1 == line.len() || read(&broken).is_err(), "{broken:?}");
        }
    }
}

#[test]
fn faults_say_where() {
    for (from, to, says) in [
        ("princ", "prince", "unknown record type"),
        ("\t38\t", "\t39\t", "extra data"),
        ("\t3\t1\t1\t0\t", "\t4\t1\t1\t0\t", "not of the length"),
        ("\t3\t1\t1\t0\t", "\t2\t1\t1\t0\t", "not of the length"),
        ("\t3\t1\t1\t0\t", "\t3\t99999999999999999999\t1\t0\t", "over 32 bits at byte 32 of the line"),
        ("\t3\t1\t1\t0\t", "\t3\t32768\t1\t0\t", "cannot allocate tl_data (too large)"),
        ("\t3\t1\t1\t0\t", "\t3\t1\t-1\t0\t", "invalid key_data size"),
        ("\t3\t1\t1\t0\t", "\t4000000000\t1\t1\t0\t", "cannot allocate principal (too large)"),
        ("ABcd", "ABcde", "more octets than"),
        ("ABcd", "ABc", "cannot read tagged data contents: not a hexadecimal digit at byte 46"),
        ("ABcd", "ABcx", "not a hexadecimal digit at byte 46"),
        ("\t-5\t", "\t40000\t", "a type over 16 bits"),
        ("\t-5\t2\t", "\t-5\t70000\t", "not a number from 0 to 65535"),
        ("\t-5\t2\t", "\t32767\t2\t", "arguments of a database module"),
        ("\t1\t300\t", "\t3\t300\t", "unsupported key_data_ver version"),
        ("\t1\t300\t", "\t1\t-1\t", "invalid kvno"),
        ("\t-1;", "\t-2;", "cannot read extra data: -1 is missing"),
    ] {
        let line = PRINC.replacen(from, to, 1);
        assert_ne!(line, PRINC);
        let told = what(&line);
        assert!(told.contains(says), "{line:?}: {told}");
    }
}

#[test]
fn what_mit_takes_is_taken() {
    let spaced = PRINC.replace('\t', " \t").replace("0 \ta@R", "0\ta@R").replace("a@R \t1", "a@R\t1");
    assert_eq!(read(&spaced).unwrap(), read(PRINC).unwrap());
    assert_eq!(read(&format!("\n \n{PRINC}\n")).unwrap(), read(PRINC).unwrap());
    assert_eq!(read(&format!("{PRINC}End of it\nrubbish")).unwrap(), read(PRINC).unwrap());
    let trash = |line: &str| match read(line).unwrap().as_slice() {
        [Record::Principal { trash, .. }] => *trash,
        other => panic!("{other:?}"),
    };
    assert_eq!(trash(&PRINC.replace(";\n", "; x\n")), 2);
    assert_eq!(trash(&PRINC.replace(";\n", "\n")), 1);
    let bare = read(&PRINC.replace("3\t1\t1\t0\ta@R", "1\t1\t1\t0\ta"));
    let Ok([Record::Principal { entry, name, .. }]) = bare.as_deref() else { panic!() };
    assert_eq!((name.as_slice(), entry.principal.unparse()), (&b"a"[..], b"a@R".to_vec()));
    let lockout_only = "policy\tp\t1\t2\t3\t4\t5\t0\t-1\t4294967295\t9\n";
    let lockout_only = read(lockout_only);
    let Ok([Record::Policy(policy)]) = lockout_only.as_deref() else { panic!() };
    assert_eq!(
        (policy.max_fail, policy.failure_interval, policy.allowed_keysalts.as_ref()),
        (u32::MAX, u32::MAX, None)
    );
}

#[test]
fn headers() {
    let open =
        |text: &str, wanted| DumpReader::open(text.as_bytes(), wanted, b"").map(|reader| reader.version());
    assert_eq!(open("kdb5_util load_dump version 6\n", None).unwrap(), Version::Release18);
    for (text, wanted, missing) in [
        ("", None, true),
        ("\n", None, false),
        ("kdb5_util load_dump version 7", None, false),
        ("kdb5_util load_dump version 7\r\n", None, false),
        ("kdb5_util load_dump version 8\n", None, false),
        ("kdb5_util load_dump version 7\n", Some(Version::Beta7), false),
        ("ipropx 1 2 3 4\n", None, false),
    ] {
        match open(text, wanted) {
            Err(KdbError::DumpHeader { missing: told }) => assert_eq!(told, missing, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

/// The same records and the same faults in whatever pieces the input comes.
#[test]
fn input_in_pieces() {
    struct Pieces<'a>(&'a [u8], usize);
    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len());
            (&mut self.0).take(count as u64).read(buffer)
        }
    }
    fn all(input: impl Read) -> (Vec<Record>, Option<String>) {
        let mut reader = DumpReader::open(input, None, b"R").unwrap();
        let mut records = Vec::new();
        loop {
            match reader.next_record() {
                Ok(Some(record)) => records.push(record),
                Ok(None) => return (records, None),
                Err(error) => return (records, Some(error.to_string())),
            }
        }
    }
    let dump = golden("dump.txt");
    let header = Version::Current.header();
    let broken = format!("{header}{PRINC}{}", PRINC.replace("ABcd", "ABc"));
    for dump in [&dump, broken.as_bytes()] {
        let whole = all(dump);
        for size in [1, 2, 3, 7, 100, 4099] {
            assert!(all(Pieces(dump, size)) == whole, "{size}");
        }
    }
}

/// An endless line of digits must end early, not fill the memory.
#[test]
fn an_endless_record_is_refused() {
    struct Endless;
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'5');
            Ok(buffer.len())
        }
    }
    let header = Version::Current.header();
    for start in ["", "princ\t38\t3\t1\t0\t0\t", "princ\t38\t8000000\t0\t0\t0\t", "policy\t", "policy\tp\t"] {
        let dump = format!("{header}{start}");
        let input = io::Read::chain(dump.as_bytes(), Endless);
        let mut reader = DumpReader::open(input, None, b"R").unwrap();
        assert!(matches!(reader.next_record(), Err(KdbError::DumpLine { line: 2, .. })), "{start}");
    }
}
