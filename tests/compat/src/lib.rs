//! Compatibility tests against the installed MIT krb5. They live in `tests/`, a file for each program or workflow; the
//! test bed is the crate `harness`.
#![forbid(unsafe_code)]
