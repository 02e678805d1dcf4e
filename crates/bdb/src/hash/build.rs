//! Making a table of records that come in any order: each page is written once.
//!
//! The file is byte for byte the one that [`Hash::put`] leaves after the same records, whose order MIT's has too. To put
//! them one by one costs a page read and written for nearly each, since each goes to another bucket than the one before.
//! So it is found out first where each will stand ([`super::sketch`]), while they are sorted by bucket; then the
//! pages are filled.

use std::path::Path;

use k5_wire::{ByteOrder, Reader, WireError};

use super::address::Header;
use super::layout::{Part, valid_page_size};
use super::sketch::{Numbered, Sketch};
use super::{Access, Hash, Options};
use crate::sort::{Order, Sorter};
use crate::write::How;
use crate::{Error, PageFile, Result};

/// Bytes of pages that wait to be written.
const STEP: usize = 8 << 20;

/// A table that is being made.
#[derive(Debug)]
pub struct Builder<F, R> {
    sketch: Sketch<F>,
    /// Records in [`by_bucket`]'s order, their keys behind their hashes.
    sorter: Sorter<R>,
    /// What the sorter takes for key and value.
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<F: PageFile, R: PageFile + Send + 'static> Builder<F, R> {
    /// A table in `file`, which must be empty; `path` is for errors. Records wait in `sorter`; besides, some twenty bytes
    /// of memory are taken for each.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::HashPageSize`].
    pub fn new(file: F, path: &Path, options: Options, sorter: Sorter<R>) -> Result<Self> {
        if !valid_page_size(options.page_size) {
            return Err(Error::HashPageSize { size: options.page_size });
        }
        let header = Header::new(options.order, options.page_size);
        let sketch = Sketch::new(file, path, header, options.cache_pages)?;
        Ok(Builder { sketch, sorter, key: Vec::new(), value: Vec::new() })
    }

    /// Adds a record. Of several with the same key the last one counts.
    ///
    /// # Errors
    /// As [`Hash::put`], and where the sorter's file cannot be written; the table cannot be finished then.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let (hash, number) = self.sketch.put(key, value)?;
        self.key.clear();
        self.key.extend_from_slice(&hash.to_be_bytes());
        self.key.extend_from_slice(key);
        self.value.clear();
        self.value.extend_from_slice(&number.to_be_bytes());
        self.value.extend_from_slice(value);
        if self.sorter.is_full(self.key.len().saturating_add(self.value.len())) {
            self.sorter.order_by(by_bucket(self.sketch.pager.header()));
        }
        self.sorter.push(&self.key, &self.value)
    }

    /// The table with all records. Some of its pages are still to be committed.
    ///
    /// # Errors
    /// Where the files cannot be read or written.
    pub fn finish(self) -> Result<Hash<F>> {
        let Builder { mut sketch, mut sorter, .. } = self;
        sorter.order_by(by_bucket(sketch.pager.header()));
        let mut sorted = sorter.finish()?;
        let (mut bucket, mut records) = (0, Vec::new());
        while let Some((key, value)) = sorted.next_record()? {
            let (hash, record) =
                Self::record(key, value).map_err(|flaw| sketch.pager.corrupt(0, flaw.into()))?;
            let its = sketch.pager.header().bucket_of_hash(hash);
            if its != bucket && !records.is_empty() {
                fill(&mut sketch, bucket, std::mem::take(&mut records))?;
            }
            bucket = its;
            records.push(record);
        }
        if !records.is_empty() {
            fill(&mut sketch, bucket, records)?;
        }
        for bucket in 0..sketch.buckets() {
            if sketch.awaits(bucket) {
                fill(&mut sketch, bucket, Vec::new())?;
            }
        }
        Ok(Hash { pager: sketch.pager, access: Access::ReadWrite })
    }

    /// The hash of what the sorter hands out, and the record.
    fn record(key: &[u8], value: &[u8]) -> std::result::Result<(u32, Numbered), WireError> {
        let (mut keys, mut values) = (Reader::new(key, ByteOrder::Big), Reader::new(value, ByteOrder::Big));
        let (hash, number) = (keys.u32()?, values.u32()?);
        let (key, value) = Part::pair(keys.rest(), values.rest());
        Ok((hash, Numbered { number, key, value }))
    }
}

/// An order in which the records of a bucket are together, of this table and of each that it grows into: by the bits of the hash that
/// tell the bucket now, and then by each one above them, the lowest first. So the buckets that have come since then are met in
/// some few ascending rows at a time, and so is the file written; the bits of the whole hash, lowest first, would lead to and fro.
fn by_bucket(header: &Header) -> Order {
    Order { rank: rank_by_bucket, by: header.low_mask }
}

fn rank_by_bucket(key: &[u8], low_mask: u32) -> u64 {
    let hash = Reader::new(key, ByteOrder::Big).u32().unwrap_or_default();
    u64::from(hash & low_mask) << 32 | u64::from((hash & !low_mask).reverse_bits())
}

fn fill<F: PageFile>(sketch: &mut Sketch<F>, bucket: u32, records: Vec<Numbered>) -> Result<()> {
    sketch.fill(bucket, records)?;
    let page_size = sketch.pager.header().page_size as usize;
    if sketch.pager.changes.count() * page_size >= STEP {
        sketch.pager.commit(How::Spill)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, MemFile};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

    fn options(page_size: u32) -> Options {
        Options { page_size, cache_pages: 4, ..Options::default() }
    }

    fn path() -> &'static Path {
        Path::new("test.db")
    }

    fn sorter(memory: usize) -> Sorter<MemFile> {
        Sorter::new(MemFile::new(), path(), memory)
    }

    fn built(pairs: &Pairs, page_size: u32, memory: usize) -> Result<MemFile> {
        built_with(pairs, options(page_size), memory)
    }

    fn built_with(pairs: &Pairs, options: Options, memory: usize) -> Result<MemFile> {
        let file = MemFile::new();
        let mut builder = Builder::new(file.clone(), path(), options, sorter(memory))?;
        for (key, value) in pairs {
            builder.put(key, value)?;
        }
        builder.finish()?.commit()?;
        Ok(file)
    }

    fn stored(pairs: &Pairs, page_size: u32) -> MemFile {
        stored_with(pairs, options(page_size))
    }

    fn stored_with(pairs: &Pairs, options: Options) -> MemFile {
        let file = MemFile::new();
        let mut table = Hash::create(file.clone(), path(), options).unwrap();
        for (key, value) in pairs {
            table.put(key, value).unwrap();
        }
        table.commit().unwrap();
        file
    }

    /// Records of all sizes, each key once: small ones, those that fill a page, and big ones of several pages.
    fn pairs(count: usize, spread: u32) -> impl Strategy<Value = Pairs> {
        let size = prop_oneof![6 => 0..40_usize, 3 => 40..200_usize, 1 => 180..900_usize];
        prop::collection::vec((0..spread, size), 0..count).prop_map(|sizes| {
            let pair = |(of, size): (u32, usize)| (format!("k{of}").into_bytes(), vec![of as u8; size + 1]);
            sizes.into_iter().map(pair).collect()
        })
    }

    fn once(pairs: Pairs) -> Pairs {
        let mut seen = std::collections::BTreeSet::new();
        pairs.into_iter().filter(|(key, _)| seen.insert(key.clone())).collect()
    }

    proptest! {
        #[test]
        fn the_file_is_that_of_single_puts(pairs in pairs(900, u32::MAX), memory in 0_usize..20_000) {
            let pairs = once(pairs);
            prop_assert!(built(&pairs, 256, memory).unwrap().contents() == stored(&pairs, 256).contents());
        }

        #[test]
        fn of_records_that_come_twice_the_last_counts(pairs in pairs(600, 200), memory in 0_usize..20_000) {
            let file = built(&pairs, 256, memory).unwrap();
            let table = Hash::open(file, path(), Access::ReadOnly).unwrap();
            let report = table.check().unwrap();
            prop_assert!(report.is_sound() && report.unreachable == 0, "{:?}", report);
            let found: BTreeMap<_, _> = table.iter().map(|record| record.unwrap()).map(|record| (record.key, record.value)).collect();
            let model: BTreeMap<_, _> = pairs.into_iter().collect();
            prop_assert_eq!(report.records, model.len() as u64);
            prop_assert_eq!(found, model);
        }
    }

    #[test]
    fn the_file_of_many_records_is_too() {
        let pairs: Pairs = (0..30_000_u32)
            .map(|n| (format!("u{n}@R\0").into_bytes(), vec![n as u8; 100 + n as usize % 300]))
            .collect();
        assert!(built(&pairs, 4096, 1 << 20).unwrap().contents() == stored(&pairs, 4096).contents());
    }

    /// Ordered by an early header, the records of a bucket are together in each later one, and the buckets come in so many ascending
    /// rows as the early table has parts in the later.
    #[test]
    fn the_order_suits_each_table_that_grows_from_it() {
        let mut early = Header::new(ByteOrder::Big, 4096);
        let grow =
            |header: &mut Header, times: u32| (0..times).for_each(|_| assert!(header.grow().is_some()));
        grow(&mut early, 200);
        for times in [0, 1, 54, 55, 300, 1500] {
            let mut late = early;
            grow(&mut late, times);
            let mut hashes: Vec<u32> = (0..60_000_u32).map(|n| n.wrapping_mul(0x9e37_79b9)).collect();
            let order = by_bucket(&early);
            hashes.sort_by_key(|hash| (order.rank)(&hash.to_be_bytes(), order.by));
            let mut buckets: Vec<u32> = hashes.iter().map(|hash| late.bucket_of_hash(*hash)).collect();
            buckets.dedup();
            assert_eq!(buckets.len(), late.last_bucket as usize + 1);
            let rows = ((late.high_mask + 1) / (early.low_mask + 1)) as usize;
            for row in 0..rows {
                let of_row = |bucket: &&u32| (**bucket / (early.low_mask + 1)) as usize == row;
                assert!(buckets.iter().filter(of_row).is_sorted(), "row {row} of {rows}");
            }
        }
    }

    /// Of a table in bucket order the pages are beside each other, and so are written in few pieces.
    #[test]
    fn pages_are_written_together() {
        let pairs: Pairs = (0..20_000_u32).map(|n| (n.to_be_bytes().to_vec(), vec![7; 90])).collect();
        let file = built(&pairs, 4096, 32 << 20).unwrap();
        let pages = file.contents().len() as u64 / 4096;
        assert!(pages > 400 && file.writes() < pages / 8, "{} for {pages} pages", file.writes());
        assert_eq!(file.syncs(), 2, "the pages, to which nothing leads yet, and then the header");
    }

    /// Keys of one hash: one bucket has them all, in a chain of pages.
    #[test]
    fn keys_that_no_division_parts() {
        let keys = |n: u32| (0..8).flat_map(move |bit| if n >> bit & 1 == 0 { *b"bA" } else { *b"ab" });
        let pairs: Pairs = (0..200).map(|n| (keys(n).collect(), vec![7; 30])).collect();
        assert_eq!(super::super::function::hash(b"bA"), super::super::function::hash(b"ab"));
        assert!(built(&pairs, 256, 1000).unwrap().contents() == stored(&pairs, 256).contents());
    }

    /// Sizes at and beside each limit: of a page's room, of what makes a pair big, and of one and two pages of a big one; some
    /// keys have one hash.
    #[test]
    fn sizes_at_each_limit() {
        let key = |n: u32| (0..10).flat_map(move |bit| if n >> bit & 1 == 0 { *b"bA" } else { *b"ab" });
        for page_size in [256, 512, 4096, 65536] {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let limits =
                    [page_size / 4 * 3, page_size / 2 - 7, page_size - 18, 2 * (page_size - 18), 100];
                let pairs: Pairs = (0..600_u32)
                    .map(|n| {
                        let alone = n.wrapping_mul(0x9e37_79b9) >> 22;
                        let key: Vec<u8> =
                            if n % 3 == 0 { key(n).collect() } else { format!("{alone:04}-{n}").into() };
                        let length = limits[n as usize % 5] + n / 5 % 12;
                        let value = (length as usize).saturating_sub(key.len() + 6);
                        (key, vec![n as u8; value])
                    })
                    .collect();
                let options = Options { order, ..options(page_size) };
                let file = built_with(&pairs, options, 300_000).unwrap();
                assert!(file.contents() == stored_with(&pairs, options).contents(), "{page_size} {order:?}");
                let report = Hash::open(file, path(), Access::ReadOnly).unwrap().check().unwrap();
                assert!(report.is_sound() && report.unreachable == 0 && report.big > 100, "{report:?}");
                assert!(report.records == 600 && report.overflow > 50, "{report:?}");
            }
        }
    }

    /// Without overflow pages, what finds room is taken still, and a bucket that would need more of them is not divided.
    #[test]
    fn overflow_pages_end_at_the_same_record() {
        let mut builder = Builder::new(MemFile::new(), path(), options(256), sorter(1 << 20)).unwrap();
        let mut table = Hash::create(MemFile::new(), path(), options(256)).unwrap();
        // Two of these fill a page of bucket 300, whose turn comes in the end: one is to stay, one to go.
        let in_turn = |n: &u32| super::super::function::hash(&n.to_be_bytes()) % 1024;
        let (stay, go) = ((0..).filter(|n| in_turn(n) == 300), (0..).filter(|n| in_turn(n) == 812));
        for (stay, go) in stay.zip(go).take(8) {
            for (key, length) in [(stay, 117), (go, 107)] {
                table.put(&key.to_be_bytes(), &vec![3; length]).unwrap();
                builder.put(&key.to_be_bytes(), &vec![3; length]).unwrap();
            }
        }
        let big = |n: u32| ([[7; 4], n.to_be_bytes()].concat(), [1; 900]);
        let last = (0..u32::MAX).find(|n| table.put(&big(*n).0, &big(*n).1).is_err()).unwrap();
        assert!(last > 10_000, "{last}");
        assert!((0..last).all(|n| builder.put(&big(n).0, &big(n).1).is_ok()));
        let small = |n: u32| [b'a' + (n % 26) as u8, (n / 26 % 256) as u8, 1 + (n / 26 / 256) as u8];
        let end = (0..u32::MAX).find(|n| table.put(&small(*n), b"").is_err()).unwrap();
        assert!((0..end).all(|n| builder.put(&small(n), b"").is_ok()));
        assert_eq!(table.pager.header().last_bucket, 811);
        // Not what they hold: the table has a hole of 500 GB.
        let header = Header { pairs: 16 + last + end, ..*builder.sketch.pager.header() };
        assert_eq!(header, *table.pager.header());
        for (key, value) in [(&big(last).0[..], &big(last).1[..]), (&small(end), b"")] {
            assert!(matches!(builder.put(key, value), Err(Error::HashFull { .. })));
        }
    }

    #[test]
    fn what_cannot_be_stored() {
        let mut builder = Builder::new(MemFile::new(), path(), options(256), sorter(1000)).unwrap();
        assert!(matches!(builder.put(b"", b"v"), Err(Error::KeyLength { length: 0, .. })));
        assert!(matches!(builder.put(&[1; 189], b""), Err(Error::EmptyValue { length: 189, .. })));
        let refused = Builder::new(MemFile::new(), path(), options(300), sorter(1000));
        assert!(matches!(refused, Err(Error::HashPageSize { size: 300 })));
    }

    #[test]
    fn a_full_disk_is_told() {
        let pairs: Pairs = (0..100_u8).map(|n| (vec![n; 20], vec![n; 20])).collect();
        for (table, runs) in [(1000, u64::MAX), (u64::MAX, 1000)] {
            let (file, other) = (MemFile::new(), MemFile::new());
            file.set_fault(Some(Fault::Full(table)));
            other.set_fault(Some(Fault::Full(runs)));
            let sorter = Sorter::new(other, path(), 600);
            let mut builder = Builder::new(file, path(), options(256), sorter).unwrap();
            let put = pairs.iter().try_for_each(|(key, value)| builder.put(key, value));
            let done = put.and_then(|()| builder.finish()?.commit());
            assert!(matches!(done, Err(Error::Io { .. })), "{done:?}");
        }
    }
}
