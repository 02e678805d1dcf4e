//! What a reader of pages finds wrong.

use std::borrow::Cow;

use k5_wire::WireError;

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
}

impl From<WireError> for Flaw {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Short { offset, .. } => Flaw::at(offset, "cut short"),
            error => Flaw::at(0, error.to_string()),
        }
    }
}
