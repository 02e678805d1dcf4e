//! A manual page in the macros of man(7).

use crate::roff::{bold, guarded, italic, literal, prose, synopsis};
use k5_cli::Opt;
use k5_cli::manual::{CommandManual, Example, Manual};
use std::fmt::Write;

/// The date that the pages carry; it moves with the version.
const DATE: &str = "2026-11-21";
const VERSION: &str = concat!("Realmsmith ", env!("CARGO_PKG_VERSION"));

/// The page.
pub(crate) fn page(manual: &Manual) -> String {
    let mut page = Page(format!(
        ".\\\" Made from the option tables by `cargo xtask man`.\n.TH {} {} {DATE} \"{VERSION}\" Kerberos\n.nh\n.ad l\n",
        manual.program.to_uppercase(),
        manual.section
    ));
    page.section("NAME");
    page.line(&format!("{} \\- {}", literal(manual.program), manual.summary));
    page.section("SYNOPSIS");
    let ways = manual.synopsis.iter().map(|way| format!("{} {}", bold(manual.program), synopsis(way)));
    page.line(&ways.collect::<Vec<_>>().join("\n.br\n"));
    page.section("DESCRIPTION");
    page.paragraphs(manual.description);
    page.section("OPTIONS");
    page.options(&manual.options);
    if !manual.commands.is_empty() {
        page.section("COMMANDS");
        page.paragraphs(manual.about_commands);
        for command in &manual.commands {
            page.command(command);
        }
    }
    if !manual.shell_commands.is_empty() {
        page.section("SHELL COMMANDS");
        for command in &manual.shell_commands {
            page.command(command);
        }
    }
    page.section("EXIT STATUS");
    page.paragraphs(manual.exit_status);
    page.section("ENVIRONMENT");
    for (name, text) in manual.environment {
        page.item(&bold(name), text);
    }
    page.section("FILES");
    for (name, text) in manual.files.iter().copied().flatten() {
        page.item(&italic(name), text);
    }
    page.section("EXAMPLES");
    page.examples(manual.examples);
    page.section("SEE ALSO");
    page.line(&manual.see_also.iter().map(|name| reference(name)).collect::<Vec<_>>().join(",\n"));
    page.0
}

/// `name(section)`.
fn reference(name: &str) -> String {
    match name.split_once('(') {
        Some((name, section)) => format!("{}({section}", bold(name)),
        None => bold(name),
    }
}

struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line(&format!(".SH {title}"));
    }

    fn paragraphs(&mut self, text: &str) {
        let paragraphs: Vec<String> = text.split("\n\n").filter(|text| !text.is_empty()).map(prose).collect();
        self.0.push_str(&paragraphs.join(".PP\n"));
    }

    fn item(&mut self, name: &str, text: &str) {
        self.line(".TP");
        self.line(&guarded(name));
        self.0.push_str(&prose(text));
    }

    fn options(&mut self, options: &[Opt<()>]) {
        for option in options {
            let names: Vec<String> = option.names.iter().map(|name| bold(name)).collect();
            let value = option.value.map(|value| format!(" {}", italic(value))).unwrap_or_default();
            let mut text = sentence(option.help);
            if option.repeatable {
                text.push_str(" It can be given several times.");
            }
            self.item(&format!("{}{value}", names.join(", ")), &text);
        }
    }

    fn command(&mut self, command: &CommandManual) {
        self.line(&format!(".SS {}", literal(command.name())));
        self.line(&synopsis(&command.synopsis()));
        self.line(".PP");
        self.paragraphs(command.help.description);
        if let Some(aliases) = command.names.get(1..).filter(|aliases| !aliases.is_empty()) {
            let aliases: Vec<String> = aliases.iter().map(|alias| bold(alias)).collect();
            self.line(".PP");
            let what = if aliases.len() == 1 { "Alias" } else { "Aliases" };
            self.line(&format!("{what}: {}.", aliases.join(", ")));
        }
        self.options(&command.options);
        if !command.help.flags.is_empty() {
            self.line(".PP");
            self.line("Flags, which");
            self.line(&format!("{} sets and {} clears:", bold("+"), bold("-")));
            for flag in command.help.flags {
                self.item(&bold(flag.name), &sentence(flag.help));
            }
        }
        self.line(".PP");
        self.line(if command.help.examples.len() == 1 { "Example:" } else { "Examples:" });
        self.line(".RS 4");
        self.examples(command.help.examples);
        self.line(".RE");
    }

    fn examples(&mut self, examples: &[Example]) {
        for (index, example) in examples.iter().enumerate() {
            if index > 0 {
                self.line(".PP");
            }
            self.line(".nf");
            for line in example.line.lines() {
                self.line(&guarded(&literal(line)));
            }
            self.line(".fi");
            self.line(".RS 4");
            self.0.push_str(&prose(example.purpose));
            self.line(".RE");
        }
    }
}

/// A help text of one line as a sentence.
fn sentence(help: &str) -> String {
    let mut letters = help.chars();
    let mut text: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    // Writing to a string does not fail.
    let _ = write!(text, "{}.", letters.as_str());
    text
}
