//! Kadmin data (tl_data 3): the name of the policy and the password history, in XDR.
//!
//! ```text
//! u32  0x12345c01
//! string   policy (length 0: none)
//! u32  auxiliary attributes (0x800: has a policy)
//! u32  slot that the next old key set goes to
//! u32  kvno of kadmin/history that the history is encrypted in
//! u32  number of old key sets, for each:
//!     u32  number of keys, for each:
//!         i32  version, i32 kvno, i32 enctype, i32 salt type, u32 key length, u32 salt length
//!         opaque key, opaque salt
//! ```

use crate::key_data::KeyData;
use k5_types::{EncType, SaltType};
use k5_wire::{WireError, XdrReader, XdrWriter};

const VERSION: u32 = 0x1234_5c01;
/// The auxiliary attribute that says that the principal has a policy (`KADM5_POLICY`).
const HAS_POLICY: u32 = 0x800;
/// The kvno that kadmin/history starts with (`INITIAL_HIST_KVNO`).
pub const INITIAL_HISTORY_KVNO: u32 = 2;

/// The keys that one password had, newest kvno only, encrypted in the history key.
pub type OldKeys = Vec<KeyData>;

/// Policy and password history of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KadmData {
    /// Name of the policy, which need not exist.
    pub policy: Option<Vec<u8>>,
    /// Auxiliary attributes; the bit for "has a policy" goes with `policy`.
    pub aux_attributes: u32,
    /// The slot of `old_keys` that the next old key set goes to: the list is a ring.
    pub old_key_next: u32,
    /// The kadmin/history kvno that `old_keys` are encrypted in.
    pub history_kvno: u32,
    /// Earlier passwords.
    pub old_keys: Vec<OldKeys>,
}

impl Default for KadmData {
    /// What an entry without the datum is taken to have.
    fn default() -> Self {
        KadmData {
            policy: None,
            aux_attributes: 0,
            old_key_next: 0,
            history_kvno: INITIAL_HISTORY_KVNO,
            old_keys: Vec::new(),
        }
    }
}

impl KadmData {
    /// The policy, where the attribute bit says that it counts.
    #[must_use]
    pub fn effective_policy(&self) -> Option<&[u8]> {
        self.policy.as_deref().filter(|_| self.is_marked())
    }

    /// Whether the attribute bit says that there is a policy.
    pub(crate) fn is_marked(&self) -> bool {
        self.aux_attributes & HAS_POLICY != 0
    }

    /// Sets or clears the policy together with its bit.
    pub fn set_policy(&mut self, policy: Option<Vec<u8>>) {
        match policy {
            Some(_) => self.aux_attributes |= HAS_POLICY,
            None => self.aux_attributes &= !HAS_POLICY,
        }
        self.policy = policy;
    }

    /// Reads the datum.
    ///
    /// # Errors
    /// Where it is cut short, of another version, or contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<KadmData, WireError> {
        let mut xdr = XdrReader::new(bytes);
        if xdr.u32()? != VERSION {
            return Err(WireError::BadXdr { offset: 0, what: "kadmin data version" });
        }
        let policy = xdr.nul_string()?.map(<[u8]>::to_vec);
        let aux_attributes = xdr.u32()?;
        let old_key_next = xdr.u32()?;
        let history_kvno = xdr.u32()?;
        let sets = xdr.u32()?;
        let mut old_keys = Vec::new();
        for _ in 0..sets {
            let count = xdr.u32()?;
            let mut keys = Vec::new();
            for _ in 0..count {
                keys.push(decode_key(&mut xdr)?);
            }
            old_keys.push(keys);
        }
        Ok(KadmData { policy, aux_attributes, old_key_next, history_kvno, old_keys })
    }

    /// The bytes of the datum.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut xdr = XdrWriter::new();
        xdr.u32(VERSION).nul_string(self.policy.as_deref()).u32(self.aux_attributes);
        xdr.u32(self.old_key_next).u32(self.history_kvno).u32(count(&self.old_keys));
        for keys in &self.old_keys {
            xdr.u32(count(keys));
            for key in keys {
                xdr.i32(i32::from(key.version)).i32(i32::from(key.kvno));
                xdr.i32(key.enctype.0).i32(i32::from(key.salt_type.0));
                xdr.u32(count(&key.key)).u32(count(&key.salt));
                xdr.opaque(&key.key).opaque(&key.salt);
            }
        }
        xdr.into_bytes()
    }
}

/// A count as XDR has it. The tagged datum as a whole is limited to 65,535 bytes, so that nothing is cut.
fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn decode_key(xdr: &mut XdrReader<'_>) -> Result<KeyData, WireError> {
    let narrow = |what| WireError::BadXdr { offset: 0, what };
    let version = u16::try_from(xdr.i32()?).map_err(|_| narrow("key data version"))?;
    let kvno = u16::try_from(xdr.i32()? & 0xffff).map_err(|_| narrow("key version number"))?;
    let enctype = EncType(xdr.i32()?);
    let salt_type = SaltType(i16::try_from(xdr.i32()?).map_err(|_| narrow("salt type"))?);
    let (_key_length, _salt_length) = (xdr.u32()?, xdr.u32()?);
    let key = xdr.opaque()?.to_vec();
    let salt = xdr.opaque()?.to_vec();
    Ok(KeyData { version, kvno, enctype, key, salt_type, salt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_datum_is_mits() {
        // As addprinc without a policy leaves it.
        let bytes = [0x12, 0x34, 0x5c, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        assert_eq!(KadmData::default().encode(), bytes);
        assert_eq!(KadmData::decode(&bytes), Ok(KadmData::default()));
    }

    #[test]
    fn round_trip_and_truncation() {
        let key = KeyData::new(3, EncType(18), vec![1, 2, 3]).with_salt(SaltType::SPECIAL, b"salt!".to_vec());
        let mut data = KadmData { old_key_next: 1, old_keys: vec![vec![key], vec![]], ..KadmData::default() };
        data.set_policy(Some(b"strict".to_vec()));
        let bytes = data.encode();
        assert_eq!(KadmData::decode(&bytes), Ok(data));
        for end in 0..bytes.len() {
            assert!(KadmData::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
