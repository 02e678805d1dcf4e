//! What mends a finding, as a line for the shell.

use super::super::options::{Key, Words};
use k5_admin::doctor::Remedy;
use k5_types::Principal;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How lines are written here.
pub(super) struct Remedies {
    keytab: Vec<u8>,
    /// The realm that names may leave out.
    realm: Option<Vec<u8>>,
    /// The options that name the database; `None` where there is none: the lines are then for other hosts.
    local: Option<Vec<Vec<u8>>>,
}

impl Remedies {
    pub(super) fn new(words: &Words<'_>, keytab: &Path, realm: Option<Vec<u8>>, compared: bool) -> Remedies {
        let mut options = Vec::new();
        for (key, name) in [(Key::Realm, "-r"), (Key::Database, "-d"), (Key::DbArgument, "-x")] {
            for value in words.values(key) {
                options.extend([name.as_bytes().to_vec(), value.as_bytes().to_vec()]);
            }
        }
        // The password itself stays out of it. The commands of the lines cannot be told of another stash file.
        if words.has(Key::AskMaster) || words.has(Key::MasterPassword) || words.has(Key::StashFile) {
            options.push(b"-m".to_vec());
        }
        let realm = realm.filter(|_| !words.has(Key::Realm));
        Remedies { keytab: keytab.as_os_str().as_bytes().to_vec(), realm, local: compared.then_some(options) }
    }

    /// The lines, for the shell to be run in this order.
    pub(super) fn lines(&self, remedy: &[Remedy]) -> Vec<Vec<u8>> {
        remedy.iter().map(|one| line(&self.words(one))).collect()
    }

    fn words(&self, remedy: &Remedy) -> Vec<Vec<u8>> {
        let keytab = self.keytab.clone();
        let literal = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        match remedy {
            Remedy::AddPrincipal(principal) => {
                self.kadmin([literal(&["addprinc", "-randkey"]), vec![self.name(principal)]].concat())
            }
            Remedy::Modify(principal, changes) => {
                self.kadmin([literal(&["modprinc"]), literal(changes), vec![self.name(principal)]].concat())
            }
            // Without a database this is for the KDC's host: kadmin's ktadd gives the principal new keys, which costs
            // every other keytab with its keys, and knows no -norandkey before release 1.22.
            Remedy::FetchKeys(principal) => [
                literal(&["ktadd"]),
                self.local.clone().unwrap_or_default(),
                vec![b"-k".to_vec(), keytab, b"-norandkey".to_vec(), self.name(principal)],
            ]
            .concat(),
            Remedy::RemoveEntries(principal, kvno) => {
                let mut words = literal(&["ktutil", "remove"]);
                words.extend([keytab, b"-p".to_vec(), principal.unparse()]);
                if let Some(kvno) = kvno {
                    words.extend([b"-k".to_vec(), kvno.to_string().into_bytes()]);
                }
                words
            }
            Remedy::Chmod(mode) => [literal(&["chmod", mode]), vec![keytab]].concat(),
            Remedy::Chown(user) => [literal(&["chown", user]), vec![keytab]].concat(),
            Remedy::Dedup => [literal(&["ktutil", "dedup"]), vec![keytab]].concat(),
        }
    }

    /// A command of `kadmin.local` where the database is, else of `kadmin`, which asks for an administrator's password.
    fn kadmin(&self, command: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        match &self.local {
            Some(options) => [vec![b"kadmin.local".to_vec()], options.clone(), command].concat(),
            None => [vec![b"kadmin".to_vec()], command].concat(),
        }
    }

    fn name(&self, principal: &Principal) -> Vec<u8> {
        match &self.realm {
            Some(realm) => principal.unparse_short(realm),
            None => principal.unparse(),
        }
    }
}

/// Words as a shell reads them back.
fn line(words: &[Vec<u8>]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@=:,%".contains(byte);
    let quoted = |word: &Vec<u8>| -> Vec<u8> {
        if !word.is_empty() && word.iter().all(plain) {
            return word.clone();
        }
        let mut text = vec![b'\''];
        for &byte in word {
            match byte {
                b'\'' => text.extend_from_slice(br"'\''"),
                other => text.push(other),
            }
        }
        text.push(b'\'');
        text
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(local: Option<&[&str]>, remedy: &[Remedy]) -> Vec<String> {
        let remedies = Remedies {
            keytab: b"/etc/my keytab".to_vec(),
            realm: Some(b"R".to_vec()),
            local: local.map(|options| options.iter().map(|word| word.as_bytes().to_vec()).collect()),
        };
        remedies.lines(remedy).into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn with_and_without_a_database() {
        let host = Principal::new("R", ["host", "a.test"]);
        let far = Principal::new("S", ["it's"]);
        let remedy = [
            Remedy::AddPrincipal(host.clone()),
            Remedy::FetchKeys(host.clone()),
            Remedy::RemoveEntries(host.clone(), Some(3)),
            Remedy::Modify(far, &["-expire", "never"]),
        ];
        assert_eq!(
            lines(Some(&["-d", "db"]), &remedy),
            [
                "kadmin.local -d db addprinc -randkey host/a.test",
                "ktadd -d db -k '/etc/my keytab' -norandkey host/a.test",
                "ktutil remove '/etc/my keytab' -p host/a.test@R -k 3",
                r"kadmin.local -d db modprinc -expire never 'it'\''s@S'",
            ]
        );
        assert_eq!(
            lines(None, &remedy[..2]),
            ["kadmin addprinc -randkey host/a.test", "ktadd -k '/etc/my keytab' -norandkey host/a.test"]
        );
        assert_eq!(
            lines(None, &[Remedy::Chmod("o-rwx"), Remedy::Chown("www".into()), Remedy::Dedup]),
            ["chmod o-rwx '/etc/my keytab'", "chown www '/etc/my keytab'", "ktutil dedup '/etc/my keytab'"]
        );
    }
}
