//! Bounds-checked reading and writing of bytes, in either byte order, and the XDR primitives of RFC 4506.
//!
//! Nothing here knows Kerberos: the layouts live beside their readers and writers in the crates above.
#![forbid(unsafe_code)]

mod reader;
mod writer;
mod xdr;

pub use reader::Reader;
pub use writer::Writer;
pub use xdr::{XdrReader, XdrWriter};

/// The order of the bytes of an integer on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first ("network order").
    Big,
}

impl ByteOrder {
    /// The order of this machine.
    pub const NATIVE: ByteOrder =
        if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };
}

/// A read that went past the end, or an XDR item that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// More bytes were asked for than are left.
    #[error("{wanted} bytes wanted at offset {offset}, {left} left")]
    Short {
        /// Offset from the start of the buffer at which the read began.
        offset: usize,
        /// Bytes asked for.
        wanted: usize,
        /// Bytes that were left.
        left: usize,
    },
    /// An XDR value outside of its type (a boolean that is neither 0 nor 1, a string without its NUL).
    #[error("bad XDR {what} at offset {offset}")]
    BadXdr {
        /// Offset from the start of the buffer.
        offset: usize,
        /// What was being read.
        what: &'static str,
    },
}

/// The result of a read.
pub type Result<T> = std::result::Result<T, WireError>;
