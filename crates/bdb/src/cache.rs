//! Pages that were read and not changed, a bounded number of them.

use std::collections::HashMap;

/// Two generations: when the younger is full it becomes the older and the older is forgotten. A page that is
/// asked for again moves to the younger, so the upper levels of a tree survive a scan of all its leaves.
#[derive(Debug)]
pub(crate) struct Cache<P> {
    young: HashMap<u32, P>,
    old: HashMap<u32, P>,
    generation: usize,
}

impl<P: Clone> Cache<P> {
    /// A cache of at most `pages` pages.
    pub(crate) fn new(pages: usize) -> Self {
        Cache { young: HashMap::new(), old: HashMap::new(), generation: (pages / 2).max(8) }
    }

    pub(crate) fn get(&mut self, number: u32) -> Option<P> {
        if let Some(page) = self.young.get(&number) {
            return Some(page.clone());
        }
        let page = self.old.remove(&number)?;
        self.insert(number, page.clone());
        Some(page)
    }

    pub(crate) fn insert(&mut self, number: u32, page: P) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(number, page);
    }

    pub(crate) fn remove(&mut self, number: u32) {
        self.young.remove(&number);
        self.old.remove(&number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let mut cache = Cache::new(16);
        cache.insert(1, ());
        for number in 2..1000 {
            cache.insert(number, ());
            assert!(cache.get(1).is_some());
            assert!(cache.young.len() + cache.old.len() <= 17);
        }
        assert!(cache.get(2).is_none());
    }
}
