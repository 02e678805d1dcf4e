//! The commands of kadmin, in the order of MIT's list of requests. A command is mended in the file of its name.

use crate::session::Session;
use crate::{
    add_principal, change_password, delete_principal, get_principal, ktadd, ktremove, list_principals,
    modify_principal, principal_options,
};
use k5_shell::{Command, CommandTable, Complete, Operand};

static COMMANDS: [Command<Session>; 8] = [
    Command::new(&["add_principal", "addprinc", "ank"], "Add principal", add_principal::run)
        .options(|| principal_options::OPTIONS.describe()),
    Command::new(&["delete_principal", "delprinc"], "Delete principal", delete_principal::run)
        .operands(Operand::Principal),
    Command::new(&["modify_principal", "modprinc"], "Modify principal", modify_principal::run)
        .options(|| principal_options::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["change_password", "cpw"], "Change password", change_password::run)
        .options(|| change_password::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["get_principal", "getprinc"], "Get principal", get_principal::run)
        .operands(Operand::Principal),
    Command::new(
        &["list_principals", "listprincs", "get_principals", "getprincs"],
        "List principals",
        list_principals::run,
    )
    .operands(Operand::Principal),
    Command::new(&["ktadd", "xst"], "Add entry(s) to a keytab", ktadd::run)
        .options(|| ktadd::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["ktremove", "ktrem"], "Remove entry(s) from a keytab", ktremove::run)
        .options(|| ktremove::OPTIONS.describe())
        .operands(Operand::Principal),
];

/// All commands.
pub static TABLE: CommandTable<Session> = CommandTable::new(&COMMANDS);

impl Complete for Session {
    fn candidates(&mut self, kind: Operand, prefix: &str) -> Vec<String> {
        let names = match kind {
            Operand::Principal => self.admin.principal_names(None),
            Operand::Policy => self.admin.policy_names(None),
            _ => return Vec::new(),
        };
        let names = names.unwrap_or_default();
        names
            .into_iter()
            .filter_map(|name| String::from_utf8(name).ok())
            .filter(|name| name.starts_with(prefix))
            .collect()
    }
}
