//! MIT's shell: commands on a list of entries in memory, which is read from keytabs and written to them.

mod add_entry;
mod clear_list;
mod delete_entry;
mod list;
mod read_kt;
mod srvtab;
mod write_kt;

pub(crate) use add_entry::NO_FETCH;

use k5_config::Config;
use k5_keytab::{Entry, KeytabError};
use k5_shell::{Batch, Candidates, Command, CommandTable, Complete, Operand};

/// The list, and the configuration that says what the default realm is.
#[derive(Debug)]
pub(crate) struct KeyList {
    config: Config,
    entries: Vec<Entry>,
}

impl KeyList {
    /// An empty list.
    pub(crate) fn new(config: Config) -> KeyList {
        KeyList { config, entries: Vec::new() }
    }
}

/// Everything is in memory: there is nothing to write together.
impl Batch for KeyList {}

impl Complete for KeyList {
    fn candidates(&mut self, kind: Operand, _: &str) -> Candidates {
        if kind != Operand::Principal {
            return Candidates::none();
        }
        let mut names: Vec<String> = Vec::new();
        for entry in &self.entries {
            let name = entry.principal.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Candidates::Names(names)
    }
}

/// The commands, in the order of MIT's list of requests.
pub(crate) const TABLE: CommandTable<KeyList> = CommandTable::new(&COMMANDS).with_help();

static COMMANDS: [Command<KeyList>; 8] = [
    Command::new(&["clear_list", "clear"], "Clear the current keylist.", clear_list::run)
        .manual(&clear_list::HELP),
    Command::new(&["read_kt", "rkt"], "Read a krb5 keytab into the current keylist.", read_kt::run)
        .operands(Operand::File)
        .manual(&read_kt::HELP),
    Command::new(&["read_st", "rst"], "Deprecated and removed.", srvtab::read).manual(&srvtab::READ_HELP),
    Command::new(&["write_kt", "wkt"], "Write the current keylist to a krb5 keytab.", write_kt::run)
        .operands(Operand::File)
        .manual(&write_kt::HELP),
    Command::new(&["write_st", "wst"], "Deprecated and removed.", srvtab::write).manual(&srvtab::WRITE_HELP),
    Command::new(&["add_entry", "addent"], "Add an entry to the current keylist.", add_entry::run)
        .options(|| add_entry::OPTIONS.describe())
        .manual(&add_entry::HELP),
    Command::new(&["delete_entry", "delent"], "Delete an entry from the current keylist.", delete_entry::run)
        .manual(&delete_entry::HELP),
    Command::new(&["list", "l"], "List the current keylist.", list::run)
        .options(|| list::OPTIONS.describe())
        .manual(&list::HELP),
];

/// The text of MIT's ktutil for an error. It shows the error's number only, in words, where klist has more to tell.
fn said(error: &KeytabError) -> String {
    match error {
        KeytabError::NotFound { .. } => "No such file or directory".to_owned(),
        other => other.mit_text(),
    }
}
