//! Whether a changed database is still one, by MIT: it dumps it in every order, finds each principal and policy, opens all
//! keys, and what it says differs only in what nothing else in the format speaks of.

use crate::lines::{Name, by_name, difference};
use harness::{Realm, Side};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

pub struct Judge {
    mit: Realm,
    lines: BTreeMap<Name, Vec<u8>>,
    ordered: bool,
    script: String,
}

impl Judge {
    /// Of a realm that is sound yet.
    pub fn new(realm: &Realm) -> Judge {
        let mit = realm.by(Side::Mit);
        mit.kdb5_util(["dump", "judged"]).ok();
        let lines = by_name(&mit.read("judged"));
        let ordered = !realm.read("principal").starts_with(&[0, 6, 0x15, 0x61]);
        let mut script = String::new();
        for ((policy, name), _) in lines.iter().filter(|((_, name), _)| name.is_ascii()) {
            let name = String::from_utf8_lossy(name).replace('"', "\"\"");
            writeln!(script, "{} \"{name}\"", if *policy { "getpol" } else { "getprinc" }).unwrap();
        }
        let judge = Judge { mit, lines, ordered, script };
        assert_eq!(judge.verdict().as_deref(), Ok("nothing that is read"), "the sound realm");
        judge
    }

    /// What MIT's dump of the sound realm says.
    pub fn lines(&self) -> &BTreeMap<Name, Vec<u8>> {
        &self.lines
    }

    /// What the change is by its nature, or why it breaks something.
    pub fn verdict(&self) -> Result<String, String> {
        let dump = self.dump(&[])?;
        if self.ordered {
            for order in ["-rev", "-recurse"] {
                if by_name(&self.dump(&[order])?) != by_name(&dump) {
                    return Err(format!("MIT's dump {order} says something else"));
                }
            }
        }
        let output = self.mit.kadmin_local::<[&str; 0], &str>([]).stdin(&self.script).output();
        if output.exit != 0 || output.stderr.lines().any(|line| !line.starts_with("Authenticating")) {
            return Err(format!("MIT does not find everything: {}", output.stderr));
        }
        // Every key is opened and closed again.
        fs::copy(self.mit.path("stash"), self.mit.path("stash-new")).unwrap();
        self.dump(&["-mkey_convert", "-new_mkey_file", "stash-new"])?;
        let new = by_name(&dump);
        if new.len() != self.lines.len() {
            return Err("MIT's dump has other records".to_owned());
        }
        for (name, line) in &self.lines {
            let Some(now) = new.get(name) else { return Err(format!("MIT's dump lacks {name:?}")) };
            if now != line {
                return Ok(difference(line, now)?.join(", "));
            }
        }
        Ok("nothing that is read".to_owned())
    }

    fn dump(&self, options: &[&str]) -> Result<Vec<u8>, String> {
        let words = ["dump"].iter().chain(options).chain(&["judged"]);
        let output = self.mit.kdb5_util(words.copied()).output();
        match output.exit == 0 && output.stderr.is_empty() {
            true => Ok(self.mit.read("judged")),
            false => Err(format!("MIT's dump {options:?} fails: {}", output.stderr)),
        }
    }
}
