//! Which updates make one entry of another: what a log says of a change (`docs/formats/ulog.md`).

use super::attribute::{Attribute, LoggedKey, LoggedName};
use crate::entry::Entry;
use crate::tl_data::{self, TlData, TlType};
use k5_types::{Principal, Timestamp};

/// What a log calls the length of an entry's fixed fields.
const LENGTH: i32 = 38;

/// One change of a principal, before it has a serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It has these values now.
    Put { name: Vec<u8>, attributes: Vec<Attribute> },
    /// It is gone.
    Delete { name: Vec<u8> },
}

impl Change {
    /// A principal goes.
    pub fn delete(name: &Principal) -> Change {
        Change::Delete { name: name.unparse() }
    }

    /// An entry is stored where there was another one, or none. `None` where no update says so and a replica needs a full copy:
    /// it only ever adds tagged data, and its names end at a zero byte.
    pub fn put(before: Option<&Entry>, after: &Entry) -> Option<Change> {
        if before.is_some_and(|before| loses_tagged_data(before, after)) || has_zero(&after.principal) {
            return None;
        }
        Some(Change::Put { name: after.principal.unparse(), attributes: differences(before, after) })
    }
}

fn has_zero(name: &Principal) -> bool {
    name.components().iter().map(Vec::as_slice).chain([name.realm()]).any(|part| part.contains(&0))
}

fn loses_tagged_data(before: &Entry, after: &Entry) -> bool {
    before.tl_data.iter().any(|tl| after.tl(tl.tag).is_none())
}

/// The attributes that differ, in MIT's order; all of them where there was no entry. What each database has of its own is
/// left out: last success, last failure, failures.
fn differences(before: Option<&Entry>, after: &Entry) -> Vec<Attribute> {
    let mut list = Vec::new();
    let mut number = |is: u32, was: Option<u32>, attribute: fn(u32) -> Attribute| {
        if was != Some(is) {
            list.push(attribute(is));
        }
    };
    let was = |field: fn(&Entry) -> u32| before.map(field);
    number(after.attributes.0, was(|entry| entry.attributes.0), Attribute::Flags);
    number(
        after.max_life.0.cast_unsigned(),
        was(|entry| entry.max_life.0.cast_unsigned()),
        Attribute::MaxLife,
    );
    number(
        after.max_renewable_life.0.cast_unsigned(),
        was(|entry| entry.max_renewable_life.0.cast_unsigned()),
        Attribute::MaxRenewableLife,
    );
    number(after.expiration.0, was(|entry| entry.expiration.0), Attribute::Expiration);
    number(after.pw_expiration.0, was(|entry| entry.pw_expiration.0), Attribute::PwExpiration);
    // MIT says the name each time.
    list.push(Attribute::Principal(LoggedName::from(&after.principal)));
    if before.is_none_or(|before| before.key_data != after.key_data) {
        list.push(Attribute::KeyData(after.key_data.iter().map(LoggedKey::from).collect()));
    }
    if before.is_none_or(|before| before.tl_data != after.tl_data) {
        list.extend(tagged_data(after));
    }
    if before.is_none() {
        list.push(Attribute::Length(LENGTH));
    }
    list
}

/// The tagged data: two of them as attributes of their own, the others as they are, and those two as well where the
/// attribute could not say what they say.
fn tagged_data(entry: &Entry) -> Vec<Attribute> {
    let mut list = Vec::new();
    let mut said = Vec::new();
    if entry.tl(TlType::LAST_PWD_CHANGE).is_some_and(|contents| contents.len() == size_of::<u32>()) {
        list.push(Attribute::LastPwdChange(entry.last_pwd_change().0));
        said.push(TlType::LAST_PWD_CHANGE);
    }
    if let Some((time, by)) = modified(entry) {
        list.push(Attribute::ModPrinc(LoggedName::from(&by)));
        list.push(Attribute::ModTime(time.0));
        said.push(TlType::MOD_PRINC);
    }
    let others: Vec<TlData> = entry.tl_data.iter().filter(|tl| !said.contains(&tl.tag)).cloned().collect();
    if !others.is_empty() {
        list.push(Attribute::TlData(others));
    }
    list
}

/// When and by whom the entry was modified, if a replica makes the same tagged datum of it: it takes no time 0.
fn modified(entry: &Entry) -> Option<(Timestamp, Principal)> {
    let (time, by) = entry.modified()?;
    let by = Principal::parse(by, entry.principal.realm()).ok()?;
    let again = tl_data::encode_mod_princ(time, &by.unparse());
    (time != Timestamp::NEVER && !has_zero(&by) && entry.tl(TlType::MOD_PRINC) == Some(&again))
        .then_some((time, by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_data::KeyData;
    use k5_types::{Attributes, Duration, EncType};

    fn entry() -> Entry {
        let mut entry = Entry::new(Principal::new("R", ["a"]));
        entry.set_last_pwd_change(Timestamp(5));
        entry.set_modified(Timestamp(6), &Principal::new("R", ["root", "admin"]));
        entry.set_tl(TlType(8), vec![1, 0]);
        entry.key_data = vec![KeyData::new(1, EncType(18), vec![7; 62])];
        entry
    }

    fn kinds(change: Option<Change>) -> String {
        let kind =
            |attribute: &Attribute| format!("{attribute:?}").split('(').next().unwrap_or_default().to_owned();
        match change {
            None => "a full copy".to_owned(),
            Some(Change::Delete { name }) => format!("delete {}", String::from_utf8_lossy(&name)),
            Some(Change::Put { attributes, .. }) => attributes.iter().map(kind).collect::<Vec<_>>().join(" "),
        }
    }

    #[test]
    fn a_new_principal_has_all() {
        let all = "Flags MaxLife MaxRenewableLife Expiration PwExpiration Principal KeyData LastPwdChange ModPrinc ModTime TlData Length";
        assert_eq!(kinds(Change::put(None, &entry())), all);
    }

    #[test]
    fn of_a_changed_one_only_what_differs() {
        let differing = |change: fn(&mut Entry)| {
            let mut after = entry();
            change(&mut after);
            kinds(Change::put(Some(&entry()), &after))
        };
        let tagged = "LastPwdChange ModPrinc ModTime TlData";
        assert_eq!(differing(|_| {}), "Principal");
        assert_eq!(differing(|e| e.max_life = Duration(-1)), "MaxLife Principal");
        assert_eq!(differing(|e| e.attributes = Attributes(1 << 31)), "Flags Principal");
        assert_eq!(differing(|e| e.fail_auth_count = 3), "Principal");
        assert_eq!(
            differing(|e| e.key_data[0].key[9] = 1),
            "Principal KeyData",
            "though the kvno is the same"
        );
        assert_eq!(differing(|e| e.set_tl(TlType(8), vec![2, 0])), format!("Principal {tagged}"));
        assert_eq!(differing(|e| e.tl_data.retain(|tl| tl.tag != TlType(8))), "a full copy");
    }

    #[test]
    fn what_an_attribute_cannot_say_stays_tagged_data() {
        let mut odd = entry();
        odd.set_tl(TlType::LAST_PWD_CHANGE, vec![1]);
        odd.set_tl(TlType::MOD_PRINC, b"\0\0\0\0a@R\0".to_vec());
        assert!(kinds(Change::put(None, &odd)).ends_with("KeyData TlData Length"));
        odd = entry();
        odd.set_modified(Timestamp(6), &Principal::new("R", ["zero\0byte"]));
        assert!(kinds(Change::put(None, &odd)).ends_with("KeyData LastPwdChange TlData Length"));
        odd.principal = Principal::new("R", ["zero\0byte"]);
        assert_eq!(kinds(Change::put(None, &odd)), "a full copy");
    }
}
