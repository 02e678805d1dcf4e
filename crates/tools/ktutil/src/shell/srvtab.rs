//! read_st (rst) and write_st (wst): the keytabs of Kerberos 4, which are no more.

use super::KeyList;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const EXAMPLES: &[Example] = &[Example { line: "rst srvtab", purpose: "Says that there are none any more." }];

pub(super) static READ_HELP: Help = Help {
    operands: "",
    description: "Reads nothing: srvtabs, the keytabs of Kerberos 4, are no longer supported.",
    flags: &[],
    examples: EXAMPLES,
};

pub(super) static WRITE_HELP: Help = Help {
    operands: "",
    description: "Writes nothing: srvtabs, the keytabs of Kerberos 4, are no longer supported.",
    flags: &[],
    examples: EXAMPLES,
};

pub(super) fn read(_: &mut KeyList, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    Err(Failure::plain([call.typed.as_bytes(), b": reading srvtabs is no longer supported"].concat()))
}

pub(super) fn write(_: &mut KeyList, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    Err(Failure::plain([call.typed.as_bytes(), b": writing srvtabs is no longer supported"].concat()))
}
