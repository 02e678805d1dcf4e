//! Completion for fish.

use crate::line::{Kind, command_names, identifier, offered};
use k5_cli::Opt;
use k5_cli::manual::{Manual, plain};
use std::fmt::Write;

pub(crate) fn completion(manual: &Manual) -> String {
    let program = manual.program;
    let function = format!("__realmsmith_{}_command", identifier(program));
    let mut text = format!(
        "# {program}: made from its option tables by `cargo xtask completions`.\n\
         # Names of principals are offered where REALMSMITH_COMPLETE_PRINCIPALS is set.\n\n"
    );
    let files = Kind::of_program(manual) == Kind::File && manual.commands.is_empty();
    if !files {
        // Writing to a string does not fail.
        let _ = writeln!(text, "complete -c {program} -f");
    }
    if manual.commands.is_empty() {
        options(&mut text, program, "", &manual.options);
        if Kind::of_program(manual) == Kind::Principal {
            principals(&mut text, program, "");
        }
        return text;
    }
    let values: Vec<&str> =
        manual.options.iter().filter(|o| o.value.is_some()).flat_map(|o| o.names).copied().collect();
    let _ = write!(
        text,
        "function {function}\n\
         \x20   set -l value no\n\
         \x20   set -l words (commandline -opc)\n\
         \x20   for word in $words[2..-1]\n\
         \x20       if test $value = yes\n\
         \x20           set value no\n\
         \x20       else if contains -- $word {}\n\
         \x20           set value yes\n\
         \x20       else if not string match -q -- '-*' $word\n\
         \x20           echo $word\n\
         \x20           return 0\n\
         \x20       end\n\
         \x20   end\n\
         \x20   return 1\n\
         end\n",
        values.join(" ")
    );
    let before = format!(" -n 'not {function} > /dev/null'");
    // kdb5_util's general options count everywhere.
    options(&mut text, program, if program == "kdb5_util" { "" } else { &before }, &manual.options);
    for (name, command) in command_names(manual) {
        let _ = writeln!(
            text,
            "complete -c {program}{before} -a {} -d {}",
            quoted(name),
            quoted(command.summary)
        );
    }
    for command in &manual.commands {
        let names: Vec<String> = command.names.iter().map(|name| quoted(name)).collect();
        // Double quotes, since a name of a command may need single ones.
        let within = format!(" -n \"contains -- ({function}) {}\"", names.join(" "));
        options(&mut text, program, &within, &command.options);
        for flag in command.help.flags {
            for sign in ["+", "-"] {
                let condition = within.replacen(
                    "\"contains",
                    &format!("\"string match -q -- '{sign}*' (commandline -ct); and contains"),
                    1,
                );
                let _ = writeln!(
                    text,
                    "complete -c {program}{condition} -a '{sign}{}' -d {}",
                    flag.name,
                    quoted(flag.help)
                );
            }
        }
        match Kind::of_command(command) {
            Kind::Principal => principals(&mut text, program, &within),
            Kind::File => {
                let _ = writeln!(text, "complete -c {program}{within} -F");
            }
            Kind::Other => {}
        }
    }
    text
}

fn options(text: &mut String, program: &str, condition: &str, options: &[Opt<()>]) {
    for option in offered(options) {
        for name in option.names {
            // `-s` would offer clusters of letters, which most of these programs do not know.
            let (form, spelled) = match name.strip_prefix("--") {
                Some(long) => ("-l", long),
                None => ("-o", name.trim_start_matches('-')),
            };
            let value = match option.value.map(Kind::of) {
                None => "",
                Some(Kind::File) => " -r -F",
                Some(Kind::Principal | Kind::Other) => " -x",
            };
            let help = quoted(&plain(option.help));
            let _ = writeln!(text, "complete -c {program}{condition} {form} {spelled}{value} -d {help}");
        }
    }
}

fn principals(text: &mut String, program: &str, condition: &str) {
    let list = "(set -q REALMSMITH_COMPLETE_PRINCIPALS; and kadmin.local listprincs (commandline -ct)\"*\" 2> /dev/null | string replace -r \"@.*\" \"\")";
    let _ = writeln!(text, "complete -c {program}{condition} -a '{list}'");
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))
}
