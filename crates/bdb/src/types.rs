//! What both kinds of file speak of.

/// Whether a file may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `put`, `delete` and `commit` are refused.
    ReadOnly,
    /// All is allowed.
    ReadWrite,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// A contradiction in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The page, counted from 0.
    pub page: u32,
    /// The contradiction.
    pub what: String,
}
