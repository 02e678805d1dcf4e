//! MIT's dumps, line by line: what of a record is different, and whether anything else in the format speaks of it.

use std::collections::BTreeMap;

/// Whether it is a policy's, and the name.
pub type Name = (bool, Vec<u8>);

/// The lines of a dump by what they are about.
pub fn by_name(dump: &[u8]) -> BTreeMap<Name, Vec<u8>> {
    let lines = dump.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty());
    lines.map(|line| (name(line).expect("a line of a dump"), line.to_vec())).collect()
}

fn name(line: &[u8]) -> Option<Name> {
    let mut fields = line.split(|byte| *byte == b'\t');
    match fields.next()? {
        b"policy" => Some((true, fields.next()?.to_vec())),
        _ => Some((false, fields.nth(5)?.to_vec())),
    }
}

/// What two records of one name differ in, a class each; or what of it something else contradicts.
pub fn difference(old: &[u8], new: &[u8]) -> Result<Vec<&'static str>, String> {
    let (old, new) = (fields(old), fields(new));
    if old.first().map(Vec::as_slice) == Some(b"policy") {
        return match old.len() == new.len() {
            true => Ok(vec!["number or text of a policy"]),
            false => Err("a policy has other fields".to_owned()),
        };
    }
    let (old, new) = (Princ::read(&old)?, Princ::read(&new)?);
    let mut classes = Vec::new();
    if old.fixed != new.fixed {
        return Err("counts differ".to_owned());
    }
    if old.numbers != new.numbers {
        classes.push("number or time of a principal");
    }
    if old.extra != new.extra {
        classes.push("extra data");
    }
    for (old, new) in old.tagged.iter().zip(&new.tagged).filter(|(old, new)| old != new) {
        classes.push(tagged(old, new)?);
    }
    // Another version stands at another place.
    let gone: Vec<_> = old.keys.iter().filter(|key| !new.keys.contains(key)).collect();
    let come: Vec<_> = new.keys.iter().filter(|key| !old.keys.contains(key)).collect();
    if gone.len() != come.len() {
        return Err("keys are gone".to_owned());
    }
    for (old, new) in gone.into_iter().zip(come) {
        classes.push(key(old, new)?);
    }
    Ok(classes)
}

fn fields(line: &[u8]) -> Vec<Vec<u8>> {
    line.split(|byte| *byte == b'\t').map(<[u8]>::to_vec).collect()
}

struct Princ {
    fixed: Vec<Vec<u8>>,
    numbers: Vec<Vec<u8>>,
    tagged: Vec<Part>,
    keys: Vec<Key>,
    extra: Vec<Vec<u8>>,
}

/// A type with its bytes.
#[derive(PartialEq, Eq, Clone)]
struct Part {
    kind: i32,
    bytes: Vec<u8>,
}

#[derive(PartialEq, Eq)]
struct Key {
    kvno: Vec<u8>,
    parts: Vec<Part>,
}

impl Princ {
    fn read(fields: &[Vec<u8>]) -> Result<Princ, String> {
        Self::parts(fields).ok_or_else(|| "a line of the dump makes no sense".to_owned())
    }

    fn parts(fields: &[Vec<u8>]) -> Option<Princ> {
        let number = |text: &Vec<u8>| String::from_utf8_lossy(text).parse::<i32>().ok();
        let (fixed, rest) = fields.split_at_checked(7)?;
        let (numbers, rest) = rest.split_at_checked(8)?;
        let mut rest = rest.iter();
        let mut part = || {
            let (kind, length) = (number(rest.next()?)?, number(rest.next()?)?);
            let bytes = if length == 0 { rest.next().map(|_| Vec::new())? } else { unhex(rest.next()?)? };
            (bytes.len() == usize::try_from(length).ok()?).then_some(Part { kind, bytes })
        };
        let mut tagged = Vec::new();
        for _ in 0..number(fixed.get(3)?)? {
            tagged.push(part()?);
        }
        let mut keys = Vec::new();
        for _ in 0..number(fixed.get(4)?)? {
            let (version, kvno) = (number(rest.next()?)?, rest.next()?.clone());
            let mut parts = Vec::new();
            for _ in 0..version {
                let (kind, length) = (number(rest.next()?)?, number(rest.next()?)?);
                let bytes = if length == 0 { rest.next().map(|_| Vec::new())? } else { unhex(rest.next()?)? };
                parts.push(Part { kind, bytes });
            }
            keys.push(Key { kvno, parts });
        }
        Some(Princ {
            fixed: fixed.to_vec(),
            numbers: numbers.to_vec(),
            tagged,
            keys,
            extra: rest.cloned().collect(),
        })
    }
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = std::str::from_utf8(text).ok()?;
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

/// Types with a meaning.
const KNOWN: [i32; 9] = [1, 2, 3, 8, 9, 10, 11, 12, 0x700];

fn tagged(old: &Part, new: &Part) -> Result<&'static str, String> {
    if old.kind != new.kind {
        return match KNOWN.contains(&new.kind) || old.bytes != new.bytes {
            true => Err(format!("tagged data of type {} became {}", old.kind, new.kind)),
            false => Ok("type of a tagged datum, now one that nobody knows"),
        };
    }
    if old.bytes.len() != new.bytes.len() {
        return Err(format!("tagged data of type {} have another length", old.kind));
    }
    let at = old.bytes.iter().zip(&new.bytes).position(|(old, new)| old != new).unwrap_or(0);
    let contradicts = || Err(format!("byte {at} of tagged data of type {}", old.kind));
    match old.kind {
        1 | 0x700 => Ok("time in a tagged datum"),
        2 if at < 4 => Ok("time in a tagged datum"),
        2 if zeros(&old.bytes[4..]) == zeros(&new.bytes[4..]) && realms(&new.bytes) == 1 => {
            Ok("name of who changed it last")
        }
        3 => kadm_data(&old.bytes, &new.bytes, at),
        9 if at >= 2 && (at - 2) % 6 >= 2 => Ok("time at which a master key becomes active"),
        11 if zeros(&old.bytes) == zeros(&new.bytes) => Ok("letter of a string attribute"),
        kind if !KNOWN.contains(&kind) => Ok("tagged datum of a type that nobody knows"),
        _ => contradicts(),
    }
}

fn zeros(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at] == 0).collect()
}

/// How many realms a name has.
fn realms(name: &[u8]) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for byte in name {
        count += usize::from(*byte == b'@' && !quoted);
        quoted = *byte == b'\\' && !quoted;
    }
    count
}

/// Walks through the XDR of the old bytes to the one that differs.
fn kadm_data(old: &[u8], new: &[u8], at: usize) -> Result<&'static str, String> {
    let word = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let padded = |length: u32| length.next_multiple_of(4) as usize;
    let wrong = Err(format!("byte {at} of the kadmin data"));
    let name = word(old, 4);
    let aux = 8 + padded(name);
    let here = |from: usize, length: usize| (from..from + length).contains(&at);
    if here(8, (name as usize).saturating_sub(1)) {
        return if new[at] == 0 { wrong } else { Ok("letter of a policy's name") };
    }
    if here(aux, 4) {
        return if (word(old, aux) ^ word(new, aux)) & 0x800 != 0 {
            wrong
        } else {
            Ok("auxiliary attribute")
        };
    }
    let sets = word(old, aux + 12);
    if here(aux + 4, 4) {
        return if word(new, aux + 4) > sets { wrong } else { Ok("slot of the next old key") };
    }
    if here(aux + 8, 4) {
        return if sets > 0 { wrong } else { Ok("version of the history's key, of a history without keys") };
    }
    let mut place = aux + 16;
    for _ in 0..sets {
        let keys = word(old, place);
        place += 4;
        for _ in 0..keys {
            let (key_length, salt_length) = (word(old, place + 16), word(old, place + 20));
            let salt = place + 24 + 4 + padded(key_length) + 4;
            if here(place + 4, 4) {
                return if at < place + 6 { wrong } else { Ok("version of an old key") };
            }
            if here(place + 8, 4) {
                return enctype(word(old, place + 8).cast_signed(), word(new, place + 8).cast_signed());
            }
            if here(place + 12, 4) {
                return if at < place + 14 { wrong } else { Ok("type of an old key's salt") };
            }
            if here(salt, salt_length as usize) {
                return Ok("salt");
            }
            place = salt + padded(salt_length);
        }
    }
    wrong
}

fn key(old: &Key, new: &Key) -> Result<&'static str, String> {
    let ([old_key, old_salt @ ..], [new_key, new_salt @ ..]) = (&old.parts[..], &new.parts[..]) else {
        return Err("a key is gone".to_owned());
    };
    if old_key.bytes != new_key.bytes {
        return Err("a key differs".to_owned());
    }
    if old_key.kind != new_key.kind {
        return enctype(old_key.kind, new_key.kind);
    }
    match (old_salt, new_salt) {
        ([], []) => Ok("version of a key"),
        ([old], [new]) if old.bytes.len() == new.bytes.len() => match old == new {
            true => Ok("version of a key"),
            false => Ok("salt"),
        },
        _ => Err("a salt has another length".to_owned()),
    }
}

/// Whether keys of one type may be taken for keys of another.
fn enctype(old: i32, new: i32) -> Result<&'static str, String> {
    let length = |enctype| match enctype {
        1..=3 => Some(8),
        16 => Some(24),
        17 | 19 | 23..=25 => Some(16),
        18 | 20 | 26 => Some(32),
        _ => None,
    };
    match (length(old), length(new)) {
        (Some(old), Some(new)) if old != new => Err("a key's type is one with other keys".to_owned()),
        _ => Ok("type of a key, now one with keys as long, or one that nobody knows"),
    }
}
