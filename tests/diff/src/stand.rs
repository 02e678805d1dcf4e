//! Two realms to run scripts on, made new for each run from one template.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, LazyLock, Mutex};

use harness::{Pair, PairRun, Realm, Setup};

use crate::case::{Case, Form};
use crate::compare::{self, Difference};
use crate::{files, keys, words};

/// The files of a new realm's database.
type Template = Arc<Vec<(String, Vec<u8>)>>;
/// What a template depends on: the lines of kdc.conf and the files that they name.
type Configuration = (Vec<String>, Vec<(String, String)>);

/// Two realms of one configuration, MIT's and ours, that are as new for each script: the database is made once by MIT's
/// programs, and both begin with a copy.
#[derive(Debug)]
pub struct Stand {
    pair: Pair,
    template: Template,
}

impl Stand {
    /// Realms with the configuration that the script wants.
    pub fn for_case(case: &Case) -> Stand {
        let setup = case.kdc.iter().fold(Setup::new(), |setup, line| setup.kdc_realm(line));
        let pair = Pair::with(setup);
        let template = template(&pair, case);
        Stand { pair, template }
    }

    /// Runs the script in one form and tells what differs.
    pub fn differences(&self, case: &Case, form: Form) -> Vec<Difference> {
        self.pair.each(|realm| self.renew(realm, case));
        let mut found = Vec::new();
        match form {
            Form::Stdin => {
                let lines =
                    case.steps.iter().flat_map(|step| std::iter::once(&step.line).chain(&step.answers));
                let input: String = lines.map(|line| format!("{line}\n")).collect();
                let both = self.start(case, &[]).stdin(&input).run();
                found.extend(compare::outputs(&both, form, None));
            }
            Form::Query | Form::OneShot => {
                for (at, step) in case.steps.iter().enumerate() {
                    let args = match form {
                        Form::Query => vec!["-q".to_owned(), step.line.clone()],
                        _ => match words::split(&step.line) {
                            Some(words) if words.first().is_some_and(|word| !is_option(word)) => words,
                            _ => continue,
                        },
                    };
                    let input: String = step.answers.iter().map(|line| format!("{line}\n")).collect();
                    let both = self.start(case, &args).stdin(&input).run();
                    found.extend(compare::outputs(&both, form, Some(at)));
                }
            }
        }
        found.extend(compare::what_is_left(&self.pair, form, &passwords(case)));
        found
    }

    /// Runs the script in its forms: what differs must be told in docs/divergences.md as the case says, and what the case
    /// says must differ.
    ///
    /// # Errors
    /// A report.
    pub fn check(&self, case: &Case) -> Result<(), String> {
        let mut wrong = Vec::new();
        for form in &case.forms {
            let found = self.differences(case, *form);
            wrong.extend(compare::untold(case, *form, &found));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{}: {}\n{}", case.place, case.name, wrong.join("\n")))
        }
    }

    fn renew(&self, realm: &Realm, case: &Case) {
        files::clear(realm);
        for (name, content) in &case.files {
            realm.write(name, content);
        }
        for (name, content) in &*self.template {
            realm.write(name, content);
        }
    }

    fn start(&self, case: &Case, args: &[String]) -> PairRun {
        let run = self.pair.kadmin_local(case.args.iter().chain(args));
        // MIT's line editor echoes what it reads also where that is no terminal, and scrolls sideways to do so.
        let run = run.env("COLUMNS", "30000");
        case.env.iter().fold(run, |run, (name, value)| match value {
            Some(value) => run.env(name, value),
            None => run.env_remove(name),
        })
    }
}

/// Such a word would be one of the program's options, which could lead it away from the realm.
fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// Realms of several configurations, each made when it is first wanted.
#[derive(Debug, Default)]
pub struct Stands(HashMap<Configuration, Stand>);

impl Stands {
    /// Realms with the configuration that the script wants.
    pub fn for_case(&mut self, case: &Case) -> &Stand {
        let configuration = (case.kdc.clone(), case.files.clone());
        self.0.entry(configuration).or_insert_with(|| Stand::for_case(case))
    }
}

fn template(pair: &Pair, case: &Case) -> Template {
    static KNOWN: LazyLock<Mutex<HashMap<Configuration, Template>>> = LazyLock::new(Mutex::default);
    let configuration = (case.kdc.clone(), case.files.clone());
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(template) = known.get(&configuration) {
        return Arc::clone(template);
    }
    let realm = pair.mit();
    for (name, content) in &case.files {
        realm.write(name, content);
    }
    let _ = realm.create(keys::MASTER);
    let names = fs::read_dir(realm.dir()).expect("the realm's directory is there");
    let names = names.map(|entry| entry.expect("can be read").file_name().to_string_lossy().into_owned());
    let database = names.filter(|name| name == "stash" || name.starts_with("principal"));
    let template: Template = Arc::new(database.map(|name| (name.clone(), realm.read(&name))).collect());
    known.insert(configuration, Arc::clone(&template));
    template
}

/// The passwords that a script gives.
fn passwords(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for step in &case.steps {
        found.extend(step.answers.iter().cloned());
        let words = words::split(&step.line).unwrap_or_default();
        found.extend(words.windows(2).filter(|two| two[0] == "-pw").map(|two| two[1].clone()));
    }
    found.sort();
    found.dedup();
    found
}
