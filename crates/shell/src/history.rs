//! The history file: where it is, and what never goes in.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use k5_cli::Environment;

use crate::table::CommandTable;

/// Options whose value is a password in one of MIT's programs, which may be called by `!`.
const SECRET_OPTIONS: [&str; 5] = ["-pw", "-w", "-P", "-password", "--password"];

/// `$XDG_STATE_HOME/realmsmith/NAME_history`, or the same below `~/.local/state`. `None`: there is no home.
pub(crate) fn path(env: &Environment, program: &str) -> Option<PathBuf> {
    let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("realmsmith").join(format!("{program}_history")))
}

/// Makes the file, or the one that is there, its user's alone before anything is written to it.
pub(crate) fn prepare(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let file: File = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        file.set_permissions(permissions)?;
    }
    Ok(())
}

/// Every option, of whatever command, whose value is a secret.
pub(crate) fn secret_options<C>(table: CommandTable<C>) -> Vec<&'static str> {
    let of_commands = table.commands.iter().flat_map(|command| (command.options)()).filter(|opt| opt.secret);
    of_commands.flat_map(|opt| opt.names).copied().chain(SECRET_OPTIONS).collect()
}

/// Whether a line may be kept: it has a word, does not begin with a blank, and nowhere names an option whose value is a
/// secret. Quotes are not looked at, so that a line that cannot be split does not slip through.
pub(crate) fn may_keep<C>(table: CommandTable<C>, line: &str) -> bool {
    if line.trim().is_empty() || line.starts_with([' ', '\t']) {
        return false;
    }
    let secret = secret_options(table);
    // `-pwx`, `-pw=x` and `"-pw"` are mistakes that hold a password as well.
    !line.split([' ', '\t', '"', '\'', '=']).any(|word| secret.iter().any(|name| word.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Command, CommandTable};
    use k5_cli::{Opt, OptionTable};

    const TABLE: CommandTable<()> = CommandTable::new(&[Command::new(&["setkey"], "", |(), _, _| Ok(()))
        .options(|| {
            OptionTable(
                const {
                    &[
                        Opt::value((), &["-hexkey"], "KEY", "").secret(),
                        Opt::value((), &["-policy"], "POLICY", ""),
                    ]
                },
            )
            .describe()
        })]);

    #[test]
    fn passwords_stay_out() {
        for line in [
            "addprinc -pw secret bob",
            "addprinc \"-pw\" secret bob",
            "addprinc -pw=secret bob",
            "addprinc -pwsecret",
            "cpw -pw \"open",
            "!kadmin -w secret",
            "setkey -hexkey 00",
            " getprinc x",
            "",
        ] {
            assert!(!may_keep(TABLE, line), "{line:?}");
        }
        for line in ["addprinc -policy p bob", "getprinc -terse bob", "addprinc -pwexpire"] {
            assert_eq!(may_keep(TABLE, line), !line.contains("-pw"), "{line:?}");
        }
    }

    #[test]
    fn the_file_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let env = Environment::from_pairs([("HOME", directory.path().as_os_str())]);
        let file = path(&env, "kadmin.local").unwrap();
        assert_eq!(file, directory.path().join(".local/state/realmsmith/kadmin.local_history"));
        prepare(&file).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        prepare(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        let env = Environment::from_pairs([("XDG_STATE_HOME", "relative"), ("HOME", "/h")]);
        assert_eq!(path(&env, "x").unwrap(), Path::new("/h/.local/state/realmsmith/x_history"));
        let none: [(&str, &str); 0] = [];
        assert_eq!(path(&Environment::from_pairs(none), "x"), None);
    }
}
