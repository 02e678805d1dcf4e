//! Reading integers and byte strings from a slice.

use crate::{ByteOrder, Result, WireError};

/// A cursor over a slice that never reads past its end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    order: ByteOrder,
}

impl<'a> Reader<'a> {
    /// A reader of `bytes` from its start, integers in `order`.
    #[must_use]
    pub fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Reader { bytes, at: 0, order }
    }

    /// Offset of the next byte from the start.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether all bytes have been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(WireError::Short { offset: self.at, wanted: count, left: self.remaining() })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let taken = &self.bytes[self.at..];
        self.at = self.bytes.len();
        taken
    }

    /// Skips `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<()> {
        self.bytes(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        if self.order == ByteOrder::Big {
            array.reverse();
        }
        Ok(array)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// The next two bytes as an unsigned integer.
    pub fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// The next two bytes as a signed integer.
    pub fn i16(&mut self) -> Result<i16> {
        Ok(i16::from_le_bytes(self.array()?))
    }

    /// The next four bytes as an unsigned integer.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// The next eight bytes as an unsigned integer.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// The next four bytes as a signed integer.
    pub fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_and_the_end() {
        let bytes = [1, 2, 3, 4, 5, 6, 7];
        let mut little = Reader::new(&bytes, ByteOrder::Little);
        assert_eq!(little.u16(), Ok(0x0201));
        assert_eq!(little.u32(), Ok(0x0605_0403));
        assert_eq!(little.u16(), Err(WireError::Short { offset: 6, wanted: 2, left: 1 }));
        assert_eq!(little.u8(), Ok(7));
        let mut big = Reader::new(&bytes, ByteOrder::Big);
        assert_eq!(big.u16(), Ok(0x0102));
        assert_eq!(big.u32(), Ok(0x0304_0506));
        assert!(big.bytes(usize::MAX).is_err());
    }
}
