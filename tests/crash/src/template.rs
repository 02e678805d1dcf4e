//! Databases to begin with, made by MIT's programs once and copied for each try.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use harness::{BackEnd, Realm, Setup, Side};

use crate::state::State;
use crate::work::WATCHED;

/// The password of [`WATCHED`].
pub const PASSWORD: &str = "the-right-one";

/// What a database is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A few principals.
    Small,
    /// A tree of two levels.
    Tree,
    /// One of three, of several MiB.
    Large,
    /// A hash table, where the back end knows them.
    Hash,
    /// As [`Shape::Tree`], with a second master key that is in use; the principals' keys are in the first one.
    TwoMasters,
    /// The same, with all keys in the second one.
    Converted,
}

impl Shape {
    /// Principals besides the few that all have.
    fn more(self) -> usize {
        match self {
            Shape::Small => 0,
            Shape::Large => 20_000,
            Shape::Tree | Shape::Hash | Shape::TwoMasters | Shape::Converted => 600,
        }
    }
}

/// The files of a database.
#[derive(Debug)]
pub struct Template {
    /// Database and stash file.
    pub files: Vec<(String, Vec<u8>)>,
    /// What is in it.
    pub state: State,
    /// MIT's dump of it.
    pub dump: String,
}

/// The template of a shape; made when it is first wanted.
pub fn template(backend: BackEnd, shape: Shape) -> Arc<Template> {
    type Known = HashMap<(&'static str, Shape), Arc<Template>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry((backend.name(), shape)).or_insert_with(|| Arc::new(make(backend, shape))))
}

fn make(backend: BackEnd, shape: Shape) -> Template {
    let realm = realm(backend, Side::Mit);
    realm.create("master");
    // The change of a password under a policy makes kadmin/history, now and not later.
    let lines = format!(
        "addpol -minlength 2 p0\naddpol -minlength 3 p1\naddpol -maxfailure 1000 lockout\n\
         addprinc -pw {PASSWORD} -policy lockout +requires_preauth {WATCHED}\n\
         addprinc -randkey m0\naddprinc -randkey -policy p0 q0\naddprinc -pw abcdef z0\nsetstr z0 note b\n\
         cpw -pw another-one q0\n"
    );
    realm.kadmin_local(Vec::<String>::new()).stdin(&lines).ok();
    if shape.more() > 0 {
        let dump = realm.dump_by_mit();
        let pattern = dump.lines().find(|line| line.contains("\tm0@EXAMPLE.COM\t")).expect("it was added");
        let (name, length) = ("m0@EXAMPLE.COM", "m0@EXAMPLE.COM".len());
        let more = (0..shape.more()).map(|number| {
            let line = pattern.replacen(name, &format!("user{number:05}@EXAMPLE.COM"), 1);
            line.replacen(&format!("\t{length}\t"), &format!("\t{}\t", length + 7), 1) + "\n"
        });
        realm.write("dump", dump.clone() + &more.collect::<String>());
        let words: &[&str] = match (shape, backend) {
            (Shape::Hash, BackEnd::Db2) => &["load", "-hash", "dump"],
            _ => &["load", "dump"],
        };
        realm.kdb5_util(words.iter().copied()).ok();
    }
    if matches!(shape, Shape::TwoMasters | Shape::Converted) {
        realm.kdb5_util(["add_mkey", "-s"]).stdin("second\nsecond\n").ok();
        realm.kdb5_util(["stash"]).ok();
        realm.kdb5_util(["use_mkey", "2"]).ok();
    }
    if shape == Shape::Converted {
        realm.kdb5_util(["update_princ_encryption", "-f"]).ok();
    }
    let dump = realm.dump_by_mit();
    let state = State::from_dump(&dump).expect("MIT dumps in a known form");
    let names = names(&realm)
        .into_iter()
        .filter(|name| !name.ends_with("-lock") && (name.starts_with("principal") || name == "stash"));
    Template { files: names.map(|name| (name.clone(), realm.read(&name))).collect(), state, dump }
}

/// A realm to work in, without a database.
pub fn realm(backend: BackEnd, side: Side) -> Realm {
    Realm::with(side, Setup::new().backend(backend))
}

/// The names of the files in the realm's directory, in order.
pub fn names(realm: &Realm) -> Vec<String> {
    let entries = fs::read_dir(realm.dir()).expect("the realm's directory is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Makes the realm's database that of the template, and removes everything else but the configuration.
pub fn renew(realm: &Realm, template: &Template) {
    for name in names(realm).iter().filter(|name| !name.ends_with(".conf")) {
        let path = realm.path(name);
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.unwrap_or_else(|error| panic!("cannot remove {name}: {error}"));
    }
    for (name, content) in &template.files {
        realm.write(name, content);
    }
}
