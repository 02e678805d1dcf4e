//! A disk that remembers what was done to it, and tells how a kill or a power cut would have left it.

use super::Storage;
use std::cell::RefCell;
use std::io;

/// Bytes that the kernel copies, and a process can be killed between.
const PAGE: usize = 4096;
/// Bytes that a disk writes as one.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Op {
    Write(usize, Vec<u8>),
    SetLen(usize),
    Sync,
}

/// A file in memory.
pub(crate) struct Recorded {
    before: Vec<u8>,
    bytes: RefCell<Vec<u8>>,
    ops: RefCell<Vec<Op>>,
}

fn size(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Op {
    /// Where it writes, if it does.
    fn offset(&self) -> Option<usize> {
        if let Op::Write(at, _) = self { Some(*at) } else { None }
    }

    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Op::Write(at, bytes) => write(file, *at, bytes),
            Op::SetLen(len) => file.resize(*len, 0),
            Op::Sync => {}
        }
    }

    /// A write as pieces that do not go over a boundary of `unit`.
    fn pieces(&self, unit: usize) -> Vec<Op> {
        let Op::Write(at, bytes) = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let (mut at, mut rest) = (*at, bytes.as_slice());
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(unit - at % unit));
            pieces.push(Op::Write(at, piece.to_vec()));
            at += piece.len();
            rest = more;
        }
        pieces
    }
}

impl Recorded {
    pub(crate) fn new(before: Vec<u8>) -> Self {
        Recorded { bytes: RefCell::new(before.clone()), before, ops: RefCell::default() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.borrow().clone()
    }

    /// The first byte that was written, if one was.
    pub(crate) fn least_written(&self) -> Option<usize> {
        self.ops.borrow().iter().filter_map(Op::offset).min()
    }

    /// Forgets how the file became what it is.
    pub(crate) fn again(&self) -> Recorded {
        Recorded::new(self.bytes())
    }

    /// The file after a kill at each point, between two pages of a write too.
    pub(crate) fn killed(&self) -> Vec<Vec<u8>> {
        let mut file = self.before.clone();
        let mut files = vec![file.clone()];
        for op in self.ops.borrow().iter().flat_map(|op| op.pieces(PAGE)) {
            op.apply(&mut file);
            files.push(file.clone());
        }
        files.dedup();
        files
    }

    /// The file after a power cut: what was synced is there, and of the rest any sectors. A new length is there or it is
    /// not; without it nothing stands behind the old one.
    pub(crate) fn power_cut(&self, mut random: impl FnMut(usize) -> usize) -> Vec<Vec<u8>> {
        let ops = self.ops.borrow();
        let mut synced = self.before.clone();
        let mut files = Vec::new();
        for epoch in ops.split_inclusive(|op| matches!(op, Op::Sync)) {
            let pieces: Vec<Op> = epoch.iter().flat_map(|op| op.pieces(SECTOR)).collect();
            let mut with = |there: &mut dyn FnMut(usize) -> bool| {
                let mut file = synced.clone();
                for (_, piece) in pieces.iter().enumerate().filter(|(index, _)| there(*index)) {
                    match piece {
                        Op::Write(at, bytes) if at + bytes.len() > file.len() => {}
                        _ => piece.apply(&mut file),
                    }
                }
                files.push(file);
            };
            // Each piece alone, all but each, and some at random.
            let few = pieces.len().min(24);
            for one in 0..few {
                with(&mut |index| index == one);
                with(&mut |index| index != one);
            }
            for _ in 0..16 {
                with(&mut |_| random(2) == 0);
            }
            epoch.iter().for_each(|op| op.apply(&mut synced));
        }
        files.sort();
        files.dedup();
        files
    }
}

impl Storage for Recorded {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = self.bytes.borrow();
        let from = file.get(size(offset)..size(offset) + bytes.len());
        bytes.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let op = Op::Write(size(offset), bytes.to_vec());
        op.apply(&mut self.bytes.borrow_mut());
        self.ops.borrow_mut().push(op);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let op = Op::SetLen(size(len));
        op.apply(&mut self.bytes.borrow_mut());
        self.ops.borrow_mut().push(op);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.ops.borrow_mut().push(Op::Sync);
        Ok(())
    }
}
