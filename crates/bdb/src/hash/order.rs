//! The order in which the pages of a commit may reach a file that others look at.
//!
//! What makes it work: a page that the table gives back is not used again before the commit is over. So there are pages to
//! which nothing in the file leads yet, pages that stay where they are in their chains, and pages to which nothing leads any
//! more. The first are written first. Then comes the header: from there on look-ups find the records of new buckets in them,
//! and a walk finds those twice. Then come the pages that stay, in any order, since a record moves between two places of one bucket by
//! the write of one page only ([`Pager::detach`]): were it twice in one bucket in between, another program that replaces it
//! would replace one of the two. What was given back is wiped at last.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::before::Before;
use super::layout::{Entry, Page, Part, Table};
use super::pager::Pager;
use crate::{PageFile, Result};

/// A commit's pages by what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Nothing in the file leads there.
    pub new: Vec<u32>,
    /// Bitmaps that the file has.
    pub bitmaps: Vec<u32>,
    /// Pages that stay in their chains.
    pub stay: Vec<u32>,
    /// Nothing leads there any more.
    pub freed: Vec<u32>,
}

impl Order {
    /// That of the changes of `pager`; `None` if there is none. Costs a look at each page, as the file has it.
    ///
    /// # Errors
    /// Where the system does not give a page, or a page is not what leads to it says.
    pub fn find<F: PageFile>(pager: &Pager<F>, before: &Before<'_, F>) -> Result<Option<Order>> {
        let mut order = Order::default();
        let mut chains = Chains::default();
        for number in pager.changes.numbers() {
            let Some(page) = pager.changes.get(number) else { continue };
            match (before.uses(number)?, page) {
                (_, Page::Free) => order.freed.push(number),
                (false, page) => {
                    order.new.push(number);
                    if let Page::Table(table) = page {
                        chains.new.insert(number, Arc::clone(table));
                    }
                }
                (true, Page::Bitmap(_)) => order.bitmaps.push(number),
                (true, Page::Table(now)) => {
                    let was = before.table(number, now.overflow)?;
                    chains.stay.insert(number, (was, Arc::clone(now)));
                }
                // Another pair on the pages of one that was given back.
                (true, Page::Big(_)) => return Ok(None),
            }
        }
        for number in &order.freed {
            if before.uses(*number)? {
                match before.table(*number, true) {
                    Ok(table) => drop(chains.freed.insert(*number, table)),
                    Err(_) => drop(before.big(*number)?),
                }
            }
        }
        let Some(links) = Links::find(pager, before, &chains)? else { return Ok(None) };
        order.stay = chains.stay.keys().copied().collect();
        Ok(each_by_one_write(pager, before, &chains, &links)?.then_some(order))
    }
}

/// The pages of chains that a commit writes.
#[derive(Default)]
struct Chains {
    new: BTreeMap<u32, Arc<Table>>,
    /// As they were, and as they will be.
    stay: BTreeMap<u32, (Arc<Table>, Arc<Table>)>,
    /// As they were.
    freed: BTreeMap<u32, Arc<Table>>,
}

/// What makes others see a record, or not see it any more, when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    /// The header, which comes before all pages that stay.
    Header,
    Page(u32),
}

#[derive(Default)]
struct Links {
    /// For each new page what leads to it.
    to_new: HashMap<u32, Switch>,
    /// For each page that was given back the one that led to it.
    from_freed: HashMap<u32, u32>,
}

impl Links {
    /// `None` if a page does not stay in its place between others that do.
    fn find<F: PageFile>(pager: &Pager<F>, before: &Before<'_, F>, chains: &Chains) -> Result<Option<Links>> {
        let mut links = Links::default();
        for bucket in before.header().last_bucket.saturating_add(1)..=pager.header().last_bucket {
            let first = pager.bucket_page(bucket)?;
            if !chains.new.contains_key(&first)
                || links.follow(chains, Some(first), Switch::Header) != Some(None)
            {
                return Ok(None);
            }
        }
        for (number, (was, now)) in &chains.stay {
            let mut old = was.next;
            while let Some((page, table)) = old.and_then(|page| Some((page, chains.freed.get(&page)?))) {
                if links.from_freed.insert(page, *number).is_some() {
                    return Ok(None);
                }
                old = table.next;
            }
            if links.follow(chains, now.next, Switch::Page(*number)) != Some(old) {
                return Ok(None);
            }
        }
        Ok(Some(links))
    }

    /// Notes the new pages from `next` on, and answers what comes behind them; `None` if two lead to one.
    fn follow(&mut self, chains: &Chains, mut next: Option<u32>, from: Switch) -> Option<Option<u32>> {
        while let Some((page, table)) = next.and_then(|page| Some((page, chains.new.get(&page)?))) {
            if self.to_new.insert(page, from).is_some() {
                return None;
            }
            next = table.next;
        }
        Some(next)
    }
}

/// What a record is known by on both sides of a commit.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Name {
    Key(Part),
    /// The address of a big pair that keeps its pages.
    Big(u16),
}

/// Whether each record that is in another place afterwards is there when the header or one page is written, which takes it from
/// where it was.
fn each_by_one_write<F: PageFile>(
    pager: &Pager<F>,
    before: &Before<'_, F>,
    chains: &Chains,
    links: &Links,
) -> Result<bool> {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for (number, table) in &chains.freed {
        let Some(switch) = links.from_freed.get(number) else { return Ok(false) };
        gone.extend(table.entries.iter().map(|entry| (entry, *switch)));
    }
    for (number, table) in &chains.new {
        let Some(switch) = links.to_new.get(number) else { return Ok(false) };
        come.extend(table.entries.iter().map(|entry| (entry, *switch)));
    }
    for (number, (was, now)) in &chains.stay {
        gone.extend(missing(was, now).into_iter().map(|entry| (entry, *number)));
        come.extend(missing(now, was).into_iter().map(|entry| (entry, Switch::Page(*number))));
    }
    let were: HashSet<u16> = gone.iter().filter_map(|(entry, _)| address(entry)).collect();
    let kept: HashSet<u16> = come
        .iter()
        .filter_map(|(entry, _)| address(entry))
        .filter(|address| were.contains(address))
        .collect();
    let name = |entry: &Entry, key: &dyn Fn(u16) -> Result<Vec<u8>>| {
        Ok(match entry {
            Entry::Pair { key, .. } => Name::Key(key.clone()),
            Entry::Big(address) if kept.contains(address) => Name::Big(*address),
            Entry::Big(address) => Name::Key(key(*address)?.as_slice().into()),
        })
    };
    let mut places = HashMap::new();
    for (entry, switch) in come {
        // Two with one name: no table of ours.
        if places.insert(name(entry, &|address| pager.load_big_key(address))?, switch).is_some() {
            return Ok(false);
        }
    }
    for (entry, from) in gone {
        if let Some(Switch::Page(to)) = places.get(&name(entry, &|address| before.load_big_key(address))?)
            && *to != from
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn address(entry: &Entry) -> Option<u16> {
    match entry {
        Entry::Big(address) => Some(*address),
        Entry::Pair { .. } => None,
    }
}

/// The entries of a page that another state of it has not.
fn missing<'a>(these: &'a Table, others: &Table) -> Vec<&'a Entry> {
    let mut keys = HashSet::new();
    let mut addresses = HashSet::new();
    for entry in &others.entries {
        match entry {
            Entry::Pair { key, .. } => keys.insert(&**key),
            Entry::Big(address) => addresses.insert(*address),
        };
    }
    let is_missing = |entry: &&Entry| match entry {
        Entry::Pair { key, .. } => !keys.contains(&**key),
        Entry::Big(address) => !addresses.contains(address),
    };
    these.entries.iter().filter(is_missing).collect()
}
