//! JSON output: the envelope that every document of the suite has, and the parts that several of them share.
//! `docs/json.md` tells users the same, and the rules for versions.
//!
//! A document is made of structures that `serde` writes. [`k5_types::Secret`] cannot be written by it, so a key or a
//! password does not get into a document by mistake.

mod enctype;
mod keytab;
mod name;

pub use enctype::EncTypeJson;
pub use keytab::{EntryJson, KeytabJson};
pub use name::{PrincipalJson, text};

use crate::dates::iso_utc;
use crate::io::Io;
use k5_types::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// What kind of document it is. A version's readers can read all later documents of that version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its name behind `realmsmith/`: `keytab`.
    pub name: &'static str,
    /// From 1; it goes up when a member goes away or changes its meaning.
    pub version: u32,
}

/// The members that stand in front in every document.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: String,
    version: u32,
    #[serde(flatten)]
    body: &'a T,
}

/// What went wrong, in a document that tells what there is all the same.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorJson {
    /// The text, as on standard error but without the program's name.
    pub message: String,
    /// For a damaged file: where, in bytes from its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// `2026-07-01T00:00:00Z` (RFC 3339), always in UTC.
#[must_use]
pub fn time(time: Timestamp) -> String {
    iso_utc(time)
}

impl Io<'_> {
    /// Writes a document to standard output: the envelope, then the members of `body`, which is a structure.
    ///
    /// # Errors
    /// What writing says.
    pub fn write_json(&mut self, schema: Schema, body: &impl Serialize) -> io::Result<()> {
        let envelope =
            Envelope { schema: format!("realmsmith/{}", schema.name), version: schema.version, body };
        let mut out = self.out();
        serde_json::to_writer_pretty(&mut out, &envelope)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_input;

    #[test]
    fn the_envelope_stands_in_front() {
        #[derive(Serialize)]
        struct Body {
            zebra: u8,
            apple: Option<String>,
        }
        let schema = Schema { name: "test", version: 3 };
        let ((), done) = with_input(b"", |io| {
            io.write_json(schema, &Body { zebra: 1, apple: None }).unwrap();
        });
        assert_eq!(
            String::from_utf8(done.stdout).unwrap(),
            "{\n  \"schema\": \"realmsmith/test\",\n  \"version\": 3,\n  \"zebra\": 1,\n  \"apple\": null\n}\n"
        );
    }

    #[test]
    fn times_are_universal() {
        assert_eq!(time(Timestamp(u32::MAX)), "2106-02-07T06:28:15Z");
    }
}
