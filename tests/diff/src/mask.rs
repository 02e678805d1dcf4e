//! What may differ in what a program prints.

use std::path::Path;
use std::sync::LazyLock;

use harness::{Mask, Masked};
use regex::{Captures, Regex};

/// A text with the scratch directory, times and key bytes replaced. Times are also the bare numbers that
/// terse listings have, the harness masking those near the present; all of them are compared with the harness's tolerance.
pub fn masked(text: &str, dir: &Path) -> Masked {
    static SECONDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"-?\b[0-9]{9,10}\b").unwrap());
    let mut masked = Masked::new(text, dir, Mask::KEYS_AND_TIMES);
    let mut times = Vec::new();
    let replaced = SECONDS.replace_all(&masked.text, |found: &Captures<'_>| {
        times.extend(found[0].parse::<i64>().ok());
        "<SECONDS>"
    });
    masked.text = replaced.into_owned();
    masked.times.append(&mut times);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terse_times_may_be_a_little_apart() {
        let one = masked("\"a\"\t1763754480\t-2085978496\t86400", Path::new("/d"));
        assert_eq!(one.text, "\"a\"\t<TIME>\t<SECONDS>\t86400");
        assert_eq!(one.difference(&masked("\"a\"\t1763754481\t-2085978496\t86400", Path::new("/d"))), None);
        assert!(one.difference(&masked("\"a\"\t1763754480\t2085978496\t86400", Path::new("/d"))).is_some());
    }
}
