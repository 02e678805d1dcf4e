//! The file itself: whether it can be read, by whom, and how much of it is a keytab.

use super::code::Code;
use super::finding::{Finding, Remedy};
use k5_keytab::{KeytabError, Ownership, Survey};
use std::path::Path;

/// The user that a service runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUser {
    /// The name.
    pub name: String,
    /// The number.
    pub user: u32,
    /// The numbers of all the groups that the user is in.
    pub groups: Vec<u32>,
}

impl ServiceUser {
    /// Whether the permission bits of a file give the right that `bit` stands for (4 to read, 1 to search), as the system
    /// decides it: the owner's bits for the owner, else the group's for its members, else everybody's. Root may all.
    fn may(&self, ownership: Ownership, bit: u32) -> bool {
        let shift = match () {
            () if self.user == 0 => return true,
            () if ownership.user == self.user => 6,
            () if self.groups.contains(&ownership.group) => 3,
            () => 0,
        };
        (ownership.mode >> shift) & bit == bit
    }
}

/// A keytab that could not be opened.
pub(super) fn closed(error: &KeytabError) -> Finding {
    match error {
        KeytabError::BadVersion { .. } | KeytabError::NotAFile { .. } => {
            Finding::new(Code::NOT_A_KEYTAB, error.to_string())
        }
        _ => Finding::new(Code::UNREADABLE, error.to_string()),
    }
}

/// Damage, emptiness and holes.
pub(super) fn contents(survey: &Survey, findings: &mut Vec<Finding>) {
    match &survey.stopped {
        Some(KeytabError::Damaged { offset, damage, .. }) => {
            let count = survey.records.len();
            let text = format!("{damage}; {} before that {} whole", entries(count), be(count));
            findings.push(Finding::new(Code::DAMAGED, text).at(*offset));
        }
        Some(error) => findings.push(Finding::new(Code::UNREADABLE, error.to_string())),
        None => {}
    }
    if survey.records.is_empty() {
        findings.push(Finding::new(Code::EMPTY, "the keytab has no entry"));
    }
    if let Some(first) = survey.holes.first() {
        let bytes: u64 = survey.holes.iter().map(|hole| u64::from(hole.size)).sum();
        let count = survey.holes.len();
        let text = format!("{count} {}, {bytes} bytes together", if count == 1 { "hole" } else { "holes" });
        findings.push(Finding::new(Code::HOLES, text).at(first.offset));
    }
}

fn entries(count: usize) -> String {
    match count {
        0 => "no entries".to_owned(),
        1 => "the one entry".to_owned(),
        count => format!("the {count} entries"),
    }
}

fn be(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Who may read and write it. `path` is where it is; the directories above it are looked at.
pub(super) fn permissions(
    path: &Path,
    ownership: Ownership,
    user: Option<&ServiceUser>,
    findings: &mut Vec<Finding>,
) {
    let mode = ownership.mode;
    let said = format!("its mode is {mode:04o}");
    if mode & 0o004 != 0 {
        let text = format!("everybody on this host may read the keys: {said}");
        findings.push(Finding::new(Code::READABLE_BY_OTHERS, text).mend([Remedy::Chmod("o-rwx")]));
    }
    if mode & 0o022 != 0 {
        let who = if mode & 0o002 != 0 { "everybody" } else { "its group" };
        let text = format!("{who} may put keys into the keytab: {said}");
        findings.push(Finding::new(Code::WRITABLE_BY_OTHERS, text).mend([Remedy::Chmod("go-w")]));
    }
    if mode & 0o040 != 0 {
        let text = format!("the group {} may read the keys: {said}", ownership.group);
        findings.push(Finding::new(Code::READABLE_BY_GROUP, text));
    }
    let Some(user) = user else { return };
    if !user.may(ownership, 4) {
        let text = format!(
            "{} (user {}) may not read it: it is of user {} and group {}, and {said}",
            user.name, user.user, ownership.user, ownership.group
        );
        findings.push(Finding::new(Code::UNREADABLE_BY_USER, text).mend([Remedy::Chown(user.name.clone())]));
    } else if let Some(closed) = closed_directory(path, user) {
        let text = format!("{} (user {}) may not look into {}", user.name, user.user, closed.display());
        findings.push(Finding::new(Code::UNREADABLE_BY_USER, text));
    }
    if ownership.user != 0 && ownership.user != user.user {
        let text = format!("it is of user {}, who is neither root nor {}", ownership.user, user.name);
        findings.push(Finding::new(Code::OWNED_BY_OTHER, text).mend([Remedy::Chown(user.name.clone())]));
    }
}

/// The first directory on the way to the file that the user may not pass.
fn closed_directory(path: &Path, user: &ServiceUser) -> Option<std::path::PathBuf> {
    let whole = path.canonicalize().ok()?;
    let mut above: Vec<&Path> = whole.ancestors().skip(1).collect();
    above.reverse();
    let closed = above.into_iter().find(|directory| {
        let metadata = std::fs::metadata(directory);
        metadata.is_ok_and(|metadata| !user.may(Ownership::from(&metadata), 1))
    });
    closed.map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(mode: u32, user: Option<&ServiceUser>) -> Vec<&'static str> {
        let ownership = Ownership { user: 0, group: 7, mode };
        let mut findings = Vec::new();
        permissions(Path::new("/nowhere/k"), ownership, user, &mut findings);
        findings.iter().map(|finding| finding.code.text()).collect()
    }

    #[test]
    fn who_may_read() {
        assert_eq!(found(0o600, None), [""; 0]);
        assert_eq!(found(0o640, None), ["readable-by-group"]);
        assert_eq!(found(0o644, None), ["readable-by-others", "readable-by-group"]);
        assert_eq!(found(0o620, None), ["writable-by-others"]);

        let mut web = ServiceUser { name: "web".into(), user: 33, groups: vec![33] };
        assert_eq!(found(0o640, Some(&web)), ["readable-by-group", "unreadable-by-user"]);
        web.groups.push(7);
        assert_eq!(found(0o640, Some(&web)), ["readable-by-group"]);
        assert_eq!(
            found(0o604, Some(&web)),
            ["readable-by-others", "unreadable-by-user"],
            "the group's bits count"
        );
        let root = ServiceUser { name: "root".into(), user: 0, groups: vec![0] };
        assert_eq!(found(0o000, Some(&root)), [""; 0]);
        let other = Ownership { user: 5, group: 7, mode: 0o600 };
        let mut findings = Vec::new();
        permissions(Path::new("/nowhere/k"), other, Some(&root), &mut findings);
        assert_eq!(findings.first().map(|finding| finding.code), Some(Code::OWNED_BY_OTHER));
    }
}
