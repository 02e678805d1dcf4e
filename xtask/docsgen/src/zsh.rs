//! Completion for zsh.

use crate::line::{Kind, command_names, identifier, offered};
use k5_cli::Opt;
use k5_cli::manual::{Manual, plain};
use std::fmt::Write;

pub(crate) fn completion(manual: &Manual) -> String {
    let program = manual.program;
    let function = format!("_realmsmith_{}", identifier(program));
    let mut text = format!(
        "#compdef {program}\n\
         # Made from the option tables by `cargo xtask completions`.\n\
         # Names of principals are offered where REALMSMITH_COMPLETE_PRINCIPALS is set.\n\n\
         {PRINCIPALS}\n\
         {function}() {{\n\
         \x20   local curcontext=$curcontext state line\n\
         \x20   typeset -A opt_args\n"
    );
    // Writing to a string does not fail.
    let general = specs(&manual.options);
    if manual.commands.is_empty() {
        let _ = writeln!(text, "    _arguments{general} '*:{}'", action(Kind::of_program(manual)));
    } else {
        let _ = writeln!(
            text,
            "    _arguments -C -A '-*'{general} '1:command:->command' '*::argument:->argument' && return"
        );
        text.push_str("    case $state in\n    command)\n        local -a commands=(\n");
        for (name, command) in command_names(manual) {
            let _ = writeln!(
                text,
                "            {}",
                quoted(&format!("{}:{}", name.replace(':', "\\:"), command.summary))
            );
        }
        text.push_str("        )\n        _describe command commands\n        ;;\n    argument)\n        case $words[1] in\n");
        for command in &manual.commands {
            let names: Vec<String> = command.names.iter().map(|name| quoted(name)).collect();
            let everywhere = if program == "kdb5_util" { general.as_str() } else { "" };
            let flags: String = command
                .help
                .flags
                .iter()
                .flat_map(|flag| {
                    ["+", "-"].map(|sign| {
                        format!(" {}", quoted(&format!("{sign}{}[{}]", flag.name, escaped(flag.help))))
                    })
                })
                .collect();
            let _ = writeln!(
                text,
                "        {}) _arguments{}{everywhere}{flags} '*:{}' ;;",
                names.join("|"),
                specs(&command.options),
                action(Kind::of_command(command))
            );
        }
        text.push_str("        esac\n        ;;\n    esac\n");
    }
    let _ = write!(text, "}}\n\n{function} \"$@\"\n");
    text
}

const PRINCIPALS: &str = r#"(( $+functions[_realmsmith_principals] )) || _realmsmith_principals() {
    local -a names
    if [[ -n $REALMSMITH_COMPLETE_PRINCIPALS ]]; then
        names=(${${(f)"$(kadmin.local listprincs "$PREFIX*" 2> /dev/null)"}%%@*})
        compadd -a names
    else
        _message principal
    fi
}
"#;

fn specs(options: &[Opt<()>]) -> String {
    let spec = |option: &Opt<()>| {
        let help = escaped(&plain(option.help));
        let value = option.value.map(|value| format!(":{}", action_of_value(value))).unwrap_or_default();
        let more = if option.repeatable { "*" } else { "" };
        let each = |name: &&str| format!(" {}", quoted(&format!("{more}{name}[{help}]{value}")));
        option.names.iter().map(each).collect::<String>()
    };
    offered(options).map(spec).collect()
}

fn action_of_value(value: &str) -> String {
    match Kind::of(value) {
        Kind::Other => format!("{value}: "),
        kind => action(kind).to_owned(),
    }
}

fn action(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file:_files",
        Kind::Principal => "principal:_realmsmith_principals",
        Kind::Other => "argument: ",
    }
}

fn escaped(help: &str) -> String {
    help.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
