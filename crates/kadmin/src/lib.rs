//! kadmin's commands over an open realm, one to a file. `kadmin.local` runs them all; `ktadd` runs one.
#![forbid(unsafe_code)]

mod actor;
mod add_principal;
mod change_password;
mod delete_principal;
mod get_principal;
mod keytab_name;
mod ktadd;
mod ktremove;
mod list_principals;
mod modify_principal;
mod open;
mod principal_options;
mod session;
mod table;

pub use ktadd::USAGE as KTADD_USAGE;
pub use open::{Startup, configuration, open, startup_keysalts};
pub use session::{Mode, Session};
pub use table::TABLE;
