//! Dumps of a database with their times and key bytes masked. The format is told in MIT's `kdb5_util` manual page and
//! was measured on its output:
//!
//! ```text
//! princ 38 name-length n-tl n-key e-length name attributes max-life max-renewable-life expiration pw-expiration
//!   last-success last-failed fail-count  { type length hex } * n-tl  { version kvno { type length hex } * version } * n-key
//!   e-data;                                                                      (tabs between all of them)
//! ```

use crate::mask::{Mask, Masked};

/// The dump with what `mask` names replaced. Lines that are no principals stay, and so does a line that is not of
/// the form above.
pub fn normalized(dump: &str, mask: Mask) -> Masked {
    let mut out = Masked::default();
    for line in dump.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let mut times = Vec::new();
        match body.strip_prefix("princ\t").and_then(|fields| principal(fields, mask, &mut times)) {
            Some(text) => {
                out.text.push_str(&text);
                out.times.append(&mut times);
            }
            None => out.text.push_str(body),
        }
        out.text.push_str(&line[body.len()..]);
    }
    out
}

/// Reads a line field by field and writes it masked.
struct Fields<'a> {
    from: std::str::Split<'a, char>,
    out: String,
    mask: Mask,
    times: &'a mut Vec<i64>,
}

fn principal(fields: &str, mask: Mask, times: &mut Vec<i64>) -> Option<String> {
    let mut line = Fields { from: fields.split('\t'), out: "princ".into(), mask, times };
    line.copy()?;
    line.copy()?;
    let tl_count: usize = line.copy()?.parse().ok()?;
    let key_count: usize = line.copy()?.parse().ok()?;
    for _ in ["e-length", "name", "attributes", "max-life", "max-renewable-life"] {
        line.copy()?;
    }
    for _ in ["expiration", "pw-expiration", "last-success", "last-failed"] {
        line.time()?;
    }
    line.copy()?;
    for _ in 0..tl_count {
        line.tl_data()?;
    }
    for _ in 0..key_count {
        let version: usize = line.copy()?.parse().ok()?;
        line.copy()?;
        for part in 0..version {
            let kind = line.copy()?;
            line.copy()?;
            let value = line.from.next()?;
            // The first part is the key, the second its salt, random if it is a special one (4). A stored key begins
            // with its length.
            let value = match (part, kind) {
                (0, _) => line.key(value, 4),
                (_, "4") => line.key(value, 0),
                _ => value.to_string(),
            };
            line.put(&value);
        }
    }
    line.copy()?;
    line.from.next().is_none().then_some(line.out)
}

impl<'a> Fields<'a> {
    fn put(&mut self, value: &str) {
        self.out.push('\t');
        self.out.push_str(value);
    }

    fn copy(&mut self) -> Option<&'a str> {
        let value = self.from.next()?;
        self.put(value);
        Some(value)
    }

    /// A time in decimal; 0 is none.
    fn time(&mut self) -> Option<()> {
        let value = self.from.next()?;
        let seconds: i64 = value.parse().ok()?;
        if self.mask.times && seconds != 0 {
            self.times.push(seconds);
            self.put("<TIME>");
        } else {
            self.put(value);
        }
        Some(())
    }

    /// Hex digits of a time, the least byte first.
    fn hex_time(&mut self, hex: &str) -> Option<String> {
        if !self.mask.times {
            return Some(hex.into());
        }
        let number = u32::from_str_radix(hex, 16).ok()?.swap_bytes();
        self.times.push(number.into());
        Some("<TIME>".into())
    }

    /// Hex digits of which those after `keep` are random.
    fn key(&self, hex: &str, keep: usize) -> String {
        match hex.get(keep..) {
            Some(random) if self.mask.keys && !random.is_empty() && hex != "-1" => {
                format!("{}<KEY {}>", &hex[..keep], random.len() / 2)
            }
            _ => hex.into(),
        }
    }

    fn tl_data(&mut self) -> Option<()> {
        let kind = self.copy()?;
        self.copy()?;
        let hex = self.from.next()?;
        let value = match kind {
            // Last password change; last unlock by an administrator.
            "1" | "1792" if hex.len() == 8 => self.hex_time(hex)?,
            // Last change: the time, then who.
            "2" => format!("{}{}", self.hex_time(hex.get(..8)?)?, hex.get(8..)?),
            "3" => self.key(hex, policy_end(hex).unwrap_or(hex.len())),
            "9" => self.active_versions(hex)?,
            "10" => self.master_keys(hex)?,
            _ => hex.to_string(),
        };
        self.put(&value);
        Some(())
    }

    /// Which master key is used since when: a version, then pairs of key version and time.
    fn active_versions(&mut self, hex: &str) -> Option<String> {
        let mut out = hex.get(..4)?.to_string();
        let mut at = 4;
        while at < hex.len() {
            out.push_str(hex.get(at..at + 4)?);
            out.push_str(&self.hex_time(hex.get(at + 4..at + 12)?)?);
            at += 12;
        }
        Some(out)
    }

    /// The newest master key encrypted in older ones: a version, then for each both key versions, enctype, length and key.
    fn master_keys(&mut self, hex: &str) -> Option<String> {
        let mut out = hex.get(..4)?.to_string();
        let mut at = 4;
        while at < hex.len() {
            let head = hex.get(at..at + 16)?;
            let length = usize::from(u16::from_str_radix(head.get(12..)?, 16).ok()?.swap_bytes()) * 2;
            out.push_str(head);
            out.push_str(&self.key(hex.get(at + 16..at + 16 + length)?, 4));
            at += 16 + length;
        }
        Some(out)
    }
}

/// Where in the hex digits of kadmin's own record the password history begins. Before it come, in XDR: a version, the
/// policy name with its length, three numbers, and the number of old keys.
fn policy_end(hex: &str) -> Option<usize> {
    let length = usize::try_from(u32::from_str_radix(hex.get(8..16)?, 16).ok()?).ok()?;
    16usize.checked_add(length.checked_next_multiple_of(4)?.checked_mul(2)?)?.checked_add(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "princ\t38\t7\t3\t1\t0\ta@R.ORG\t0\t86400\t0\t0\t0\t0\t0\t0\t3\t24\t\
        12345c010000000000000000000000000000000200000000\t2\t12\t25ee016b4b2f4d4047004f00\t1\t4\t24ee016b\t\
        1\t1\t18\t6\t2000d0952756\t-1;\n";

    #[test]
    fn times_and_keys_are_masked() {
        let masked = normalized(LINE, Mask::KEYS_AND_TIMES);
        assert_eq!(
            masked.text,
            "princ\t38\t7\t3\t1\t0\ta@R.ORG\t0\t86400\t0\t0\t0\t0\t0\t0\t3\t24\t\
             12345c010000000000000000000000000000000200000000\t2\t12\t<TIME>4b2f4d4047004f00\t1\t4\t<TIME>\t\
             1\t1\t18\t6\t2000<KEY 4>\t-1;\n"
        );
        assert_eq!(masked.times, [0x6b01_ee25, 0x6b01_ee24]);
    }

    #[test]
    fn without_a_mask_the_dump_stays() {
        assert_eq!(normalized(LINE, Mask::NONE).text, LINE);
        let odd = "kdb5_util load_dump version 7\npolicy\tp\t1\nprinc\t38\tnonsense\n";
        assert_eq!(normalized(odd, Mask::KEYS_AND_TIMES).text, odd);
    }

    #[test]
    fn older_master_keys_are_masked() {
        let line = "princ\t38\t5\t1\t0\t0\tK/M@R\t0\t0\t0\t0\t0\t0\t0\t0\t10\t16\t\
            01000100020012000600200011223344\t-1;\n";
        assert!(normalized(line, Mask::KEYS).text.contains("\t010001000200120006002000<KEY 4>\t"));
    }

    #[test]
    fn other_fields_are_compared() {
        let mask = Mask::KEYS_AND_TIMES;
        let other = LINE.replace("\t86400\t", "\t86401\t");
        assert!(normalized(LINE, mask).difference(&normalized(&other, mask)).is_some());
        let other = LINE.replace("d0952756", "d0952757");
        assert_eq!(normalized(LINE, mask).difference(&normalized(&other, mask)), None);
        let other = LINE.replace("24ee016b", "24ee0100");
        assert!(normalized(LINE, mask).difference(&normalized(&other, mask)).is_some(), "a time far away");
    }
}
