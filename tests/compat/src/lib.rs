//! Compatibility tests against the installed MIT krb5. They live in `tests/`, a file for each program or workflow; the
//! test bed is the crate `harness`.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what is here fails the test that uses it"
)]

mod beside;
pub mod calls;
pub mod damage;
mod golden;
mod kcm;
mod keytab;
pub mod names;
mod page;
mod script;
mod trace;

pub use beside::Beside;
pub use golden::{forms, golden, golden_dump, golden_pair, golden_setup, place, place_form};
pub use kcm::{HeimdalKcm, OwnKcm};
pub use keytab::without_times;
pub use page::{follow, our_programs};
pub use script::script;
pub use trace::asked;
