use super::tagged::tagged;
use super::*;
use crate::kadm_data::KadmData;
use crate::key_data::KeyData;
use crate::mkey::convert::add_master_key;
use crate::mkey::{MasterKey, seal_key};
use crate::policy::Policy;
use crate::tl_data::{ActiveFrom, TlType, encode_actkvno};
use k5_crypto::{SystemRandom, make_random_key};
use k5_types::{EncType, Timestamp};

const AES: EncType = EncType(18);

fn random_key() -> KeyBlock {
    make_random_key(AES, &mut SystemRandom).unwrap()
}

fn sealed(master: &KeyBlock, key: &KeyBlock, kvno: u16) -> KeyData {
    seal_key(master, key, kvno, None, &mut SystemRandom).unwrap()
}

fn principal(name: &'static str) -> Principal {
    Principal::new("R", [name])
}

fn entry_of(name: &'static str) -> Entry {
    let mut entry = Entry::new(principal(name));
    entry.set_modified(Timestamp(7), &principal("admin"));
    entry
}

fn verifier(keys: MasterKeys, history: Option<&Entry>) -> Verifier {
    Verifier::new(principal("KM"), Some(keys), true, history)
}

#[test]
fn keys() {
    let (master, key) = (random_key(), random_key());
    let mut entry = entry_of("a");
    entry.key_data = vec![sealed(&master, &key, 3)];
    entry.set_mkvno(1);
    let sound = verifier(MasterKeys::first(1, master), None);
    let verdict = sound.entry(&entry);
    assert_eq!((verdict.faults.len(), verdict.keys_tried), (0, 1), "{verdict:?}");
    let verdict = Verifier::new(principal("KM"), None, false, None).entry(&entry);
    assert_eq!((verdict.faults.len(), verdict.keys_left), (0, 1));
    assert_eq!(verifier(MasterKeys::first(1, random_key()), None).entry(&entry).faults.len(), 1);
    // No byte of a key may change, nor its length, nor its type to one with keys of another length.
    for at in 0..entry.key_data[0].key.len() {
        let mut damaged = entry.clone();
        damaged.key_data[0].key[at] ^= 1;
        assert_eq!(sound.entry(&damaged).faults.len(), 1, "byte {at}");
    }
    let mut damaged = entry.clone();
    damaged.key_data[0].key.push(0);
    assert_eq!(sound.entry(&damaged).faults.len(), 1);
    let mut damaged = entry.clone();
    damaged.key_data[0].enctype = EncType(17);
    assert!(sound.entry(&damaged).faults[0].ends_with("a key of 32 bytes in place of 16"));
    entry.set_mkvno(9);
    assert!(sound.entry(&entry).faults[0].contains("version 9"));
    let bare = Entry::new(principal("a"));
    assert_eq!(sound.entry(&bare).faults, ["nothing says who changed it last"]);
}

#[test]
fn a_key_under_another_master_key_than_it_names() {
    let (one, two, key) = (random_key(), random_key(), random_key());
    let mut entry = entry_of("a");
    entry.key_data = vec![sealed(&two, &key, 3), sealed(&one, &key, 2)];
    let keys = [(2, two), (1, one)].map(|(kvno, key)| MasterKey { kvno, key });
    let sound = verifier(MasterKeys::loose(keys.into()), None);
    // The older key was kept over a change of the master key.
    entry.set_mkvno(2);
    assert_eq!(sound.entry(&entry).faults.len(), 0);
    entry.set_mkvno(1);
    assert_eq!(sound.entry(&entry).faults.len(), 1);
    entry.tl_data.retain(|tl| tl.tag != TlType::MKVNO);
    assert_eq!(sound.entry(&entry).faults.len(), 1);
}

#[test]
fn a_longer_plain_length() {
    // Triple-DES pads, so that more bytes are there than the key has.
    let master = make_random_key(EncType(16), &mut SystemRandom).unwrap();
    let mut entry = entry_of("a");
    entry.key_data = vec![sealed(&master, &KeyBlock::new(EncType(9999), vec![7; 13]), 1)];
    let sound = verifier(MasterKeys::first(1, master), None);
    assert_eq!(sound.entry(&entry).faults.len(), 0);
    entry.key_data[0].key[0] = 5;
    assert_eq!(sound.entry(&entry).faults.len(), 1, "{:?}", sound.entry(&entry));
}

#[test]
fn histories() {
    let (master, history) = (random_key(), random_key());
    let mut keeper = entry_of("history");
    keeper.key_data = vec![sealed(&master, &history, 2)];
    let mut data = KadmData { old_key_next: 1, ..KadmData::default() };
    data.old_keys = vec![vec![sealed(&history, &random_key(), 1)]];
    let sound = verifier(MasterKeys::first(1, master), Some(&keeper));
    let faults = |data: &KadmData| {
        let mut entry = entry_of("a");
        entry.set_kadm_data(data);
        let verdict = sound.entry(&entry);
        (verdict.faults.len(), verdict.keys_tried, verdict.keys_stale)
    };
    assert_eq!(faults(&data), (0, 1, 0));
    let mut damaged = data.clone();
    damaged.old_keys[0][0].key[20] ^= 1;
    assert_eq!(faults(&damaged), (1, 1, 0));
    // Under a key that is gone, it is stale.
    damaged.history_kvno = 1;
    assert_eq!(faults(&damaged), (0, 0, 1));
    data.history_kvno = 1;
    assert_eq!(faults(&data), (1, 1, 0));
    data.history_kvno = 2;
    data.old_key_next = 2;
    assert_eq!(faults(&data), (1, 1, 0));
}

#[test]
fn policies_of_entries() {
    let sound = verifier(MasterKeys::first(1, random_key()), None);
    let mut data = KadmData::default();
    data.set_policy(Some(b"strict".to_vec()));
    let mut entry = entry_of("a");
    entry.set_kadm_data(&data);
    assert_eq!(sound.entry(&entry).faults.len(), 0);
    let bytes = entry.tl(TlType::KADM_DATA).unwrap().to_vec();
    // Version, length of the name, its NUL and padding, the mark, slot; not the letters or other attributes.
    for at in (0..8).chain(14..16).chain([18]).chain(20..24) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x28;
        entry.set_tl(TlType::KADM_DATA, damaged);
        assert_eq!(sound.entry(&entry).faults.len(), 1, "byte {at}");
    }
}

/// Two master keys, the second added to the first.
fn realm() -> (Entry, Verifier) {
    let mut entry = entry_of("KM");
    let first = random_key();
    entry.key_data = vec![sealed(&first, &first, 1)];
    entry.set_tl(TlType::ACTKVNO, encode_actkvno(&[ActiveFrom { kvno: 1, time: Timestamp(0) }]));
    let new = MasterKey { kvno: 2, key: random_key() };
    add_master_key(&mut entry, &MasterKeys::first(1, first), &new, &mut SystemRandom).unwrap();
    let keys = MasterKeys::unlock(&entry, &new.key).unwrap();
    (entry, verifier(keys, None))
}

#[test]
fn the_entry_of_the_master_keys() {
    let (entry, sound) = realm();
    assert_eq!(sound.entry(&entry).faults, [""; 0]);
    let aux = entry.tl(TlType::MKEY_AUX).unwrap().to_vec();
    for at in 0..aux.len() {
        let mut damaged = entry.clone();
        let mut aux = aux.clone();
        aux[at] ^= 0x40;
        damaged.set_tl(TlType::MKEY_AUX, aux);
        assert!(!sound.entry(&damaged).faults.is_empty(), "byte {at}");
    }
    for (tag, contents) in [
        (TlType::ACTKVNO, encode_actkvno(&[ActiveFrom { kvno: 3, time: Timestamp(0) }])),
        (TlType::ACTKVNO, encode_actkvno(&[])),
        (
            TlType::ACTKVNO,
            encode_actkvno(&[(2, 9), (1, 5)].map(|(kvno, time)| ActiveFrom { kvno, time: Timestamp(time) })),
        ),
        (TlType::MKEY_AUX, vec![1, 0]),
    ] {
        let mut damaged = entry.clone();
        damaged.set_tl(tag, contents);
        assert_eq!(sound.entry(&damaged).faults.len(), 1, "{tag:?}");
        let mut other = entry_of("a");
        other.set_tl(tag, vec![1, 0]);
        assert_eq!(sound.entry(&other).faults.len(), 1, "{tag:?}");
    }
    let mut damaged = entry.clone();
    damaged.tl_data.retain(|tl| tl.tag != TlType::ACTKVNO);
    assert_eq!(sound.entry(&damaged).faults.len(), 1);
    let mut damaged = entry;
    damaged.key_data[1].kvno = 2;
    assert!(!sound.entry(&damaged).faults.is_empty());
}

#[test]
fn tagged_data() {
    for (tag, good, bad) in [
        (TlType::LAST_PWD_CHANGE, &b"1234"[..], &b"123"[..]),
        (TlType::MOD_PRINC, b"1234a@R\0", b"1234a@R"),
        (TlType::MOD_PRINC, b"1234a/b@R\0", b"1234a\0@R\0"),
        (TlType::MKVNO, b"\x01\0", b"\x01"),
        (TlType::STRING_ATTRS, b"a\0b\0", b"a\0b"),
        (TlType::STRING_ATTRS, b"", b"a\0"),
        (TlType::ACTKVNO, b"\x01\0\x01\0\0\0\0\0", b"\x01"),
    ] {
        assert_eq!(tagged(tag, good), Ok(()), "{tag:?}");
        assert!(tagged(tag, bad).is_err(), "{tag:?}");
    }
    assert_eq!(tagged(TlType(500), b"anything"), Ok(()));
    let mut entry = entry_of("a");
    entry.set_last_pwd_change(Timestamp(1));
    entry.tl_data.push(entry.tl_data[0].clone());
    assert_eq!(verifier(MasterKeys::first(1, random_key()), None).entry(&entry).faults.len(), 1);
}

#[test]
fn policies() {
    let mut policy = Policy { name: b"name".to_vec(), max_fail: 3, ..Policy::default() };
    for keysalts in [None, Some(b"aes256-cts:normal".to_vec())] {
        policy.allowed_keysalts = keysalts;
        let record = policy.encode();
        assert_eq!(verify_policy(&policy, &record), Ok(()));
        assert!(verify_policy(&policy, &[&record[..], b"\0\0\0\0"].concat()).is_err());
        // The padding behind the name.
        let mut damaged = record.clone();
        damaged[14] ^= 1;
        assert_eq!(Policy::decode(&damaged).unwrap(), policy);
        assert!(verify_policy(&policy, &damaged).is_err());
        // A reference count, as old releases kept it.
        let mut counted = record;
        counted[39] = 7;
        assert_eq!(Policy::decode(&counted).unwrap(), policy);
        assert_eq!(verify_policy(&policy, &counted), Ok(()));
    }
}
