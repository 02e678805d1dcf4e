//! Lines as entries and policies, one at a time.
//!
//! What MIT's reader takes is taken here, but for what it reads over the end of a line or a field, and for numbers
//! that it cuts (`docs/divergences.md`, DIV-81). No length or count in a line sizes an allocation: memory grows with the bytes
//! that are there, up to [`RECORD_LIMIT`] for a record.

use super::scan::{Fault, Scanner};
use super::{ANY_KEYSALTS, CopyHeader, Version};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::KeyData;
use crate::policy::Policy;
use crate::tl_data::{TlData, TlType};
use k5_types::{Attributes, Duration, EncType, Principal, SaltType, Timestamp};
use std::io::Read;

/// Most octets of a record. Real ones have a few thousand.
pub const RECORD_LIMIT: usize = 8 << 20;
/// What an element of a list costs of that, beside its octets.
const ELEMENT: usize = 32;
/// Length of the base of a principal's record, the only one that can be stored.
const BASE_LENGTH: i64 = 38;
/// Most elements of a list: their number has 15 bits in the database.
const LIST_LIMIT: u32 = i16::MAX as u32;
const U16_LIMIT: u32 = u16::MAX as u32;
/// Longest policy name that MIT reads.
const POLICY_NAME_LIMIT: usize = 1023;
/// Longest list of keysalts that MIT reads.
const KEYSALTS_LIMIT: usize = 512;
/// Longest word that begins a line.
const TAG_LIMIT: usize = 99;
/// Arguments for a database module travel as tagged data of this type; they are no data of the entry.
const DATABASE_ARGUMENTS: i16 = 0x7fff;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// A principal.
    Principal {
        /// The name as it stands in the line.
        name: Vec<u8>,
        /// What the line says.
        entry: Box<Entry>,
        /// Bytes behind the end of the entry, which were passed over; 0 in a sound line.
        trash: u64,
    },
    /// A policy.
    Policy(Box<Policy>),
}

/// Reads a dump.
pub struct DumpReader<R> {
    scan: Scanner<R>,
    version: Version,
    default_realm: Vec<u8>,
    /// Where the record that was read last begins.
    line: u64,
    ended: bool,
}

/// A fault under MIT's heading for it.
fn under(heading: &'static str) -> impl Fn(Fault) -> Fault {
    move |fault| match fault {
        Fault::Says(what) => Fault::Says(format!("{heading}: {what}")),
        read => read,
    }
}

impl<R: Read> DumpReader<R> {
    /// Reads the header, which must be that of `wanted` where that is said. Names without a realm get `default_realm`.
    ///
    /// # Errors
    /// [`KdbError::DumpHeader`], and what the system says.
    pub fn open(input: R, wanted: Option<Version>, default_realm: &[u8]) -> Result<Self> {
        let (scan, header) = Self::header(input)?;
        let matches = |version: &Version| version.header().trim_end_matches('\n').as_bytes() == header;
        let version = Version::ALL.into_iter().find(matches);
        let version = version.filter(|version| wanted.is_none_or(|wanted| wanted == *version));
        let version = version.ok_or(KdbError::DumpHeader { missing: false })?;
        Ok(Self::behind_header(scan, version, default_realm))
    }

    /// The same for a full copy for a replica; its header too.
    ///
    /// # Errors
    /// As [`DumpReader::open`].
    pub fn open_copy(input: R, default_realm: &[u8]) -> Result<(Self, CopyHeader)> {
        let (scan, header) = Self::header(input)?;
        let header = CopyHeader::parse(&header).ok_or(KdbError::DumpHeader { missing: false })?;
        Ok((Self::behind_header(scan, header.version(), default_realm), header))
    }

    /// Reads the first line, which must have a newline.
    fn header(input: R) -> Result<(Scanner<R>, Vec<u8>)> {
        const LONGEST: usize = 100;
        let mut scan = Scanner::new(input);
        let header = match scan.until(|_| false, LONGEST) {
            Ok(header) => header,
            Err(Fault::Says(_)) => return Err(KdbError::DumpHeader { missing: false }),
            Err(Fault::Read(source)) => return Err(KdbError::DumpRead { line: 1, source }),
        };
        match scan.peek().map_err(|fault| line_error(1, fault))? {
            Some(_) => scan.take(b'\n'),
            None => return Err(KdbError::DumpHeader { missing: header.is_empty() }),
        };
        Ok((scan, header.to_vec()))
    }

    fn behind_header(scan: Scanner<R>, version: Version, default_realm: &[u8]) -> Self {
        DumpReader { scan, version, default_realm: default_realm.to_vec(), line: 1, ended: false }
    }

    /// The version of the dump.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The line of the record that was read last, counted from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Bytes of the dump up to the end of that record.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.scan.taken()
    }

    /// The next record; `None` at the end, which a line `End` is too.
    ///
    /// # Errors
    /// [`KdbError::DumpLine`] with the line and what is wrong in it; nothing can be read after that.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        if self.ended {
            return Ok(None);
        }
        // Until a record is through.
        self.ended = true;
        let begun = self.scan.begin_line();
        self.line = self.scan.line();
        match begun.and_then(|more| if more { self.record() } else { Ok(None) }) {
            Ok(record) => {
                self.ended = record.is_none();
                Ok(record)
            }
            Err(fault) => Err(line_error(self.line, fault)),
        }
    }

    fn record(&mut self) -> std::result::Result<Option<Record>, Fault> {
        match self.scan.word(TAG_LIMIT).map_err(under("unknown record type"))?.as_slice() {
            b"princ" => self.principal().map(Some),
            b"policy" => self.policy().map(|policy| Some(Record::Policy(Box::new(policy)))),
            b"End" => Ok(None),
            // What stands there may be a piece of a key.
            _ => Err(Fault::Says("unknown record type".to_owned())),
        }
    }

    fn principal(&mut self) -> std::result::Result<Record, Fault> {
        let scan = &mut self.scan;
        let [base_length, name_length, tl_count, key_count, extra_length] = sizes(scan)?;
        if !(0..=i64::from(LIST_LIMIT)).contains(&tl_count) {
            return Err(Fault::Says("cannot allocate tl_data (too large)".to_owned()));
        }
        if !(0..=i64::from(LIST_LIMIT)).contains(&key_count) {
            return Err(Fault::Says("invalid key_data size".to_owned()));
        }
        if base_length != BASE_LENGTH || extra_length != 0 {
            return Err(Fault::Says("extra data, which cannot be stored".to_owned()));
        }
        let (name, principal) = self.name(name_length)?;
        let scan = &mut self.scan;
        let mut entry = Entry::new(principal);
        attributes(scan, &mut entry).map_err(under("cannot read principal attributes"))?;
        let mut budget = RECORD_LIMIT;
        for _ in 0..tl_count {
            entry.tl_data.push(tagged(scan, &mut budget)?);
        }
        if entry.tl_data.iter().any(|tl| tl.tag.0.cast_signed() == DATABASE_ARGUMENTS) {
            return Err(Fault::Says(
                "tagged data of type 32767 are arguments of a database module".to_owned(),
            ));
        }
        for _ in 0..key_count {
            entry.key_data.push(key(scan, &mut budget)?);
        }
        scan.blanks().and_then(|()| scan.octets(0)).map_err(under("cannot read extra data"))?;
        let trash = record_end(scan).map_err(under("cannot find the end of the record"))?;
        Ok(Record::Principal { name, entry: Box::new(entry), trash })
    }

    fn name(&mut self, length: i64) -> std::result::Result<(Vec<u8>, Principal), Fault> {
        let heading = under("cannot read name string");
        let length =
            u64::try_from(length).map_err(|_| self.scan.fault("a negative length")).map_err(&heading)?;
        if length > RECORD_LIMIT as u64 {
            return Err(Fault::Says("cannot allocate principal (too large)".to_owned()));
        }
        let name = self.scan.bytes(length).map_err(&heading)?;
        if self.scan.here().map_err(&heading)? != b'\t' || name.contains(&0) {
            return Err(heading(self.scan.fault("the name is not of the length that it says")));
        }
        let principal = Principal::parse(&name, &self.default_realm);
        let principal = principal.map_err(|error| heading(Fault::Says(error.to_string())))?;
        Ok((name, principal))
    }

    fn policy(&mut self) -> std::result::Result<Policy, Fault> {
        let version = self.version;
        policy(&mut self.scan, version).map_err(|fault| match fault {
            Fault::Says(what) if what.starts_with("cannot") => Fault::Says(what),
            other => under("cannot parse policy")(other),
        })
    }
}

fn line_error(line: u64, fault: Fault) -> KdbError {
    match fault {
        Fault::Says(what) => KdbError::DumpLine { line, what },
        Fault::Read(source) => KdbError::DumpRead { line, source },
    }
}

/// The five numbers before the name, and exactly one blank: the name may begin with more.
fn sizes<R: Read>(scan: &mut Scanner<R>) -> std::result::Result<[i64; 5], Fault> {
    let mut sizes = [0; 5];
    for size in &mut sizes {
        let read = scan.blanks().and_then(|()| scan.number());
        *size = read.map_err(under("cannot match size tokens"))?;
    }
    scan.blank().map_err(under("cannot match size tokens"))?;
    Ok(sizes)
}

fn attributes<R: Read>(scan: &mut Scanner<R>, entry: &mut Entry) -> std::result::Result<(), Fault> {
    let mut next = || scan.blanks().and_then(|()| scan.u32());
    entry.attributes = Attributes(next()?);
    entry.max_life = Duration(next()?.cast_signed());
    entry.max_renewable_life = Duration(next()?.cast_signed());
    entry.expiration = Timestamp(next()?);
    entry.pw_expiration = Timestamp(next()?);
    entry.last_success = Timestamp(next()?);
    entry.last_failed = Timestamp(next()?);
    entry.fail_auth_count = next()?;
    Ok(())
}

/// Takes from what a record may still have.
fn spend(budget: &mut usize, octets: u32) -> std::result::Result<(), Fault> {
    let cost = ELEMENT.saturating_add(octets as usize);
    let left = budget.checked_sub(cost);
    *budget =
        left.ok_or_else(|| Fault::Says(format!("cannot hold a record of over {RECORD_LIMIT} bytes")))?;
    Ok(())
}

fn tagged<R: Read>(scan: &mut Scanner<R>, budget: &mut usize) -> std::result::Result<TlData, Fault> {
    let mut head = || {
        scan.blanks()?;
        let tag = scan.i16()?;
        scan.blanks()?;
        let length = scan.count(U16_LIMIT)?;
        scan.blanks()?;
        Ok((tag, length))
    };
    let (tag, length) = head().map_err(under("cannot read tagged data type and length"))?;
    spend(budget, length)?;
    let contents = scan.octets(length).map_err(under("cannot read tagged data contents"))?;
    Ok(TlData { tag: TlType(tag.cast_unsigned()), contents })
}

fn key<R: Read>(scan: &mut Scanner<R>, budget: &mut usize) -> std::result::Result<KeyData, Fault> {
    const VERSIONS: std::ops::RangeInclusive<i64> = 0..=2;
    let heading = under("cannot read key size and version");
    let version = scan.blanks().and_then(|()| scan.number()).map_err(&heading)?;
    if !VERSIONS.contains(&version) {
        return Err(Fault::Says("unsupported key_data_ver version".to_owned()));
    }
    let kvno = scan.blanks().and_then(|()| scan.number()).map_err(&heading)?;
    let kvno = u16::try_from(kvno).map_err(|_| Fault::Says("invalid kvno".to_owned()))?;
    let mut key = KeyData::new(kvno, EncType::NULL, Vec::new());
    spend(budget, 0)?;
    if version >= 1 {
        key.version = 1;
        let enctype;
        (enctype, key.key) = part(scan, budget)?;
        key.enctype = EncType(i32::from(enctype));
    } else {
        key.version = 0;
    }
    if version == 2 {
        key.version = 2;
        let salt_type;
        (salt_type, key.salt) = part(scan, budget)?;
        key.salt_type = SaltType(salt_type);
    }
    Ok(key)
}

/// Type, length and octets of a key or a salt.
fn part<R: Read>(scan: &mut Scanner<R>, budget: &mut usize) -> std::result::Result<(i16, Vec<u8>), Fault> {
    let mut head = || {
        scan.blanks()?;
        let kind = scan.i16()?;
        scan.blanks()?;
        let length = scan.count(U16_LIMIT)?;
        scan.blanks()?;
        Ok((kind, length))
    };
    let (kind, length) = head().map_err(under("cannot read key type and length"))?;
    spend(budget, length)?;
    Ok((kind, scan.octets(length).map_err(under("cannot read key data"))?))
}

/// `;` and the newline; how many other bytes stand there.
fn record_end<R: Read>(scan: &mut Scanner<R>) -> std::result::Result<u64, Fault> {
    match scan.peek()? {
        Some(b';') => {
            scan.take(b';');
            scan.skip_line()
        }
        // Without its semicolon the line may be cut short.
        _ => scan.skip_line().map(|skipped| skipped.max(1)),
    }
}

fn policy<R: Read>(scan: &mut Scanner<R>, version: Version) -> std::result::Result<Policy, Fault> {
    scan.blank()?;
    // Up to a tab: a name may have blanks.
    let name = scan.until(|byte| byte == b'\t', POLICY_NAME_LIMIT)?;
    if name.is_empty() || name.contains(&0) {
        return Err(scan.fault("no name"));
    }
    let mut policy = Policy { name, ..Policy::default() };
    let mut reference_count = 0;
    let common = [
        &mut policy.min_life,
        &mut policy.max_life,
        &mut policy.min_length,
        &mut policy.min_classes,
        &mut policy.history_num,
        &mut reference_count,
    ];
    numbers(scan, common)?;
    if version.has_lockout() {
        numbers(scan, [&mut policy.max_fail, &mut policy.failure_interval, &mut policy.lockout_duration])?;
    }
    if version == Version::Current && scan.peek()? != Some(b'\n') {
        numbers(
            scan,
            [&mut policy.attributes, &mut policy.ticket_max_life, &mut policy.ticket_max_renewable_life],
        )?;
        scan.blanks()?;
        let keysalts = scan.word(KEYSALTS_LIMIT)?;
        policy.allowed_keysalts = (keysalts != ANY_KEYSALTS).then_some(keysalts);
        scan.blanks()?;
        let mut budget = RECORD_LIMIT;
        for _ in 0..scan.count(LIST_LIMIT)? {
            policy.tl_data.push(tagged(scan, &mut budget)?);
        }
    }
    scan.end_line()?;
    Ok(policy)
}

fn numbers<R: Read, const N: usize>(
    scan: &mut Scanner<R>,
    fields: [&mut u32; N],
) -> std::result::Result<(), Fault> {
    for field in fields {
        scan.blanks()?;
        *field = scan.u32()?;
    }
    Ok(())
}
