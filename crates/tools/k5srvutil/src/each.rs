//! What is done to each principal of the keytab: kadmin's commands, in the name of the principal itself.

use crate::options::Edit;
use k5_cli::prompt::read_answer;
use k5_cli::{ExitStatus, Failure, Io};
use k5_kadmin::{Mode, Session, Startup, TABLE, configuration, open};
use k5_shell::Shell;
use k5_types::Principal;
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
        let mut session: Option<Session> = None;
        let mut status = ExitStatus::SUCCESS;
        for principal in principals {
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
            let session = match &mut session {
                Some(session) => {
                    session.act_as(io, &startup, principal)?;
                    session
                }
                none => {
                    let config = configuration(io, program)?;
                    none.insert(open(io, program, Mode::Shell, config, &startup)?)
                }
            };
            let done = Shell::new(program, TABLE).run_words(session, io, &self.command(&name));
            if !done.is_success() {
                status = done;
            }
            if io.is_broken() {
                break;
            }
        }
        Ok(status)
    }

    /// kadmin's command for one principal. New keys leave the old ones where they are, in the keytab and in the
    /// database: tickets in flight are encrypted with them.
    fn command(&self, principal: &OsStr) -> Vec<OsString> {
        let mut words: Vec<&OsStr> = match self.edit {
            Edit::Change => vec!["ktadd".as_ref(), "-keepold".as_ref()],
            Edit::Delete | Edit::DeleteOld => vec!["ktremove".as_ref()],
        };
        words.extend(["-k".as_ref(), self.keytab]);
        match self.edit {
            Edit::Change => {
                words.extend(self.keysalts.iter().flat_map(|keysalts| ["-e".as_ref(), *keysalts]));
                words.push(principal);
            }
            Edit::Delete => words.extend([principal, "all".as_ref()]),
            Edit::DeleteOld => words.extend([principal, "old".as_ref()]),
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
