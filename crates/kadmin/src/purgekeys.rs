//! purgekeys.

use crate::session::{Session, while_doing};
use k5_admin::KeptKeys;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable, leading_number};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "usage: purgekeys [-all|-keepkvno oldest_kvno_to_keep] principal";

/// For help and completion; the words have only three shapes.
pub(crate) const OPTIONS: OptionTable<()> = OptionTable(&[
    Opt::flag((), &["-all"], "all keys go"),
    Opt::value((), &["-keepkvno"], "KVNO", "the oldest version number to keep"),
]);

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Removes the old keys that `-keepold` has kept: all but those of the highest version number, or those below \
the one that is given. With `-all` the principal has no keys left.",
    flags: &[],
    examples: &[
        Example { line: "purgekeys host/a.example.com", purpose: "Only the newest keys stay." },
        Example { line: "purgekeys -keepkvno 3 krbtgt/EXAMPLE.COM", purpose: "Keys of versions 1 and 2 go." },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (typed, kept) = match call.args {
        [option, kvno, typed] if option == "-keepkvno" => (typed, from_number(leading_number(kvno) as i32)),
        [option, typed] if option == "-all" => (typed, KeptKeys::None),
        [typed] => (typed, KeptKeys::Newest),
        _ => return Err(Failure::plain(USAGE)),
    };
    let (principal, name) = session.named(call.command, typed, "while parsing principal")?;
    session.admin.purge_keys(&principal, kept).map_err(|error| {
        while_doing(call.command, &error, &[b"while purging keys for principal \"", &name, b"\""])
    })?;
    match kept {
        KeptKeys::None => session.info(io, &[b"All keys for principal \"", &name, b"\" removed.\n"])?,
        _ => session.info(io, &[b"Old keys for principal \"", &name, b"\" purged.\n"])?,
    }
    Ok(())
}

fn from_number(kvno: i32) -> KeptKeys {
    match u32::try_from(kvno) {
        Ok(0) | Err(_) => KeptKeys::Newest,
        Ok(number) if kvno < i32::MAX => KeptKeys::From(number),
        // The number that stands for -all in MIT's program.
        Ok(_) => KeptKeys::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([-1, 0].map(from_number), [KeptKeys::Newest; 2]);
        assert_eq!(from_number(3), KeptKeys::From(3));
        assert_eq!(from_number(i32::MAX), KeptKeys::None);
    }
}
