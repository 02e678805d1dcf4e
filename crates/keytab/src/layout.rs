//! Walking over the slots of a keytab file: records, holes, the end.

use crate::record::{KvnoFields, Version, View};
use crate::window::Window;
use crate::{Damage, Entry, KeytabError, Result};
use std::fs::File;
use std::path::Path;

/// Bytes before the first slot.
pub(crate) const HEADER_LEN: u64 = 2;

/// Bytes of a slot's length field.
pub(crate) const LENGTH_LEN: u64 = 4;

/// MIT makes a version 1 record this many bytes longer than what it writes, so the last one in a file is short.
const V1_SHORT: u64 = 4;

/// What stands at an offset.
#[derive(Debug)]
pub(crate) enum Slot {
    /// An entry; `size` bytes follow its length field.
    Record { size: u32, entry: Entry, kvno: KvnoFields },
    /// Free space of `size` bytes after its length field.
    Hole { size: u32 },
    /// Nothing more. `marked` tells an end mark (a length of zero) from the end of the file.
    End { marked: bool },
}

/// What a slot's length field says.
enum Place {
    /// A record of `size` bytes, of which `there` are in the file.
    Record {
        size: u32,
        there: u64,
    },
    Hole {
        size: u32,
    },
    End {
        marked: bool,
    },
}

/// A walk over a file whose length is fixed by a lock.
#[derive(Debug)]
pub(crate) struct Scan {
    version: Version,
    window: Window,
    at: u64,
}

impl Scan {
    /// A walk from the first slot of a file of `file_len` bytes.
    ///
    /// # Errors
    /// [`KeytabError::BadVersion`], also where the file is too short for a version; [`KeytabError::Io`].
    pub(crate) fn start(file: &File, path: &Path, file_len: u64) -> Result<Self> {
        let mut window = Window::new(file_len);
        let header = window.get(file, 0, HEADER_LEN).map_err(|e| KeytabError::io(path, "reading", e))?;
        let version = header.and_then(|bytes| bytes.try_into().ok()).and_then(Version::from_header);
        let version = version.ok_or_else(|| KeytabError::BadVersion { path: path.to_owned() })?;
        Ok(Scan { version, window, at: HEADER_LEN })
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// The next slot and its offset. After the end it gives the end again.
    pub(crate) fn next(&mut self, file: &File, path: &Path) -> Result<(u64, Slot)> {
        let offset = self.at;
        let slot = self.slot(file, path, offset)?;
        match &slot {
            Slot::Record { size, .. } | Slot::Hole { size } => self.at += LENGTH_LEN + u64::from(*size),
            Slot::End { marked: true } => self.no_more_after(file, path, offset)?,
            Slot::End { marked: false } => {}
        }
        Ok((offset, slot))
    }

    /// The next record; `None` at the end. As [`Scan::next`] otherwise.
    pub(crate) fn next_record(&mut self, file: &File, path: &Path) -> Result<Option<View<'_>>> {
        loop {
            let offset = self.at;
            match self.place(file, path, offset)? {
                Place::Hole { size } => self.at += LENGTH_LEN + u64::from(size),
                Place::End { marked } => {
                    if marked {
                        self.no_more_after(file, path, offset)?;
                    }
                    return Ok(None);
                }
                Place::Record { size, there } => {
                    let view = view(&mut self.window, self.version, (file, path), offset, (size, there))?;
                    self.at += LENGTH_LEN + u64::from(size);
                    return Ok(Some(view));
                }
            }
        }
    }

    fn slot(&mut self, file: &File, path: &Path, offset: u64) -> Result<Slot> {
        Ok(match self.place(file, path, offset)? {
            Place::Hole { size } => Slot::Hole { size },
            Place::End { marked } => Slot::End { marked },
            Place::Record { size, there } => {
                let view = view(&mut self.window, self.version, (file, path), offset, (size, there))?;
                Slot::Record { size, entry: view.entry(), kvno: view.kvno_fields() }
            }
        })
    }

    fn place(&mut self, file: &File, path: &Path, offset: u64) -> Result<Place> {
        let damaged = |damage| KeytabError::damaged(path, offset, damage);
        let left = self.window.left(offset);
        if left == 0 {
            return Ok(Place::End { marked: false });
        }
        let version = self.version;
        let length = self.window.get(file, offset, LENGTH_LEN);
        let length = length.map_err(|e| KeytabError::io(path, "reading", e))?;
        let length = length.and_then(|bytes| bytes.try_into().ok()).map(|bytes| version.length(bytes));
        let length = length.ok_or_else(|| damaged(Damage::Stray { left }))?;
        let left = left - LENGTH_LEN;
        let size = length.unsigned_abs();
        match length {
            0 => Ok(Place::End { marked: true }),
            i32::MIN => Err(damaged(Damage::HoleSize)),
            _ if length < 0 && u64::from(size) > left => {
                Err(damaged(Damage::PastEnd { what: "hole", size: size.into(), left }))
            }
            _ if length < 0 => Ok(Place::Hole { size }),
            _ => {
                let mut there = u64::from(size);
                if version == Version::V1 && there > left && there - left <= V1_SHORT {
                    there = left;
                }
                Ok(Place::Record { size, there })
            }
        }
    }

    /// An end mark is where a writer died before it gave its record a length, and what follows is then no
    /// record: the next writer overwrites it. Where whole records follow, the mark itself is the damage.
    fn no_more_after(&mut self, file: &File, path: &Path, mark: u64) -> Result<()> {
        match self.slot(file, path, mark + LENGTH_LEN) {
            Ok(Slot::Record { .. }) => Err(KeytabError::damaged(path, mark, Damage::EarlyEnd)),
            Ok(_) | Err(KeytabError::Damaged { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Where the walk stands.
    pub(crate) fn offset(&self) -> u64 {
        self.at
    }
}

/// The record behind the length field at an offset, of so many bytes, of which so many are in the file.
fn view<'w>(
    window: &'w mut Window,
    version: Version,
    (file, path): (&File, &Path),
    offset: u64,
    (size, there): (u32, u64),
) -> Result<View<'w>> {
    let damaged = |damage| KeytabError::damaged(path, offset, damage);
    let left = window.left(offset + LENGTH_LEN);
    let body = window.get(file, offset + LENGTH_LEN, there);
    let body = body.map_err(|e| KeytabError::io(path, "reading", e))?;
    let body = body.ok_or_else(|| damaged(Damage::PastEnd { what: "record", size: size.into(), left }))?;
    View::read(version, body).map_err(damaged)
}
