//! What a commit of a hash file writes.

use std::collections::HashSet;

use super::layout::{Entry, Page, Part, read_page, write_header, write_page};
use super::pager::Pager;
use crate::commit::{Plan, Write};
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// What a commit would write. Where no record moves from one page to another and nothing but the number of pairs changes in the
    /// header, the pages come first, in any order: each record is found as before or as after, and the number, which is wrong
    /// between the two, MIT uses only to choose when the table grows. In any other case there is no order in which look-ups and
    /// walks find everything once.
    pub(super) fn plan(&self) -> Result<Plan> {
        let header = self.header();
        let was = *self.changes.committed();
        let numbers = self.changes.numbers();
        let mut pages = Vec::new();
        for number in &numbers {
            let Some(page) = self.changes.get(*number) else { continue };
            let bytes = write_page(page, *number, header.page_size, header.order);
            let bytes = bytes.map_err(|flaw| self.corrupt(*number, flaw))?;
            pages.push(Write { offset: u64::from(*number) * u64::from(header.page_size), bytes });
        }
        let ordered = self.pages != 0
            && *header == super::address::Header { pairs: header.pairs, ..was }
            && self.none_moves(&numbers)?;
        let mut plan = Plan { steps: vec![pages], ordered, sectors: false, removes: self.changes.removes };
        if self.pages == 0 || *header != was {
            let head = vec![Write { offset: 0, bytes: write_header(header) }];
            plan.steps.push(head);
        }
        plan.steps.retain(|step| !step.is_empty());
        Ok(plan)
    }

    /// Whether the pages stay what they are, in the same chains, and no record is on another one of them than before. Costs a
    /// look at each, as the file has it.
    fn none_moves(&self, numbers: &[u32]) -> Result<bool> {
        let (mut gone, mut come) = (HashSet::new(), HashSet::new());
        for number in numbers {
            let Some(Page::Table(now)) = self.changes.get(*number) else { return Ok(false) };
            let Some(Page::Table(was)) = self.committed(*number)? else { return Ok(false) };
            if (was.overflow, was.next) != (now.overflow, now.next) {
                return Ok(false);
            }
            let (Some(before), Some(after)) =
                (keys(&was.entries, &now.entries), keys(&now.entries, &was.entries))
            else {
                return Ok(false);
            };
            gone.extend(before);
            come.extend(after);
        }
        Ok(gone.is_disjoint(&come))
    }

    /// A page as the file has it, if it has it: MIT leaves bytes of all kinds on pages in no use.
    fn committed(&self, number: u32) -> Result<Option<Page>> {
        if number >= self.pages {
            return Ok(None);
        }
        let bytes = self.raw(number)?;
        Ok(read_page(&bytes, number, self.header().order).ok())
    }
}

/// The keys of entries that are not among the others; `None` where a big pair is not, whose key is elsewhere.
fn keys(entries: &[Entry], others: &[Entry]) -> Option<Vec<Part>> {
    let same: HashSet<&[u8]> = others.iter().filter_map(key).map(|key| &**key).collect();
    let mut keys = Vec::new();
    for entry in entries {
        match key(entry) {
            Some(key) if same.contains(&**key) => {}
            Some(key) => keys.push(key.clone()),
            None if others.contains(entry) => {}
            None => return None,
        }
    }
    Some(keys)
}

fn key(entry: &Entry) -> Option<&Part> {
    match entry {
        Entry::Pair { key, .. } => Some(key),
        Entry::Big(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
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

    fn length() -> impl Strategy<Value = usize> {
        prop_oneof![8 => Just(60_usize), 4 => 1_usize..120, 1 => 185_usize..600, 1 => Just(400_usize)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whichever pages of a commit that is called ordered are in the file, each record is there once, as before or as
        /// after, and nothing but the number of pairs contradicts itself.
        #[test]
        fn any_of_its_pages(
            records in prop::collection::vec((0..64_u8, length()), 0..60),
            changes in prop::collection::vec((0..64_u8, prop::option::of(length())), 1..8),
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
            let plan = changed.plan().unwrap();
            if !plan.ordered {
                return Ok(());
            }
            prop_assert!(plan.steps.len() <= 2);
            let mut between = MemFile::with_contents(file.contents());
            for (at, write) in plan.steps.first().into_iter().flatten().enumerate() {
                if done >> (at % 64) & 1 == 1 {
                    between.write_at(write.offset, &write.bytes).unwrap();
                }
            }
            let table = Hash::open(between, path(), Access::ReadOnly).unwrap();
            let mut found = Model::new();
            for record in table.iter() {
                let record = record.unwrap();
                prop_assert!(table.get(&record.key).unwrap().as_ref() == Some(&record.value));
                prop_assert!(found.insert(record.key, record.value).is_none());
            }
            for key in before.keys().chain(after.keys()) {
                let now = found.get(key);
                prop_assert!(now == before.get(key) || now == after.get(key));
            }
            let report = table.check().unwrap();
            prop_assert!(report.problems.iter().all(|problem| problem.page == 0), "{:?}", report);
        }
    }
}
