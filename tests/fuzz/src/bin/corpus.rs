//! Makes the corpus of every target out of `tests/golden`: a few small inputs each, of every kind that there is.
#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fuzz::{Mutator, TARGETS};
use k5_bdb::MemFile;
use k5_bdb::btree::{self, Access, BTree, Order, Walk};
use k5_bdb::hash::{self, Hash};
use k5_kdb::ulog::{Attribute, Last, Stamp, Update, UpdateLog};
use k5_kdb::{KeyData, TlData, TlType};
use k5_types::{EncType, Principal, SaltType};
use k5_wire::ByteOrder;

fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = Corpus { golden: here.join("../golden"), place: here.join("corpus") };
    for target in TARGETS {
        let _ = fs::remove_dir_all(target.corpus());
        fs::create_dir_all(target.corpus())?;
    }
    corpus.keytabs()?;
    corpus.caches()?;
    corpus.daemons_and_keyrings()?;
    corpus.dumps()?;
    corpus.records()?;
    corpus.trees()?;
    corpus.tables()?;
    corpus.sealed()?;
    corpus.update_logs()?;
    corpus.operations()?;
    corpus.texts()
}

struct Corpus {
    golden: PathBuf,
    place: PathBuf,
}

impl Corpus {
    fn golden(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.golden.join(name)).with_context(|| name.to_owned())
    }

    fn put(&self, target: &str, name: &str, data: &[u8]) -> Result<()> {
        fs::write(self.place.join(target).join(name), data).with_context(|| format!("{target}/{name}"))
    }

    /// An update, and the log that has it behind its first entry.
    fn update_logs(&self) -> Result<()> {
        let principal = Principal::new("GOLDEN.TEST", ["alice"]);
        let key = KeyData::new(1, EncType(18), vec![7; 62]).with_salt(SaltType(4), b"salt".to_vec());
        let id = Last { serial: 2, time: Stamp { seconds: 5, useconds: 6 } };
        let attributes = vec![
            Attribute::Flags(1),
            Attribute::Principal((&principal).into()),
            Attribute::KeyData(vec![(&key).into()]),
            Attribute::TlData(vec![TlData { tag: TlType(3), contents: vec![1, 2, 3] }]),
            Attribute::ModPrinc((&principal).into()),
            Attribute::PwHistory(vec![vec![(&key).into()]]),
            Attribute::Length(38),
        ];
        let update = Update { name: principal.unparse(), id, attributes, deleted: false, committed: false };
        let update = update.encode();
        self.put("ulog", "update", &update)?;
        let place = tempfile::tempdir()?;
        let path = place.path().join("log");
        UpdateLog::new(path.clone(), 3, || std::time::Duration::from_secs(5)).prepare()?;
        let mut log = fs::read(&path)?;
        self.put("ulog", "fresh", &log)?;
        // The second entry, and the header that tells of it.
        let words =
            |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<u8>>();
        let entry = [words(&[0x0666_1212, 2, 5, 6, 1, update.len() as u32]), update].concat();
        for (at, bytes) in [(8, words(&[2])), (20, words(&[5, 6])), (32, words(&[2])), (40 + 2048, entry)] {
            log.get_mut(at..at + bytes.len()).context("the log is as long")?.copy_from_slice(&bytes);
        }
        self.put("ulog", "update-in-log", &log)
    }

    fn keytabs(&self) -> Result<()> {
        for name in ["all", "holes", "reused"] {
            self.put("keytab", name, &self.golden(&format!("keytab/{name}.keytab"))?)?;
        }
        let stash = self.golden("stash-all")?;
        self.put("keytab", "stash", &stash)?;
        self.put("stash", "keytab", &stash)?;
        // The older form: enctype, length, key.
        let mut old = vec![18, 0, 32, 0, 0, 0];
        old.extend(1..=32);
        self.put("stash", "old", &old)
    }

    /// The golden cache, its pieces, and its tickets.
    fn caches(&self) -> Result<()> {
        let golden = self.golden("ccache/bob.ccache")?;
        self.put("ccache", "version-4", &golden)?;
        let cache = k5_ccache::CacheFile::parse(&golden, Path::new("bob.ccache"))?;
        for (number, credential) in cache.enumerate() {
            let credential = credential?;
            if !credential.is_config() {
                self.put("ticket", &format!("ticket-{number}"), credential.ticket.expose())?;
            }
        }
        // Behind the magic number and the header: the principal, then the credentials.
        let header = golden.get(2..4).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes);
        let body = golden.get(4 + usize::from(header.unwrap_or(0))..).unwrap_or_default();
        self.put("ccache", "principal", &[&[1], body].concat())?;
        let cache = k5_ccache::CacheFile::parse(&golden, Path::new("bob.ccache"))?;
        let client = cache.principal();
        let parts = client.components().iter().map(|part| 4 + part.len()).sum::<usize>();
        let length = 4 + 4 + 4 + client.realm().len() + parts;
        self.put("ccache", "credential", &[&[2], body.get(length..).unwrap_or_default()].concat())?;
        let principal = body.get(..length).unwrap_or_default();
        self.put("ccache", "version-3", &[b"\x05\x03", body].concat())?;
        self.put("ccache", "version-3-without-credentials", &[b"\x05\x03", principal].concat())
    }

    /// The golden cache's principal and credentials as a daemon sends them, all at once and one by one, and as they
    /// stand in keyrings.
    fn daemons_and_keyrings(&self) -> Result<()> {
        let golden = self.golden("ccache/bob.ccache")?;
        let header = golden.get(2..4).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes);
        let body = golden.get(4 + usize::from(header.unwrap_or(0))..).unwrap_or_default();
        let cache = k5_ccache::CacheFile::parse(&golden, Path::new("bob.ccache"))?;
        let client = cache.principal();
        let parts = client.components().iter().map(|part| 4 + part.len()).sum::<usize>();
        let (principal, credential) =
            body.split_at_checked(12 + client.realm().len() + parts).context("short")?;

        let be = |number: usize| u32::try_from(number).map(u32::to_be_bytes);
        let reply = |code: i32, results: &[u8]| -> Result<Vec<u8>> {
            Ok([&be(results.len() + 4)?[..], &[0; 4], &code.to_be_bytes(), results].concat())
        };
        let piece = |replies: &[Vec<u8>]| -> Result<Vec<u8>> {
            let piece = replies.concat();
            Ok([&u16::try_from(piece.len())?.to_le_bytes()[..], &piece].concat())
        };
        let (ids, offset) = ([7; 32], [0, 0, 0, 9]);
        // What follows a credential is passed over, so each may have all of them behind it.
        let list = [&be(1)?[..], &be(credential.len())?, credential].concat();
        let (named, head) = (reply(0, b"bob\0")?, [reply(0, principal)?, reply(0, &offset)?]);
        let [whole, offset] = head.clone();
        let all = piece(&[whole.clone(), offset.clone(), reply(0, &list)?])?;
        let unsupported = reply(-1_765_328_137, b"")?;
        let one_by_one =
            piece(&[whole.clone(), offset, unsupported, reply(0, &ids)?, reply(0, credential)?])?;
        let default = piece(std::slice::from_ref(&named))?;
        let collection = piece(&[reply(0, &ids)?, named, whole, reply(0, b"other\0")?, reply(-1, b"")?])?;
        self.put("kcm", "cache", &[&default[..], &all].concat())?;
        self.put("kcm", "cache-one-by-one", &[&default[..], &one_by_one].concat())?;
        self.put("kcm", "collection", &[&default[..], &all, &collection, &all, &one_by_one].concat())?;
        self.put("kcm", "named", &[&all[..], &all, &piece(&head)?, &all].concat())?;

        let key = |place: u8, kind: u8, name: &str, contents: &[u8]| -> Result<Vec<u8>> {
            let length = u16::try_from(contents.len())?.to_le_bytes();
            Ok([&[place, kind, 0][..], name.as_bytes(), &[0], &length, contents].concat())
        };
        // The places 0 to 4 are there; the first key is 5.
        for (name, anchor, collection) in
            [("session", 2, "_krb_c"), ("user", 3, "_krb_c"), ("persistent", 4, "_krb")]
        {
            let primary = [&[0, 0, 0, 1][..], &be(3)?, b"one"].concat();
            let keys = [
                key(anchor, 0, collection, b"")?,
                key(5, 1, "krb_ccache:primary", &primary)?,
                key(5, 0, "one", b"")?,
                key(7, 1, "__krb5_princ__", principal)?,
                key(7, 1, "__krb5_time_offsets__", &[0, 0, 0, 1, 0, 0, 0, 2])?,
                key(7, 2, "krbtgt/R@R", credential)?,
                key(5, 0, "two", b"")?,
                key(11, 1, "__krb5_princ__", principal)?,
            ];
            self.put("keyring", name, &keys.concat())?;
        }
        let old =
            [key(2, 0, "c", b"")?, key(5, 1, "__krb5_princ__", principal)?, key(5, 1, "x", credential)?];
        self.put("keyring", "old-program", &old.concat())
    }

    /// The header, every policy, and some principals: the short lines, and one of each kind.
    fn dumps(&self) -> Result<()> {
        for name in ["dump", "dump-r18", "dump-r13", "dump-b7"] {
            let text = self.golden(&format!("dump/{name}.txt"))?;
            let lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.len() < 3000);
            let kept: Vec<&[u8]> = lines
                .enumerate()
                .filter(|(number, line)| *number < 3 || line.starts_with(b"policy") || number % 97 == 0)
                .map(|(_, line)| line)
                .collect();
            self.put("dump", name, &kept.concat())?;
        }
        Ok(())
    }

    fn records(&self) -> Result<()> {
        let tree = open_tree(&self.golden.join("db2/principal"))?;
        let (mut kept, mut kinds) = (0, Vec::new());
        for record in tree.iter(Order::Forward, Walk::Tree) {
            let record = record?;
            let entry = k5_kdb::db2::record::decode("golden", &record.key, &record.value)?;
            let kind =
                (entry.key_data.len(), entry.tl_data.iter().map(|datum| datum.tag).collect::<Vec<_>>());
            if record.value.len() > 2000 || kinds.contains(&kind) {
                continue;
            }
            kinds.push(kind);
            kept += 1;
            self.put("entry", &format!("principal-{kept}"), &record.value)?;
            let stored = k5_kdb::klmdb::record::encode(&entry)?;
            self.put("klmdb", &format!("principal-{kept}"), &[&[0], stored.as_slice()].concat())?;
            for datum in &entry.tl_data {
                let choice = match datum.tag.0 {
                    3 => 0,
                    9 => 1,
                    10 => 2,
                    11 => 3,
                    12 => 4,
                    _ => 5,
                };
                let name = format!("type-{}-of-{kept}", datum.tag.0);
                self.put("tl_data", &name, &[&[choice], datum.contents.as_slice()].concat())?;
            }
        }
        let policies = open_tree(&self.golden.join("db2/principal.kadm5"))?;
        for (number, record) in policies.iter(Order::Forward, Walk::Tree).enumerate() {
            let value = record?.value;
            let policy = k5_kdb::Policy::decode(&value)?;
            let stored = k5_kdb::klmdb::record::encode_policy(&policy)?;
            self.put("klmdb", &format!("policy-{number}"), &[&[1], stored.as_slice()].concat())?;
            self.put("policy", &format!("policy-{number}"), &value)?;
        }
        Ok(())
    }

    /// Golden records on small pages, in both byte orders; with a free list, with chains, and MIT's own policies.
    fn trees(&self) -> Result<()> {
        let golden = open_tree(&self.golden.join("db2/principal"))?;
        let records: Vec<_> = golden.iter(Order::Forward, Walk::Tree).collect::<Result<_, _>>()?;
        for (name, order) in [("little", ByteOrder::Little), ("big", ByteOrder::Big)] {
            let file = MemFile::new();
            let options = btree::Options { order, page_size: 512, cache_pages: 64 };
            let mut tree = BTree::create(file.clone(), Path::new("corpus"), options)?;
            for record in records.iter().filter(|record| record.key.len() < 200).step_by(40) {
                tree.put(&record.key, record.value.get(..1500).unwrap_or(&record.value))?;
            }
            tree.commit()?;
            self.put("btree", name, &file.contents())?;
            for record in records.iter().filter(|record| record.key.len() < 200).step_by(80) {
                tree.delete(&record.key)?;
            }
            tree.commit()?;
            self.put("btree", &format!("{name}-with-free-pages"), &file.contents())?;
        }
        for (name, from) in [("mit", "db2"), ("mit-big", "big-endian")] {
            self.put("btree", name, &self.golden(&format!("{from}/principal.kadm5"))?)?;
        }
        Ok(())
    }

    fn tables(&self) -> Result<()> {
        let golden = self.golden.join("hash/principal");
        let golden = Hash::open(File::open(&golden)?, &golden, hash::Access::ReadOnly)?;
        let records: Vec<_> = golden.iter().collect::<Result<_, _>>()?;
        for (name, order) in [("little", ByteOrder::Little), ("big", ByteOrder::Big)] {
            let file = MemFile::new();
            let options = hash::Options { order, page_size: 512, cache_pages: 64 };
            let mut table = Hash::create(file.clone(), Path::new("corpus"), options)?;
            for record in records.iter().step_by(40) {
                table.put(&record.key, record.value.get(..1500).unwrap_or(&record.value))?;
            }
            table.commit()?;
            self.put("hash", name, &file.contents())?;
            for record in records.iter().step_by(80) {
                table.delete(&record.key)?;
            }
            table.commit()?;
            self.put("hash", &format!("{name}-with-free-pages"), &file.contents())?;
        }
        Ok(())
    }

    /// A key of each enctype, sealed in a key of its own enctype that the target knows.
    fn sealed(&self) -> Result<()> {
        for number in 0..32u8 {
            let enctype = k5_types::EncType(i32::from(number));
            let Some(length) = k5_crypto::key_length(enctype) else { continue };
            let key = k5_types::KeyBlock::new(enctype, (1..).take(length).collect());
            let mut random = NotRandom(number);
            if let Ok(sealed) = k5_kdb::seal_key(&key, &key, 1, None, &mut random) {
                self.put(
                    "sealed",
                    &format!("enctype-{number}"),
                    &[&[number], sealed.key.as_slice()].concat(),
                )?;
                let bare = sealed.key.get(2..).unwrap_or_default();
                self.put("sealed", &format!("enctype-{number}-bare"), &[&[number], bare].concat())?;
            }
        }
        Ok(())
    }

    /// Sequences by the dice: any bytes are operations.
    fn operations(&self) -> Result<()> {
        for target in ["engine_btree", "engine_hash"] {
            for (number, length) in [40, 150, 400].into_iter().enumerate() {
                let mut dice = Mutator::new(number as u64 + 1);
                let bytes: Vec<u8> = (0..length).map(|_| dice.below(256).to_le_bytes()[0]).collect();
                self.put(target, &format!("dice-{number}"), &bytes)?;
            }
        }
        Ok(())
    }

    fn texts(&self) -> Result<()> {
        for (number, text) in PROFILES.iter().enumerate() {
            self.put("profile", &format!("profile-{number}"), text.as_bytes())?;
        }
        for (number, text) in DATES.iter().enumerate() {
            let choice = number.to_le_bytes()[0];
            self.put("dates", &format!("date-{number}"), &[&[choice, choice / 3], text.as_bytes()].concat())?;
        }
        for (number, line) in LINES.iter().enumerate() {
            self.put("words", &format!("line-{number}"), line.as_bytes())?;
        }
        for (number, pattern) in PATTERNS.iter().enumerate() {
            self.put("pattern", &format!("pattern-{number}"), pattern.as_bytes())?;
        }
        for (number, name) in NAMES.iter().enumerate() {
            self.put("names", &format!("name-{number}"), name.as_bytes())?;
        }
        Ok(())
    }
}

fn open_tree(path: &Path) -> Result<BTree<File>> {
    Ok(BTree::open(File::open(path)?, path, Access::ReadOnly)?)
}

/// The same confounders in every run.
struct NotRandom(u8);

impl k5_crypto::Random for NotRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> k5_crypto::Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
        Ok(())
    }
}

const PROFILES: [&str; 4] = [
    "[libdefaults]\n    default_realm = EXAMPLE.COM\n    dns_canonicalize_hostname = fallback\n    clockskew = 5m\n\
     permitted_enctypes = DEFAULT -rc4 +camellia\n    default_keytab_name = FILE:%{TEMP}/k%{euid}\n\
     allow_weak_crypto = yes\n    err_fmt = %M (%C)\n",
    "# a remark\n[realms]\n EXAMPLE.COM = {\n  kdc = 127.0.0.1:88\n  kdc = [::1]:88\n  database_name = /var/db/principal\n\
     max_life = 10h 0m 0s\n  supported_enctypes = aes256-cts:normal,rc4-hmac:norealm des:v4\n\
     default_principal_flags = +preauth,-postdateable\n  default_principal_expiration = 20380119031407\n\
     iprop_enable = true\n  iprop_port = 2121\n  admin_server = h:749\n }\n[libdefaults]\n default_realm = EXAMPLE.COM\n",
    "[domain_realm]\n .example.com = A\n example.com = B\n[dbmodules]\n A = {\n db_library = db2\n }*\n[plugins]*\n pwqual = {\n\
     module = m:/usr/lib/m.so\n disable = dict\n enable_only = empty\n }\n[libdefaults]\n default_realm = A\n",
    "[a]\n b = {\n  c = {\n   d = \"quoted \\t\\n\\\\ \\\"text\\\"\"\n   d* = last\n  }\n }\n; another remark\n[a]\n b = { \n e=f\n}\n",
];

const DATES: [&str; 20] = [
    "now",
    "never",
    "tomorrow",
    "next monday",
    "3 days ago",
    "last friday 10:30 pm",
    "2 fortnights",
    "Dec 31 2027",
    "12/31/2027 23:59:59 EST",
    "2027-12-31 10:00:00",
    "31 December 2027 12:00 +0200",
    "10 hours 5 minutes",
    "1h30m",
    "7d",
    "10-8:45:0",
    "999:11",
    "-5",
    "382512",
    "20380119031407",
    "noon next year (a remark)",
];

const LINES: [&str; 8] = [
    "addprinc -pw \"two words\" -policy p +needchange bob",
    "getprinc \"a \"\"quoted\"\" name\"",
    "ktadd -k FILE:/tmp/x -q -e aes256-cts:normal host/a",
    "ktadd -kt x -norandkey -glob \"*\"",
    "modprinc -clearpolicy -expire \"next week\" 0x80 +preauth bob",
    "klist -ekt --json -- -file",
    "!ls",
    "\"\" \"a\"b\"c\"\t\t d",
];

const NAMES: [&str; 12] = [
    "alice@EXAMPLE.COM\0a*@EXAMPLE.COM",
    "host/www.example.com\0host/*[!a-c]?",
    "a\\/b\\@c\\n\\0/d@R\\@S\0\\*",
    "user@corp@EXAMPLE.COM\0[[:digit:]]*",
    "FILE:/etc/krb5.keytab\0aes256-cts:normal,rc4-hmac:norealm des-cbc-crc:v4",
    "MEMORY:x\0DEFAULT -aes camellia +des3",
    "DIR::/tmp/c/tkt1\0%{TEMP}/x_%{uid}_%{username}%{null}",
    "KEYRING:persistent:1000\0%{LIBDIR}",
    "@\0",
    "/@\0[",
    "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS\0[a-",
    "kadmin/admin\0k*/*@*",
];

const PATTERNS: [&str; 9] = [
    "a.*@R\0a/b@R",
    "[^[:digit:]x]+|k/m\0k/m",
    "(ab){2}c{,1}d{3,}\0ababcddd",
    "a{2}{2}+?\0aaaa",
    "[]a-c^-]+[[.a.]-[=c=]]\0]-^b",
    "^x)$\0x)",
    "\\<\\w+\\>\\s\\S\\b\\B\\W\\`\\'\0ab c",
    "((a{200}){200}){200}\0aaa",
    "()a||b[[:word:]]\\1{256}\0c",
];

#[cfg(test)]
mod tests {
    use fuzz::TARGETS;

    #[test]
    fn the_corpus_is_small() {
        for target in TARGETS {
            let inputs = target.inputs();
            let bytes: usize = inputs.iter().map(|(_, data)| data.len()).sum();
            assert!(bytes < 100_000, "{}: {bytes} bytes", target.name);
        }
    }
}
