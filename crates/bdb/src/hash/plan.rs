//! What a commit of a hash file writes.

use super::layout::{Page, write_header, write_page};
use super::pager::Pager;
use crate::commit::{Plan, Write};
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// What a commit would write. Where one page of a bucket changes and nothing but the number of pairs in the header, the
    /// page comes first: between the two the number is wrong, which MIT uses only to choose when the table grows. In any other
    /// case there is no order in which look-ups find everything.
    pub(super) fn plan(&self) -> Result<Plan> {
        let header = self.header();
        let was = *self.changes.committed();
        let mut pages = Vec::new();
        let mut ordered = self.pages != 0 && *header == super::address::Header { pairs: header.pairs, ..was };
        for number in self.changes.numbers() {
            let Some(page) = self.changes.get(number) else { continue };
            ordered &= number < self.pages && matches!(page, Page::Table(_));
            let bytes = write_page(page, number, header.page_size, header.order);
            let bytes = bytes.map_err(|flaw| self.corrupt(number, flaw))?;
            pages.push(Write { offset: u64::from(number) * u64::from(header.page_size), bytes });
        }
        ordered &= pages.len() <= 1;
        let mut plan = Plan { steps: vec![pages], ordered, sectors: false, removes: self.changes.removes };
        if self.pages == 0 || *header != was {
            let head = vec![Write { offset: 0, bytes: write_header(header) }];
            plan.steps.push(head);
        }
        plan.steps.retain(|step| !step.is_empty());
        Ok(plan)
    }
}
