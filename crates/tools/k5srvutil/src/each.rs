//! What is done to each principal of the keytab: kadmin's commands, in the name of the principal itself.

use crate::options::Edit;
use k5_cli::prompt::read_answer;
use k5_cli::{ExitStatus, Failure, Io};
use k5_kadmin::{Mode, Session, Startup, TABLE, configuration, open};
use k5_shell::Shell;
use k5_types::Principal;
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt;

/// What is to be done to the principals of a keytab.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub edit: Edit,
    /// Whether `-i` asks for questions.
    pub ask: bool,
    /// For [`Edit::Change`].
    pub keysalts: Option<&'a OsStr>,
    /// Its name, as messages show it.
    pub keytab: &'a OsStr,
}

impl Task<'_> {
    /// Goes through the principals. One that fails keeps nobody else out.
    pub fn each(
        &self,
        program: &[u8],
        io: &mut Io<'_>,
        principals: &[Principal],
    ) -> Result<ExitStatus, Failure> {
        let mut realm: Option<Open> = None;
        let mut status = ExitStatus::SUCCESS;
        let mut left: VecDeque<&Principal> = principals.iter().collect();
        while let Some(principal) = left.pop_front() {
            let name = principal.unparse();
            if !self.wanted(io, &name)? {
                continue;
            }
            let name = OsString::from_vec(name);
            let startup = Startup {
                principal: Some(name.clone()),
                keytab: true,
                keytab_name: Some(self.keytab.to_owned()),
                ..Startup::default()
            };
            // The realm is opened once there is something to do in it.
            let realm = match &mut realm {
                Some(realm) => {
                    realm.session.act_as(io, &startup, principal)?;
                    realm
                }
                none => {
                    let config = configuration(io, program)?;
                    let session = open(io, program, Mode::Shell, config, &startup)?;
                    none.insert(Open::new(session, principals))
                }
            };
            let mut names = vec![name];
            if self.edit == Edit::Change {
                names.extend(realm.take_other_names(principal, &mut left));
            }
            let words = self.command(&names);
            let done = Shell::new(program, TABLE).run_words(&mut realm.session, io, &words);
            if !done.is_success() {
                status = done;
            }
            if io.is_broken() {
                break;
            }
        }
        Ok(status)
    }

    /// kadmin's command for one principal, by its names. New keys leave the old ones where they are, in the keytab and in the
    /// database: tickets in flight are encrypted with them.
    fn command(&self, names: &[OsString]) -> Vec<OsString> {
        let mut words: Vec<&OsStr> = match self.edit {
            Edit::Change => vec!["ktadd".as_ref(), "-keepold".as_ref()],
            Edit::Delete | Edit::DeleteOld => vec!["ktremove".as_ref()],
        };
        words.extend(["-k".as_ref(), self.keytab]);
        match self.edit {
            Edit::Change => {
                words.extend(self.keysalts.iter().flat_map(|keysalts| ["-e".as_ref(), *keysalts]));
                words.extend(names.iter().map(OsString::as_os_str));
            }
            Edit::Delete | Edit::DeleteOld => {
                words.extend(names.iter().map(OsString::as_os_str));
                words.push(if self.edit == Edit::Delete { "all" } else { "old" }.as_ref());
            }
        }
        words.into_iter().map(OsStr::to_owned).collect()
    }

    /// Asks, if it is to be asked: always before all keys go. An answer with `n` in front is a no, and so is the end
    /// of the input; before all keys go anything is a no but an answer with `y` in front.
    fn wanted(&self, io: &mut Io<'_>, principal: &[u8]) -> io::Result<bool> {
        let all_go = self.edit == Edit::Delete;
        if !self.ask && !all_go {
            return Ok(true);
        }
        let what = match self.edit {
            Edit::Change => "Change key ",
            Edit::DeleteOld => "Delete old keys ",
            Edit::Delete => "Delete all keys ",
        };
        let question = [what.as_bytes(), b" for ", principal, b"? [yn]"].concat();
        let Some(answer) = read_answer(io, question)? else { return Ok(false) };
        let first = answer.trim_ascii_start().first().map(u8::to_ascii_lowercase);
        Ok(if all_go { first == Some(b'y') } else { first != Some(b'n') })
    }
}

/// An open realm, and which principal each name of the keytab stands for.
struct Open {
    session: Session,
    targets: HashMap<Principal, Principal>,
}

impl Open {
    fn new(session: Session, names: &[Principal]) -> Open {
        let target = |name: &Principal| Some((name.clone(), session.admin.principal(name).ok()?.principal));
        let targets = names.iter().filter_map(target).collect();
        Open { session, targets }
    }

    /// Takes the other names of a principal out of those that are left, so that all get the same new keys: one after the
    /// other, the second change would make what the keytab has got under the first name old at once.
    fn take_other_names(&self, name: &Principal, left: &mut VecDeque<&Principal>) -> Vec<OsString> {
        let Some(target) = self.targets.get(name) else { return Vec::new() };
        let mut others = Vec::new();
        left.retain(|other| {
            let same = self.targets.get(other) == Some(target);
            if same {
                others.push(OsString::from_vec(other.unparse()));
            }
            !same
        });
        others
    }
}
