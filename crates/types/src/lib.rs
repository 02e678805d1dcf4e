//! Names and numbers of Kerberos, without any behaviour of a program: principal names, realms, encryption
//! types, salt types, name types, attribute flags, times, durations, system errors as MIT words them, and the wrapper
//! that keys and passwords live in.
//!
//! Nothing here reads a file, a clock or the environment.
#![forbid(unsafe_code)]

mod attributes;
mod duration;
mod enctype;
mod errno;
mod keyblock;
mod keysalt;
mod name_type;
mod principal;
mod secret;
mod time;

pub use attributes::{Attributes, FlagSpec, UnknownFlag};
pub use duration::{DeltaError, Duration};
pub use enctype::{EncType, EncTypeStatus};
pub use errno::errno_text;
pub use keyblock::KeyBlock;
pub use keysalt::{KeySalt, KeySaltError, KeySaltItem, SaltType};
pub use name_type::NameType;
pub use principal::{ParseFlags, Principal, PrincipalError, RealmRule};
pub use secret::{Secret, constant_time_eq};
pub use time::Timestamp;

/// A key version number. 32 bits in memory; the database keeps 16 bits of it, old keytabs 8.
pub type Kvno = u32;
