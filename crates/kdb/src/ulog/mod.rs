//! The update log of a realm whose database replicas follow (`docs/formats/ulog.md`): what MIT's `kadmind` gives to them.
//!
//! Back ends know nothing of it: [`crate::Database`] puts it around them, so that every change that goes through a transaction
//! or a load goes into it too.

mod append;
mod attribute;
mod changes;
mod layout;
mod load;
mod log;
mod logged;
mod pending;
mod read;
#[cfg(test)]
mod tests;
mod update;

pub use attribute::{Attribute, LoggedKey, LoggedName};
pub use layout::{EntryHeader, Header, Last, LogState, Stamp};
pub use log::{Standing, UpdateLog};
pub use read::{Logfile, Slot};
pub use update::Update;

pub(crate) use load::{logged_copy, logged_load};
pub(crate) use logged::logged;
pub(crate) use pending::beginning_anew;
