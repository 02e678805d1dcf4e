//! What a reader of pages finds wrong.

use std::borrow::Cow;
use std::path::Path;

use k5_wire::WireError;

use crate::Error;

/// What is wrong with a page, and at which byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub offset: usize,
    pub what: Cow<'static, str>,
}

impl Flaw {
    pub(crate) fn at(offset: usize, what: impl Into<Cow<'static, str>>) -> Self {
        Flaw { offset, what: what.into() }
    }

    /// The error for a file whose page has this flaw.
    pub(crate) fn on(self, path: &Path, page_size: u32, page: u32) -> Error {
        let offset = u64::from(page) * u64::from(page_size) + self.offset as u64;
        Error::Corrupt { path: path.to_owned(), page, offset, what: self.what }
    }
}

impl From<WireError> for Flaw {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Short { offset, .. } => Flaw::at(offset, "cut short"),
            error => Flaw::at(0, error.to_string()),
        }
    }
}
