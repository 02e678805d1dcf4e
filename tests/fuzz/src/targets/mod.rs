//! A file for each thing that is fuzzed.

mod btree;
mod caches;
mod ccache;
mod dates;
mod dump;
mod engine;
mod entry;
mod hash;
mod kcm;
mod keyring;
mod keytab;
mod klmdb;
mod names;
mod pattern;
mod policy;
mod profile;
mod sealed;
mod stash;
mod ticket;
mod tl_data;
mod ulog;
mod words;

use crate::{Room, Target};

const fn target(name: &'static str, run: fn(&[u8]), fixed: usize, each: usize) -> Target {
    Target { name, run, room: Room { fixed, each } }
}

const KIB: usize = 1024;

/// All of them.
pub const TARGETS: [Target; 22] = [
    target("btree", btree::run, 256 * KIB, 16),
    target("ccache", ccache::run, 64 * KIB, 64),
    target("dates", dates::run, 64 * KIB, 64),
    // A reader has a buffer of 128 KiB, and there are two at a time.
    target("dump", dump::run, 320 * KIB, 64),
    target("engine_btree", engine::btree, 4096 * KIB, 4096),
    target("engine_hash", engine::hash, 4096 * KIB, 4096),
    target("entry", entry::run, 64 * KIB, 64),
    target("hash", hash::run, 256 * KIB, 16),
    target("kcm", kcm::run, 64 * KIB, 64),
    target("keyring", keyring::run, 64 * KIB, 64),
    target("keytab", keytab::run, 256 * KIB, 16),
    target("klmdb", klmdb::run, 64 * KIB, 64),
    target("names", names::run, 64 * KIB, 64),
    // A compiled expression has at most 10 MiB, and there are up to three at a time.
    target("pattern", pattern::run, 64 * 1024 * KIB, 64),
    target("policy", policy::run, 64 * KIB, 64),
    target("profile", profile::run, 64 * KIB, 64),
    target("sealed", sealed::run, 64 * KIB, 64),
    target("stash", stash::run, 256 * KIB, 16),
    target("ticket", ticket::run, 64 * KIB, 64),
    target("tl_data", tl_data::run, 64 * KIB, 64),
    // A log that is lengthened is written from a buffer of 64 KiB.
    target("ulog", ulog::run, 128 * KIB, 64),
    target("words", words::run, 64 * KIB, 64),
];
