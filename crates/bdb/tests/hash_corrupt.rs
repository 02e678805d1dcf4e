//! Damaged hash files: a result or an error, never a panic, an endless loop or a huge allocation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use k5_bdb::hash::{Access, Hash, Options};
use k5_bdb::{Error, MemFile};
use k5_wire::ByteOrder;

const PAGE: usize = 256;

fn key(number: u32) -> Vec<u8> {
    format!("{number:03}{}", "k".repeat(20)).into_bytes()
}

/// A file with many buckets, overflow pages, big pairs and free pages.
fn sample(order: ByteOrder) -> Vec<u8> {
    let file = MemFile::new();
    let options = Options { order, page_size: PAGE as u32, cache_pages: 16 };
    let mut table = Hash::create(file.clone(), Path::new("sample"), options).unwrap();
    for number in 0..120_u32 {
        let size = if number % 10 == 0 { 1000 } else { 60 };
        table.put(&key(number), &vec![number as u8; size]).unwrap();
    }
    for number in (30..60).chain([80]) {
        assert!(table.delete(&key(number)).unwrap());
    }
    table.commit().unwrap();
    let report = table.check().unwrap();
    assert!(report.is_sound() && report.free > 5 && report.big > 20 && report.overflow > 5, "{report:?}");
    file.contents()
}

/// Does everything that a file can be asked for and says whether anything went wrong. An endless loop would show as
/// more records than bytes.
fn exercise(bytes: Vec<u8>) -> bool {
    let length = bytes.len();
    let mut table = match Hash::open(MemFile::with_contents(bytes), Path::new("bad"), Access::ReadWrite) {
        Ok(table) => table,
        Err(error) => {
            assert_says_where(&error);
            return true;
        }
    };
    let mut wrong = !table.check().unwrap().is_sound();
    let mut note = |result: Result<(), Error>| {
        if let Err(error) = result {
            assert_says_where(&error);
            wrong = true;
        }
    };
    for (count, record) in table.iter().enumerate() {
        assert!(count <= length, "endless");
        note(record.map(|record| assert!(record.value.len() <= length)));
    }
    for number in (0..130).step_by(13) {
        note(table.get(&key(number)).map(|_| ()));
        note(table.put(&key(number), &[5; 700]));
        note(table.delete(&key(number)).map(|_| ()));
        note(table.put(&key(number), &[5; 70]));
    }
    for number in 0..15 {
        note(table.put(&key(200 + number), &[6; 100]));
    }
    let report = table.check().unwrap();
    // A hole may lie where a damaged header sends us, but not in memory.
    if report.pages < 100_000 {
        note(table.commit());
    }
    wrong || !report.is_sound()
}

fn assert_says_where(error: &Error) {
    match error {
        Error::Corrupt { path, what, .. } => assert!(path.ends_with("bad") && !what.is_empty()),
        Error::NotHash { .. } | Error::HashFull { .. } => {}
        error => panic!("{error}"),
    }
}

#[test]
fn the_sample_itself_is_good() {
    assert!(!exercise(sample(ByteOrder::Little)));
    assert!(!exercise(sample(ByteOrder::Big)));
}

#[test]
fn bytes_of_the_header_garbled() {
    let good = sample(ByteOrder::Little);
    let mut unnoticed = Vec::new();
    for place in 0..248 {
        for garbage in [0xff, good[place] ^ 1] {
            let mut bad = good.clone();
            bad[place] = garbage;
            if bad != good && !exercise(bad) {
                unnoticed.push(place);
            }
        }
    }
    // Where to look for free pages, the fill factor, counts of split points and bitmaps to come.
    let harmless = |place: &usize| (24..28).contains(place) || (40..44).contains(place) || *place >= 80;
    let strange: Vec<_> = unnoticed.into_iter().filter(|place| !harmless(place)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn words_of_every_page_garbled() {
    let good = sample(ByteOrder::Little);
    let (mut noticed, mut tried) = (0, 0);
    for page in 1..good.len() / PAGE {
        // Header and first slots in full, then a sample of the pairs.
        let places = (0..30).step_by(2).chain((30..PAGE - 4).step_by(41)).map(|offset| page * PAGE + offset);
        for place in places {
            for garbage in [[0; 4], [0xff; 4], [1, 0, 0, 0], (place as u32 / 7 % 60).to_le_bytes()] {
                let mut bad = good.clone();
                bad[place..place + 4].copy_from_slice(&garbage);
                tried += 1;
                noticed += u32::from(exercise(bad));
            }
        }
    }
    assert!(tried > 3000 && noticed > tried / 4, "{noticed} of {tried}");
}

#[test]
fn whole_pages_replaced() {
    let good = sample(ByteOrder::Big);
    let pages = good.len() / PAGE;
    for page in 0..pages {
        for with in (page % 7..pages).step_by(7) {
            let mut bad = good.clone();
            bad.copy_within(with * PAGE..(with + 1) * PAGE, page * PAGE);
            // Let it pass for the page in whose place it stands.
            bad[page * PAGE..page * PAGE + 4].copy_from_slice(&(page as u32).to_be_bytes());
            exercise(bad);
        }
        for fill in [0, 0xff] {
            let mut bad = good.clone();
            bad[page * PAGE..(page + 1) * PAGE].fill(fill);
            exercise(bad);
        }
    }
}

#[test]
fn cut_anywhere() {
    let good = sample(ByteOrder::Little);
    for length in (0..good.len()).step_by(37) {
        // The last pages may be free ones, whose loss loses nothing.
        let used = good[length..].iter().any(|byte| *byte != 0);
        assert_eq!(exercise(good[..length].to_vec()), used, "cut at {length} of {}", good.len());
    }
}

/// A sample to damage at known places.
struct Damaged(Vec<u8>);

impl Damaged {
    fn new() -> Self {
        Damaged(sample(ByteOrder::Little))
    }

    fn word(&self, page: usize, offset: usize) -> u32 {
        u32::from_le_bytes(self.0[page * PAGE + offset..][..4].try_into().unwrap())
    }

    fn set(&mut self, page: usize, offset: usize, word: u32) {
        self.0[page * PAGE + offset..][..4].copy_from_slice(&word.to_le_bytes());
    }

    /// Pages of a type (2 bucket, 3 big pair, 4 overflow) whose chain goes on, or ends.
    fn pages(&self, kind: u8, goes_on: bool) -> Vec<usize> {
        let pages = 1..self.0.len() / PAGE;
        let pages = pages.filter(|page| {
            self.0[page * PAGE + 10] == kind && (self.word(*page, 4) != u32::MAX) == goes_on && *page != 3
        });
        pages.collect()
    }

    fn open(&self) -> Hash<MemFile> {
        Hash::open(MemFile::with_contents(self.0.clone()), Path::new("bad"), Access::ReadWrite).unwrap()
    }

    /// What the first error of a scan says.
    fn scan(&self) -> String {
        self.open().iter().take(10_000).find_map(Result::err).expect("no error").to_string()
    }

    fn problems(&self) -> Vec<(u32, String)> {
        let report = self.open().check().unwrap();
        report.problems.into_iter().map(|problem| (problem.page, problem.what)).collect()
    }
}

#[test]
fn a_chain_that_runs_in_a_circle() {
    let mut file = Damaged::new();
    let bucket = file.pages(2, true)[0];
    let overflow = file.word(bucket, 4);
    file.set(overflow as usize, 4, overflow);
    let text = file.scan();
    assert!(text.ends_with("the pages of a bucket run in a circle"), "{text}");

    let mut file = Damaged::new();
    let big = file.pages(3, true)[0];
    file.set(big, 4, big as u32);
    // Its key comes again, after its value.
    let at = big * PAGE;
    let expected = format!(
        "bad: corrupt page {big} (byte {at} of the file): a big pair's key goes on after its value began"
    );
    assert_eq!(file.scan(), expected);
    let last = *file.pages(3, false).last().unwrap();
    let mut file = Damaged::new();
    file.set(last, 4, last as u32);
    assert!(file.scan().ends_with("the pages of a big pair run in a circle"));
}

#[test]
fn a_chain_that_leads_astray() {
    let good = Damaged::new();
    let bucket = good.pages(2, true)[0];
    let other = good.pages(2, false)[0] as u32;
    for (to, what) in [
        (other, "no overflow page, but used as one"),
        (0, "no overflow page, but used as one"),
        (3, "it calls itself page 16773119"),
        (good.pages(3, true)[0] as u32, "not the overflow page that should be here"),
        (9999, "no overflow page, but used as one"),
    ] {
        let mut file = Damaged(good.0.clone());
        file.set(bucket, 4, to);
        let text = file.scan();
        let expected = format!("bad: corrupt page {to} (byte {} of the file): {what}", to as usize * PAGE);
        assert_eq!(text, expected);
    }
}

#[test]
fn a_page_in_the_place_of_another() {
    let mut file = Damaged::new();
    file.0.copy_within(PAGE..2 * PAGE, 2 * PAGE);
    assert_eq!(file.scan(), "bad: corrupt page 2 (byte 512 of the file): it calls itself page 1");
}

#[test]
fn pairs_outside_of_their_room() {
    let good = Damaged::new();
    // A bucket whose first two slots are of pairs on the page.
    let is_pair = |page: usize, slot: usize| good.word(page, 14 + 4 * slot) & 0xffff != 0;
    let page = good
        .pages(2, false)
        .into_iter()
        .find(|page| good.0[page * PAGE + 8] >= 2 && is_pair(*page, 0) && is_pair(*page, 1));
    let page = page.unwrap();
    let says = |file: &Damaged, offset: usize, what: &str| {
        let at = page * PAGE + offset;
        assert_eq!(file.scan(), format!("bad: corrupt page {page} (byte {at} of the file): {what}"));
    };
    let (key, value) = (good.word(page, 14) & 0xffff, good.word(page, 14) >> 16);
    for (key, value) in [(key, 3), (key, key + 1), (257, value), (0xffff, value), (20, 10)] {
        let mut file = Damaged(good.0.clone());
        file.set(page, 14, key | value << 16);
        says(&file, 14, &format!("a key at {key} with its value at {value}"));
    }
    let mut file = Damaged(good.0.clone());
    file.0[page * PAGE + 8] = 0xff;
    says(&file, 8, "255 entries");
    let mut file = Damaged(good.0.clone());
    file.0[page * PAGE + 12] ^= 1;
    says(&file, 12, &format!("highest free byte {}", file.0[page * PAGE + 12]));
    let mut file = Damaged(good.0.clone());
    file.0[page * PAGE + 10] = 9;
    says(&file, 10, "type 9");
}

#[test]
fn pages_in_use_that_the_bitmap_calls_free() {
    let good = Damaged::new();
    let mut file = Damaged(good.0.clone());
    // All but the bitmap itself.
    file.set(3, 0, 1);
    assert!(file.problems().iter().any(|(_, what)| what == "Overflow, but the bitmap calls it free"));
    let mut table = file.open();
    let refused = (0..120).filter(|number| match table.delete(&key(*number)) {
        Ok(_) => false,
        Err(error) => error.to_string().ends_with("a page in use that the bitmap calls free"),
    });
    assert!(refused.count() > 3);

    let mut file = Damaged(good.0);
    file.set(3, 0, file.word(3, 0) & !1);
    assert!(file.problems().contains(&(3, "Bitmap, but the bitmap calls it free".to_owned())));
    // Full, and so with nothing else to give.
    file.set(3, 0, 0xffff_fffe);
    file.set(3, 4, u32::MAX);
    file.0[24..28].fill(0);
    let error = file.open().put(b"new", &[1; 1000]).unwrap_err().to_string();
    assert_eq!(
        error,
        "bad: corrupt page 3 (byte 768 of the file): a bitmap that does not call itself in use"
    );
}

#[test]
fn one_big_pair_in_two_slots() {
    let mut file = Damaged::new();
    // Two buckets' first slots that both stand for a big pair.
    let big = |file: &Damaged, page: usize| file.word(page, 14) & 0xffff == 0 && file.0[page * PAGE + 8] > 0;
    let pages: Vec<usize> = file.pages(2, true).into_iter().chain(file.pages(2, false)).collect();
    let with: Vec<usize> = pages.into_iter().filter(|page| big(&file, *page)).take(2).collect();
    file.set(with[0], 14, file.word(with[1], 14));
    let problems = file.problems();
    assert!(problems.iter().any(|(_, what)| what == "used twice: Big and Big"), "{problems:?}");
    assert!(
        problems.iter().any(|(_, what)| what.starts_with("a pair of another bucket than")),
        "{problems:?}"
    );
}

#[test]
fn a_key_that_occurs_twice() {
    let file = MemFile::new();
    let options = Options { order: ByteOrder::Little, page_size: PAGE as u32, cache_pages: 16 };
    let mut table = Hash::create(file.clone(), Path::new("two"), options).unwrap();
    // Of one hash, and so of one bucket.
    table.put(b"ab", b"first").unwrap();
    table.put(b"bA", b"second").unwrap();
    table.commit().unwrap();
    let mut bytes = file.contents();
    let at = bytes.windows(2).position(|window| window == b"bA").unwrap();
    bytes[at..at + 2].copy_from_slice(b"ab");
    let problems = Damaged(bytes).problems();
    assert_eq!(problems, [((at / PAGE) as u32, "a key that occurs twice".to_owned())]);
}

#[test]
fn a_file_without_its_last_bucket() {
    let good = sample(ByteOrder::Little);
    let cut = MemFile::with_contents(good[..10 * PAGE].to_vec());
    let text = Hash::open(cut, Path::new("bad"), Access::ReadOnly).unwrap_err().to_string();
    assert!(text.ends_with("the file ends before it, the page of the last bucket, at 2560 bytes"), "{text}");
}

#[test]
fn headers_that_are_refused() {
    let good = sample(ByteOrder::Little);
    let open = |at: usize, word: u32| {
        let mut bad = good.clone();
        bad[at..at + 4].copy_from_slice(&word.to_be_bytes());
        Hash::open(MemFile::with_contents(bad), Path::new("bad"), Access::ReadOnly).unwrap_err().to_string()
    };
    assert_eq!(open(0, 0x0005_3162), "bad: not a Berkeley DB 1.85 hash file: it begins with 0x00053162");
    assert_eq!(open(4, 2), "bad: not a Berkeley DB 1.85 hash file: version 2");
    assert_eq!(open(8, 3412), "bad: corrupt page 0 (byte 8 of the file): byte order 3412");
    assert_eq!(open(12, 0), "bad: corrupt page 0 (byte 12 of the file): page size 0");
    assert_eq!(open(12, 1 << 30), "bad: corrupt page 0 (byte 12 of the file): page size 1073741824");
    assert_eq!(open(20, 32), "bad: corrupt page 0 (byte 20 of the file): split point 32");
    assert!(open(28, u32::MAX).contains("last bucket 4294967295 with the masks"));
    assert!(open(28, 0x1e).contains("page 0 (byte 28"));
    assert_eq!(open(48, 2), "bad: corrupt page 0 (byte 48 of the file): 2 header pages");
    assert_eq!(open(52, 1), "bad: corrupt page 0 (byte 52 of the file): made with another hash function");
    assert!(open(60, 5000).ends_with("5000 overflow pages after 0"));
    let short = Hash::open(MemFile::with_contents(good[..100].to_vec()), Path::new("bad"), Access::ReadOnly);
    assert_eq!(
        short.unwrap_err().to_string(),
        "bad: not a Berkeley DB 1.85 hash file: it has only 100 bytes"
    );
}
