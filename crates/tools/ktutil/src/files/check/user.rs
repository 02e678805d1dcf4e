//! The user that a service runs as.

use super::super::options::Words;
use k5_admin::doctor::ServiceUser;
use k5_cli::Failure;
use nix::unistd::{Gid, User, getgrouplist};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Looks the user and the user's groups up.
///
/// # Errors
/// Where the system does not know the name.
pub(super) fn find(words: &Words<'_>, name: &OsStr) -> Result<ServiceUser, Failure> {
    let unknown = || words.failure([b"no such user: ", name.as_bytes()].concat());
    let text = name.to_str().ok_or_else(unknown)?;
    let user = User::from_name(text).ok().flatten().ok_or_else(unknown)?;
    let cname = CString::new(text).map_err(|_| unknown())?;
    let groups = getgrouplist(&cname, user.gid).unwrap_or_else(|_| vec![user.gid]);
    Ok(ServiceUser {
        name: text.to_owned(),
        user: user.uid.as_raw(),
        groups: groups.into_iter().map(Gid::as_raw).collect(),
    })
}
