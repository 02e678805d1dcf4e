//! An [`Io`] over byte strings, for tests of this crate.

use crate::Environment;
use crate::io::{Io, Streams};
use k5_types::Timestamp;

pub(crate) struct Done {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) left: Vec<u8>,
}

pub(crate) fn with_input<T>(mut input: &[u8], run: impl FnOnce(&mut Io<'_>) -> T) -> (T, Done) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let streams =
        Streams { stdin: Box::new(&mut input), stdout: Box::new(&mut stdout), stderr: Box::new(&mut stderr) };
    let mut io = Io::new(streams, Environment::from_pairs([("TZ", "UTC")]), || Timestamp(1_700_000_000));
    let value = run(&mut io);
    io.flush().unwrap();
    drop(io);
    (value, Done { stdout, stderr, left: input.to_vec() })
}
