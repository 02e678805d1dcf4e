//! The program; all of it is in the library.

#![no_main]
#![deny(unsafe_code)]

k5_cli::main!(kadmin_local::run);
