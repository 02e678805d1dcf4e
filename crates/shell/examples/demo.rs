//! A shell named like MIT's `kadmin.local`, with its list of requests and next to nothing behind it: what the tests put
//! beside the original.
#![no_main]
#![allow(missing_docs, clippy::unwrap_used)]

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use k5_cli::{ExitStatus, Failure, Io, Opt, OptionTable, prompt};
use k5_shell::{Batch, Call, Candidates, Command, CommandResult, CommandTable, Complete, Operand, Shell};

struct Demo {
    interactive: bool,
}

impl Batch for Demo {}

impl Complete for Demo {
    fn candidates(&mut self, kind: Operand, prefix: &str) -> Candidates {
        let all: &[&str] =
            if kind == Operand::Principal { &["bob@EXAMPLE.COM", "bertha@EXAMPLE.COM"] } else { &[] };
        Candidates::Names(
            all.iter().filter(|name| name.starts_with(prefix)).map(ToString::to_string).collect(),
        )
    }
}

const ADD: OptionTable<()> = OptionTable(&[
    Opt::value((), &["-pw"], "password", "the password").secret(),
    Opt::flag((), &["-randkey"], "random keys"),
]);

fn nothing(_: &mut Demo, _: &mut Io<'_>, _: &Call<'_>) -> CommandResult {
    Ok(())
}

/// Asks as the original does, and makes nothing.
fn add(_: &mut Demo, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let name = call.args.last().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
    let ask = |before: &str| [before.as_bytes(), b" \"", &name, b"@EXAMPLE.COM\""].concat();
    match prompt::read_new_password(
        io,
        ask("Enter password for principal"),
        ask("Re-enter password for principal"),
    ) {
        Ok(password) => {
            let _ = password.expose();
            Ok(())
        }
        Err(error) => Err(Failure::com_err(
            call.command,
            error.to_string(),
            [ask("while reading password for"), b".".to_vec()].concat(),
        )),
    }
}

fn fail(_: &mut Demo, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    Err(Failure::plain(format!("usage: {} [-terse] policy", call.command)))
}

fn delete(demo: &mut Demo, io: &mut Io<'_>, _: &Call<'_>) -> CommandResult {
    if demo.interactive && !prompt::confirm(io, "Are you sure? (yes/no): ")? {
        writeln!(io.err(), "not deleted")?;
        return Ok(());
    }
    writeln!(io.out(), "deleted")?;
    Ok(())
}

const COMMANDS: &[Command<Demo>] = &[
    Command::new(&["add_principal", "addprinc", "ank"], "Add principal", add).options(|| ADD.describe()),
    Command::new(&["delete_principal", "delprinc"], "Delete principal", delete).operands(Operand::Principal),
    Command::new(&["modify_principal", "modprinc"], "Modify principal", nothing),
    Command::new(&["rename_principal", "renprinc"], "Rename principal", nothing),
    Command::new(&["change_password", "cpw"], "Change password", nothing),
    Command::new(&["get_principal", "getprinc"], "Get principal", nothing).operands(Operand::Principal),
    Command::new(
        &["list_principals", "listprincs", "get_principals", "getprincs"],
        "List principals",
        nothing,
    ),
    Command::new(&["add_policy", "addpol"], "Add policy", nothing),
    Command::new(&["modify_policy", "modpol"], "Modify policy", nothing),
    Command::new(&["delete_policy", "delpol"], "Delete policy", nothing),
    Command::new(&["get_policy", "getpol"], "Get policy", fail),
    Command::new(&["list_policies", "listpols", "get_policies", "getpols"], "List policies", nothing),
    Command::new(&["get_privs", "getprivs"], "Get privileges", nothing),
    Command::new(&["ktadd", "xst"], "Add entry(s) to a keytab", nothing),
    Command::new(&["ktremove", "ktrem"], "Remove entry(s) from a keytab", nothing),
    Command::new(&["lock"], "Lock database exclusively (use with extreme caution!)", nothing),
    Command::new(&["unlock"], "Release exclusive database lock", nothing),
    Command::new(&["purgekeys"], "Purge previously retained old keys from a principal", nothing),
    Command::new(&["get_strings", "getstrs"], "Show string attributes on a principal", nothing),
    Command::new(&["set_string", "setstr"], "Set a string attribute on a principal", nothing),
    Command::new(&["del_string", "delstr"], "Delete a string attribute on a principal", nothing),
];

fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    let shell = Shell::new(b"kadmin.local", CommandTable::new(COMMANDS));
    let mut demo = Demo { interactive: true };
    match args.get(1..).unwrap_or_default() {
        [] => {
            writeln!(io.out(), "Authenticating as principal root/admin@EXAMPLE.COM with password.").unwrap();
            shell.run_loop(&mut demo, io)
        }
        [q, line] if q == "-q" => {
            writeln!(io.out(), "Authenticating as principal root/admin@EXAMPLE.COM with password.").unwrap();
            shell.run_line(&mut demo, io, line.as_bytes())
        }
        words => {
            demo.interactive = false;
            shell.run_words(&mut demo, io, words)
        }
    }
}

k5_cli::main!(run);
