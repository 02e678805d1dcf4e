//! What is done with caches that are reached by a name, wherever they are.

use k5_ccache::{Ccache, CcacheName, Collection, System, Ticket};

/// Lists the collection that `name` means, and looks into each of its caches. `len` is that of the input: nothing may
/// have more items than that.
pub(super) fn look_through(name: &CcacheName, system: &System<'_>, len: usize) {
    let _ = name.principal(system).map_err(|error| error.to_string());
    let Ok(Collection { caches, error }) = Collection::of(name, system) else { return };
    assert!(caches.len() <= len + 1, "{} caches out of {len} bytes", caches.len());
    let _ = error.map(|error| error.to_string());
    for cache in caches {
        look_into(&cache, system, len);
    }
}

/// Reads the cache to its end.
pub(super) fn look_into(cache: &Ccache, system: &System<'_>, len: usize) {
    assert!(cache.name().ends_with(&cache.residual()));
    let Ok(open) = cache.open(system) else { return };
    let _ = (open.principal().unparse(), open.clock_offset());
    assert!(open.version().is_none(), "it is no file");
    let Ok(credentials) = open.credentials() else { return };
    let mut count = 0;
    for credential in credentials {
        count += 1;
        assert!(count <= len, "more than {len} credentials out of as many bytes");
        match credential {
            Ok(credential) => {
                let _ = (credential.is_config(), credential.is_removed());
                let _ = Ticket::decode(credential.ticket.expose());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
