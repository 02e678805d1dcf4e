//! Scripts in files.
//!
//! A file holds blocks with an empty line between them. A block is one script for two fresh realms:
//!
//! ```text
//! # name of the case
//! @ forms stdin q                    how it is run; by default in all three forms
//! @ args -p joe/admin                options before the command
//! @ env USER=joe                     a variable of the environment; `@ env USER` takes it away
//! @ kdc dict_file = {DIR}/words      a line of the realm in kdc.conf
//! @ file words secret\ngreen         a file of the realm's directory
//! @ differs DIV-60 oneshot exit      a difference that docs/divergences.md tells; forms and aspects may be left out
//! addprinc alice                     a command; {TAB} and {DIR} stand for a tab and the realm's directory
//! < secret word                      what the command reads after its line
//! ```
//!
//! `##` begins a remark.

/// How the commands of a script come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// All of them on the standard input of one program.
    Stdin,
    /// Each as the `-q` of a program of its own.
    Query,
    /// The words of each as the arguments of a program of its own. A line that cannot be split is left out, and so is one
    /// that begins with an option.
    OneShot,
}

impl Form {
    /// All forms.
    pub const ALL: [Form; 3] = [Form::Stdin, Form::Query, Form::OneShot];

    /// The word for it in a case.
    pub fn name(self) -> &'static str {
        match self {
            Form::Stdin => "stdin",
            Form::Query => "q",
            Form::OneShot => "oneshot",
        }
    }

    fn named(word: &str) -> Option<Form> {
        Self::ALL.into_iter().find(|form| form.name() == word)
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The exit code.
    Exit,
    /// What MIT's `kdb5_util dump` tells of the database.
    Database,
    /// The other files of the realm's directory: keytabs.
    Files,
}

impl Aspect {
    /// All aspects.
    pub const ALL: [Aspect; 5] =
        [Aspect::Stdout, Aspect::Stderr, Aspect::Exit, Aspect::Database, Aspect::Files];

    /// The word for it in a case.
    pub fn name(self) -> &'static str {
        match self {
            Aspect::Stdout => "stdout",
            Aspect::Stderr => "stderr",
            Aspect::Exit => "exit",
            Aspect::Database => "database",
            Aspect::Files => "files",
        }
    }

    fn named(word: &str) -> Option<Aspect> {
        Self::ALL.into_iter().find(|aspect| aspect.name() == word)
    }
}

/// A difference that docs/divergences.md tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// `DIV-60`.
    pub divergence: String,
    /// The forms that differ.
    pub forms: Vec<Form>,
    /// What may differ; at least one of them must.
    pub aspects: Vec<Aspect>,
}

/// A command and what it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The line.
    pub line: String,
    /// Lines for its questions.
    pub answers: Vec<String>,
}

impl Step {
    /// A command that asks nothing.
    pub fn new(line: impl Into<String>) -> Step {
        Step { line: line.into(), answers: Vec::new() }
    }
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// File and line.
    pub place: String,
    /// Options before the command.
    pub args: Vec<String>,
    /// Variables that are set, or taken away.
    pub env: Vec<(String, Option<String>)>,
    /// Lines of the realm in kdc.conf.
    pub kdc: Vec<String>,
    /// Files and what they hold.
    pub files: Vec<(String, String)>,
    /// How it is run.
    pub forms: Vec<Form>,
    /// Differences that are told.
    pub expected: Vec<Expected>,
    /// The commands.
    pub steps: Vec<Step>,
}

impl Case {
    /// A script without anything special, for all forms.
    pub fn new(name: &str, steps: Vec<Step>) -> Case {
        Case {
            name: name.into(),
            place: String::new(),
            args: Vec::new(),
            env: Vec::new(),
            kdc: Vec::new(),
            files: Vec::new(),
            forms: Form::ALL.into(),
            expected: Vec::new(),
            steps,
        }
    }
}

/// The scripts of a file; `file` is its name in reports.
///
/// # Errors
/// The place and what is wrong there.
pub fn parse(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", at + 1);
        if line.starts_with("##") {
            continue;
        }
        if line.is_empty() {
            open = false;
            continue;
        }
        if let Some(name) = line.strip_prefix("# ").filter(|_| !open) {
            cases.push(Case { place, ..Case::new(name, Vec::new()) });
            open = true;
            continue;
        }
        let case = cases.last_mut().filter(|_| open).ok_or_else(|| format!("{place}: outside of a block"))?;
        let read = match line.split_at_checked(2) {
            Some(("@ ", directive)) => direct(case, directive),
            Some(("< ", answer)) => answer_to(case, answer),
            _ if line == "<" => answer_to(case, ""),
            _ => {
                case.steps.push(Step::new(line.replace("{TAB}", "\t")));
                Some(())
            }
        };
        read.ok_or_else(|| format!("{place}: I do not understand {line:?}"))?;
    }
    match cases.iter().find(|case| case.steps.is_empty()) {
        Some(empty) => Err(format!("{}: no commands", empty.place)),
        None => Ok(cases),
    }
}

fn answer_to(case: &mut Case, answer: &str) -> Option<()> {
    case.steps.last_mut()?.answers.push(answer.replace("{TAB}", "\t"));
    Some(())
}

fn direct(case: &mut Case, directive: &str) -> Option<()> {
    let (word, rest) = directive.split_once(' ')?;
    match word {
        "forms" => case.forms = rest.split(' ').map(Form::named).collect::<Option<_>>()?,
        "args" => case.args = crate::words::split(rest)?,
        "env" => case.env.push(match rest.split_once('=') {
            Some((name, value)) => (name.into(), Some(value.into())),
            None => (rest.into(), None),
        }),
        "kdc" => case.kdc.push(rest.into()),
        "file" => {
            let (name, content) = rest.split_once(' ')?;
            case.files.push((name.into(), content.replace("\\n", "\n")));
        }
        "differs" => case.expected.push(expected(rest)?),
        _ => return None,
    }
    Some(())
}

fn expected(text: &str) -> Option<Expected> {
    let mut words = text.split(' ');
    let divergence = words.next()?.to_owned();
    let (mut forms, mut aspects) = (Vec::new(), Vec::new());
    for word in words {
        match (Form::named(word), Aspect::named(word)) {
            (Some(form), _) => forms.push(form),
            (_, Some(aspect)) => aspects.push(aspect),
            _ => return None,
        }
    }
    if forms.is_empty() {
        forms = Form::ALL.into();
    }
    if aspects.is_empty() {
        aspects = Aspect::ALL.into();
    }
    Some(Expected { divergence, forms, aspects })
}

impl std::fmt::Display for Case {
    /// The block that [`parse`] reads, without arguments, environment and expected differences.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "# {}", self.name)?;
        if self.forms != Form::ALL {
            let forms: Vec<&str> = self.forms.iter().map(|form| form.name()).collect();
            writeln!(f, "@ forms {}", forms.join(" "))?;
        }
        for line in &self.kdc {
            writeln!(f, "@ kdc {line}")?;
        }
        for (name, content) in &self.files {
            writeln!(f, "@ file {name} {}", content.replace('\n', "\\n"))?;
        }
        for step in &self.steps {
            writeln!(f, "{}", step.line.replace('\t', "{TAB}"))?;
            for answer in &step.answers {
                writeln!(f, "< {}", answer.replace('\t', "{TAB}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
