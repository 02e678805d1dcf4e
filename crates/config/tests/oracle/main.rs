//! The installed MIT programs and this crate read the same files and must understand the same.
//!
//! MIT has no program that shows a profile, so each test looks at what a program does with one: the keytab's
//! name that `klist -k` shows, the database that `kdb5_util` fails to open, the principal that `kadmin.local`
//! makes, the encryption types that `kinit` asks for. Without MIT every test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod enctypes;
mod mit;
mod names;
mod random;
mod realm;
mod samples;
mod start;
mod syntax;
