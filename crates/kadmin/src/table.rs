//! The commands of kadmin, in the order of MIT's list of requests. A command is mended in the file of its name.

use crate::session::Session;
use crate::{
    add_alias, add_policy, add_principal, change_password, del_string, delete_policy, delete_principal,
    get_policy, get_principal, get_privs, get_strings, ktadd, ktremove, list_policies, list_principals, lock,
    modify_policy, modify_principal, policy_options, principal_options, purgekeys, rename_principal,
    set_string,
};
use k5_shell::{Command, CommandTable, Complete, Operand};

static COMMANDS: [Command<Session>; 22] = [
    Command::new(&["add_principal", "addprinc", "ank"], "Add principal", add_principal::run)
        .options(|| principal_options::OPTIONS.describe()),
    Command::new(&["delete_principal", "delprinc"], "Delete principal", delete_principal::run)
        .operands(Operand::Principal),
    Command::new(&["modify_principal", "modprinc"], "Modify principal", modify_principal::run)
        .options(|| principal_options::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["rename_principal", "renprinc"], "Rename principal", rename_principal::run)
        .operands(Operand::Principal),
    // Not in MIT 1.20.1; its place is that of 1.22.
    Command::new(&["add_alias", "alias"], "Add alias", add_alias::run).operands(Operand::Principal),
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
    Command::new(&["add_policy", "addpol"], "Add policy", add_policy::run)
        .options(|| policy_options::OPTIONS.describe()),
    Command::new(&["modify_policy", "modpol"], "Modify policy", modify_policy::run)
        .options(|| policy_options::OPTIONS.describe())
        .operands(Operand::Policy),
    Command::new(&["delete_policy", "delpol"], "Delete policy", delete_policy::run).operands(Operand::Policy),
    Command::new(&["get_policy", "getpol"], "Get policy", get_policy::run).operands(Operand::Policy),
    Command::new(
        &["list_policies", "listpols", "get_policies", "getpols"],
        "List policies",
        list_policies::run,
    )
    .operands(Operand::Policy),
    Command::new(&["get_privs", "getprivs"], "Get privileges", get_privs::run),
    Command::new(&["ktadd", "xst"], "Add entry(s) to a keytab", ktadd::run)
        .options(|| ktadd::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["ktremove", "ktrem"], "Remove entry(s) from a keytab", ktremove::run)
        .options(|| ktremove::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["lock"], "Lock database exclusively (use with extreme caution!)", lock::lock),
    Command::new(&["unlock"], "Release exclusive database lock", lock::unlock),
    Command::new(&["purgekeys"], "Purge previously retained old keys from a principal", purgekeys::run)
        .options(|| purgekeys::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["get_strings", "getstrs"], "Show string attributes on a principal", get_strings::run)
        .operands(Operand::Principal),
    Command::new(&["set_string", "setstr"], "Set a string attribute on a principal", set_string::run)
        .operands(Operand::Principal),
    Command::new(&["del_string", "delstr"], "Delete a string attribute on a principal", del_string::run)
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
