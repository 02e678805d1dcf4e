//! Files that killed programs left beside the database.

use k5_kdb::{Inspect, KdbError};
use std::os::unix::ffi::OsStrExt;

/// A line for each, which says who removes it.
///
/// # Errors
/// Where the system does not say what there is.
pub(super) fn notes(inspector: &dyn Inspect, text: &mut Vec<u8>) -> Result<(), KdbError> {
    for left in inspector.leftovers()? {
        let what = match left.of_load {
            true => "a load that was cut short has left it; the next kdb5_util load or destroy removes it",
            false => {
                "a change that was cut short has left it; the next program of ours that writes to the database removes it"
            }
        };
        text.extend_from_slice(b"note: ");
        text.extend_from_slice(left.path.as_os_str().as_bytes());
        text.extend_from_slice(format!(": {what}\n").as_bytes());
    }
    Ok(())
}
