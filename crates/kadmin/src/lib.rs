//! kadmin's commands over an open realm, one to a file. `kadmin.local` runs them all; `ktadd` runs one.
#![forbid(unsafe_code)]

mod actor;
mod add_alias;
mod add_policy;
mod add_principal;
mod ahead;
mod attributes;
mod batch;
mod change_password;
mod del_string;
mod delete_policy;
mod delete_principal;
mod get_policy;
mod get_principal;
mod get_privs;
mod get_strings;
mod keytab_name;
mod ktadd;
mod ktremove;
mod list_policies;
mod list_principals;
mod lock;
mod modify_policy;
mod modify_principal;
mod open;
mod policy_options;
mod principal_options;
mod purgekeys;
mod rename_principal;
mod session;
mod set_string;
mod table;

pub use open::{Startup, configuration, open, startup_keysalts};
pub use session::{Mode, Session};
pub use table::TABLE;
