use super::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

/// A daemon that gives these answers, one after the other: each the bytes that it sends.
fn daemon(answers: Vec<Vec<u8>>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in answers {
            let mut len = [0; 4];
            stream.read_exact(&mut len).unwrap();
            let mut request = vec![0; u32::from_be_bytes(len) as usize];
            stream.read_exact(&mut request).unwrap();
            assert_eq!(request[..2], [2, 0]);
            stream.write_all(&answer).unwrap();
        }
    });
    (dir, socket)
}

/// Length, no trouble on the way, code, results.
fn answer(code: i32, results: &[u8]) -> Vec<u8> {
    let len = u32::try_from(results.len() + 4).unwrap().to_be_bytes();
    [&len[..], &[0; 4], &code.to_be_bytes(), results].concat()
}

const ALICE: &[u8] = b"\0\0\0\x01\0\0\0\x01\0\0\0\x01R\0\0\0\x05alice";

fn open(answers: Vec<Vec<u8>>) -> Result<KcmReader> {
    let (_dir, socket) = daemon(answers);
    KcmReader::open(&socket, OsStr::new("c"))
}

#[test]
fn heads() {
    let reader = open(vec![answer(0, ALICE), answer(0, &[0, 0, 0, 9])]).unwrap();
    assert_eq!(reader.principal, Principal::new("R", ["alice"]));
    assert_eq!(reader.clock_offset, Some(ClockOffset { seconds: 9, microseconds: 0 }));
    let reader = open(vec![answer(0, ALICE), answer(-1, b"")]).unwrap();
    assert_eq!(reader.clock_offset, None);
    for missing in [answer(0, b""), answer(kcm_code::NO_CACHE, b"")] {
        assert!(matches!(open(vec![missing]), Err(CcacheError::NotFound { kind: Kind::Kcm, .. })));
    }
}

#[test]
fn replies_that_are_none() {
    assert!(matches!(open(vec![answer(0, &ALICE[..9])]), Err(CcacheError::KcmReply)));
    assert!(matches!(open(vec![answer(5, b"")]), Err(CcacheError::KcmRefused(5))));
    assert!(matches!(open(vec![vec![0, 0, 0, 2, 0, 0, 0, 0, 1, 2]]), Err(CcacheError::KcmReply)));
    assert!(matches!(open(vec![vec![0, 0, 0, 4, 0, 0, 0, 7]]), Err(CcacheError::KcmRefused(7))));
    assert!(matches!(open(vec![vec![0xff; 4]]), Err(CcacheError::KcmTooBig)));
    assert!(matches!(open(vec![vec![0, 0, 0, 9, 0, 0, 0, 0, 1]]), Err(CcacheError::KcmClosed)));
    assert!(matches!(open(vec![vec![0, 0]]), Err(CcacheError::KcmClosed)));
    assert!(matches!(
        KcmReader::open(Path::new("/no/such"), OsStr::new("c")),
        Err(CcacheError::KcmNoServer { .. })
    ));
    assert!(matches!(ids(&[0; 17]), Err(CcacheError::KcmReply)));
    assert!(matches!(name_of(b"no end"), Err(CcacheError::KcmReply)));
}

#[test]
fn lists() {
    let path = Path::new("c");
    assert_eq!(list(&[0, 0, 0, 0], path).unwrap().len(), 0);
    assert_eq!(list(&[], path).unwrap().len(), 0);
    for bad in
        [&[0, 0, 0, 1][..], &[0xff; 4], &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff], &[0, 0, 0, 1, 0, 0, 0, 0]]
    {
        assert!(matches!(list(bad, path), Err(CcacheError::KcmReply)), "{bad:?}");
    }
}
