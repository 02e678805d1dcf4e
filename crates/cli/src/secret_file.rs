//! Passwords and keys from files and descriptors: the way for scripts, whose command lines anybody can see.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use k5_types::{Secret, errno_text};

use crate::io::Io;
use crate::prompt::read_secret_line;

/// Why there is no secret. The texts name the file, never what is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// It cannot be opened or read.
    #[error("{} while reading {from}", errno_text(source))]
    Io {
        /// The file or descriptor.
        from: String,
        /// The system's error.
        source: io::Error,
    },
    /// Its first line is empty.
    #[error("the first line of {0} is empty")]
    Empty(String),
    /// Its first line is longer than what is allowed.
    #[error("the first line of {0} is longer than {1} bytes")]
    TooLong(String, usize),
    /// Its first line has a NUL byte, at which C programs would end it.
    #[error("the first line of {0} has a NUL byte")]
    Nul(String),
}

/// The first line of a file without its newline, no more than `max` bytes of it.
///
/// # Errors
/// [`SecretFileError`].
pub fn read_secret_file(path: &Path, max: usize) -> Result<Secret<Vec<u8>>, SecretFileError> {
    let from = path.display().to_string();
    let failed = |source| SecretFileError::Io { from: from.clone(), source };
    let mut file = File::open(path).map_err(failed)?;
    // One byte more than allowed, and the newline.
    let mut bytes = Secret::new(vec![0; max.saturating_add(2)]);
    let mut filled = 0;
    while let Some(rest) = bytes.expose_mut().get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => {
                filled += more;
                if bytes.expose().iter().take(filled).any(|&byte| byte == b'\n') {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let line = bytes.expose_mut();
    line.truncate(filled);
    if let Some(end) = line.iter().position(|&byte| byte == b'\n') {
        line.truncate(end);
    }
    checked(bytes, from, max)
}

/// The first line of what descriptor `number` reads from. Of standard input (0) no more than that line is taken.
///
/// # Errors
/// [`SecretFileError`].
pub fn read_secret_descriptor(
    io: &mut Io<'_>,
    number: u32,
    max: usize,
) -> Result<Secret<Vec<u8>>, SecretFileError> {
    if number != 0 {
        return read_secret_file(&PathBuf::from(format!("/dev/fd/{number}")), max);
    }
    let from = "standard input".to_owned();
    match read_secret_line(io, max.saturating_add(1)) {
        Ok(line) => checked(line.unwrap_or_else(|| Secret::new(Vec::new())), from, max),
        Err(source) => Err(SecretFileError::Io { from, source }),
    }
}

fn checked(line: Secret<Vec<u8>>, from: String, max: usize) -> Result<Secret<Vec<u8>>, SecretFileError> {
    match line.expose() {
        bytes if bytes.is_empty() => Err(SecretFileError::Empty(from)),
        bytes if bytes.len() > max => Err(SecretFileError::TooLong(from, max)),
        bytes if bytes.contains(&0) => Err(SecretFileError::Nul(from)),
        _ => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_input;

    fn read(content: &[u8]) -> Result<Vec<u8>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let name = file.path().display().to_string();
        let secret = read_secret_file(file.path(), 5);
        secret.map(|s| s.expose().clone()).map_err(|e| e.to_string().replace(&name, "F"))
    }

    #[test]
    fn the_first_line_counts() {
        assert_eq!(read(b"abc\ndef\n").unwrap(), b"abc");
        assert_eq!(read(b"abcde").unwrap(), b"abcde");
        assert_eq!(read(b"abcde\n").unwrap(), b"abcde");
        assert_eq!(read(b"abc\r\n").unwrap(), b"abc\r");
        assert_eq!(read(b"abcdef").unwrap_err(), "the first line of F is longer than 5 bytes");
        assert_eq!(read(b"abcdefghi\n").unwrap_err(), "the first line of F is longer than 5 bytes");
        assert_eq!(read(b"").unwrap_err(), "the first line of F is empty");
        assert_eq!(read(b"\nx").unwrap_err(), "the first line of F is empty");
        assert_eq!(read(b"a\0b\n").unwrap_err(), "the first line of F has a NUL byte");
        let missing = read_secret_file(Path::new("/no/such"), 5).unwrap_err();
        assert_eq!(missing.to_string(), "No such file or directory while reading /no/such");
    }

    #[test]
    fn standard_input_keeps_what_follows() {
        let (secret, done) = with_input(b"pw\nnext\n", |io| read_secret_descriptor(io, 0, 5).unwrap());
        assert_eq!(secret.expose(), b"pw");
        assert_eq!(done.left, b"next\n");
        let (error, _) = with_input(b"", |io| read_secret_descriptor(io, 0, 5).unwrap_err().to_string());
        assert_eq!(error, "the first line of standard input is empty");
        let (error, _) =
            with_input(b"123456\n", |io| read_secret_descriptor(io, 0, 5).unwrap_err().to_string());
        assert_eq!(error, "the first line of standard input is longer than 5 bytes");
    }
}
