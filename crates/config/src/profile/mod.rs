//! A profile: the merged view of a list of configuration files.
//!
//! A look-up asks the files in order and collects what each has. A section marked final (`*`) ends the search
//! at the file that it stands in. The rules are in `docs/formats/profile.md`.

mod node;
mod read;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use node::{NodeId, ROOT, Tree};
use read::Reader;
pub use syntax::SyntaxFault;
pub(crate) use syntax::is_space;
pub use value::Value;

use crate::{Error, Notice, Result};

/// Configuration files, parsed and in the order in which they are asked.
#[derive(Debug, Default)]
pub struct Profile {
    trees: Vec<Tree>,
    notices: Vec<Notice>,
}

impl Profile {
    /// A profile without files: every look-up finds nothing.
    pub fn empty() -> Profile {
        Profile::default()
    }

    /// Reads a list of files. A missing file is passed over, and so is one that may not be read, with a
    /// notice, as long as another one can be. A directory stands for the files in it that `includedir` would take.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::Include`], [`Error::IncludeDir`] and [`Error::Read`] for contents;
    /// [`Error::Open`] if a file cannot be opened for another reason, or none was read and one was refused;
    /// [`Error::NoFiles`] if all are missing. An empty list is an empty profile.
    pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Profile> {
        let mut profile = Profile::empty();
        let mut refused = Vec::new();
        for path in paths {
            let path = path.as_ref();
            match Reader::new(&mut profile.notices, true).top(path) {
                Ok(tree) => profile.trees.push(tree),
                Err(Error::Open { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(Error::Open { path, source }) if source.kind() == ErrorKind::PermissionDenied => {
                    refused.push((path, source));
                }
                Err(error) => return Err(error),
            }
        }
        if profile.trees.is_empty() && !paths.is_empty() {
            let paths: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_path_buf()).collect();
            return Err(match refused.pop() {
                Some((path, source)) => Error::Open { path, source },
                None => Error::NoFiles { paths },
            });
        }
        profile.notices.extend(refused.into_iter().map(|(path, _)| Notice::Unreadable { path }));
        Ok(profile)
    }

    /// Parses text; `name` stands for the file in errors. Includes are refused.
    ///
    /// # Errors
    /// [`Error::Syntax`]; [`Error::Include`] or [`Error::IncludeDir`] for an include.
    pub fn parse(name: impl AsRef<Path>, text: &[u8]) -> Result<Profile> {
        let mut notices = Vec::new();
        let tree = Reader::new(&mut notices, false).memory(name.as_ref(), text)?;
        Ok(Profile { trees: vec![tree], notices })
    }

    /// What the files ask for and does not happen, in the order it was met.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether any file was read at all.
    pub fn has_files(&self) -> bool {
        !self.trees.is_empty()
    }

    /// All values of a relation, the first file's first. `names` is the path of sections and, last, the
    /// relation.
    pub fn values<N: AsRef<[u8]>>(&self, names: &[N]) -> Vec<Value<'_>> {
        let Some((relation, sections)) = names.split_last() else { return Vec::new() };
        let mut values = Vec::new();
        for (tree, section) in self.sections(sections) {
            for (_, node) in tree.named(section, relation.as_ref()) {
                if let Some(bytes) = &node.value {
                    values.push(Value { bytes, file: tree.source(node.place), line: node.place.line });
                }
            }
        }
        values
    }

    /// The first value of a relation: what `[libdefaults]` and most other sections go by.
    pub fn value<N: AsRef<[u8]>>(&self, names: &[N]) -> Option<Value<'_>> {
        self.values(names).first().copied()
    }

    /// The last value of a relation: what kadmin goes by in its realm variables.
    pub fn last_value<N: AsRef<[u8]>>(&self, names: &[N]) -> Option<Value<'_>> {
        self.values(names).last().copied()
    }

    /// The first value as a boolean, `None` if there is none.
    ///
    /// # Errors
    /// [`Error::BadBoolean`] for a word that is none of MIT's.
    pub fn boolean<N: AsRef<[u8]>>(&self, names: &[N]) -> Result<Option<bool>> {
        let Some(value) = self.value(names) else { return Ok(None) };
        value.boolean().map(Some).ok_or_else(|| Error::BadBoolean {
            origin: value.origin(),
            setting: setting_name(names),
            value: value.text().into_owned(),
        })
    }

    /// The names of the sections under `names`, without repetition, file by file and in byte order within one.
    pub fn subsections<N: AsRef<[u8]>>(&self, names: &[N]) -> Vec<&[u8]> {
        self.child_names(names, |is_section| is_section)
    }

    /// The names of the relations under `names`, without repetition, in the same order.
    pub fn relations<N: AsRef<[u8]>>(&self, names: &[N]) -> Vec<&[u8]> {
        self.child_names(names, |is_section| !is_section)
    }

    fn child_names<N: AsRef<[u8]>>(&self, names: &[N], wanted: impl Fn(bool) -> bool) -> Vec<&[u8]> {
        let mut found: Vec<&[u8]> = Vec::new();
        for (tree, section) in self.sections(names) {
            for (_, node) in tree.children(section) {
                if wanted(node.value.is_none()) && !found.contains(&&*node.name) {
                    found.push(&node.name);
                }
            }
        }
        found
    }

    /// The section `names` in each file that has it, up to the file in which a section on the way is final.
    fn sections<N: AsRef<[u8]>>(&self, names: &[N]) -> Vec<(&Tree, NodeId)> {
        let mut found = Vec::new();
        for tree in &self.trees {
            let mut seen_final = false;
            let mut section = Some(ROOT);
            for name in names {
                section = section.and_then(|s| tree.subsection(s, name.as_ref()));
                // A final section counts even where the rest of the path is not in this file.
                seen_final |= section.and_then(|s| tree.node(s)).is_some_and(|n| n.is_final);
            }
            found.extend(section.map(|s| (tree, s)));
            if seen_final {
                break;
            }
        }
        found
    }
}

/// A path of names as people write it: `[realms] R max_life`.
pub(crate) fn setting_name<N: AsRef<[u8]>>(names: &[N]) -> String {
    let mut out = String::new();
    for (at, name) in names.iter().enumerate() {
        let name = String::from_utf8_lossy(name.as_ref());
        match at {
            0 => out = format!("[{name}]"),
            _ => {
                out.push(' ');
                out.push_str(&name);
            }
        }
    }
    out
}
