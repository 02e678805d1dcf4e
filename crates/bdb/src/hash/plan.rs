//! What a commit of a hash file writes.

use std::collections::BTreeSet;

use super::address::Header;
use super::before::Before;
use super::layout::{Page, write_header, write_page};
use super::order::Order;
use super::pager::Pager;
use crate::commit::{Plan, Write};
use crate::{Error, PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// What a commit would write: in the order of [`Order`] if there is one. The number of pairs in the header, which is wrong in
    /// between, MIT uses only to choose when the table grows.
    pub(super) fn plan(&self) -> Result<Plan> {
        let before = self.before();
        let steps = || match Order::find(self, &before)? {
            Some(order) => self.steps(order, &before).map(Some),
            None => Ok(None),
        };
        let steps = match self.pages {
            0 => None,
            _ => match steps() {
                // What is damaged leads nobody anywhere: the file is copied, as it is.
                Err(Error::Corrupt { .. }) => None,
                steps => steps?,
            },
        };
        let mut plan = Plan { ordered: steps.is_some(), removes: self.changes.removes, ..Plan::default() };
        match steps {
            Some(steps) => plan.steps = steps,
            None => {
                let mut writes: Vec<Write> = self
                    .changes
                    .numbers()
                    .into_iter()
                    .map(|page| self.write_of(page))
                    .collect::<Result<_>>()?;
                if self.pages == 0 || self.header() != self.changes.committed() {
                    writes.push(self.head());
                }
                plan.steps.push(writes);
            }
        }
        plan.steps.retain(|step| !step.is_empty());
        Ok(plan)
    }

    fn steps(&self, order: Order, before: &Before<'_, F>) -> Result<Vec<Vec<Write>>> {
        let writes =
            |pages: Vec<u32>| pages.into_iter().map(|page| self.write_of(page)).collect::<Result<Vec<_>>>();
        let mut new = writes(order.new)?;
        let mut last = writes(order.freed)?;
        for number in order.bitmaps {
            let Some(Page::Bitmap(now)) = self.changes.get(number) else { continue };
            let was = before.bitmap(number)?;
            // Nobody takes a page that the commit takes, nor one that it gives back, while it lasts.
            let both: Vec<u32> = was.iter().zip(now.iter()).map(|(was, now)| was | now).collect();
            let gives_back = both[..] != now[..];
            if both[..] != was[..] {
                new.push(self.write_as(number, &Page::Bitmap(both.into()))?);
            }
            if gives_back {
                last.push(self.write_of(number)?);
            }
        }
        let others = self.others_of_buckets(&order.stay, before)?;
        let mut stay = writes(order.stay)?;
        let (header, was) = (self.header(), *before.header());
        if *header != was || new.len() + stay.len() + last.len() > 1 {
            stay.extend(others);
        }
        if *header != (Header { pairs: header.pairs, ..was }) {
            return Ok(vec![new, vec![self.head()], stay, last]);
        }
        if *header != was {
            return Ok(vec![new, stay, last, vec![self.head()]]);
        }
        // Unchanged, it is in the journal all the same: where another program has let the table grow, a record of this commit may
        // belong to a bucket that the commit knows nothing of.
        if new.len() + stay.len() + last.len() > 1 {
            stay.push(self.head());
        }
        Ok(vec![new, stay, last])
    }

    /// The headers of those pages that stay as they are, of the buckets of these that do not. In the journal they show whether another
    /// program has been at the bucket since: it may have added the very record, or taken one of these pages out of its chain, which
    /// leaves that page itself as it was.
    fn others_of_buckets(&self, pages: &[u32], before: &Before<'_, F>) -> Result<Vec<Write>> {
        let mut buckets = BTreeSet::new();
        for number in pages {
            let Some(Page::Table(now)) = self.changes.get(*number) else { continue };
            let was = before.table(*number, now.overflow)?;
            let key = match (was.entries.first(), now.entries.first()) {
                (Some(entry), _) => before.load_key(entry)?,
                (None, Some(entry)) => self.load_key(entry)?,
                (None, None) => continue,
            };
            buckets.insert(before.header().bucket_of(&key));
        }
        let page_size = u64::from(self.header().page_size);
        let mut others = Vec::new();
        for bucket in buckets {
            let heads = before.heads(bucket)?.into_iter();
            others.extend(
                heads
                    .filter(|(page, _)| self.changes.get(*page).is_none())
                    .map(|(page, head)| Write { offset: u64::from(page) * page_size, bytes: head.to_vec() }),
            );
        }
        Ok(others)
    }

    fn head(&self) -> Write {
        Write { offset: 0, bytes: write_header(self.header()) }
    }

    fn write_of(&self, number: u32) -> Result<Write> {
        let page = self.changes.get(number);
        self.write_as(number, page.ok_or_else(|| self.wrong(number, "an unchanged page was to be written"))?)
    }

    fn write_as(&self, number: u32, page: &Page) -> Result<Write> {
        let header = self.header();
        let bytes = write_page(page, number, header.page_size, header.order);
        let bytes = bytes.map_err(|flaw| self.corrupt(number, flaw))?;
        Ok(Write { offset: u64::from(number) * u64::from(header.page_size), bytes })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use proptest::prelude::*;

    use crate::hash::{Access, Hash, Options};
    use crate::{MemFile, PageFile};

    type Model = BTreeMap<Vec<u8>, Vec<u8>>;

    fn path() -> &'static Path {
        Path::new("test.db")
    }

    /// Keys of a few hashes, so that chains of several pages are common.
    fn key(of: u8) -> Vec<u8> {
        let same = (0..4).flat_map(|bit| if of >> bit & 1 == 0 { *b"bA" } else { *b"ab" });
        [of >> 4].into_iter().chain(same).collect()
    }

    fn table(records: &[(u8, usize)]) -> (MemFile, Model) {
        let file = MemFile::new();
        let options = Options { page_size: 256, ..Options::default() };
        let mut table = Hash::create(file.clone(), path(), options).unwrap();
        let mut model = Model::new();
        for (of, length) in records {
            table.put(&key(*of), &vec![1; *length]).unwrap();
            model.insert(key(*of), vec![1; *length]);
        }
        table.commit().unwrap();
        (file, model)
    }

    fn times_in_its_bucket(table: &Hash<MemFile>, key: &[u8]) -> usize {
        let chain = table.pager.chain(table.pager.header().bucket_of(key)).unwrap();
        let entries = chain.iter().flat_map(|(_, table)| &table.entries);
        entries.filter(|entry| table.pager.load(entry).unwrap().key == key).count()
    }

    fn length() -> impl Strategy<Value = usize> {
        prop_oneof![8 => Just(60_usize), 4 => 1_usize..120, 1 => 185_usize..600, 1 => Just(400_usize)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// At any step of a commit that is called ordered, whichever pages of the step are in the file, look-ups find each record as
        /// before or as after, and a walk finds all that the commit does not delete.
        #[test]
        fn any_part_of_it(
            records in prop::collection::vec((0..128_u8, length()), 0..90),
            changes in prop::collection::vec((0..128_u8, prop::option::weighted(0.7, length())), 1..16),
            steps in any::<prop::sample::Index>(),
            done in any::<u64>(),
        ) {
            let (file, before) = table(&records);
            let mut changed = Hash::open(file.clone(), path(), Access::ReadWrite).unwrap();
            let mut after = before.clone();
            for (of, length) in changes {
                match length {
                    Some(length) => {
                        changed.put(&key(of), &vec![2; length]).unwrap();
                        after.insert(key(of), vec![2; length]);
                    }
                    None => {
                        prop_assert_eq!(changed.delete(&key(of)).unwrap(), after.remove(&key(of)).is_some());
                    }
                }
            }
            let report = changed.check().unwrap();
            prop_assert!(report.is_sound(), "{:?}", report);
            let plan = changed.plan().unwrap();
            if !plan.ordered || plan.is_empty() {
                return Ok(());
            }
            let steps = steps.index(plan.steps.len());
            let mut between = MemFile::with_contents(file.contents());
            for (step, writes) in plan.steps.iter().enumerate() {
                for (at, write) in writes.iter().enumerate() {
                    if step < steps || (step == steps && done >> (at % 64) & 1 == 1) {
                        between.write_at(write.offset, &write.bytes).unwrap();
                    }
                }
            }
            let table = Hash::open(between, path(), Access::ReadOnly).unwrap();
            let either = |key: &[u8], value: Option<&Vec<u8>>| {
                [&before, &after].into_iter().any(|model| model.get(key) == value)
            };
            let mut walked = BTreeSet::new();
            for record in table.iter() {
                let record = record.unwrap();
                prop_assert!(either(&record.key, Some(&record.value)));
                walked.insert(record.key);
            }
            for key in before.keys().chain(after.keys()) {
                prop_assert!(either(key, table.get(key).unwrap().as_ref()));
                prop_assert!(walked.contains(key) || !before.contains_key(key) || !after.contains_key(key));
            }
            // Another program replaces a record, and finds what it wrote.
            for key in before.keys().filter(|key| after.contains_key(*key)).step_by(7) {
                let other = MemFile::with_contents(table.file().contents());
                let mut other = Hash::open(other, path(), Access::ReadWrite).unwrap();
                other.put(key, &[3; 70]).unwrap();
                prop_assert!(other.get(key).unwrap() == Some(vec![3; 70]));
                prop_assert_eq!(times_in_its_bucket(&other, key), 1);
                // And deletes it: no second one comes to light.
                prop_assert!(other.delete(key).unwrap());
                prop_assert!(other.get(key).unwrap().is_none());
            }
            for key in before.keys().chain(after.keys()) {
                prop_assert!(times_in_its_bucket(&table, key) <= 1);
            }
            // The commit comes to its end.
            let mut whole = file;
            for write in plan.steps.iter().flatten() {
                whole.write_at(write.offset, &write.bytes).unwrap();
            }
            let whole = Hash::open(whole, path(), Access::ReadOnly).unwrap();
            let report = whole.check().unwrap();
            prop_assert!(report.is_sound() && report.unreachable == 0, "{:?}", report);
            prop_assert_eq!(report.records, after.len() as u64);
        }
    }

    /// Most changes have an order: without it, each of them would copy the file.
    #[test]
    fn what_is_ordered() {
        let (mut ordered, mut all) = (0, 0);
        let records: Vec<(u8, usize)> = (0..90).map(|of| (of * 2, 60)).collect();
        for of in 0..=255_u8 {
            for length in [None, Some(20), Some(60), Some(90), Some(110), Some(400)] {
                let (file, before) = table(&records);
                let mut table = Hash::open(file, path(), Access::ReadWrite).unwrap();
                match length {
                    Some(length) => table.put(&key(of), &vec![2; length]).unwrap(),
                    None if !before.contains_key(&key(of)) => continue,
                    None => assert!(table.delete(&key(of)).unwrap()),
                }
                all += 1;
                ordered += usize::from(table.plan().unwrap().ordered);
            }
        }
        assert_eq!((ordered, all), (all, 1370));
    }

    /// Pages given back, some far before those that come, with rollbacks in between: the hint for the first free page stays
    /// right, no page is lost, and changes for ever do not let the file grow for ever.
    #[test]
    fn many_overflow_pages() {
        let (file, mut model) = table(&[]);
        let mut table = Hash::open(file.clone(), path(), Access::ReadWrite).unwrap();
        let (mut dice, mut greatest) = (1_u32, 0);
        let mut roll = |sides: u32| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (dice >> 8) % sides
        };
        for round in 0..400 {
            let mut undone = None;
            for step in 0..roll(12) + 1 {
                if step == 3 {
                    undone = Some((table.savepoint(), model.clone()));
                }
                let key = key(roll(256) as u8);
                if roll(6) == 0 {
                    assert_eq!(table.delete(&key).unwrap(), model.remove(&key).is_some());
                } else {
                    let value = vec![round as u8; [60, 100, 150, 400, 900][roll(5) as usize]];
                    table.put(&key, &value).unwrap();
                    model.insert(key, value);
                }
            }
            if let Some((savepoint, was)) = undone
                && roll(2) == 0
            {
                table.rollback_to(&savepoint).unwrap();
                model = was;
            }
            let report = table.check().unwrap();
            assert!(report.is_sound() && report.unreachable == 0, "{round}: {report:?}");
            let plan = table.plan().unwrap();
            drop(table);
            let mut written = file.clone();
            for write in plan.steps.iter().flatten() {
                written.write_at(write.offset, &write.bytes).unwrap();
            }
            table = Hash::open(file.clone(), path(), Access::ReadWrite).unwrap();
            for (key, value) in &model {
                assert_eq!(table.get(key).unwrap().as_ref(), Some(value), "{round}");
            }
            let length = file.len().unwrap();
            match round {
                0..200 => greatest = greatest.max(length),
                _ => assert!(length <= greatest + greatest / 4, "{round}: {length} after {greatest}"),
            }
        }
        assert!(table.pager.header().overflow_pages() > 4 * u32::BITS);
    }
}
