//! One update of a log: which principal, and what became of it, in XDR (`docs/formats/ulog.md`).

use super::attribute::Attribute;
use super::layout::{Last, Stamp};
use k5_wire::{WireError, XdrReader, XdrWriter};

/// One update of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The principal's name as text, without a NUL.
    pub name: Vec<u8>,
    /// Which update it is.
    pub id: Last,
    /// What has other values than before; for a new principal all of it.
    pub attributes: Vec<Attribute>,
    /// Whether the principal is gone.
    pub deleted: bool,
    /// Always false on disk: the entry's header says it.
    pub committed: bool,
}

impl Update {
    /// The bytes in the log.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = XdrWriter::new();
        out.opaque(&self.name).u32(self.id.serial).u32(self.id.time.seconds).u32(self.id.time.useconds);
        // A principal has some hundred keys and tagged data at most.
        out.u32(self.attributes.len() as u32);
        for attribute in &self.attributes {
            attribute.encode(&mut out);
        }
        // Behind it, for a future that has not come: who has seen it, and anything else.
        out.bool(self.deleted).bool(self.committed).u32(0).opaque(b"");
        out.into_bytes()
    }

    /// The update in those bytes; what may stand behind it is passed over.
    ///
    /// # Errors
    /// Where they end too early or hold what XDR does not.
    pub fn decode(bytes: &[u8]) -> Result<Update, WireError> {
        let mut reader = XdrReader::new(bytes);
        let name = reader.opaque()?.to_vec();
        let serial = reader.u32()?;
        let time = Stamp { seconds: reader.u32()?, useconds: reader.u32()? };
        let mut attributes = Vec::new();
        for _ in 0..reader.u32()? {
            attributes.push(Attribute::decode(&mut reader)?);
        }
        let (deleted, committed) = (reader.bool()?, reader.bool()?);
        for _ in 0..reader.u32()? {
            reader.opaque()?;
        }
        reader.opaque()?;
        Ok(Update { name, id: Last { serial, time }, attributes, deleted, committed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ulog::attribute::tests::all_kinds;

    fn update() -> Update {
        let id = Last { serial: 7, time: Stamp { seconds: 8, useconds: 9 } };
        Update { name: b"a@R".to_vec(), id, attributes: all_kinds(), deleted: false, committed: false }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Update::decode(&update().encode()), Ok(update()));
        let gone = Update { deleted: true, committed: true, attributes: Vec::new(), ..update() };
        assert_eq!(Update::decode(&gone.encode()), Ok(gone));
    }

    #[test]
    fn what_ends_too_early_is_an_error() {
        let bytes = update().encode();
        for length in 0..bytes.len() {
            assert!(Update::decode(&bytes[..length]).is_err(), "{length}");
        }
    }
}
