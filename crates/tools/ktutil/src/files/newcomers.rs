//! Entries that are to come into a keytab, beside those that it has.

use k5_keytab::Entry;
use k5_types::KeyBlock;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

/// Principal, key version number, encryption type: what programs look a key up by.
type Name = (Vec<u8>, Vec<Vec<u8>>, u32, i32);

fn name(entry: &Entry) -> Name {
    let principal = &entry.principal;
    (principal.realm().to_vec(), principal.components().to_vec(), entry.kvno, entry.key.enctype.0)
}

/// The keys that a keytab has, by what programs look them up by.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Name, KeyBlock>);

/// What an entry is to the keytab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing like it is there.
    New,
    /// The same key is there.
    Same,
    /// Another key is there under the same principal, number and type. Programs would find the one or the other.
    Conflict,
}

impl Known {
    /// Takes note of an entry, and says what it is to those before it.
    pub(super) fn note(&mut self, entry: &Entry) -> Kind {
        match self.0.entry(name(entry)) {
            Place::Vacant(place) => {
                place.insert(entry.key.duplicate());
                Kind::New
            }
            Place::Occupied(place) if *place.get() == entry.key => Kind::Same,
            Place::Occupied(_) => Kind::Conflict,
        }
    }
}

/// Another key is there already.
pub(super) struct Conflict {
    /// As messages tell it: principal, number and type.
    pub(super) what: Vec<u8>,
}

/// Those of `candidates` that are not among `present` already, each once.
pub(super) fn newcomers(
    present: &[Entry],
    candidates: impl IntoIterator<Item = Entry>,
) -> Result<Vec<Entry>, Conflict> {
    let mut known = Known::default();
    for entry in present {
        known.note(entry);
    }
    let mut new = Vec::new();
    for entry in candidates {
        match known.note(&entry) {
            Kind::New => new.push(entry),
            Kind::Same => {}
            Kind::Conflict => return Err(Conflict { what: described(&entry) }),
        }
    }
    Ok(new)
}

/// `host/a@R with kvno 3, encryption type aes256-cts-hmac-sha1-96`.
pub(super) fn described(entry: &Entry) -> Vec<u8> {
    let more = format!(" with kvno {}, encryption type {}", entry.kvno, entry.key.enctype);
    [&entry.principal.unparse()[..], more.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::{EncType, Principal, Timestamp};

    fn entry(name: &str, kvno: u32, enctype: i32, byte: u8) -> Entry {
        let key = KeyBlock::new(EncType(enctype), vec![byte; 16]);
        Entry { principal: Principal::new("R", [name]), timestamp: Timestamp(u32::from(byte)), kvno, key }
    }

    #[test]
    fn the_same_key_is_no_newcomer_and_another_is_a_conflict() {
        let present = [entry("a", 1, 17, 1)];
        let new = |candidates: Vec<Entry>| {
            let new =
                newcomers(&present, candidates).map_err(|conflict| String::from_utf8(conflict.what).unwrap());
            new.map(|new| new.len())
        };
        assert_eq!(new(vec![entry("a", 1, 17, 1)]), Ok(0));
        assert_eq!(new(vec![entry("a", 2, 17, 1), entry("a", 1, 18, 1), entry("b", 1, 17, 1)]), Ok(3));
        assert_eq!(new(vec![entry("b", 1, 17, 1), entry("b", 1, 17, 1)]), Ok(1));
        let told = "a@R with kvno 1, encryption type aes128-cts-hmac-sha1-96".to_owned();
        assert_eq!(new(vec![entry("a", 1, 17, 2)]), Err(told));
    }
}
