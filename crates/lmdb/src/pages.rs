//! One state of a file's pages, read one by one.

use crate::error::{Error, Result};
use crate::layout::{HEADER, META_END, Meta, Page, TreeInfo};
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many pages are kept: the way down to a leaf of the largest trees, and a few beside it.
const KEPT: usize = 16;

/// The pages of a state.
#[derive(Debug)]
pub(crate) struct Pages {
    file: File,
    path: PathBuf,
    /// The meta page of the state.
    pub meta: Meta,
    /// Bytes of the file when it was looked at.
    pub length: u64,
    kept: RefCell<Vec<Rc<Page>>>,
}

/// The better one of the two meta pages.
///
/// # Errors
/// Where one of them is none, or the file cannot be read.
pub(crate) fn latest_meta(file: &File, path: &Path) -> Result<Meta> {
    let first = read_meta(file, path, 0)?;
    let second = read_meta(file, path, first.page_size as u64)?;
    if second.page_size != first.page_size {
        let what = "its two meta pages tell of different page sizes".to_owned();
        return Err(Error::NotLmdb { path: path.to_path_buf(), what });
    }
    Ok(if first.txn < second.txn { second } else { first })
}

/// What the meta pages say as far as they can be read: the younger one, or the one that is whole; and what is wrong with them. Without
/// any the trees are lost, and so is the page size, for which the most common one stands.
///
/// # Errors
/// Where the file cannot be read.
pub(crate) fn any_meta(file: &File, path: &Path) -> Result<(Meta, Option<String>)> {
    const COMMON: u64 = 4096;
    let length = file.metadata().map_err(|source| Error::Io { path: path.to_path_buf(), source })?.len();
    let first = read_meta(file, path, 0);
    let second_at = first.as_ref().map_or(COMMON, |meta| meta.page_size as u64);
    let second = read_meta(file, path, second_at);
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((if first.txn < second.txn { second } else { first }, None)),
        (Ok(meta), Err(error)) | (Err(error), Ok(meta)) => Ok((meta, Some(error.to_string()))),
        (Err(error @ Error::Io { .. }), Err(_)) => Err(error),
        (Err(error), Err(_)) => {
            let lost = TreeInfo { pad: 0, flags: 0, depth: 0, records: 0, root: None };
            let last_page = (length / COMMON).max(2);
            let meta = Meta { page_size: COMMON as usize, free: lost, main: lost, last_page, txn: 0 };
            Ok((meta, Some(error.to_string())))
        }
    }
}

fn read_meta(file: &File, path: &Path, offset: u64) -> Result<Meta> {
    let not = |what| Error::NotLmdb { path: path.to_path_buf(), what };
    let mut bytes = [0; META_END];
    file.read_exact_at(&mut bytes, offset).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => not("it ends before its meta pages do".to_owned()),
        _ => Error::Io { path: path.to_path_buf(), source },
    })?;
    Meta::parse(&bytes)
        .map_err(|what| not(if offset == 0 { what } else { format!("second meta page: {what}") }))
}

/// The meta page that transaction `txn` wrote; `None` where it has been written over since.
///
/// # Errors
/// As [`latest_meta`].
pub(crate) fn meta_of(file: &File, path: &Path, page_size: usize, txn: u64) -> Result<Option<Meta>> {
    let offset = if txn.is_multiple_of(2) { 0 } else { page_size as u64 };
    let meta = read_meta(file, path, offset)?;
    // Who writes it may be half through: what is read twice the same is whole.
    let again = read_meta(file, path, offset)?;
    Ok((meta == again && meta.txn == txn).then_some(meta))
}

impl Pages {
    pub fn new(file: File, path: &Path, meta: Meta) -> Result<Pages> {
        let length = file.metadata().map_err(|source| Error::Io { path: path.to_path_buf(), source })?.len();
        Ok(Pages { file, path: path.to_path_buf(), meta, length, kept: RefCell::default() })
    }

    pub fn damaged(&self, page: u64, what: impl Into<String>) -> Error {
        Error::Damaged { path: self.path.clone(), page, what: what.into() }
    }

    /// A page with its header looked at.
    pub fn page(&self, number: u64) -> Result<Rc<Page>> {
        if let Some(page) = self.kept.borrow().iter().find(|page| page.number == number) {
            return Ok(Rc::clone(page));
        }
        let page = Rc::new(self.read(number)?);
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Rc::clone(&page));
        Ok(page)
    }

    fn read(&self, number: u64) -> Result<Page> {
        if number < 2 || number > self.meta.last_page {
            let what = format!("the pages of trees are 2 to {}", self.meta.last_page);
            return Err(self.damaged(number, what));
        }
        let mut bytes = vec![0; self.meta.page_size];
        self.read_at(number, 0, &mut bytes)?;
        Page::parse(number, bytes).map_err(|what| self.damaged(number, what))
    }

    fn read_at(&self, number: u64, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let place =
            number.checked_mul(self.meta.page_size as u64).and_then(|place| place.checked_add(offset));
        let place = place.ok_or_else(|| self.damaged(number, "it lies behind the end of any file"))?;
        self.file.read_exact_at(bytes, place).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(number, "the file ends before it does"),
            _ => Error::Io { path: self.path.clone(), source },
        })
    }

    /// How many pages a value of so many bytes takes.
    pub fn pages_for(&self, length: usize) -> u64 {
        (length.saturating_add(HEADER)).div_ceil(self.meta.page_size) as u64
    }

    /// Looks at the first page of an overflow chain for a value of so many bytes, and that all of it is in the file.
    pub fn check_overflow(&self, first: u64, length: usize) -> Result<Rc<Page>> {
        let page = self.page(first)?;
        let pages = self.pages_for(length);
        if page.kind != crate::layout::Kind::Overflow {
            return Err(self.damaged(first, "no overflow page, where one should be"));
        }
        if page.count as u64 != pages {
            let what = format!("{} pages for a value of {length} bytes, which takes {pages}", page.count);
            return Err(self.damaged(first, what));
        }
        let end = first.checked_add(pages).and_then(|end| end.checked_mul(self.meta.page_size as u64));
        if end.is_none_or(|end| end > self.length) {
            return Err(self.damaged(first, "the file ends before its overflow pages do"));
        }
        Ok(page)
    }

    /// The value on an overflow chain.
    pub fn overflow(&self, first: u64, length: usize) -> Result<Vec<u8>> {
        let page = self.check_overflow(first, length)?;
        let here = page.data();
        if let Some(value) = here.get(..length) {
            return Ok(value.to_vec());
        }
        // All of it is in the file, so its size is no more than the file's.
        let mut value = vec![0; length];
        self.read_at(first, HEADER as u64, &mut value)?;
        Ok(value)
    }
}
