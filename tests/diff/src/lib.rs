//! The same script of commands for MIT's `kadmin.local` and for ours, on two fresh realms of one configuration: what they
//! print, how they end, and the databases and keytabs that they leave, compared.
//!
//! ```no_run
//! use diff::{Case, Stand};
//!
//! let cases = diff::case::parse("mine", "# alice comes and goes\naddprinc -randkey alice\ndelprinc -force alice\n").unwrap();
//! Stand::for_case(&cases[0]).check(&cases[0]).unwrap();
//! ```
//!
//! Scripts come from two places: `cases/*.txt`, in the form that [`case`] tells, and [`generate`], which makes them at
//! random from a seed. [`minimise`] makes a script that differs short.
//!
//! Random keys differ, and so are compared by what they are: [`keys`] opens those of both sides.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test library fails the test that uses it, and says why"
)]

pub mod case;
pub mod compare;
pub mod dump;
pub mod files;
pub mod fuzz;
pub mod generate;
pub mod keys;
pub mod mask;
pub mod minimise;
pub mod stand;
pub mod words;

pub use case::{Aspect, Case, Form, Step};
pub use compare::Difference;
pub use stand::{Stand, Stands};
