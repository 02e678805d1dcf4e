//! The XDR items (RFC 4506) that the policy records and the kadmin data consist of: big-endian, in units of
//! four bytes. A string counts its NUL in its length, as MIT's `xdr_nullstring` does; length 0 is "no string".

use crate::{ByteOrder, Reader, Result, WireError, Writer};

/// Zero bytes that bring `length` to a multiple of four.
fn padding(length: usize) -> usize {
    (4 - length % 4) % 4
}

/// Reads XDR items.
#[derive(Debug, Clone)]
pub struct XdrReader<'a>(Reader<'a>);

impl<'a> XdrReader<'a> {
    /// A reader of `bytes` from its start.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        XdrReader(Reader::new(bytes, ByteOrder::Big))
    }

    /// Bytes left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.0.remaining()
    }

    /// An unsigned integer (RFC 4506 section 4.2).
    pub fn u32(&mut self) -> Result<u32> {
        self.0.u32()
    }

    /// An integer (RFC 4506 section 4.1).
    pub fn i32(&mut self) -> Result<i32> {
        self.0.i32()
    }

    /// A boolean (RFC 4506 section 4.4); anything but 0 and 1 is an error.
    pub fn bool(&mut self) -> Result<bool> {
        let offset = self.0.offset();
        match self.0.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::BadXdr { offset, what: "boolean" }),
        }
    }

    /// Variable-length opaque data (RFC 4506 section 4.10) without its padding.
    pub fn opaque(&mut self) -> Result<&'a [u8]> {
        let length = self.0.u32()? as usize;
        let bytes = self.0.bytes(length)?;
        self.0.skip(padding(length))?;
        Ok(bytes)
    }

    /// A string with its NUL counted, `None` where the length is 0.
    pub fn nul_string(&mut self) -> Result<Option<&'a [u8]>> {
        let offset = self.0.offset();
        match self.opaque()?.split_last() {
            None => Ok(None),
            Some((0, text)) if !text.contains(&0) => Ok(Some(text)),
            Some(_) => Err(WireError::BadXdr { offset, what: "string" }),
        }
    }
}

/// Writes XDR items.
#[derive(Debug, Clone)]
pub struct XdrWriter(Writer);

impl Default for XdrWriter {
    fn default() -> Self {
        XdrWriter(Writer::new(ByteOrder::Big))
    }
}

impl XdrWriter {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The buffer.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// An unsigned integer.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.0.u32(value);
        self
    }

    /// An integer.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.0.i32(value);
        self
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.u32(u32::from(value))
    }

    /// Variable-length opaque data, padded. Data of 4 GiB and more cannot be said in XDR and are cut off.
    pub fn opaque(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let bytes = &bytes[..length as usize];
        self.0.u32(length).bytes(bytes).bytes(&[0; 3][..padding(bytes.len())]);
        self
    }

    /// A string with its NUL counted, length 0 for none.
    pub fn nul_string(&mut self, text: Option<&[u8]>) -> &mut Self {
        match text {
            None => self.u32(0),
            Some(text) => {
                let mut with_nul = text.to_vec();
                with_nul.push(0);
                self.opaque(&with_nul)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let mut out = XdrWriter::new();
        out.u32(7)
            .bool(true)
            .opaque(b"abcde")
            .nul_string(Some(b"pol"))
            .nul_string(None)
            .nul_string(Some(b""));
        let bytes = out.into_bytes();
        assert_eq!(bytes.len(), 4 + 4 + 12 + 8 + 4 + 8);
        let mut back = XdrReader::new(&bytes);
        assert_eq!(back.u32(), Ok(7));
        assert_eq!(back.bool(), Ok(true));
        assert_eq!(back.opaque(), Ok(&b"abcde"[..]));
        assert_eq!(back.nul_string(), Ok(Some(&b"pol"[..])));
        assert_eq!(back.nul_string(), Ok(None));
        assert_eq!(back.nul_string(), Ok(Some(&b""[..])));
        assert_eq!(back.remaining(), 0);
    }

    #[test]
    fn refuses_what_is_not_xdr() {
        assert!(XdrReader::new(&[0, 0, 0, 2]).bool().is_err());
        assert!(XdrReader::new(&[0xff, 0xff, 0xff, 0xff, 0]).opaque().is_err());
        assert!(XdrReader::new(&[0, 0, 0, 2, b'a', b'b', 0, 0]).nul_string().is_err());
        assert!(XdrReader::new(&[0, 0, 0, 1, b'a', 0, 0]).opaque().is_err());
    }
}
