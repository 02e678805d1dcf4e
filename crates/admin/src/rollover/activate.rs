//! Which master key is active from when.

use super::Rollover;
use crate::error::{AdminError, Result};
use k5_kdb::TlType;
use k5_kdb::tl_data::{ActiveFrom, encode_actkvno};
use k5_types::{Kvno, Timestamp};

impl Rollover<'_> {
    /// Makes a version the active one from a time on. Whatever time it had before is forgotten.
    ///
    /// # Errors
    /// [`AdminError::NoSuchMasterKey`]; [`AdminError::NoneActive`] where all would become active only in the future;
    /// the database's errors.
    pub fn activate(&self, kvno: u16, from: Timestamp) -> Result<()> {
        self.change(|entry, keys| {
            keys.find(Kvno::from(kvno)).ok_or(AdminError::NoSuchMasterKey)?;
            let list = with(keys.active_from(), ActiveFrom { kvno, time: from });
            if list.first().is_none_or(|first| first.time > self.now) {
                return Err(AdminError::NoneActive);
            }
            entry.set_tl(TlType::ACTKVNO, encode_actkvno(&list));
            Ok(())
        })
    }
}

/// The list with one version put in its place, behind those of the same time.
fn with(list: &[ActiveFrom], new: ActiveFrom) -> Vec<ActiveFrom> {
    let mut list = list.to_vec();
    if let Some(at) = list.iter().position(|from| from.kvno == new.kvno) {
        list.remove(at);
    }
    let at = list.iter().position(|from| from.time > new.time).unwrap_or(list.len());
    list.insert(at, new);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_stays_in_order() {
        let from = |kvno, time| ActiveFrom { kvno, time: Timestamp(time) };
        let list = [from(1, 0), from(2, 50), from(3, 50), from(4, 90)];
        assert_eq!(with(&list, from(5, 50)), [list[0], list[1], list[2], from(5, 50), list[3]]);
        assert_eq!(with(&list, from(1, 60)), [list[1], list[2], from(1, 60), list[3]]);
        assert_eq!(with(&list, from(4, 0)), [list[0], from(4, 0), list[1], list[2]]);
        assert_eq!(with(&list[..1], from(1, 7)), [from(1, 7)]);
        assert_eq!(with(&[], from(1, 7)), [from(1, 7)]);
    }
}
