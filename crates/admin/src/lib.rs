//! What administrators do: make, change and delete principals and policies, set keys, put them into keytabs, make
//! a realm. The rules are here and nowhere else; terminals, options and messages are elsewhere.
#![forbid(unsafe_code)]

mod admin;
mod ark;
mod batch;
mod create;
mod derive;
pub mod doctor;
mod error;
mod extract;
mod glob;
mod history;
mod keys;
mod keysalts;
mod modify;
mod names;
pub mod open;
mod password;
mod policies;
mod purge;
mod quality;
mod realm;
mod rename;
pub mod rollover;
mod strings;
mod transact;
mod view;

pub use admin::{Admin, AdminParts, Defaults, Guards};
pub use batch::Pace;
pub use create::{InitialKeys, NewPrincipal};
pub use derive::{PasswordWork, PolicyOf};
pub use error::{AdminError, Result};
pub use extract::{ExtractKeys, Extracted, Extraction};
pub use glob::Glob;
pub use history::history_principal;
pub use keys::OldKeysRule;
pub use modify::{Changes, PolicyChange};
pub use names::Beginnings;
pub use policies::PolicyFields;
pub use purge::KeptKeys;
pub use quality::Quality;
pub use realm::{NewRealm, create_realm};
