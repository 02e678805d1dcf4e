//! `-l` and `-A`: all the caches of a collection.

use crate::json::{CollectionJson, ListJson, NameJson};
use crate::{Task, cache, check};
use k5_ccache::Collection;
use k5_cli::{ExitStatus, Failure, Io};
use std::io::Write;

/// Wide enough for most principals; longer ones are cut.
const PRINCIPAL_WIDTH: usize = 30;

/// `-l`: a line for each cache that has a principal.
pub(crate) fn names(task: &Task<'_>, io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let collection = collection(task)?;
    let mut shown = Vec::new();
    let heading =
        [line(b"Principal name", b"Cache name", false), line(b"--------------", b"----------", false)];
    if !task.options.json {
        io.out().write_all(&heading.concat())?;
    }
    for cache in &collection.caches {
        // Of a cache that is there but was never filled MIT says nothing.
        let Ok(open) = cache.open(&task.system) else { continue };
        let expired = !check::is_good(cache, task, io.now());
        if !task.options.json {
            io.out().write_all(&line(&open.principal().unparse(), &cache.name(), expired))?;
        }
        shown.push(NameJson::new(cache, &open, expired));
    }
    tell(&collection, task, io);
    let status = status(!shown.is_empty());
    if task.options.json {
        io.write_json(ListJson::SCHEMA, &ListJson { caches: shown })?;
    }
    Ok(status)
}

/// `-A`: the contents of each cache.
pub(crate) fn all(task: &Task<'_>, io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let mut good = false;
    let mut documents = Vec::new();
    let collection = collection(task)?;
    for (index, cache) in collection.caches.iter().enumerate() {
        if task.options.json {
            match cache::read(cache, task, io) {
                Ok((document, failed)) => {
                    good |= failed.is_none();
                    documents.push(document);
                    if let Some(failure) = failed {
                        io.fail(&failure);
                    }
                }
                Err(failure) => {
                    io.fail(&failure);
                }
            }
            continue;
        }
        if index > 0 {
            io.out().write_all(b"\n")?;
        }
        match cache::show(cache, task, io) {
            Ok(()) => good = true,
            // Nobody reads any more.
            Err(failure) if io.is_broken() => return Err(failure),
            Err(failure) => {
                io.fail(&failure);
            }
        }
    }
    tell(&collection, task, io);
    if task.options.json {
        io.write_json(CollectionJson::SCHEMA, &CollectionJson { caches: documents })?;
    }
    Ok(status(good))
}

/// `-A -s`: whether one of them has a ticket that is good. Nothing is printed.
pub(crate) fn check(task: &Task<'_>, io: &Io<'_>) -> Result<ExitStatus, Failure> {
    let caches = collection(task).map(|collection| collection.caches).unwrap_or_default();
    Ok(status(caches.iter().any(|cache| check::is_good(cache, task, io.now()))))
}

const DOING: &str = "while listing ccache collection";

fn collection(task: &Task<'_>) -> Result<Collection, Failure> {
    let collection = cache::name(task).and_then(|name| Collection::of(&name, &task.system));
    collection.map_err(|error| task.said.of_cache(&error, DOING))
}

/// Says why there may be more caches than were listed.
fn tell(collection: &Collection, task: &Task<'_>, io: &mut Io<'_>) {
    if let Some(error) = &collection.error {
        io.fail(&task.said.of_cache(error, DOING));
    }
}

fn status(good: bool) -> ExitStatus {
    if good { ExitStatus::SUCCESS } else { ExitStatus::FAILURE }
}

fn line(principal: &[u8], cache: &[u8], expired: bool) -> Vec<u8> {
    let mut line: Vec<u8> = principal.iter().copied().take(PRINCIPAL_WIDTH).collect();
    line.resize(PRINCIPAL_WIDTH, b' ');
    line.push(b' ');
    line.extend_from_slice(cache);
    if expired {
        line.extend_from_slice(b" (Expired)");
    }
    line.push(b'\n');
    line
}
