//! What may differ between two runs of the same thing: paths, times, random keys.

use std::path::Path;
use std::sync::LazyLock;

use jiff::civil::DateTime;
use regex::{Captures, Regex};

/// Which fields may differ. The scratch directory is always masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    pub(crate) keys: bool,
    pub(crate) times: bool,
}

impl Mask {
    /// Nothing but the scratch directory.
    pub const NONE: Mask = Mask { keys: false, times: false };
    /// Key bytes; their number must be the same.
    pub const KEYS: Mask = Mask { keys: true, times: false };
    /// Times; they must lie within [`Mask::TOLERANCE`] of each other.
    pub const TIMES: Mask = Mask { keys: false, times: true };
    /// Both.
    pub const KEYS_AND_TIMES: Mask = Mask { keys: true, times: true };

    /// How many seconds apart two masked times may be: the two sides work one after the other.
    pub const TOLERANCE: i64 = 300;
}

/// A text with its masked fields replaced, and the times that stood in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    /// The text, with `<DIR>`, `<TIME>` and `<KEY length>`.
    pub text: String,
    /// The times that were replaced, in order, in seconds since 1970.
    pub times: Vec<i64>,
}

impl Masked {
    /// Masks what a program printed in the scratch directory `dir`.
    pub fn new(text: &str, dir: &Path, mask: Mask) -> Masked {
        let mut masked =
            Masked { text: text.replace(&dir.display().to_string(), "<DIR>"), times: Vec::new() };
        if mask.times {
            masked.mask_times();
        }
        if mask.keys {
            static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\(0x([0-9a-f]+)\)").unwrap());
            let length = |found: &Captures<'_>| format!("(0x<KEY {}>)", found[1].len() / 2);
            masked.text = KEY.replace_all(&masked.text, length).into_owned();
        }
        masked
    }

    fn mask_times(&mut self) {
        static TIME: LazyLock<Regex> = LazyLock::new(|| {
            // kinit's warnings have no zone.
            let long = r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d (?:(?:[A-Z]{3,5}|[+-]\d{2,4}) )?\d{4}\b";
            let short = r"\b\d\d/\d\d/\d\d \d\d:\d\d:\d\d\b";
            // In terse listings: fields of ten digits that stand for 2020 to 2038.
            let terse = r"\t(?:1[6-9]|2[01])\d{8}\b";
            Regex::new(&format!("{long}|{short}|{terse}")).unwrap()
        });
        let mut times = Vec::new();
        let text = TIME.replace_all(&self.text, |found: &Captures<'_>| match seconds(&found[0]) {
            Some(time) => {
                times.push(time);
                if found[0].starts_with('\t') { "\t<TIME>".to_string() } else { "<TIME>".to_string() }
            }
            // What looks like a time and is none stays, and so must be the same.
            None => found[0].to_string(),
        });
        self.text = text.into_owned();
        self.times = times;
    }

    /// What tells this text from `other`, the candidate; nothing if they mean the same.
    pub fn difference(&self, other: &Masked) -> Option<String> {
        if self.text != other.text {
            return Some(crate::diff::lines(&self.text, &other.text));
        }
        if self.times.len() != other.times.len() {
            return Some(format!("{} times and {} times", self.times.len(), other.times.len()));
        }
        let far = self.times.iter().zip(&other.times).enumerate();
        let mut far = far.filter(|(_, (a, b))| (**a - **b).abs() > Mask::TOLERANCE);
        let (at, (a, b)) = far.next()?;
        Some(format!(
            "the times at place {} (of {}) are {} seconds apart: {a}, {b}",
            at + 1,
            self.times.len(),
            a - b
        ))
    }
}

/// `Fri Nov 21 19:48:00 UTC 2025`, `11/21/25 19:48:00` or a tab and `1763754480` in seconds since 1970, whatever the zone: both sides have the
/// same.
fn seconds(text: &str) -> Option<i64> {
    if let Some(number) = text.strip_prefix('\t') {
        return number.parse().ok();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let time = match words.as_slice() {
        [_, month, day, time, _, year] | [_, month, day, time, year] => {
            DateTime::strptime("%b %d %H:%M:%S %Y", format!("{month} {day} {time} {year}"))
        }
        _ => DateTime::strptime("%m/%d/%y %H:%M:%S", text),
    };
    Some(time.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> Masked {
        Masked::new(text, Path::new("/tmp/x/mit"), Mask::KEYS_AND_TIMES)
    }

    #[test]
    fn fields_are_masked() {
        let one = masked("WRFILE:/tmp/x/mit/k: Fri Nov 21 19:48:00 UTC 2025 [never] (0x00ff)");
        assert_eq!(one.text, "WRFILE:<DIR>/k: <TIME> [never] (0x<KEY 2>)");
        assert_eq!(one.times, [1_763_754_480]);
        let other = masked("Sat Nov 22 01:33:01 +0545 2025");
        assert_eq!(other.text, "<TIME>");
        let other = masked("will expire in 2 days on Wed Dec  2 02:06:42 2026");
        assert_eq!(
            (other.text.as_str(), other.times),
            ("will expire in 2 days on <TIME>", vec![1_796_177_202])
        );
        let other = masked("   2 11/21/25 19:48:01 a@R (aes256-cts-hmac-sha1-96) ");
        assert_eq!(other.text, "   2 <TIME> a@R (aes256-cts-hmac-sha1-96) ");
        assert_eq!(other.times, [1_763_754_481]);
        let terse = masked("\"a@R\"\t0\t1763754480\t86400\t2147483647\t0");
        assert_eq!(terse.text, "\"a@R\"\t0\t<TIME>\t86400\t<TIME>\t0");
    }

    #[test]
    fn times_may_be_a_little_apart_and_no_more() {
        let first = masked("Fri Nov 21 19:48:00 UTC 2025");
        assert_eq!(first.difference(&masked("Fri Nov 21 19:48:59 UTC 2025")), None);
        assert!(first.difference(&masked("Sat Nov 22 19:48:00 UTC 2025")).is_some());
        assert!(first.difference(&masked("[never]")).is_some());
    }

    #[test]
    fn keys_of_another_length_differ() {
        assert_eq!(masked("(0x0011)").difference(&masked("(0xffee)")), None);
        assert!(masked("(0x0011)").difference(&masked("(0xffeedd)")).is_some());
    }

    #[test]
    fn unmasked_fields_are_compared() {
        let plain = |text: &str| Masked::new(text, Path::new("/d"), Mask::NONE);
        assert!(plain("11/21/25 19:48:00").difference(&plain("11/21/25 19:48:01")).is_some());
        assert!(plain("(0x0011)").difference(&plain("(0xffee)")).is_some());
    }
}
