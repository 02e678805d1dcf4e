//! Writes that are cut short, and what is left of the database.
//!
//! [`kadmin`] and [`chores`] kill real programs at a moment that the dice have: from outside some microseconds after a line of
//! output, or by themselves at a certain operation on a file. Then MIT's programs come first in half of the cases, and ours: every change
//! that was acknowledged must be there, nothing half ([`examine`]).
//!
//! [`cuts`] cuts transactions short on a disk in memory, at every operation.
//!
//! Everything comes from a seed, which is printed.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test library fails the test that uses it, and says why"
)]

pub mod chores;
pub mod cuts;
pub mod examine;
pub mod kadmin;
pub mod moment;
pub mod state;
pub mod template;
pub mod together;
pub mod tries;
pub mod work;
