//! What MIT's `kdb5_util dump` tells of a database, field by field. The harness tells the format of a line.

use harness::Masked;
use k5_kdb::{KadmData, KeyData};
use k5_types::{EncType, SaltType};

/// A dump.
#[derive(Debug, Default)]
pub struct Dump {
    /// The header and the policies, as they stand.
    pub others: Vec<String>,
    /// The principals, in the order of the dump.
    pub principals: Vec<Entry>,
}

/// A principal.
#[derive(Debug)]
pub struct Entry {
    /// Its name as the dump has it.
    pub name: String,
    /// Everything but the keys, one field to a line, times replaced.
    pub text: Masked,
    /// Its keys.
    pub keys: Vec<KeyData>,
    /// The keys of its earlier passwords.
    pub history: Vec<KeyData>,
}

impl Dump {
    /// Reads a dump.
    ///
    /// # Errors
    /// The line that is not of the known form.
    pub fn parse(text: &str) -> Result<Dump, String> {
        let mut dump = Dump::default();
        for line in text.lines() {
            match line.strip_prefix("princ\t") {
                None => dump.others.push(line.to_owned()),
                Some(fields) => {
                    let entry = Line::new(fields).entry();
                    dump.principals.push(entry.ok_or_else(|| format!("no principal: {line}"))?);
                }
            }
        }
        Ok(dump)
    }

    /// All but the keys' bytes.
    pub fn masked(&self) -> Masked {
        let mut all = Masked { text: self.others.join("\n"), times: Vec::new() };
        for entry in &self.principals {
            all.text.push_str(&format!("\nprinc {}\n{}", entry.name, entry.text.text));
            all.times.extend(&entry.text.times);
            for key in &entry.keys {
                all.text.push_str(&format!("  key {}\n", described(key)));
            }
        }
        all
    }
}

/// A key but for its bytes. The salt of type special may be a random one.
fn described(key: &KeyData) -> String {
    let salt = match key.salt_type {
        SaltType::SPECIAL => format!("{} bytes", key.salt.len()),
        _ => format!("{:?}", String::from_utf8_lossy(&key.salt)),
    };
    let KeyData { version, kvno, enctype, salt_type, .. } = key;
    format!(
        "version {version} kvno {kvno} enctype {} salt {} {salt}, stored in {} bytes",
        enctype.0,
        salt_type.0,
        key.key.len()
    )
}

struct Line<'a> {
    fields: std::str::Split<'a, char>,
    text: Masked,
    history: Vec<KeyData>,
}

impl<'a> Line<'a> {
    fn new(fields: &'a str) -> Self {
        Line { fields: fields.split('\t'), text: Masked::default(), history: Vec::new() }
    }

    fn put(&mut self, what: &str, value: &str) {
        self.text.text.push_str(&format!("  {what} {value}\n"));
    }

    fn time(&mut self, what: &str, seconds: i64) {
        if seconds == 0 {
            return self.put(what, "never");
        }
        self.text.times.push(seconds);
        self.put(what, "<TIME>");
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.fields.next()?.parse().ok()
    }

    fn entry(mut self) -> Option<Entry> {
        let _base_and_name_length = (self.fields.next()?, self.fields.next()?);
        let (tl_count, key_count): (usize, usize) = (self.number()?, self.number()?);
        let _extra_length = self.fields.next()?;
        let name = self.fields.next()?.to_owned();
        for what in ["attributes", "max-life", "max-renewable-life"] {
            let value = self.fields.next()?;
            self.put(what, value);
        }
        for what in ["expiration", "pw-expiration", "last-success", "last-failed"] {
            let seconds = self.number()?;
            self.time(what, seconds);
        }
        let failures = self.fields.next()?;
        self.put("failures", failures);
        for _ in 0..tl_count {
            self.tl_data()?;
        }
        let keys = (0..key_count).map(|_| self.key()).collect::<Option<_>>()?;
        let extra = self.fields.next()?;
        self.put("extra", extra);
        self.fields.next().is_none().then_some(Entry { name, text: self.text, keys, history: self.history })
    }

    fn tl_data(&mut self) -> Option<()> {
        let kind: u16 = self.number()?;
        let length: usize = self.number()?;
        let hex = self.fields.next()?;
        let bytes = bytes(hex)?;
        let what = format!("tl {kind}");
        match kind {
            // Last password change; last unlock by an administrator.
            1 | 1792 if length == 4 => self.time(&what, time(&bytes)?),
            // Last change: when, and who.
            2 => {
                self.time(&what, time(&bytes)?);
                let who = String::from_utf8_lossy(bytes.get(4..)?).into_owned();
                self.put("by", &format!("{who:?}"));
            }
            3 => self.kadm_data(&bytes, length)?,
            _ => self.put(&what, hex),
        }
        Some(())
    }

    fn kadm_data(&mut self, bytes: &[u8], length: usize) -> Option<()> {
        let data = KadmData::decode(bytes).ok().filter(|data| data.encode() == bytes)?;
        let policy = data.policy.as_deref().map(String::from_utf8_lossy);
        let text = format!(
            "{length} bytes policy {policy:?} auxiliary {:#x} next {} history kvno {}",
            data.aux_attributes, data.old_key_next, data.history_kvno
        );
        self.put("tl 3", &text);
        for set in data.old_keys {
            let keys: Vec<String> = set.iter().map(described).collect();
            self.put("old keys", &keys.join("; "));
            self.history.extend(set);
        }
        Some(())
    }

    fn key(&mut self) -> Option<KeyData> {
        let version: u16 = self.number()?;
        let kvno = self.number()?;
        let mut parts = Vec::new();
        for _ in 0..version {
            let (kind, _length): (i32, usize) = (self.number()?, self.number()?);
            parts.push((kind, bytes(self.fields.next()?)?));
        }
        let mut parts = parts.into_iter();
        let (enctype, key) = parts.next().unwrap_or_default();
        let data = KeyData { version, ..KeyData::new(kvno, EncType(enctype), key) };
        Some(match parts.next() {
            Some((kind, salt)) => data.with_salt(SaltType(kind.try_into().ok()?), salt),
            None => data,
        })
    }
}

/// Hex digits; `-1` is nothing.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex == "-1" {
        return Some(Vec::new());
    }
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

fn time(bytes: &[u8]) -> Option<i64> {
    Some(u32::from_le_bytes(*bytes.first_chunk()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "princ\t38\t7\t3\t2\t0\ta@R.ORG\t0\t86400\t0\t0\t0\t0\t0\t0\t3\t24\t\
        12345c010000000000000000000000000000000200000000\t2\t12\t25ee016b4b2f4d4047004f00\t1\t4\t24ee016b\t\
        1\t1\t18\t6\t2000d0952756\t2\t1\t18\t6\t2000d0952756\t3\t2\t4f47\t-1;\n";

    #[test]
    fn a_line_is_read_whole() {
        let dump = Dump::parse(LINE).unwrap();
        let entry = &dump.principals[0];
        assert_eq!((entry.name.as_str(), entry.keys.len()), ("a@R.ORG", 2));
        assert_eq!(entry.keys[1].salt, b"OG");
        assert_eq!(entry.text.times, [0x6b01_ee25, 0x6b01_ee24]);
        assert!(Dump::parse(&LINE.replace("\t-1;", "\t-1;\t")).is_err());
    }

    #[test]
    fn every_field_counts() {
        let first = Dump::parse(LINE).unwrap().masked();
        for (from, to) in [
            ("\t86400\t", "\t86401\t"),
            ("0200000000", "0300000000"),
            ("4b2f4d", "4b2f4e"),
            ("\t3\t2\t4f47", "\t3\t2\t4f48"),
            ("\t1\t18\t", "\t2\t18\t"),
        ] {
            let other = Dump::parse(&LINE.replace(from, to)).unwrap().masked();
            assert!(first.difference(&other).is_some(), "{from} {to}");
        }
        let key = Dump::parse(&LINE.replace("d0952756", "d0952757")).unwrap().masked();
        assert_eq!(first.difference(&key), None);
    }
}
