//! A bar on the terminal for work that takes a while. Where standard error is no terminal there is none.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Io;

/// How often at most, in a second, the bar is drawn.
const HERTZ: u8 = 10;
/// Steps between two looks at the clock.
const STRIDE: u64 = 256;

/// Shows on standard error how far some work is, and takes it away again when it is dropped, so that what is on the
/// screen afterwards is what would be there without it.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    steps: u64,
}

impl Progress {
    /// None at all, for work that says itself how far it is, or whose output is on the same terminal.
    #[must_use]
    pub fn hidden() -> Progress {
        Progress { bar: None, steps: 0 }
    }

    /// Work on a number of bytes that is known: `what` says which.
    #[must_use]
    pub fn of_bytes(io: &Io<'_>, what: &'static str, total: u64) -> Progress {
        Self::begin(io, what, Some(total), "{msg} [{bar:30}] {percent:>3}% {bytes_per_sec} {eta}")
    }

    /// Work on nobody knows how many of something: `what` says of which.
    #[must_use]
    pub fn of_number(io: &Io<'_>, what: &'static str) -> Progress {
        Self::begin(io, what, None, "{spinner} {human_pos} {msg} {per_sec}")
    }

    fn begin(io: &Io<'_>, what: &'static str, total: Option<u64>, template: &str) -> Progress {
        if !io.terminals().stderr || !io.is_process() {
            return Self::hidden();
        }
        let Ok(style) = ProgressStyle::with_template(template) else { return Self::hidden() };
        let target = ProgressDrawTarget::stderr_with_hz(HERTZ);
        let bar = ProgressBar::with_draw_target(total, target).with_style(style.progress_chars("=> "));
        bar.set_message(what);
        bar.tick();
        Progress { bar: Some(bar), steps: 0 }
    }

    /// One more is done, and with it, where the total is known, the work is at `position`.
    pub fn step(&mut self, position: u64) {
        self.steps = self.steps.wrapping_add(1);
        if let Some(bar) = &self.bar
            && self.steps.is_multiple_of(STRIDE)
        {
            bar.set_position(if bar.length().is_some() { position } else { self.steps });
        }
    }

    /// Says what is being done now.
    pub fn say(&self, what: impl Into<Cow<'static, str>>) {
        if let Some(bar) = &self.bar {
            bar.set_message(what);
        }
    }

    /// Does something that writes to the terminal, without the bar in its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Streams, Terminals};
    use crate::{Environment, Io};
    use k5_types::Timestamp;

    /// A terminal that is not this process's is none that a bar may be drawn on.
    #[test]
    fn only_the_process_has_a_bar() {
        let streams = Streams {
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(std::io::sink()),
            stderr: Box::new(std::io::sink()),
        };
        let io = Io::new(streams, Environment::from_pairs::<&str, &str>([]), || Timestamp(0))
            .with_terminals(Terminals { stdin: true, stdout: true, stderr: true });
        let mut progress = Progress::of_bytes(&io, "loading", 10);
        assert!(progress.bar.is_none());
        progress.step(5);
        assert_eq!(progress.aside(|| 7), 7);
    }
}
