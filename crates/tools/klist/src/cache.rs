//! The contents of a cache.

use crate::json::CacheJson;
use crate::{Task, credential};
use k5_ccache::{Ccache, CcacheError, CcacheName};
use k5_cli::{ExitStatus, Failure, Io};
use std::io::Write;

/// The columns of times are as wide as `12/31/99 23:59:59`.
const HEADING: &[u8] = b"Valid starting     Expires            Service principal\n";

/// The name on the command line, or the default one.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn name(task: &Task<'_>) -> Result<CcacheName, CcacheError> {
    match &task.options.name {
        Some(name) => CcacheName::parse(name),
        None => CcacheName::default_of(task.config),
    }
}

/// The default cache, or the one that is named.
pub(crate) fn list(task: &Task<'_>, io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let cache = name(task).and_then(|name| Ccache::resolve(&name, &task.system));
    let cache = cache.map_err(|error| task.said.of_cache(&error, "while resolving ccache"))?;
    if task.options.json {
        let (document, failed) = read(&cache, task, io)?;
        io.write_json(CacheJson::SCHEMA, &document)?;
        return failed.map_or(Ok(ExitStatus::SUCCESS), Err);
    }
    show(&cache, task, io)?;
    Ok(ExitStatus::SUCCESS)
}

/// Shows what is in a cache; what stands before an error is shown before it is told.
pub(crate) fn show(cache: &Ccache, task: &Task<'_>, io: &mut Io<'_>) -> Result<(), Failure> {
    let open = cache.open(&task.system).map_err(|error| task.said.of_cache(&error, ""))?;
    let principal = open.principal().unparse();
    let lines: [&[u8]; 5] = [b"Ticket cache: ", &cache.name(), b"\nDefault principal: ", &principal, b"\n\n"];
    io.out().write_all(&lines.concat())?;
    io.out().write_all(HEADING)?;
    let credentials = open.credentials();
    let credentials =
        credentials.map_err(|error| task.said.of_cache(&error, "while starting to retrieve tickets"))?;
    for credential in credentials {
        let credential =
            credential.map_err(|error| task.said.of_cache(&error, "while retrieving a ticket"))?;
        if task.options.config_data || !credential.is_config() {
            let lines = credential::lines(&credential, &principal, task, io.resolver());
            io.out().write_all(&lines)?;
        }
    }
    Ok(())
}

/// The document of a cache, and why it is not whole.
pub(crate) fn read(
    cache: &Ccache,
    task: &Task<'_>,
    io: &Io<'_>,
) -> Result<(CacheJson, Option<Failure>), Failure> {
    let open = cache.open(&task.system).map_err(|error| task.said.of_cache(&error, ""))?;
    let mut document = CacheJson::new(cache, &open);
    let mut failed = None;
    let mut fail = |error: &CcacheError, doing| {
        document.error = Some(crate::json::error(error));
        failed = Some(task.said.of_cache(error, doing));
    };
    let credentials = match open.credentials() {
        Ok(credentials) => credentials,
        Err(error) => {
            fail(&error, "while starting to retrieve tickets");
            return Ok((document, failed));
        }
    };
    let mut list = Vec::new();
    for credential in credentials {
        match credential {
            Ok(credential) => list.push(credential),
            Err(error) => {
                fail(&error, "while retrieving a ticket");
                break;
            }
        }
    }
    document.fill(&list, io.now());
    if failed.is_some() {
        document.valid = false;
    }
    Ok((document, failed))
}
