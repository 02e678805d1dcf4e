//! The command line: general options, which count anywhere on it, and the command with its own.

use crate::session::{Session, Stop};
use k5_cli::{GetOpt, Given, Item, Opt, OptionOrder, OptionTable, WordOptions};
use k5_config::{Config, Overrides, RealmParams};
use k5_types::{EncType, Secret};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// MIT's usage text.
pub(crate) const USAGE: &str = "\
Usage: kdb5_util [-r realm] [-d dbname] [-k mkeytype] [-kv mkeyVNO]
\t        [-M mkeyname] [-m] [-sf stashfilename] [-P password]
\t        [-x db_args]* cmd [cmd_options]
\tcreate  [-s]
\tdestroy [-f]
\tstash   [-f keyfile]
\tdump    [-b7|-r13|-r18] [-verbose]
\t        [-mkey_convert] [-new_mkey_file mkey_file]
\t        [-rev] [-recurse] [filename [princs...]]
\tload    [-b7|-r13|-r18] [-hash] [-verbose] [-update] filename
\tark     [-e etype_list] principal
\tadd_mkey [-e etype] [-s]
\tuse_mkey kvno [time]
\tlist_mkeys
\tupdate_princ_encryption [-f] [-n] [-v] [princ-pattern]
\tpurge_mkeys [-f] [-n] [-v]
\ttabdump [-H] [-c] [-e] [-n] [-o outfile] dumptype

where,
\t[-x db_args]* - any number of database specific arguments.
\t\t\tLook at each database documentation for supported arguments
";

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Password,
    Database,
    Argument,
    Realm,
    Enctype,
    Kvno,
    MasterName,
    StashFile,
    Ask,
}

pub(crate) static GENERAL: [Opt<Key>; 9] = [
    Opt::value(Key::Realm, &["-r"], "REALM", "the realm; else `default_realm` in `krb5.conf`"),
    Opt::value(Key::Database, &["-d"], "FILE", "the database; else `database_name` in `kdc.conf`"),
    Opt::value(Key::Enctype, &["-k"], "MKEYTYPE", "the encryption type of the master key; else `master_key_type`"),
    Opt::value(Key::Kvno, &["-kv"], "MKEYVNO", "the version of the master key, 1 to 65535: the one that `create` begins with (1), or the one that is read from the stash file (the latest)"),
    Opt::value(Key::MasterName, &["-M"], "MKEYNAME", "the principal of the master keys, without its realm; else `master_key_name` (K/M)"),
    Opt::flag(Key::Ask, &["-m"], "ask for the master password, read no stash file"),
    Opt::value(Key::StashFile, &["-sf"], "FILE", "the stash file; else `key_stash_file`"),
    Opt::value(Key::Password, &["-P"], "PASSWORD", "the master password, seen by whoever lists processes").secret(),
    Opt::value(Key::Argument, &["-x"], "DB_ARG", "an argument for the database module: `dbname=FILE` is as `-d` but for messages; `temporary` adds `~` to the name; `merge_nra` has a load keep last success, last failure and failures of principals; `lockiter` and `unlockiter` change nothing").repeatable(),
];

/// The commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Create,
    Destroy,
    Stash,
    Dump,
    Load,
    Ark,
    AddMkey,
    UseMkey,
    ListMkeys,
    UpdatePrincEncryption,
    PurgeMkeys,
    TabDump,
    Verify,
}

static COMMANDS: [(&str, Command); 13] = [
    ("create", Command::Create),
    ("destroy", Command::Destroy),
    ("stash", Command::Stash),
    ("dump", Command::Dump),
    ("load", Command::Load),
    ("ark", Command::Ark),
    ("add_mkey", Command::AddMkey),
    ("use_mkey", Command::UseMkey),
    ("list_mkeys", Command::ListMkeys),
    ("update_princ_encryption", Command::UpdatePrincEncryption),
    ("purge_mkeys", Command::PurgeMkeys),
    ("tabdump", Command::TabDump),
    // Beyond MIT's, whose usage text stays as it is.
    ("verify", Command::Verify),
];

/// The general options, and what is left of the line without them.
#[derive(Debug, Default)]
pub(crate) struct General {
    realm: Option<OsString>,
    overrides: Overrides,
    /// Arguments for the database module, in their order; `-d` is one of them.
    pub(crate) arguments: Vec<OsString>,
    /// `-kv`.
    pub(crate) kvno: Option<u16>,
    /// `-m`.
    pub(crate) ask: bool,
    /// `-P`.
    pub(crate) password: Option<Secret<Vec<u8>>>,
    /// The command and its words.
    words: Vec<OsString>,
}

impl General {
    /// Reads the line, without the program's name.
    ///
    /// # Errors
    /// Usage for an option without its value; a value that means nothing.
    pub(crate) fn parse(program: &[u8], words: &[OsString]) -> Result<General, Stop> {
        let mut general = General::default();
        for item in WordOptions::new(OptionTable(&GENERAL), words) {
            match item.map_err(|_| Stop::Usage)? {
                Item::Word(word) => general.words.push(word),
                Item::Option(given) => general.take(program, given)?,
            }
        }
        Ok(general)
    }

    fn take(&mut self, program: &[u8], given: Given<Key>) -> Result<(), Stop> {
        let key = given.key;
        let value = given.into_value();
        let invalid = |what: &str| {
            let doing = [b": ", value.as_bytes(), b" is an invalid ", what.as_bytes()].concat();
            Stop::error(program, "Invalid argument", doing)
        };
        match key {
            Key::Password => self.password = Some(Secret::new(value.into_vec())),
            Key::Ask => self.ask = true,
            Key::Realm => self.realm = Some(value),
            Key::MasterName => self.overrides.master_key_name = Some(value.into_vec()),
            Key::StashFile => self.overrides.key_stash_file = Some(PathBuf::from(value)),
            Key::Enctype => {
                let enctype = value.to_str().and_then(EncType::from_name);
                self.overrides.master_key_type = Some(enctype.ok_or_else(|| invalid("enctype"))?);
            }
            Key::Kvno => self.kvno = Some(kvno(&value).ok_or_else(|| invalid("mkeyVNO"))?),
            Key::Database => {
                let mut argument = OsString::from("dbname=");
                argument.push(&value);
                self.arguments.push(argument);
                self.overrides.database_name = Some(PathBuf::from(value));
            }
            Key::Argument => self.arguments.push(value),
        }
        Ok(())
    }

    /// The command.
    ///
    /// # Errors
    /// Usage where there is none, or nobody knows it.
    pub(crate) fn command(&self) -> Result<Command, Stop> {
        let name = self.words.first().ok_or(Stop::Usage)?;
        let known = COMMANDS.iter().find(|(known, _)| name == OsStr::new(known));
        known.map(|&(_, command)| command).ok_or(Stop::Usage)
    }

    /// The realm's variables, those of the command line before those of the files.
    ///
    /// # Errors
    /// Where no realm is named, or there is no configuration at all.
    pub(crate) fn realm_params(&self, program: &[u8], config: &Config) -> Result<RealmParams, Stop> {
        let realm = match &self.realm {
            Some(realm) => realm.as_bytes().to_vec(),
            None => {
                let set = config
                    .default_realm()
                    .map_err(|error| Stop::error(program, error.message(), "while getting default realm"))?;
                set.bytes().to_vec()
            }
        };
        RealmParams::new(config, &realm, &self.overrides).map_err(|error| {
            Stop::error(program, error.message(), "while retrieving configuration parameters")
        })
    }
}

/// A version as C's `atoi` reads it: blanks, digits, and whatever follows. `None` unless the database can hold it.
fn kvno(text: &OsStr) -> Option<u16> {
    let text = text.as_bytes().trim_ascii_start();
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let number: u16 = std::str::from_utf8(text.get(..end)?).ok()?.parse().ok()?;
    (number > 0).then_some(number)
}

/// The words behind the command's name, for commands that read them in their own way.
pub(crate) fn rest_of_command(general: &General) -> &[OsString] {
    general.words.get(1..).unwrap_or_default()
}

/// Reads a command's own options, which may stand behind words; the words mean nothing to the command.
///
/// # Errors
/// Usage, after getopt's complaint.
pub(crate) fn of_command<K: Copy>(
    session: &mut Session<'_, '_>,
    table: OptionTable<K>,
) -> Result<Vec<Given<K>>, Stop> {
    let mut given = Vec::new();
    each_option(session, table, &mut |_, option| {
        given.push(option);
        Ok(())
    })?;
    Ok(given)
}

/// What is done with an option as it is read.
pub(crate) type Take<'t, K> = &'t mut dyn FnMut(&Session<'_, '_>, Given<K>) -> Result<(), Stop>;

/// Hands over a command's own options one after the other, and gives the words that are none, wherever they stand.
///
/// # Errors
/// Usage, after getopt's complaint; what `take` answers.
pub(crate) fn each_option<K: Copy>(
    session: &mut Session<'_, '_>,
    table: OptionTable<K>,
    take: Take<'_, K>,
) -> Result<Vec<OsString>, Stop> {
    let Some((name, words)) = session.general.words.split_first() else { return Err(Stop::Usage) };
    let order = match session.io.env.get("POSIXLY_CORRECT") {
        Some(_) => OptionOrder::StopAtWord,
        None => OptionOrder::Permute,
    };
    let mut others = Vec::new();
    let mut options = GetOpt::new(table, words, order);
    for item in options.by_ref() {
        match item {
            Ok(Item::Option(option)) => take(session, option)?,
            Ok(Item::Word(word)) => others.push(word),
            Err(error) => {
                session.io.complain(&error.message(name));
                return Err(Stop::Usage);
            }
        }
    }
    others.extend_from_slice(options.rest());
    Ok(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_atoi_reads_them() {
        let of = |text: &str| kvno(OsStr::new(text));
        assert_eq!(of("5"), Some(5));
        assert_eq!(of(" +7x"), Some(7));
        assert_eq!(of("65535"), Some(65535));
        for text in ["", "0", "abc", "-1", "65536", "99999999999999999999"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn general_options_count_anywhere() {
        let words: Vec<OsString> = ["create", "-r", "R", "-s", "-P", "-m"].map(OsString::from).into();
        let general = General::parse(b"kdb5_util", &words).unwrap_or_default();
        assert_eq!(general.words, ["create", "-s"]);
        assert_eq!(general.realm.as_deref(), Some(OsStr::new("R")));
        assert_eq!(general.password, Some(Secret::new(b"-m".to_vec())));
        assert!(!general.ask);
        assert!(!format!("{general:?}").contains("-m"), "a password is not shown");
    }
}
