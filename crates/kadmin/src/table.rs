//! The commands of kadmin, in the order of MIT's list of requests. A command is mended in the file of its name.

use crate::session::Session;
use crate::{
    add_alias, add_policy, add_principal, change_password, del_string, delete_policy, delete_principal,
    get_policy, get_principal, get_privs, get_strings, ktadd, ktremove, list_policies, list_principals, lock,
    modify_policy, modify_principal, policy_options, principal_options, purgekeys, rename_principal,
    set_string,
};
use k5_admin::Beginnings;
use k5_shell::{Candidates, Command, CommandTable, Complete, Operand};

static COMMANDS: [Command<Session>; 22] = [
    Command::new(&["add_principal", "addprinc", "ank"], "Add principal", add_principal::run)
        .manual(&add_principal::HELP)
        .options(principal_options::of_add),
    Command::new(&["delete_principal", "delprinc"], "Delete principal", delete_principal::run)
        .manual(&delete_principal::HELP)
        .options(|| delete_principal::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["modify_principal", "modprinc"], "Modify principal", modify_principal::run)
        .manual(&modify_principal::HELP)
        .options(principal_options::of_modify)
        .operands(Operand::Principal),
    Command::new(&["rename_principal", "renprinc"], "Rename principal", rename_principal::run)
        .manual(&rename_principal::HELP)
        .options(|| rename_principal::OPTIONS.describe())
        .operands(Operand::Principal),
    // Not in MIT 1.20.1; its place is that of 1.22.
    Command::new(&["add_alias", "alias"], "Add alias", add_alias::run)
        .manual(&add_alias::HELP)
        .operands(Operand::Principal),
    Command::new(&["change_password", "cpw"], "Change password", change_password::run)
        .manual(&change_password::HELP)
        .options(|| change_password::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["get_principal", "getprinc"], "Get principal", get_principal::run)
        .manual(&get_principal::HELP)
        .options(|| get_principal::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(
        &["list_principals", "listprincs", "get_principals", "getprincs"],
        "List principals",
        list_principals::run,
    )
    .manual(&list_principals::HELP)
    .operands(Operand::Principal)
    .alone(),
    Command::new(&["add_policy", "addpol"], "Add policy", add_policy::run)
        .manual(&add_policy::HELP)
        .options(|| policy_options::OPTIONS.describe()),
    Command::new(&["modify_policy", "modpol"], "Modify policy", modify_policy::run)
        .manual(&modify_policy::HELP)
        .options(|| policy_options::OPTIONS.describe())
        .operands(Operand::Policy),
    Command::new(&["delete_policy", "delpol"], "Delete policy", delete_policy::run)
        .manual(&delete_policy::HELP)
        .options(|| delete_policy::OPTIONS.describe())
        .operands(Operand::Policy),
    Command::new(&["get_policy", "getpol"], "Get policy", get_policy::run)
        .manual(&get_policy::HELP)
        .options(|| get_policy::OPTIONS.describe())
        .operands(Operand::Policy),
    Command::new(
        &["list_policies", "listpols", "get_policies", "getpols"],
        "List policies",
        list_policies::run,
    )
    .manual(&list_policies::HELP)
    .operands(Operand::Policy)
    .alone(),
    Command::new(&["get_privs", "getprivs"], "Get privileges", get_privs::run).manual(&get_privs::HELP),
    Command::new(&["ktadd", "xst"], "Add entry(s) to a keytab", ktadd::run)
        .manual(&ktadd::HELP)
        .options(ktadd::described)
        .operands(Operand::Principal)
        .alone(),
    Command::new(&["ktremove", "ktrem"], "Remove entry(s) from a keytab", ktremove::run)
        .manual(&ktremove::HELP)
        .options(|| ktremove::OPTIONS.describe())
        .operands(Operand::Principal)
        .alone(),
    Command::new(&["lock"], "Lock database exclusively (use with extreme caution!)", lock::lock)
        .manual(&lock::LOCK_HELP)
        .alone(),
    Command::new(&["unlock"], "Release exclusive database lock", lock::unlock)
        .manual(&lock::UNLOCK_HELP)
        .alone(),
    Command::new(&["purgekeys"], "Purge previously retained old keys from a principal", purgekeys::run)
        .manual(&purgekeys::HELP)
        .options(|| purgekeys::OPTIONS.describe())
        .operands(Operand::Principal),
    Command::new(&["get_strings", "getstrs"], "Show string attributes on a principal", get_strings::run)
        .manual(&get_strings::HELP)
        .operands(Operand::Principal),
    Command::new(&["set_string", "setstr"], "Set a string attribute on a principal", set_string::run)
        .manual(&set_string::HELP)
        .operands(Operand::Principal),
    Command::new(&["del_string", "delstr"], "Delete a string attribute on a principal", del_string::run)
        .manual(&del_string::HELP)
        .operands(Operand::Principal),
];

/// All commands.
pub static TABLE: CommandTable<Session> = CommandTable::new(&COMMANDS).with_help();

/// More principals than this are not listed to choose from, but offered piece by piece.
const SHOWN_NAMES: usize = 200;

impl Complete for Session {
    fn candidates(&mut self, kind: Operand, prefix: &str) -> Candidates {
        let text = |names: Vec<Vec<u8>>| names.into_iter().filter_map(|name| String::from_utf8(name).ok());
        match kind {
            Operand::Principal => match self.admin.names_with_prefix(prefix.as_bytes(), SHOWN_NAMES) {
                Ok(Beginnings::Names(names)) => Candidates::Names(text(names).collect()),
                Ok(Beginnings::Stems(stems)) => Candidates::Stems(text(stems).collect()),
                Err(_) => Candidates::none(),
            },
            Operand::Policy => {
                let names = self.admin.policy_names(None).unwrap_or_default();
                Candidates::Names(text(names).filter(|name| name.starts_with(prefix)).collect())
            }
            _ => Candidates::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `help COMMAND` and the manual page have something to say of every command, with an example that is one.
    #[test]
    fn every_command_has_a_manual() {
        for command in TABLE.commands {
            let manual = command.describe().unwrap_or_else(|| panic!("{} has no manual", command.name()));
            assert!(!manual.help.description.is_empty() && !manual.help.examples.is_empty());
            for example in manual.help.examples {
                let first = example.line.split(' ').next().unwrap_or_default();
                assert!(command.names.contains(&first), "{}: example {first}", command.name());
            }
        }
    }

    #[test]
    fn one_option_has_one_description() {
        for command in TABLE.commands {
            for option in (command.options)() {
                assert!(!option.help.is_empty(), "{} {:?}", command.name(), option.names);
            }
        }
    }
}
