use super::*;

/// An element: tag, length in as few bytes as can be, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match u8::try_from(len) {
        Ok(short) if short < 128 => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => [&[tag, 0x82][..], &u16::try_from(len).unwrap().to_be_bytes()].concat(),
    };
    [head, content.to_vec()].concat()
}

fn integer(number: i32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let sign =
        |at: usize| (bytes[at] == 0 && bytes[at + 1] < 128) || (bytes[at] == 255 && bytes[at + 1] > 127);
    let skipped = (0..3).take_while(|at| sign(*at)).count();
    element(2, &bytes[skipped..])
}

fn sequence(fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(tag, content)| element(0xa0 + tag, content)).collect();
    element(0x30, &fields.concat())
}

fn ticket(version: i32, realm: &[u8], parts: &[&[u8]], enctype: i32, kvno: Option<i32>) -> Vec<u8> {
    let parts: Vec<_> = parts.iter().map(|part| element(27, part)).collect();
    let name = sequence(&[(0, integer(2)), (1, element(0x30, &parts.concat()))]);
    let kvno = kvno.map(|kvno| (1, integer(kvno)));
    let encrypted: Vec<_> =
        [(0, integer(enctype))].into_iter().chain(kvno).chain([(2, element(4, b"x"))]).collect();
    let fields = [(0, integer(version)), (1, element(27, realm)), (2, name), (3, sequence(&encrypted))];
    element(0x61, &sequence(&fields))
}

#[test]
fn names_of_any_bytes_and_numbers_of_any_sign() {
    let long = [b'x'; 300];
    for (realm, parts) in [
        (&b"R"[..], vec![&b"krbtgt"[..], b"R"]),
        ("ÄÖ.EXAMPLE".as_bytes(), vec![b"\xff\0\x80", "smörgås".as_bytes()]),
        (b"", vec![]),
        (b"R", vec![&long[..]]),
    ] {
        for (enctype, kvno) in [(18, Some(1)), (-133, None), (70_000, Some(-1))] {
            let read = Ticket::decode(&ticket(5, realm, &parts, enctype, kvno)).unwrap();
            assert_eq!(read.server, Principal::new(realm, parts.clone()));
            assert_eq!(read.server.name_type(), NameType::SRV_INST);
            assert_eq!((read.enctype, read.kvno), (EncType(enctype), kvno.map(i32::cast_unsigned)));
        }
    }
}

#[test]
fn what_is_no_ticket() {
    let good = ticket(5, b"R", &[b"a"], 18, Some(1));
    assert!(Ticket::decode(&[&good[..], b"more"].concat()).is_some(), "MIT passes over what follows");
    assert!(Ticket::decode(&ticket(4, b"R", &[b"a"], 18, None)).is_none());
    for len in 0..good.len() {
        assert!(Ticket::decode(&good[..len]).is_none(), "cut after {len} bytes");
    }
    assert!(Ticket::decode(b"").is_none());
}

/// What a KDC of MIT's made, read by somebody else.
#[test]
fn another_crate_reads_the_same() {
    use red_asn1::Asn1Object;
    let golden = include_bytes!("../../../../tests/golden/ccache/bob.ccache");
    let cache = crate::CacheFile::parse(golden, std::path::Path::new("bob")).unwrap();
    let tickets: Vec<_> = cache.map(|one| one.unwrap()).filter(|one| !one.is_config()).collect();
    assert_eq!(tickets.len(), 4);
    for one in tickets {
        let der = one.ticket.expose();
        let ours = Ticket::decode(der).unwrap();
        let (rest, theirs) = kerberos_asn1::Ticket::parse(der).unwrap();
        assert!(rest.is_empty());
        let parts: Vec<String> = theirs.sname.name_string.clone();
        assert_eq!(ours.server, Principal::new(theirs.realm.clone(), parts));
        assert_eq!(ours.server.name_type().0, theirs.sname.name_type);
        assert_eq!(ours.enctype.0, theirs.enc_part.etype);
        assert_eq!(ours.kvno, theirs.enc_part.kvno);
    }
}
