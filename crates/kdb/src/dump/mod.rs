//! Dumps: a database as text, in the versions that MIT's `kdb5_util` writes and reads.
//!
//! A line for the header, then one for each principal and each policy. Fields are separated by tabs (written here as
//! blanks), numbers are decimal, octets are hexadecimal digits, and `-1` stands for no octets.
//!
//! ```text
//! kdb5_util load_dump version N          4 (-b7), 5 (-r13), 6 (-r18), 7 (current)
//!
//! princ 38 NAME-LENGTH N-TL N-KEY EXTRA-LENGTH NAME
//!       ATTRIBUTES MAX-LIFE MAX-RENEWABLE-LIFE EXPIRATION PW-EXPIRATION LAST-SUCCESS LAST-FAILED FAIL-COUNT
//!       { TYPE LENGTH OCTETS } * N-TL
//!       { VERSION KVNO { TYPE LENGTH OCTETS } * VERSION } * N-KEY
//!       EXTRA-OCTETS;
//!
//! policy NAME MIN-LIFE MAX-LIFE MIN-LENGTH MIN-CLASSES HISTORY-NUM 0        4, 5: the line ends here
//!       MAX-FAIL FAILURE-INTERVAL LOCKOUT-DURATION                          6: here; 7 may end here
//!       ATTRIBUTES MAX-LIFE MAX-RENEWABLE-LIFE KEYSALTS-OR-`-` N-TL
//!       { TYPE LENGTH OCTETS } * N-TL
//! ```
//!
//! Version 4 has no tagged data of type 3 (policy and history). Times but the last two of a principal are written
//! without a sign, all other numbers of 32 bits with one; either is read. `docs/formats/dump.md` says the same in
//! words.

mod copy;
mod reader;
mod scan;
#[cfg(test)]
mod tests;
mod writer;

pub use copy::CopyHeader;
pub use reader::{DumpReader, Record};
pub use writer::{write_policy, write_principal};

/// A version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Version {
    /// `-b7`: before 1.0; principals have no policy.
    Beta7,
    /// `-r13`: 1.3 to 1.7.
    Release13,
    /// `-r18`: 1.8 to 1.10; policies have lockout.
    Release18,
    /// Since 1.11; policies have keysalts and tagged data.
    #[default]
    Current,
}

impl Version {
    /// All of them.
    pub const ALL: [Version; 4] = [Version::Beta7, Version::Release13, Version::Release18, Version::Current];

    /// The first line, with its newline.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Version::Beta7 => "kdb5_util load_dump version 4\n",
            Version::Release13 => "kdb5_util load_dump version 5\n",
            Version::Release18 => "kdb5_util load_dump version 6\n",
            Version::Current => "kdb5_util load_dump version 7\n",
        }
    }

    /// What MIT calls it in messages.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Version::Beta7 => "Kerberos version 5",
            Version::Release13 => "Kerberos version 5 release 1.3",
            Version::Release18 => "Kerberos version 5 release 1.8",
            Version::Current => "Kerberos version 5 release 1.11",
        }
    }

    /// Whether policies have the three numbers about lockout.
    fn has_lockout(self) -> bool {
        matches!(self, Version::Release18 | Version::Current)
    }
}

/// What stands for no octets.
const NO_OCTETS: &str = "-1";
/// What stands for any keysalts.
const ANY_KEYSALTS: &[u8] = b"-";
