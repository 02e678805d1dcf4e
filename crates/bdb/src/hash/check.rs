//! Reading everything and saying what contradicts itself.

use std::collections::{HashMap, HashSet};

use super::address::Number;
use super::layout::{Big, Entry};
use super::pager::Pager;
use crate::types::Problem;
use crate::{Error, PageFile, Result};

/// Problems listed in full; further ones are only counted.
const LISTED: usize = 100;

/// What a file consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Pages of the file, the header counted; some may be holes that no bucket has reached yet.
    pub pages: u32,
    /// Buckets.
    pub buckets: u32,
    /// Pairs.
    pub records: u64,
    /// Overflow pages of buckets.
    pub overflow: u32,
    /// Pages of big pairs.
    pub big: u32,
    /// Bitmaps.
    pub bitmaps: u32,
    /// Overflow pages that are in no use.
    pub free: u32,
    /// Pages that call themselves in use and that nothing refers to: lost room, not a problem. MIT leaves some when
    /// it fails half way.
    pub unreachable: u32,
    /// The first hundred contradictions.
    pub problems: Vec<Problem>,
    /// All contradictions.
    pub problem_count: u64,
}

impl Report {
    /// Whether nothing contradicts itself.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Overflow,
    Big,
    Bitmap,
}

struct Check<'a, F> {
    pager: &'a Pager<F>,
    report: Report,
    uses: HashMap<Number, Use>,
}

pub(super) fn check<F: PageFile>(pager: &Pager<F>) -> Result<Report> {
    let report = Report {
        pages: pager.page_count(),
        buckets: pager.header().last_bucket.saturating_add(1),
        ..Report::default()
    };
    let mut check = Check { pager, report, uses: HashMap::new() };
    check.bitmaps()?;
    for bucket in 0..=pager.header().last_bucket {
        check.bucket(bucket)?;
    }
    check.bits()?;
    let counted = u64::from(pager.header().pairs);
    if counted != check.report.records {
        check.problem(0, format!("{counted} pairs by the header, {} found", check.report.records));
    }
    Ok(check.report)
}

impl<F: PageFile> Check<'_, F> {
    fn problem(&mut self, page: u32, what: impl Into<String>) {
        self.report.problem_count += 1;
        if self.report.problems.len() < LISTED {
            self.report.problems.push(Problem { page, what: what.into() });
        }
    }

    /// The value, or a problem noted in its place; errors of the system pass through.
    fn noted<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Corrupt { page, what, .. }) => {
                self.problem(page, what);
                Ok(None)
            }
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.problem(0, "the file became shorter");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes note of an overflow page's use, of which it may have one.
    fn claim(&mut self, page: u32, number: Number, usage: Use) {
        if let Some(before) = self.uses.insert(number, usage) {
            self.uses.insert(number, before);
            self.problem(page, format!("used twice: {before:?} and {usage:?}"));
            return;
        }
        match usage {
            Use::Overflow => self.report.overflow += 1,
            Use::Big => self.report.big += 1,
            Use::Bitmap => self.report.bitmaps += 1,
        }
    }

    fn bitmaps(&mut self) -> Result<()> {
        for index in 0..self.pager.bitmaps() {
            let place = self.pager.bitmap_page(index);
            let Some((page, number)) = self.noted(place)? else { continue };
            let bitmap = self.pager.bitmap(page);
            self.noted(bitmap)?;
            self.claim(page, number, Use::Bitmap);
        }
        Ok(())
    }

    fn bucket(&mut self, bucket: u32) -> Result<()> {
        let chain = self.pager.chain(bucket);
        let Some(chain) = self.noted(chain)? else { return Ok(()) };
        for (page, _) in chain.iter().skip(1) {
            let number = self.pager.number_of(*page);
            if let Some(number) = self.noted(number)? {
                self.claim(*page, number, Use::Overflow);
            }
        }
        let mut keys = HashSet::new();
        for (page, table) in &chain {
            for entry in &table.entries {
                self.report.records += 1;
                if let Entry::Big(address) = entry {
                    self.big(*address)?;
                }
                let record = self.pager.load(entry);
                let Some(record) = self.noted(record)? else { continue };
                if record.key.is_empty() {
                    self.problem(*page, "a pair without a key");
                } else if self.pager.header().bucket_of(&record.key) != bucket {
                    self.problem(*page, format!("a pair of another bucket than {bucket}"));
                }
                if !keys.insert(record.key) {
                    self.problem(*page, "a key that occurs twice");
                }
            }
        }
        Ok(())
    }

    /// Notes the pages of a big pair. What cannot be read is noted when the pair is loaded.
    fn big(&mut self, address: u16) -> Result<()> {
        let mut pages = Vec::new();
        let room = Big::room(self.pager.header().page_size);
        let mut gaps = Vec::new();
        let walked = self.pager.walk_big(address, |page, big| {
            pages.push(page);
            if big.next.is_some() && big.key.len() + big.value.len() != room {
                gaps.push(page);
            }
            Ok(true)
        });
        for page in gaps {
            self.problem(page, "a page of a big pair that is not full, with another one behind it");
        }
        if let Err(Error::Io { .. }) = walked {
            self.noted(walked)?;
        }
        for page in pages {
            let number = self.pager.number_of(page);
            if let Some(number) = self.noted(number)? {
                self.claim(page, number, Use::Big);
            }
        }
        Ok(())
    }

    /// Whether the bitmaps agree with the uses.
    fn bits(&mut self) -> Result<()> {
        let header = *self.pager.header();
        let first_free = header.first_free;
        if first_free > header.overflow_pages() {
            self.problem(0, format!("the first free page {first_free} of {}", header.overflow_pages()));
        }
        for number in (1..=self.pager.header().overflow_pages()).map(Number) {
            let bit = self.pager.in_use(number);
            // A bitmap that cannot be read is noted already.
            let Ok(bit) = bit else { continue };
            match (bit, self.uses.get(&number)) {
                (true, Some(_)) => {}
                (true, None) => self.report.unreachable += 1,
                (false, None) => {
                    self.report.free += 1;
                    if number.bit() < first_free / u32::BITS * u32::BITS {
                        self.problem(0, format!("a free page before the first one, {first_free}"));
                    }
                }
                (false, Some(usage)) => {
                    let what = format!("{usage:?}, but the bitmap calls it free");
                    let page = self.pager.header().overflow_page(number).unwrap_or(0);
                    self.problem(page, what);
                }
            }
        }
        Ok(())
    }
}
