//! Writing integers and byte strings into a growing buffer.

use crate::ByteOrder;

/// A growing buffer, integers in one byte order.
#[derive(Debug, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
    order: ByteOrder,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub fn new(order: ByteOrder) -> Self {
        Writer { bytes: Vec::new(), order }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The buffer.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn array<const N: usize>(&mut self, mut little: [u8; N]) -> &mut Self {
        if self.order == ByteOrder::Big {
            little.reverse();
        }
        self.bytes(&little)
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// Appends two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.array(value.to_le_bytes())
    }

    /// Appends two bytes of a signed integer.
    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.array(value.to_le_bytes())
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.array(value.to_le_bytes())
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.array(value.to_le_bytes())
    }

    /// Appends four bytes of a signed integer.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.array(value.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders() {
        let mut little = Writer::new(ByteOrder::Little);
        little.u16(0x0102).u32(0x0304_0506).u8(7).i32(-2);
        assert_eq!(little.into_bytes(), [2, 1, 6, 5, 4, 3, 7, 0xfe, 0xff, 0xff, 0xff]);
        let mut big = Writer::new(ByteOrder::Big);
        big.u16(0x0102).u32(0x0304_0506);
        assert_eq!(big.into_bytes(), [1, 2, 3, 4, 5, 6]);
    }
}
