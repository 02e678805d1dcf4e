//! Tagged data of principals: the first byte says of which type, the rest are the contents.

use k5_kdb::tl_data::{TlType, actkvno, encode_actkvno, encode_mkey_aux, mkey_aux, mkvno, mod_princ, time};
use k5_kdb::{Entry, KadmData};
use k5_types::Principal;

use crate::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    let kind = input.byte() % 6;
    let contents = input.0;
    let mut entry = Entry::new(Principal::new("R", ["a"]));
    match kind {
        0 => {
            if let Ok(data) = KadmData::decode(contents) {
                assert_eq!(KadmData::decode(&data.encode()).as_ref(), Ok(&data));
            }
        }
        1 => {
            if let Ok(list) = actkvno(contents) {
                assert_eq!(actkvno(&encode_actkvno(&list)).expect("our list"), list);
            }
        }
        2 => {
            if let Ok(list) = mkey_aux(contents) {
                let bytes = encode_mkey_aux(&list).expect("what was read fits");
                assert_eq!(encode_mkey_aux(&mkey_aux(&bytes).expect("our list")).expect("it fits"), bytes);
            }
        }
        3 => {
            entry.set_tl(TlType::STRING_ATTRS, contents.to_vec());
            let before = entry.strings();
            if entry.set_string(b"new key", Some(b"value")).is_ok() {
                let others = |list: Vec<(Vec<u8>, Vec<u8>)>| {
                    list.into_iter().filter(|(key, _)| key != b"new key").collect::<Vec<_>>()
                };
                let after = entry.strings();
                assert!(after.contains(&(b"new key".to_vec(), b"value".to_vec())));
                assert_eq!(others(before), others(after));
            }
        }
        4 => {
            entry.set_tl(TlType::ALIAS_TARGET, contents.to_vec());
            if let Ok(Some(target)) = entry.alias_target() {
                entry.set_alias_target(&target);
                assert_eq!(entry.alias_target().expect("our alias"), Some(target));
            }
        }
        _ => {
            let _ = (time(Some(contents)), mod_princ(Some(contents)), mkvno(Some(contents)));
        }
    }
}
