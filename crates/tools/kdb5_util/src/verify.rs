//! `verify [--recover FILE]`: what is wrong with the database, and a dump of what can still be read. MIT has no such
//! command.

mod keys;
mod leftovers;
mod policies;
mod rescue;

use crate::options::rest_of_command;
use crate::session::{Session, Stop};
use k5_admin::open::database_of;
use k5_cli::manual::{Example, Help};
use k5_cli::{Item, Opt, OptionTable, WordOptions};
use k5_kdb::dump::{Version, write_policy, write_principal};
use k5_kdb::{CutShort, Entry, Found, Inspect, Part, Policy, Verifier, Way};
use k5_types::Secret;
use policies::Policies;
use rescue::Rescue;
use std::collections::HashSet;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Recover,
}

pub(crate) static OPTIONS: [Opt<Key>; 1] = [Opt::value(
    Key::Recover,
    &["--recover"],
    "FILE",
    "write a dump of all that can still be read to FILE, which must not be there yet",
)];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Reads every page and every record of the database while others may read it too, decrypts every key, those of earlier passwords too, and looks at tagged data, aliases and names of policies. Each fault is a line \
on standard output, with the file, the page, and the principal or policy where there is one. A policy that principals have and that does not exist is noted; it is no fault, and neither are files that a program which was killed has left beside the database and nobody needs, which are noted too. The last \
line sums up. The status is 0 if all is sound, else 1, which it is too where the keys could not be tried for want of the master key (the last line says so). \
Where a change was cut short that the next writer ends, the journal and what to do are told, and of faults their number only. Where the entry of the master keys is lost, the stashed keys are tried. \
The format has no checksums: a time or a number that was changed is one like any other. MIT's program has no such command.\n\n\
The dump of `--recover` has what look-ups find, and what stands on pages that a page beside them names. Records on other pages that are in use may have been deleted; they \
go to `FILE.scanned`, a dump of its own. Of records with one name the first is taken. Both files hold all keys, encrypted in the master key. \
A run that is killed may leave a piece of them named `FILE-` and six letters.",
    flags: &[],
    examples: &[
        Example { line: "kdb5_util verify", purpose: "Is the database sound?" },
        Example {
            line: "kdb5_util verify --recover rescued.dump",
            purpose: "What a damaged one still has, for `kdb5_util load rescued.dump`.",
        },
    ],
};

/// Verifies the realm's database.
///
/// # Errors
/// Where the files cannot be opened or locked, or the recovered dump not be written. Faults of the database are no error;
/// they are counted as one failure.
pub(crate) fn run(mut session: Session<'_, '_>, password: Option<Secret<Vec<u8>>>) -> Result<(), Stop> {
    let done = verify(&mut session, password);
    // Whatever was found counts once, and the complaint that ended the command is it.
    *session.failures = if done.is_err() { 0 } else { usize::from(*session.failures > 0) };
    done
}

fn verify(session: &mut Session<'_, '_>, password: Option<Secret<Vec<u8>>>) -> Result<(), Stop> {
    let recover = request(session)?;
    let doing = "while verifying database";
    let arguments = &session.general.arguments;
    let database = database_of(session.config, &session.params.realm, arguments)
        .map_err(|error| session.error(error.to_string(), doing))?;
    let master = session.master_principal()?;
    let failed = |session: &Session<'_, '_>, error: k5_kdb::KdbError| session.error(error.to_string(), doing);
    let inspector = database.inspect().map_err(|error| failed(session, error))?;
    let rescue = recover.map(|path| Rescue::begin(&path)).transpose();
    let rescue = rescue.map_err(|(error, doing)| session.error(error, doing))?;
    let entry = inspector.principal(&master).map_err(|error| failed(session, error))?;
    let masters = keys::masters(session, inspector.as_ref(), &master, entry.as_ref(), password)?;
    let history = k5_admin::history_principal(&session.params.realm);
    let history = inspector.principal(&history).map_err(|error| failed(session, error))?;
    let verifier = Verifier::new(master.clone(), masters.keys, masters.complete, history.as_ref());
    let mut verify = Verify {
        session,
        inspector: inspector.as_ref(),
        verifier,
        rescue,
        faults: 0,
        passing: None,
        broken_pages: HashSet::new(),
        counts: Counts::default(),
        policies: Policies::default(),
    };
    let fault = match &entry {
        None => Some("there is no entry with the master keys that can be read".to_owned()),
        Some(_) => masters.fault,
    };
    verify.cut_short()?;
    if let Some(what) = fault {
        verify.fault(Part::Principals, None, Some(&master.unparse()), &what)?;
    }
    verify.run()
}

fn request(session: &Session<'_, '_>) -> Result<Option<PathBuf>, Stop> {
    let mut recover = None;
    for item in WordOptions::new(OptionTable(&OPTIONS), rest_of_command(session.general)) {
        match item {
            Ok(Item::Option(given)) => match given.key {
                Key::Recover => recover = Some(PathBuf::from(given.into_value())),
            },
            _ => return Err(Stop::Usage),
        }
    }
    Ok(recover)
}

/// What the last line tells.
#[derive(Default)]
struct Counts {
    pages: u64,
    principals: u64,
    policies: u64,
    keys: u64,
    keys_left: u64,
    keys_stale: u64,
    scanned: u64,
}

struct Verify<'v, 'r, 'i> {
    session: &'v mut Session<'r, 'i>,
    inspector: &'v dyn Inspect,
    verifier: Verifier,
    rescue: Option<Rescue>,
    faults: u64,
    /// How many of these are not told, since they go away with a change that was cut short; `None` if there is none.
    passing: Option<u64>,
    /// Pages of which a fault has been told.
    broken_pages: HashSet<(Part, u32)>,
    counts: Counts,
    policies: Policies,
}

impl Verify<'_, '_, '_> {
    fn run(mut self) -> Result<(), Stop> {
        self.structure(Part::Principals)?;
        self.structure(Part::Policies)?;
        self.structure(Part::Lockout)?;
        let inspector = self.inspector;
        let known = inspector.policies(&mut |found| {
            if let (Ok(policy), true) = (&found.what, found.way != Way::Scan) {
                self.policies.exists(&policy.name);
            }
            ControlFlow::Continue(())
        });
        known.map_err(|error| self.session.error(error.to_string(), "while reading policies"))?;
        let mut stopped = Ok(());
        let read = inspector.principals(&mut |found| {
            stopped = self.principal(found);
            if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        stopped?;
        read.map_err(|error| self.session.error(error.to_string(), "while reading principals"))?;
        let mut stopped = Ok(());
        let read = inspector.policies(&mut |found| {
            stopped = self.policy(found);
            if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        stopped?;
        read.map_err(|error| self.session.error(error.to_string(), "while reading policies"))?;
        self.finish()
    }

    fn cut_short(&mut self) -> Result<(), Stop> {
        let cut_short = self.inspector.cut_short();
        let cut_short =
            cut_short.map_err(|error| self.session.error(error.to_string(), "while verifying database"))?;
        if let Some(CutShort { what, passes }) = cut_short {
            self.faults += 1;
            self.passing = passes.then_some(0);
            writeln!(self.session.io.out(), "{what}")?;
        }
        Ok(())
    }

    fn structure(&mut self, part: Part) -> Result<(), Stop> {
        let structure = self
            .inspector
            .structure(part)
            .map_err(|error| self.session.error(error.to_string(), "while verifying database"))?;
        self.counts.pages += u64::from(structure.pages);
        for problem in &structure.problems {
            self.broken_pages.insert((part, problem.page));
            self.fault(part, Some(problem.page), None, &problem.what)?;
        }
        if structure.more > 0 {
            self.faults += structure.more;
            if let Some(passing) = &mut self.passing {
                *passing += structure.more;
                return Ok(());
            }
            let line = format!(": {} more faults of this kind\n", structure.more);
            self.line(part, line.as_bytes())?;
        }
        Ok(())
    }

    fn principal(&mut self, found: Found<Entry>) -> Result<(), Stop> {
        let Found { page, way, name, what, doubt } = found;
        let entry = match what {
            Ok(entry) => entry,
            Err(what) => return self.unreadable(Part::Principals, page, way, name.as_deref(), &what),
        };
        if let Some(rescue) = &mut self.rescue {
            let mut line = Vec::new();
            write_principal(Version::Current, &entry, &mut line);
            rescue.write(way, &line).map_err(|(error, doing)| self.session.error(error, doing))?;
        }
        if way == Way::Scan {
            self.counts.scanned += 1;
            return Ok(());
        }
        self.counts.principals += 1;
        let name = entry.principal.unparse();
        let verdict = self.verifier.entry(&entry);
        self.counts.keys += verdict.keys_tried;
        self.counts.keys_left += verdict.keys_left;
        self.counts.keys_stale += verdict.keys_stale;
        if let Some(policy) = verdict.policy {
            self.policies.had_by(policy, &name);
        }
        for what in doubt.iter().chain(&verdict.faults) {
            self.fault(Part::Principals, Some(page), Some(&name), what)?;
        }
        // At once: a database may have any number of aliases.
        if let Some(target) = verdict.alias_target.filter(|target| !self.inspector.may_have(target)) {
            let what = format!("it stands for {target}, which does not exist");
            self.fault(Part::Principals, Some(page), Some(&name), &what)?;
        }
        Ok(())
    }

    fn policy(&mut self, found: Found<Policy>) -> Result<(), Stop> {
        let Found { page, way, name, what, doubt } = found;
        let policy = match what {
            Ok(policy) => policy,
            Err(what) => return self.unreadable(Part::Policies, page, way, name.as_deref(), &what),
        };
        if let Some(rescue) = &mut self.rescue {
            let mut line = Vec::new();
            write_policy(Version::Current, &policy, &mut line);
            rescue.write(way, &line).map_err(|(error, doing)| self.session.error(error, doing))?;
        }
        if way == Way::Scan {
            self.counts.scanned += 1;
            return Ok(());
        }
        self.counts.policies += 1;
        if let Some(what) = doubt {
            self.fault(Part::Policies, Some(page), name.as_deref(), &what)?;
        }
        Ok(())
    }

    /// A record that cannot be read. Without a name it may be the page that is broken, which has been told; what a scan
    /// finds may be the rest of anything.
    fn unreadable(
        &mut self,
        part: Part,
        page: u32,
        way: Way,
        name: Option<&[u8]>,
        what: &str,
    ) -> Result<(), Stop> {
        let told = name.is_none() && self.broken_pages.contains(&(part, page));
        if told || way == Way::Scan {
            return Ok(());
        }
        self.fault(part, Some(page), name, what)
    }

    fn fault(&mut self, part: Part, page: Option<u32>, name: Option<&[u8]>, what: &str) -> Result<(), Stop> {
        self.faults += 1;
        if let Some(passing) = &mut self.passing {
            *passing += 1;
            return Ok(());
        }
        let mut line = Vec::new();
        if let Some(page) = page {
            line.extend_from_slice(format!(": page {page}").as_bytes());
        }
        if let Some(name) = name {
            line.extend_from_slice(b": ");
            // A damaged name may hold anything, and a line is to stay one.
            line.extend(name.iter().map(|byte| if byte.is_ascii_control() { b'?' } else { *byte }));
        }
        line.extend_from_slice(b": ");
        line.extend_from_slice(what.as_bytes());
        line.push(b'\n');
        self.line(part, &line)
    }

    fn line(&mut self, part: Part, rest: &[u8]) -> Result<(), Stop> {
        let path = self.inspector.path(part).as_os_str().as_bytes();
        Ok(self.session.io.out().write_all(&[path, rest].concat())?)
    }

    fn finish(self) -> Result<(), Stop> {
        let mut text = Vec::new();
        self.policies.notes(&mut text);
        let left = leftovers::notes(self.inspector, &mut text);
        left.map_err(|error| self.session.error(error.to_string(), "while verifying database"))?;
        if let Some(passing) = self.passing.filter(|passing| *passing > 0) {
            let what = "faults of pages and records are not listed; those of the change that was cut short go away with it";
            text.extend_from_slice(format!("note: {passing} {what}\n").as_bytes());
        }
        let Counts { pages, principals, policies, keys, keys_left, keys_stale, scanned } = self.counts;
        if scanned > 0 {
            let what = "records on pages that nothing leads to; they may have been deleted";
            text.extend_from_slice(format!("note: {scanned} {what}\n").as_bytes());
        }
        if keys_stale > 0 {
            let what = "keys of earlier passwords that a former key of kadmin/history encrypts";
            text.extend_from_slice(format!("note: {keys_stale} {what}\n").as_bytes());
        }
        if let Some(rescue) = self.rescue {
            let left_out = rescue.left_out;
            let files = rescue.finish().map_err(|(error, doing)| self.session.error(error, doing))?;
            for (path, records) in files {
                text.extend_from_slice(b"written: ");
                text.extend_from_slice(path.as_os_str().as_bytes());
                text.extend_from_slice(format!(", {records} records\n").as_bytes());
            }
            if left_out > 0 {
                text.extend_from_slice(format!("note: {left_out} of them are not written\n").as_bytes());
            }
        }
        let keys = match keys_left {
            0 => format!("{keys} keys decrypted"),
            left => format!("{left} keys not decrypted"),
        };
        let verdict = match self.faults {
            0 if *self.session.failures > 0 => {
                "sound as far as it could be read, but keys were not tried".to_owned()
            }
            0 => "sound".to_owned(),
            1 => "1 fault".to_owned(),
            faults => format!("{faults} faults"),
        };
        let sum = format!("{pages} pages, {principals} principals, {policies} policies, {keys}: {verdict}\n");
        text.extend_from_slice(sum.as_bytes());
        let failures = &mut *self.session.failures;
        *failures = usize::from(*failures > 0 || self.faults > 0);
        Ok(self.session.io.out().write_all(&text)?)
    }
}
