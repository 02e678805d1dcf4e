//! Passwords and questions, in the manner of MIT's `krb5_prompter_posix`: the prompt goes to standard output, the answer
//! is a line of standard input, from a terminal or not.

use std::io::{self, Write};

use k5_types::Secret;

use crate::io::Io;
use crate::terminal::Echo;
use k5_types::errno_text;

/// Longer passwords lose their end, as they do in `kadmin`, whose buffer holds 1,024 bytes with the closing NUL.
pub const PASSWORD_MAX: usize = 1023;

/// The same for the master password of a realm that exists, where the buffer is stdio's.
pub const MASTER_PASSWORD_MAX: usize = 8191;

/// Why there is no password. The texts are those of MIT's error table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// The input is at its end, or cannot be read.
    #[error("Cannot read password")]
    CannotRead,
    /// Ctrl-C.
    #[error("Password read interrupted")]
    Interrupted,
    /// The second answer differs from the first.
    #[error("Password mismatch")]
    Mismatch,
    /// The terminal's settings, or the prompt could not be written.
    #[error("{}", errno_text(.0))]
    System(#[from] io::Error),
}

/// Asks for a password: `prompt`, then `: `. Nothing is shown while it is typed, and a newline follows even if the input
/// is no terminal. The terminal is restored also when a signal ends the program.
///
/// The password is a line without its newline, and ends at a NUL; an empty line is an empty password.
///
/// # Errors
/// [`PromptError`]; never a mismatch.
pub fn read_password(io: &mut Io<'_>, prompt: impl AsRef<[u8]>) -> Result<Secret<Vec<u8>>, PromptError> {
    read_password_of(io, prompt, PASSWORD_MAX)
}

/// Asks for the password of a realm that exists. MIT's programs have more room for it than for any other.
///
/// # Errors
/// As [`read_password`].
pub fn read_master_password(
    io: &mut Io<'_>,
    prompt: impl AsRef<[u8]>,
) -> Result<Secret<Vec<u8>>, PromptError> {
    read_password_of(io, prompt, MASTER_PASSWORD_MAX)
}

fn read_password_of(
    io: &mut Io<'_>,
    prompt: impl AsRef<[u8]>,
    max: usize,
) -> Result<Secret<Vec<u8>>, PromptError> {
    ask(io, prompt.as_ref(), b": ")?;
    // All of it is reserved at once: a vector that grows leaves copies behind.
    let mut password = Secret::new(Vec::with_capacity(max));
    let mut seen = 0usize;
    let mut ended = false;
    let take = |byte: u8| {
        seen = seen.saturating_add(1);
        ended |= byte == 0 || byte == b'\n';
        let held = password.expose_mut();
        if !ended && held.len() < max {
            held.push(byte);
        }
    };
    let read = io.read_until_newline(Echo::Hidden, take);
    io.out().write_all(b"\n")?;
    match read {
        Ok(()) if seen > 0 => Ok(password),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(PromptError::Interrupted),
        Ok(()) | Err(_) => Err(PromptError::CannotRead),
    }
}

/// Asks twice and compares.
///
/// # Errors
/// [`PromptError`].
pub fn read_new_password(
    io: &mut Io<'_>,
    prompt: impl AsRef<[u8]>,
    again: impl AsRef<[u8]>,
) -> Result<Secret<Vec<u8>>, PromptError> {
    let password = read_password(io, prompt)?;
    let second = read_password(io, again)?;
    if password == second { Ok(password) } else { Err(PromptError::Mismatch) }
}

/// Asks, with the answer shown: `question` as it stands, nothing added. The answer comes with its newline; `None` at the end
/// of the input.
///
/// # Errors
/// What writing or reading says; [`io::ErrorKind::Interrupted`] for Ctrl-C.
pub fn read_answer(io: &mut Io<'_>, question: impl AsRef<[u8]>) -> io::Result<Option<Vec<u8>>> {
    ask(io, question.as_ref(), b"")?;
    io.read_line()
}

/// As [`read_answer`], for an answer that is a secret though it is shown, such as a key in hexadecimal. It comes without its
/// newline, and what is behind the first `max` bytes of the line is dropped.
///
/// # Errors
/// As [`read_answer`].
pub fn read_shown_secret(
    io: &mut Io<'_>,
    question: impl AsRef<[u8]>,
    max: usize,
) -> io::Result<Option<Secret<Vec<u8>>>> {
    ask(io, question.as_ref(), b"")?;
    read_secret_line(io, max)
}

/// A line of standard input into memory that is wiped; `None` at the end of the input.
pub(crate) fn read_secret_line(io: &mut Io<'_>, max: usize) -> io::Result<Option<Secret<Vec<u8>>>> {
    // All of it is reserved at once: a vector that grows leaves copies behind.
    let mut line = Secret::new(Vec::with_capacity(max));
    let mut any = false;
    io.read_until_newline(Echo::Shown, |byte| {
        any = true;
        if byte != b'\n' && line.expose().len() < max {
            line.expose_mut().push(byte);
        }
    })?;
    Ok(any.then_some(line))
}

/// Asks a question that only the line `yes` affirms: not `y`, not `YES`, and not `yes` without a newline.
///
/// # Errors
/// As [`read_answer`].
pub fn confirm(io: &mut Io<'_>, question: impl AsRef<[u8]>) -> io::Result<bool> {
    Ok(read_answer(io, question)?.as_deref() == Some(b"yes\n"))
}

/// Reading shows it, once the terminal is set.
fn ask(io: &mut Io<'_>, prompt: &[u8], behind: &[u8]) -> io::Result<()> {
    let mut out = io.out();
    out.write_all(prompt)?;
    out.write_all(behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_input;

    fn password(input: &[u8]) -> (Result<Vec<u8>, String>, Vec<u8>, Vec<u8>) {
        let (answer, done) = with_input(input, |io| {
            read_password(io, "Enter password").map(|p| p.expose().clone()).map_err(|e| e.to_string())
        });
        (answer, done.stdout, done.left)
    }

    #[test]
    fn a_line_is_a_password_and_the_rest_stays() {
        let (answer, shown, left) = password(b"secret\nnext\n");
        assert_eq!(answer.unwrap(), b"secret");
        assert_eq!(shown, b"Enter password: \n");
        assert_eq!(left, b"next\n");
    }

    #[test]
    fn ends_and_limits() {
        assert_eq!(password(b"").0.unwrap_err(), "Cannot read password");
        assert_eq!(password(b"").1, b"Enter password: \n");
        assert_eq!(password(b"\n").0.unwrap(), b"");
        assert_eq!(password(b"no newline").0.unwrap(), b"no newline");
        assert_eq!(password(b"a\0b\nc\n").0.unwrap(), b"a");
        let (answer, _, left) = password(&[[b'x'; 3000].as_slice(), b"\nz"].concat());
        assert_eq!(answer.unwrap().len(), PASSWORD_MAX);
        assert_eq!(left, b"z");
    }

    #[test]
    fn a_master_password_may_be_longer() {
        let line = [[b'x'; 9000].as_slice(), b"\n"].concat();
        let (answer, _) = with_input(&line, |io| read_master_password(io, "Enter").map(|p| p.expose().len()));
        assert_eq!(answer.unwrap(), MASTER_PASSWORD_MAX);
    }

    #[test]
    fn twice() {
        let new = |input: &[u8]| {
            with_input(input, |io| read_new_password(io, "A", "B").map(|_| ()).map_err(|e| e.to_string()))
        };
        let (answer, done) = new(b"x\nx\n");
        assert_eq!(answer, Ok(()));
        assert_eq!(done.stdout, b"A: \nB: \n");
        assert_eq!(new(b"x\ny\n").0.unwrap_err(), "Password mismatch");
        assert_eq!(new(b"x\n").0.unwrap_err(), "Cannot read password");
    }

    #[test]
    fn a_secret_may_be_shown() {
        let (line, done) = with_input(b"0011\nnext", |io| {
            read_shown_secret(io, "Key: ", 3).unwrap().map(|key| key.expose().clone())
        });
        assert_eq!(line.unwrap(), b"001");
        assert_eq!((&done.stdout[..], &done.left[..]), (&b"Key: "[..], &b"next"[..]));
        assert!(with_input(b"", |io| read_shown_secret(io, "Key: ", 3).unwrap()).0.is_none());
    }

    #[test]
    fn only_yes_is_yes() {
        for (input, wanted) in
            [("yes\n", true), ("yes", false), ("y\n", false), ("YES\n", false), ("", false)]
        {
            let (answer, done) = with_input(input.as_bytes(), |io| confirm(io, "Sure? ").unwrap());
            assert_eq!(answer, wanted, "{input:?}");
            assert_eq!(done.stdout, b"Sure? ");
        }
    }
}
