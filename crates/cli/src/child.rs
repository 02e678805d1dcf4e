//! Child processes of a shell: `!command`, and the pager.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::io::Io;
use crate::terminal::ChildHasTerminal;

/// How many lines a screen has where `LINES` does not say so.
const SCREEN: usize = 24;

impl Io<'_> {
    /// Runs a line in `/bin/sh`, as system(3) does, and waits. The child goes on with standard input where the program has
    /// stopped reading. Where the streams are not the process's own, it gets no input and its output is copied.
    ///
    /// # Errors
    /// If no process can be started. The answer is whether the command ended well.
    pub fn run_shell(&mut self, line: &OsStr) -> io::Result<bool> {
        // What cannot be written is remembered and said at the end.
        let _ = self.flush();
        self.leave_unread();
        let mut command = Command::new("/bin/sh");
        command.arg0("sh").arg("-c").arg(line).env_clear().envs(self.env.iter());
        if self.is_process() {
            let _guard = ChildHasTerminal::begin();
            return Ok(command.status()?.success());
        }
        let done = command.stdin(Stdio::null()).output()?;
        let _ = self.out().write_all(&done.stdout);
        let _ = self.err().write_all(&done.stderr);
        Ok(done.status.success())
    }

    /// Shows a text that may be long: through the pager if a person sits there and it fills the screen, else as it is.
    ///
    /// # Errors
    /// What writing to standard output says.
    pub fn page_if_long(&mut self, text: &[u8]) -> io::Result<()> {
        let lines = self.env.get("LINES").and_then(|lines| lines.to_str()?.parse().ok()).unwrap_or(SCREEN);
        let long = text.iter().filter(|&&byte| byte == b'\n').count() >= lines;
        if long { self.page(text) } else { self.out().write_all(text) }
    }

    /// Shows a longer text: through `$PAGER` (or `more`) if a person sits there, else as it is.
    ///
    /// # Errors
    /// What writing to standard output says.
    pub fn page(&mut self, text: &[u8]) -> io::Result<()> {
        let terminals = self.terminals();
        if !(self.is_process() && terminals.stdin && terminals.stdout) {
            return self.out().write_all(text);
        }
        let _ = self.flush();
        let pager =
            self.env.get("PAGER").filter(|pager| !pager.is_empty()).unwrap_or(OsStr::new("more")).to_owned();
        let mut command = Command::new("/bin/sh");
        command.arg0("sh").arg("-c").arg(&pager).stdin(Stdio::piped()).env_clear().envs(self.env.iter());
        let _guard = ChildHasTerminal::begin();
        let Ok(mut child) = command.spawn() else { return self.out().write_all(text) };
        if let Some(mut input) = child.stdin.take() {
            // Who leaves the pager early has seen enough.
            let _ = input.write_all(text);
        }
        let ended = child.wait()?;
        // 126 and 127 are the shell's: there is no such pager.
        if matches!(ended.code(), Some(126 | 127)) { self.out().write_all(text) } else { Ok(()) }
    }
}
