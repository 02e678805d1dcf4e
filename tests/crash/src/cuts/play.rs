//! Transactions one after the other, on a disk that writes down what is done to it.

use std::sync::Arc;

use harness::{Dice, Realm};
use k5_kdb::db2::{Db2, Db2Files};
use k5_kdb::{Access, Backend, KdbError, Scope};

use super::disk::{Disk, Image, Kind, Operation};
use super::holding::{Change, Holding, changes};
use crate::template::Template;

/// A sequence of transactions and what they did to the disk.
#[derive(Debug)]
pub struct Play {
    /// The files at the beginning.
    pub base: Image,
    /// What the disk is like.
    pub kind: Kind,
    /// What was done to them.
    pub log: Vec<Operation>,
    /// What the database holds at the beginning and behind each transaction.
    pub holdings: Vec<Holding>,
    /// How many operations were done when each of these was acknowledged.
    pub acknowledged: Vec<usize>,
}

/// The database's files in the realm's directory, those with content on this disk. The lock files are the system's.
pub fn files(realm: &Realm, disk: &Disk) -> Db2Files {
    Db2Files { storage: Arc::new(disk.clone()), ..Db2Files::named(&realm.path("principal")) }
}

/// The template's files at the paths of the realm.
pub fn base(realm: &Realm, template: &Template) -> Image {
    let content =
        |name: &&str| template.files.iter().find(|(known, _)| known == name).expect("it is there").1.clone();
    ["principal", "principal.kadm5"].iter().map(|name| (realm.path(name), content(name))).collect()
}

/// Makes one transaction.
///
/// # Errors
/// What the database says.
pub fn transact(files: &Db2Files, changes: &[Change]) -> Result<(), KdbError> {
    let db = Db2::open(files.clone())?;
    let of_policies =
        changes.iter().all(|change| matches!(change, Change::PutPolicy(_) | Change::DeletePolicy(_)));
    let scope = if of_policies { Scope::Policies } else { Scope::Everything };
    let mut transaction = db.begin(scope, Access::Write)?;
    for change in changes {
        change.make(&mut *transaction)?;
    }
    transaction.commit()
}

/// Plays so many transactions.
///
/// # Panics
/// Where one of them fails, or something else is in the database afterwards.
pub fn play(realm: &Realm, template: &Template, dice: &mut Dice, transactions: usize) -> Play {
    let base = base(realm, template);
    let kind = Kind::some(dice);
    let disk = Disk::new(&base, kind);
    let files = files(realm, &disk);
    let start = Holding::read(&files).expect("the template can be read");
    let mut play = Play { base, kind, log: Vec::new(), holdings: vec![start], acknowledged: vec![0] };
    for number in 0..transactions {
        let mut holding = play.holdings.last().expect("one at least").clone();
        let changes = changes(dice, &holding, number);
        transact(&files, &changes).unwrap_or_else(|error| panic!("transaction {number}: {error}"));
        changes.iter().for_each(|change| change.apply(&mut holding));
        play.holdings.push(holding);
        play.acknowledged.push(disk.operations());
    }
    let found = Holding::read(&files).expect("it can be read");
    let difference = found.difference(play.holdings.last().expect("one at least"));
    assert!(difference.is_empty(), "without any cut: {difference:?}");
    play.log = disk.log();
    play
}

impl Play {
    /// What the database may hold if it was cut short before operation number `cut`: what was acknowledged, and what the
    /// transaction behind it would have made of that.
    pub fn allowed(&self, cut: usize) -> &[Holding] {
        let done = self.done(cut);
        &self.holdings[done..self.holdings.len().min(done + 2)]
    }

    /// How many transactions were acknowledged before operation number `cut`.
    pub fn done(&self, cut: usize) -> usize {
        self.acknowledged.partition_point(|&at| at <= cut) - 1
    }

    /// The operation before which it was cut short, with those around it.
    pub fn around(&self, cut: usize) -> String {
        let name = |operation: &Operation| match operation {
            Operation::Write { file, offset, bytes } => {
                format!("write file {file} at {offset}: {} bytes", bytes.len())
            }
            other => format!("{other:?}"),
        };
        let from = cut.saturating_sub(12);
        let lines = self.log.iter().enumerate().skip(from).take(18);
        lines
            .map(|(at, operation)| {
                format!("    {}{at} {}\n", if at == cut { "CUT " } else { "" }, name(operation))
            })
            .collect()
    }
}
