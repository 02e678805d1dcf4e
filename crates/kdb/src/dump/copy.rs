//! The first line of a full copy for a replica: which place in the update log the copy was made at.
//!
//! ```text
//! iprop SERIAL SECONDS MICROSECONDS           the records are those of 1.3 to 1.7 (-r13)
//! ipropx 1 SERIAL SECONDS MICROSECONDS        the records are the current ones
//! ```

use super::Version;
use crate::ulog::{Last, Stamp};

/// The first line of a full copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyHeader {
    /// Whether it is `ipropx`, whose records are the current ones.
    pub extensible: bool,
    /// The newest update that is in the copy.
    pub last: Last,
}

/// The only version of `ipropx` that there is.
const EXTENSIBLE_VERSION: u32 = 1;

impl CopyHeader {
    /// The version of the records.
    #[must_use]
    pub fn version(&self) -> Version {
        if self.extensible { Version::Current } else { Version::Release13 }
    }

    /// What MIT calls the version in messages.
    #[must_use]
    pub fn title(&self) -> &'static str {
        if self.extensible { "Kerberos iprop extensible version" } else { "Kerberos iprop version" }
    }

    /// The line, with its newline.
    #[must_use]
    pub fn line(&self) -> String {
        let Last { serial, time: Stamp { seconds, useconds } } = self.last;
        match self.extensible {
            true => format!("ipropx {EXTENSIBLE_VERSION} {serial} {seconds} {useconds}\n"),
            false => format!("iprop {serial} {seconds} {useconds}\n"),
        }
    }

    /// Reads the line, without its newline; `None` where it is none, or of a version that nobody knows.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<CopyHeader> {
        let words = std::str::from_utf8(line).ok()?;
        let mut words = words.split_ascii_whitespace();
        let word = words.next()?;
        let numbers = words.map(|word| word.parse().ok()).collect::<Option<Vec<u32>>>()?;
        let (extensible, place) = match (word, numbers.as_slice()) {
            ("iprop", place) => (false, place),
            // Version 0 of it is the older format.
            ("ipropx", [version, place @ ..]) if *version <= EXTENSIBLE_VERSION => (*version > 0, place),
            _ => return None,
        };
        let [serial, seconds, useconds] = place else { return None };
        let last = Last { serial: *serial, time: Stamp { seconds: *seconds, useconds: *useconds } };
        Some(CopyHeader { extensible, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let last = Last { serial: 2, time: Stamp { seconds: 3, useconds: u32::MAX } };
        for (extensible, line) in [(true, "ipropx 1 2 3 4294967295\n"), (false, "iprop 2 3 4294967295\n")] {
            let header = CopyHeader { extensible, last };
            assert_eq!(header.line(), line);
            assert_eq!(CopyHeader::parse(line.trim_end().as_bytes()), Some(header));
        }
        let older = CopyHeader { extensible: false, last };
        assert_eq!(CopyHeader::parse(b"ipropx 0 2 3 4294967295"), Some(older));
        for line in [
            "",
            "iprop",
            "ipropx 2 2 3 4",
            "ipropx 1 2 3",
            "iprop 1 2 3 4",
            "iprop -1 2 3",
            "iprop 1 2 4294967296",
        ] {
            assert_eq!(CopyHeader::parse(line.as_bytes()), None, "{line}");
        }
    }
}
