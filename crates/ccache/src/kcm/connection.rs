//! The socket.

use super::{Opcode, results};
use crate::{CcacheError, Result};
use k5_types::Secret;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// The version of the protocol.
const VERSION: [u8; 2] = [2, 0];

/// MIT takes no longer reply, in bytes.
const MAX_REPLY: u32 = 10 * 1024 * 1024;

/// The name of the socket by which no socket is meant.
const NONE: &str = "-";

/// A connection to the daemon.
#[derive(Debug)]
pub(crate) struct Connection(UnixStream);

impl Connection {
    pub(super) fn open(socket: &Path) -> Result<Connection> {
        let no_server = || CcacheError::KcmNoServer { socket: socket.to_owned() };
        if socket == Path::new(NONE) {
            return Err(no_server());
        }
        match UnixStream::connect(socket) {
            Ok(stream) => Ok(Connection(stream)),
            // A path that is too long for a socket's name leads nowhere either.
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => {
                Err(no_server())
            }
            Err(e) => Err(CcacheError::KcmConnect(e)),
        }
    }

    /// Sends a request and gives the results of the reply.
    pub(super) fn call(&mut self, opcode: Opcode, arguments: &[&[u8]]) -> Result<Secret<Vec<u8>>> {
        let opcode = (opcode as u16).to_be_bytes();
        let body = [&VERSION[..], &opcode, &arguments.concat()].concat();
        let len = u32::try_from(body.len()).map_err(|_| CcacheError::KcmTooBig)?;
        self.0.write_all(&[&len.to_be_bytes(), body.as_slice()].concat()).map_err(CcacheError::KcmIo)?;
        let len = u32::from_be_bytes(self.array()?);
        if len > MAX_REPLY {
            return Err(CcacheError::KcmTooBig);
        }
        let transport = i32::from_be_bytes(self.array()?);
        if transport != 0 {
            return Err(CcacheError::KcmRefused(transport));
        }
        // The buffer grows with what comes, not with what was said.
        let mut reply = Secret::new(Vec::new());
        let wanted = u64::from(len);
        let read = (&mut self.0).take(wanted).read_to_end(reply.expose_mut()).map_err(CcacheError::KcmIo)?;
        if (read as u64) < wanted {
            return Err(CcacheError::KcmClosed);
        }
        results(reply)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        match self.0.read_exact(&mut array) {
            Ok(()) => Ok(array),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(CcacheError::KcmClosed),
            Err(e) => Err(CcacheError::KcmIo(e)),
        }
    }
}
