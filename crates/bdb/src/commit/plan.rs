//! What a commit writes, and in which order.

/// Bytes that go to a place in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// The place, in bytes from the file's start.
    pub offset: u64,
    /// What stands there afterwards.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Write {
    /// Without the bytes, which are those of keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes at {}", self.bytes.len(), self.offset)
    }
}

/// The changes to one file, as a tree or a table has them in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The writes, in steps. If each step is on the medium before the next one begins, whoever opens the file in between, or
    /// when any part of a step is done, sees every record that the commit does not touch by a look-up and by a walk forwards; if
    /// [`Plan::ordered`] says so.
    pub steps: Vec<Vec<Write>>,
    /// The steps are as they are described. Otherwise the file is whole before the first and after the last one only.
    pub ordered: bool,
    /// A step writes where nothing in the file leads to, or within one sector: whatever sectors of it are on the medium, the file
    /// is whole, as before or as after.
    pub sectors: bool,
    /// Records are deleted or replaced, so that the file as it was holds keys which it holds no more.
    pub removes: bool,
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(Vec::is_empty)
    }

    /// All writes, in their order.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.steps.iter().flatten()
    }

    /// Bytes that are written.
    pub(crate) fn bytes(&self) -> u64 {
        self.writes().map(|write| write.bytes.len() as u64).sum()
    }
}
