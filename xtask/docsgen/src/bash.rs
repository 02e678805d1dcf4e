//! Completion for bash.

use crate::line::{Kind, command_names, identifier, offered};
use k5_cli::Opt;
use k5_cli::manual::Manual;
use std::fmt::Write;

pub(crate) fn completion(manual: &Manual) -> String {
    let program = manual.program;
    let function = format!("_realmsmith_{}", identifier(program));
    let mut text = format!(
        "# {program}: made from its option tables by `cargo xtask completions`.\n\
         # Names of principals are offered where REALMSMITH_COMPLETE_PRINCIPALS is set.\n\n\
         {function}() {{\n\
         {BEGIN}"
    );
    // Writing to a string does not fail.
    let general: Vec<&Opt<()>> = manual.options.iter().collect();
    let mut arms = String::new();
    // Where there are no commands, the options count everywhere.
    takes_value(&mut arms, if program == "kdb5_util" { "*" } else { "" }, &general);
    for command in &manual.commands {
        takes_value(&mut arms, command.name(), &command.options.iter().collect::<Vec<_>>());
    }
    for command in &manual.commands {
        let patterns: Vec<String> = command.names.iter().map(|name| format!(",{}", quoted(name))).collect();
        let _ = writeln!(arms, "            {}) command={} ;;", patterns.join(" | "), quoted(command.name()));
    }
    if manual.commands.is_empty() {
        arms.push_str("            ,-*) ;;\n");
    }
    let _ = write!(text, "{arms}{MIDDLE}");
    let general = words(&manual.options);
    let names: Vec<&str> = command_names(manual).map(|(name, _)| name).collect();
    let everywhere = if program == "kdb5_util" { format!(" {general}") } else { String::new() };
    if manual.commands.is_empty() {
        let _ = writeln!(text, "        '') words='{general}' operand={} ;;", kind(Kind::of_program(manual)));
    } else {
        let _ = writeln!(text, "        '') words='{general} {}' ;;", names.join(" "));
    }
    for command in &manual.commands {
        let flags =
            command.help.flags.iter().flat_map(|flag| [format!("+{}", flag.name), format!("-{}", flag.name)]);
        let mut offered = words(&command.options);
        for flag in flags {
            let _ = write!(offered, " {flag}");
        }
        let _ = writeln!(
            text,
            "        {}) words='{}{everywhere}' operand={} ;;",
            quoted(command.name()),
            offered.trim(),
            kind(Kind::of_command(command))
        );
    }
    let _ = writeln!(text, "{END}complete -F {function} {program}");
    text
}

/// `expect` is what the word before wants, `command` the command that was found.
const BEGIN: &str = r#"    local cur=${COMP_WORDS[COMP_CWORD]} command= expect= operand= words= word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $expect ]]; then
            expect=
            continue
        fi
        case $command,$word in
"#;

const MIDDLE: &str = r"        esac
    done
    case $command in
";

const END: &str = r#"    esac
    if [[ -z $expect ]]; then
        case $cur in
            [-+]*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"); return ;;
        esac
        [[ -z $operand ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        expect=$operand
    fi
    case $expect in
        file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        principal)
            if [[ -n ${REALMSMITH_COMPLETE_PRINCIPALS-} ]]; then
                mapfile -t COMPREPLY < <(kadmin.local listprincs "$cur*" 2> /dev/null | sed 's/@.*//')
            fi
            ;;
    esac
}
"#;

fn takes_value(arms: &mut String, command: &str, options: &[&Opt<()>]) {
    for of in [Kind::File, Kind::Principal, Kind::Other] {
        let names = options.iter().filter(|option| option.value.is_some_and(|value| Kind::of(value) == of));
        let patterns: Vec<String> =
            names.flat_map(|option| option.names).map(|name| format!("{command},{}", quoted(name))).collect();
        if !patterns.is_empty() {
            let expect = if of == Kind::Other { "word" } else { kind(of) };
            let _ = writeln!(arms, "            {}) expect={expect} ;;", patterns.join(" | "));
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Principal => "principal",
        Kind::Other => "",
    }
}

fn words(options: &[Opt<()>]) -> String {
    offered(options).flat_map(|option| option.names).copied().collect::<Vec<_>>().join(" ")
}

/// `?` is a pattern, and a command.
fn quoted(word: &str) -> String {
    if word.contains('?') { format!("'{word}'") } else { word.to_owned() }
}
