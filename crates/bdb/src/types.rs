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

/// What shows that a record which a salvage found belongs to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A look-up can reach its page.
    Tree,
    /// The tree is broken above its page, but a page beside it names it as its sibling.
    Siblings,
    /// Nothing: its page was found by going over all of them. It may have been deleted.
    Scan,
}

/// What a salvage found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The page that holds it, or refers to it.
    pub page: u32,
    /// How the page was found.
    pub way: Way,
    /// The record, or what is left of it.
    pub record: Result<Record, Remains>,
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// Its key, if that can be read.
    pub key: Option<Vec<u8>>,
    /// Why it cannot be read.
    pub what: String,
}

/// Looks at what a salvage found; may stop it.
pub type Look<'a> = dyn FnMut(Found) -> std::ops::ControlFlow<()> + 'a;
