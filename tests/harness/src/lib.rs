//! The test bed: realms in scratch directories, MIT's programs and ours side by side, and what they say compared.
//!
//! ```no_run
//! use harness::{Mask, Pair};
//!
//! let pair = Pair::new();
//! pair.create("masterpw");
//! pair.kadmin_local(["addprinc", "-pw", "alicespw", "alice"]).same();
//! pair.kadmin_local(["getprinc", "alice"]).same();
//! pair.kdb5_util(["dump", "out"]).same_file("out", Mask::KEYS_AND_TIMES);
//! pair.klist(["-k"]).differs("DIV-7"); // DIV-7 must stand in docs/divergences.md
//! ```
//!
//! Everything here panics where something is wrong, since a test must then fail: a missing program of MIT's, a
//! difference that nobody announced, a server that does not start. Nothing here imports the suite: the witness does
//! not lean on the accused.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test library fails the test that uses it, and says why"
)]

mod ccache;
mod dice;
mod diff;
mod disk;
mod divergences;
mod dns;
mod dump;
mod fault;
mod heard;
mod hosts;
mod kdc;
mod mask;
mod pair;
mod port;
mod propagation;
mod realm;
mod run;
mod setup;
mod side;
mod terminal;
mod witness;

pub use ccache::{CacheBytes, CacheEntry, CacheName, der_ticket};
pub use dice::Dice;
pub use disk::SmallDisk;
pub use divergences::announced_divergence;
pub use dump::normalized as normalized_dump;
pub use fault::{Fault, Faults};
pub use hosts::{Hosts, c_program};
pub use kdc::Kdc;
pub use mask::{Mask, Masked};
pub use pair::{Both, Pair, PairRun, PairTerminal};
pub use propagation::{Propagation, Round};
pub use realm::Realm;
pub use run::{Output, Run, Running};
pub use setup::{BackEnd, Setup};
pub use side::{Side, workspace};
pub use terminal::Terminal;
pub use witness::{Entry, heimdal_keytab, heimdal_ktutil, jdk_changes_keytab, jdk_keytab, mit_keytab};
