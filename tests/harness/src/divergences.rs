//! The numbered differences from MIT in `docs/divergences.md`.

/// The number in `DIV-7`.
pub(crate) fn number(name: &str) -> Option<u32> {
    name.strip_prefix("DIV-")?.parse().ok()
}

/// Whether the document has a heading of its own for the difference.
pub(crate) fn announced(document: &str, wanted: u32) -> bool {
    let headings = document.lines().filter_map(|line| line.strip_prefix("## "));
    headings.filter_map(|heading| number(heading.split_whitespace().next()?)).any(|found| found == wanted)
}

/// The document.
pub(crate) fn document() -> String {
    let path = crate::workspace().join("docs/divergences.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The difference `name` (`DIV-7`) must stand in `docs/divergences.md`.
///
/// # Panics
/// Where it does not.
pub fn announced_divergence(name: &str) {
    must_be_announced(name, &document());
}

/// # Panics
/// Where the document has no heading for `name`.
pub(crate) fn must_be_announced(name: &str, document: &str) {
    let wanted = number(name).unwrap_or_else(|| panic!("{name:?} is not of the form DIV-7"));
    assert!(announced(document, wanted), "docs/divergences.md has no heading \"## {name} ...\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_stands_for_one_difference_and_names_its_test() {
        let document = document();
        let sections: Vec<&str> = document.split("\n## ").skip(1).collect();
        assert!(sections.len() > 40, "only {} sections found", sections.len());
        let mut seen = std::collections::BTreeSet::new();
        for section in sections {
            let name = section.split_whitespace().next().unwrap_or_default();
            let number = number(name).unwrap_or_else(|| panic!("a section {name:?} that is no difference"));
            assert!(seen.insert(number), "{name} stands there twice");
            assert!(section.contains("Test: ") || section.contains("Test:\n"), "{name} names no test");
        }
    }

    #[test]
    fn only_a_heading_with_the_whole_number_counts() {
        let document =
            "# Differences\n\n## DIV-07 keytabs\nDIV-8 is told elsewhere\n### DIV-9 x\n## DIV-100 y\n";
        assert!(announced(document, 7));
        assert!(announced(document, 100));
        for absent in [1, 8, 9, 10] {
            assert!(!announced(document, absent), "{absent}");
        }
        assert_eq!(number("7"), None);
    }
}
