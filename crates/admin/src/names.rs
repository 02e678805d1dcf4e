//! Names that begin with a text: what completion asks for, without going through all the names that there are.

use crate::admin::Admin;
use crate::error::Result;
use k5_kdb::{Order, Scope, Transaction};
use std::ops::ControlFlow;

/// The names that begin with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginnings {
    /// All of them, in the order of the database.
    Names(Vec<Vec<u8>>),
    /// There are too many. For each way in which the text goes on, what the names that go on so have in common.
    Stems(Vec<Vec<u8>>),
}

impl Admin {
    /// The names of principals that begin with `prefix`, if there are no more than `limit`; else how they go on. Either
    /// takes a number of look-ups that does not grow with the database.
    ///
    /// # Errors
    /// The database's.
    pub fn names_with_prefix(&self, prefix: &[u8], limit: usize) -> Result<Beginnings> {
        self.read(Scope::Everything, |transaction| {
            let names = names_from(transaction, prefix, prefix, limit.saturating_add(1))?;
            if names.len() <= limit {
                return Ok(Beginnings::Names(names));
            }
            Ok(Beginnings::Stems(stems(transaction, prefix)?))
        })
    }
}

/// Up to `limit` names that begin with `prefix`, from the text `from` on.
fn names_from(
    transaction: &mut dyn Transaction,
    from: &[u8],
    prefix: &[u8],
    limit: usize,
) -> Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    transaction.each_name_from(from, Order::Forward, &mut |name| {
        if !name.starts_with(prefix) {
            return Ok(ControlFlow::Break(()));
        }
        names.push(name.to_vec());
        Ok(if names.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(names)
}

fn stems(transaction: &mut dyn Transaction, prefix: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut stems = Vec::new();
    let mut from = prefix.to_vec();
    while let Some(first) = names_from(transaction, &from, prefix, 1)?.pop() {
        let group = first.get(..end_of_letter(&first, prefix.len())).unwrap_or_default().to_vec();
        if group.len() == prefix.len() {
            // A name that is the prefix itself comes first of all. No name has a zero byte, so all that follow it go on
            // with a greater one.
            from.push(1);
            stems.push(first);
            continue;
        }
        let Some(after) = after_all_with(&group) else { break };
        let mut last = first.clone();
        transaction.each_name_from(&after, Order::Reverse, &mut |name| {
            last = name.to_vec();
            Ok(ControlFlow::Break(()))
        })?;
        stems.push(common(&first, &last).to_vec());
        from = after;
    }
    Ok(stems)
}

/// The end of the UTF-8 letter that begins at `start`.
fn end_of_letter(name: &[u8], start: usize) -> usize {
    let rest = name.get(start..).unwrap_or_default();
    let more = rest.iter().skip(1).take_while(|&&byte| byte & 0xc0 == 0x80).count();
    start + usize::from(!rest.is_empty()) + more
}

/// The least text that is greater than every text that begins with this one.
fn after_all_with(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut after = prefix.to_vec();
    while let Some(last) = after.pop() {
        if let Some(next) = last.checked_add(1) {
            after.push(next);
            return Some(after);
        }
    }
    None
}

/// What both begin with, in whole letters.
fn common<'a>(a: &'a [u8], b: &[u8]) -> &'a [u8] {
    let mut end = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    while end > 0 && a.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    a.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_kdb::db2::{Db2, Db2Files};
    use k5_kdb::{Access, Backend, Entry};
    use k5_types::Principal;

    fn with_names<T>(names: &[String], test: impl Fn(&mut dyn Transaction) -> T) -> T {
        let dir = tempfile::tempdir().unwrap();
        let files = Db2Files::named(&dir.path().join("principal"));
        let db = Db2::create(files, |transaction| {
            for name in names {
                transaction.put_principal(&Entry::new(Principal::parse(name.as_bytes(), b"R").unwrap()))?;
            }
            Ok(())
        });
        let mut transaction = db.unwrap().begin(Scope::Everything, Access::Read).unwrap();
        test(transaction.as_mut())
    }

    fn shown(stems: Vec<Vec<u8>>) -> Vec<String> {
        stems.into_iter().map(|stem| String::from_utf8(stem).unwrap()).collect()
    }

    #[test]
    fn stems_lead_to_every_name() {
        let mut names: Vec<String> = (0..300).map(|n| format!("host/node{n:03}.example.com@R")).collect();
        names.extend(["alice@R", "al@R", "héa@R", "hèb@R", "zoe@R"].map(str::to_owned));
        with_names(&names, |transaction| {
            let mut of = |prefix: &str| shown(stems(transaction, prefix.as_bytes()).unwrap());
            assert_eq!(of(""), ["al", "h", "zoe@R"]);
            assert_eq!(of("h"), ["host/node", "hèb@R", "héa@R"]);
            assert_eq!(of("host/node"), ["host/node0", "host/node1", "host/node2"]);
            assert_eq!(of("al"), ["al@R", "alice@R"]);
            assert_eq!(of("al@R"), ["al@R"]);
            assert_eq!(of("x"), [""; 0]);
        });
    }

    #[test]
    fn only_names_with_the_prefix_are_read() {
        let names = ["a@R", "b/1@R", "b/2@R", "c@R"].map(str::to_owned);
        with_names(&names, |transaction| {
            let mut of = |limit| shown(names_from(transaction, b"b/", b"b/", limit).unwrap());
            assert_eq!(of(9), ["b/1@R", "b/2@R"]);
            assert_eq!(of(1), ["b/1@R"]);
        });
    }

    #[test]
    fn limits() {
        assert_eq!(after_all_with(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(after_all_with(b"\xff"), None);
        assert_eq!(common("é".as_bytes(), "è".as_bytes()), b"");
    }
}
