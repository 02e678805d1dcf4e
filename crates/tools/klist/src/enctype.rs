//! Encryption types in listings.

use k5_types::{EncType, EncTypeStatus};

/// MIT's klist calls everything deprecated that is not in use today, what nobody knows among it.
pub(crate) fn shown(enctype: EncType) -> String {
    let mark = if enctype.status() == EncTypeStatus::Current { "" } else { "DEPRECATED:" };
    match enctype.name() {
        Some(name) => format!("{mark}{name}"),
        None => format!("{mark}etype {}", enctype.0),
    }
}
