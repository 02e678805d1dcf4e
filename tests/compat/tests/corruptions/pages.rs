//! On which pages of a file the parts of a record stand, read by hand.

use crate::lines::Name;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a page in every file here.
pub const SIZE: usize = 4096;

/// The pages of each record of a file.
pub struct Pages {
    policies: bool,
    pages: BTreeMap<Vec<u8>, BTreeSet<usize>>,
}

impl Pages {
    pub fn of(file: &[u8], policies: bool) -> Pages {
        let mut read = Read { file, big: file[0] == 0, pages: BTreeMap::new() };
        if file.starts_with(&[0, 6, 0x15, 0x61]) {
            read.big = file[8..12] == [0, 0, 0x10, 0xe1];
            read.table();
        } else {
            read.tree(1);
        }
        Pages { policies, pages: read.pages }
    }

    /// Whether a record has a part on a page.
    pub fn touch(&self, (policy, name): &Name, page: usize) -> bool {
        let pages = || self.pages.get(name).unwrap_or_else(|| panic!("{name:?} is on no page"));
        *policy == self.policies && pages().contains(&page)
    }
}

struct Read<'f> {
    file: &'f [u8],
    big: bool,
    pages: BTreeMap<Vec<u8>, BTreeSet<usize>>,
}

impl Read<'_> {
    fn word(&self, at: usize) -> usize {
        let bytes = self.file[at..at + 4].try_into().unwrap();
        (if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }) as usize
    }

    fn short(&self, at: usize) -> usize {
        let bytes = self.file[at..at + 2].try_into().unwrap();
        usize::from(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn add(&mut self, key: &[u8], pages: impl IntoIterator<Item = usize>) {
        let name = key.strip_suffix(&[0]).expect("a name with its NUL").to_vec();
        self.pages.entry(name).or_default().extend(pages);
    }

    fn tree(&mut self, page: usize) {
        let start = page * SIZE;
        for slot in (start + 20..start + self.short(start + 16)).step_by(2) {
            let item = start + self.short(slot);
            if self.word(start + 12) == 1 {
                self.tree(self.word(item + 4));
                continue;
            }
            let (key, value) = (self.word(item), self.word(item + 4));
            let mut pages = vec![page];
            if self.file[item + 8] & 1 != 0 {
                let mut link = self.word(item + 9 + key);
                while link != 0 {
                    pages.push(link);
                    link = self.word(link * SIZE + 8);
                }
            }
            assert!(self.file[item + 8] & 2 == 0, "no key is long, of {value} bytes its value");
            let file = self.file;
            self.add(&file[item + 9..item + 9 + key], pages);
        }
    }

    fn header(&self, at: usize) -> usize {
        u32::from_be_bytes(self.file[at..at + 4].try_into().unwrap()) as usize
    }

    fn spare(&self, split: usize) -> usize {
        self.header(56 + 4 * split)
    }

    fn table(&mut self) {
        for bucket in 0..=self.header(28) {
            let mut page = 1 + bucket + if bucket == 0 { 0 } else { self.spare(bucket.ilog2() as usize) };
            let mut chain = Vec::new();
            // A bucket that was never written has no pairs.
            while page != 0xffff_ffff
                && (page + 1) * SIZE <= self.file.len()
                && self.word(page * SIZE) == page
            {
                chain.push(page);
                self.bucket(page, &chain);
                page = self.word(page * SIZE + 4);
            }
        }
    }

    fn bucket(&mut self, page: usize, chain: &[usize]) {
        let start = page * SIZE;
        let mut end = SIZE;
        let file = self.file;
        for slot in (start + 14..).step_by(4).take(self.short(start + 8)) {
            let (key, value) = (self.short(slot), self.short(slot + 2));
            if key != 0 {
                self.add(&file[start + key..start + end], chain.iter().copied());
                end = value;
                continue;
            }
            let (split, place) = (value >> 11, value & 0x7ff);
            let mut link = 1 + (1 << split) - 1 + self.spare(split - 1) + place;
            let (mut name, mut pages) = (Vec::new(), chain.to_vec());
            while link != 0xffff_ffff {
                pages.push(link);
                let from = link * SIZE + 18;
                name.extend_from_slice(&file[from..from + self.short(from - 4)]);
                link = self.word(link * SIZE + 4);
            }
            self.add(&name, pages);
        }
    }
}
