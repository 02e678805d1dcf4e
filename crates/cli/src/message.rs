//! What a program says on standard error, and the status that it ends with.

use std::io;

/// The number that a process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus(pub u8);

impl ExitStatus {
    /// 0: all went well.
    pub const SUCCESS: ExitStatus = ExitStatus(0);
    /// 1: usage, or any error.
    pub const FAILURE: ExitStatus = ExitStatus(1);
    /// What a shell reports for a process that SIGPIPE ended, as it ends MIT's programs when their reader has gone.
    pub const BROKEN_PIPE: ExitStatus = ExitStatus(141);

    /// What a shell reports for a process that Ctrl-C ended.
    pub const INTERRUPTED: ExitStatus = ExitStatus(130);

    /// A count of failures; `kdb5_util` ends with it. Counts over 255 stay failures, where the system would keep
    /// the low 8 bits.
    #[must_use]
    pub fn from_count(count: usize) -> ExitStatus {
        ExitStatus(u8::try_from(count).unwrap_or(u8::MAX))
    }

    /// True for 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.0 == 0
    }
}

/// A complaint in one of MIT's two shapes. It is bytes, since names and paths are. [`crate::Io::complain`] prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// `program: TEXT while DOING`, the shape of com_err(3).
    ///
    /// `program` is whose name stands in front (a program or a command). `text` is the error's own text, and a blank follows
    /// it whatever comes next; empty, as for com_err's code 0, there is neither. `doing` is what com_err's format yields
    /// and so begins with `while` where there is one; text that is no error's goes there as a whole.
    pub fn com_err(program: impl AsRef<[u8]>, text: impl AsRef<[u8]>, doing: impl AsRef<[u8]>) -> Message {
        let mut line = program.as_ref().to_vec();
        line.extend_from_slice(b": ");
        line.extend_from_slice(text.as_ref());
        if !text.as_ref().is_empty() {
            line.push(b' ');
        }
        line.extend_from_slice(doing.as_ref());
        Message::plain(line)
    }

    /// Text as it stands, one line or several: usage, notices, errors that MIT prints without com_err. A newline at
    /// the end is added if there is none.
    pub fn plain(text: impl Into<Vec<u8>>) -> Message {
        let mut text = text.into();
        if text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
        Message(text)
    }

    /// The bytes as they are printed, with the newline.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a program ends without having done its work: what it says, and the status.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a failure says something only when it is reported"]
pub struct Failure {
    message: Option<Message>,
    status: ExitStatus,
}

impl Failure {
    /// Says `message`, ends with 1.
    pub fn new(message: Message) -> Failure {
        Failure { message: Some(message), status: ExitStatus::FAILURE }
    }

    /// Says nothing more; the reason has been printed.
    pub fn silent(status: ExitStatus) -> Failure {
        Failure { message: None, status }
    }

    /// `program: TEXT while DOING` and status 1; see [`Message::com_err`].
    pub fn com_err(program: impl AsRef<[u8]>, text: impl AsRef<[u8]>, doing: impl AsRef<[u8]>) -> Failure {
        Failure::new(Message::com_err(program, text, doing))
    }

    /// Text as it stands and status 1; see [`Message::plain`].
    pub fn plain(text: impl Into<Vec<u8>>) -> Failure {
        Failure::new(Message::plain(text))
    }

    /// The same with another status.
    pub fn with_status(self, status: ExitStatus) -> Failure {
        Failure { status, ..self }
    }

    /// What is said.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// What the program ends with.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        self.status
    }
}

/// Output that could not be written. [`crate::Io`] remembers why and says so once, at the end; a reader that has gone
/// is no error to speak of, and neither is Ctrl-C.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let status = match error.kind() {
            io::ErrorKind::BrokenPipe => ExitStatus::BROKEN_PIPE,
            io::ErrorKind::Interrupted => ExitStatus::INTERRUPTED,
            _ => ExitStatus::FAILURE,
        };
        Failure::silent(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let m = Message::com_err("klist", "No such file", "while opening x");
        assert_eq!(m.as_bytes(), b"klist: No such file while opening x\n");
        assert_eq!(Message::com_err("klist", "", "no cache").as_bytes(), b"klist: no cache\n");
        assert_eq!(Message::com_err("klist", "Text", "").as_bytes(), b"klist: Text \n");
        assert_eq!(Message::plain("usage: x\n").as_bytes(), b"usage: x\n");
        assert_eq!(Message::plain("usage: x").as_bytes(), b"usage: x\n");
    }

    #[test]
    fn statuses() {
        assert_eq!(ExitStatus::from_count(2), ExitStatus(2));
        assert_eq!(ExitStatus::from_count(256), ExitStatus(255));
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(gone).status(), ExitStatus::BROKEN_PIPE);
    }
}
