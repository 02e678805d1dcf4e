//! Credential caches: whole files, and what keyrings and the KCM protocol hand over. The first byte of a piece says what
//! it is; no file begins with one of those.

use std::path::Path;

use k5_ccache::{CacheFile, CcacheError, Credential, Ticket, parse_credential, parse_principal};

/// Files begin with 5.
const PRINCIPAL: u8 = 1;
const CREDENTIAL: u8 = 2;

const NAME: &str = "the cache";

pub(super) fn run(data: &[u8]) {
    let name = Path::new(NAME);
    match data.split_first() {
        Some((&PRINCIPAL, piece)) => {
            let _ = parse_principal(piece, name).map_err(|error| says_where(&error));
        }
        Some((&CREDENTIAL, piece)) => {
            let _ =
                parse_credential(piece, name).map_err(|error| says_where(&error)).map(|one| look_at(&one));
        }
        _ => file(data, name),
    }
}

fn file(data: &[u8], name: &Path) {
    let mut cache = match CacheFile::parse(data, name) {
        Ok(cache) => cache,
        Err(error) => return says_where(&error),
    };
    let mut octets = 0;
    while let Some(next) = cache.next() {
        match next {
            Ok(credential) => octets += look_at(&credential),
            Err(error) => {
                says_where(&error);
                assert!(cache.next().is_none(), "there is more behind an error");
            }
        }
    }
    assert!(octets <= data.len(), "tickets and keys of {octets} bytes in {}", data.len());
}

/// Asks everything; the bytes of the key and the tickets.
fn look_at(credential: &Credential) -> usize {
    let _ = (credential.is_config(), credential.is_removed(), credential.is_local_tgt(b"GOLDEN.TEST"));
    let ticket = credential.ticket.expose();
    let _ = Ticket::decode(ticket);
    ticket.len() + credential.second_ticket.expose().len() + credential.session_key.contents.expose().len()
}

fn says_where(error: &CcacheError) {
    assert!(error.to_string().contains(NAME), "{error}");
}
