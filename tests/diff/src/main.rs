//! Random scripts.
fn main() {}
