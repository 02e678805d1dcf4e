use super::*;
use crate::derive::{PasswordWork, PolicyOf};
use crate::transact::tests::new_realm;
use crate::{InitialKeys, NewPrincipal, OldKeysRule};
use k5_types::{EncType, KeySalt, Principal, SaltType, Secret};
use std::cell::Cell;

thread_local! {
    static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn pass(millis: u64) {
    TIME.set(TIME.get() + Duration::from_millis(millis));
}

const PACE: Pace = Pace {
    now: || TIME.get(),
    wait: |time| {
        WAITED.set(WAITED.get() + time);
        TIME.set(TIME.get() + time);
    },
};

fn named(name: &str) -> Principal {
    Principal::new("R", [name])
}

fn keysalts(salt: SaltType) -> Vec<KeySalt> {
    vec![KeySalt { enctype: EncType::AES256_CTS_HMAC_SHA1_96, salt }]
}

fn add(admin: &Admin, name: &str) -> Result<()> {
    admin.create_principal(&named(name), &NewPrincipal::default(), &InitialKeys::None)
}

fn add_with(admin: &Admin, name: &str, password: &str, salt: SaltType) -> Result<()> {
    let new = NewPrincipal { keysalts: keysalts(salt), ..NewPrincipal::default() };
    let password = Secret::new(password.as_bytes().to_vec());
    admin.create_principal(&named(name), &new, &InitialKeys::Password(&password))
}

/// What somebody else sees.
fn seen(admin: &Admin) -> Vec<String> {
    let mut names = Vec::new();
    let mut others = admin.backend.begin(Scope::Everything, Access::Read).unwrap();
    others
        .each_name(&mut |name| {
            names.push(String::from_utf8(name.to_vec()).unwrap());
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
    names.retain(|name| !name.contains('/'));
    names
}

/// A new realm, and a batch that has begun.
fn in_a_batch() -> (tempfile::TempDir, Admin) {
    let directory = tempfile::tempdir().unwrap();
    let admin = new_realm(directory.path());
    assert!(admin.begin_batch(PACE).unwrap());
    (directory, admin)
}

/// A key that is to be made ahead, of a principal without a policy.
fn new_key<'a>(
    principal: &'a Principal,
    password: &'a Secret<Vec<u8>>,
    keysalts: &'a [KeySalt],
) -> PasswordWork<'a> {
    PasswordWork { principal, password, keysalts, policy: PolicyOf::Nobody }
}

#[test]
fn many_are_written_at_once() {
    let (_directory, admin) = in_a_batch();
    add(&admin, "a").unwrap();
    assert!(matches!(add(&admin, "a"), Err(AdminError::Duplicate)), "it is seen within");
    add(&admin, "b").unwrap();
    assert!(matches!(admin.lock(), Err(AdminError::Busy)));
    admin.commit_batch().unwrap();
    assert_eq!(seen(&admin), ["a@R", "b@R"]);
    add(&admin, "c").unwrap();
    admin.end_batch();
    assert_eq!(seen(&admin), ["a@R", "b@R"], "nobody has committed it");
    add(&admin, "d").unwrap();
    assert_eq!(seen(&admin), ["a@R", "b@R", "d@R"]);
    admin.lock().unwrap();
    assert!(!admin.begin_batch(PACE).unwrap());
    admin.unlock().unwrap();
}

#[test]
fn one_is_taken_back() {
    let (_directory, admin) = in_a_batch();
    for (name, stays) in [("a", false), ("b", true), ("c", false), ("d", true)] {
        admin.mark_in_batch().unwrap();
        add(&admin, name).unwrap();
        if !stays {
            admin.undo_in_batch().unwrap();
        }
    }
    admin.commit_batch().unwrap();
    assert_eq!(seen(&admin), ["b@R", "d@R"]);
}

/// A commit that takes longer than the locks should be held does not make batches of one.
#[test]
fn a_slow_disk_has_more_than_one_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let admin = new_realm(directory.path());
    assert!(admin.begin_batch(PACE).unwrap());
    if let Open::Batch(batch) = &mut *admin.open.borrow_mut() {
        batch.next_commit = Commit { time: Duration::from_secs(1), pages: 1 };
    }
    admin.mark_in_batch().unwrap();
    add(&admin, "a").unwrap();
    assert!(!admin.is_batch_due());
    pass(6);
    assert!(admin.is_batch_due());
}

/// The pages that are to be written count, and where they are many a batch may be short.
#[test]
fn a_longer_commit_leaves_less_time() {
    let millis = Duration::from_millis;
    let after = |time, pages| Commit { time: millis(time), pages: 50 }.time_before(pages);
    assert_eq!(after(8, 50), millis(9));
    assert_eq!(after(8, 0), millis(13));
    assert_eq!(after(4, 150), millis(9));
    assert_eq!([after(80, 64), after(80, 65)], [millis(6), millis(1)]);
    let (_directory, admin) = in_a_batch();
    for name in ["a", "b", "c"] {
        admin.mark_in_batch().unwrap();
        add(&admin, name).unwrap();
    }
    admin.commit_batch().unwrap();
    if let Open::Batch(batch) = &*admin.open.borrow() {
        assert_eq!(batch.next_commit.pages, 1, "all on one page");
    }
}

#[test]
fn a_fast_commit_is_believed_by_half() {
    let commit = |time, pages| Commit { time: Duration::from_millis(time), pages };
    assert_eq!(commit(8, 50).then(commit(12, 50)), commit(12, 50));
    assert_eq!(commit(8, 50).then(commit(4, 50)), commit(6, 50));
    assert_eq!(commit(8, 50).then(commit(4, 150)), commit(10, 150), "it was thought to take 16");
    assert_eq!(commit(8, 50).then(commit(2, 0)), commit(3, 0), "or 4");
}

/// As `ktadd` does with its keytab.
#[test]
fn what_is_written_before_the_commit_is_part_of_it() {
    let (_directory, admin) = in_a_batch();
    add(&admin, "a").unwrap();
    pass(3);
    assert!(!admin.is_batch_due());
    pass(9);
    admin.commit_batch().unwrap();
    if let Open::Batch(batch) = &*admin.open.borrow() {
        assert_eq!(batch.next_commit.time, Duration::from_millis(9));
    }
}

#[test]
fn others_have_the_locks_as_long() {
    let (_directory, admin) = in_a_batch();
    pass(1000);
    assert!(!admin.is_batch_due(), "nothing is held");
    add(&admin, "a").unwrap();
    // The commit is thought to take more than 6 of the 17.
    pass(10);
    assert!(!admin.is_batch_due());
    pass(1);
    assert!(admin.is_batch_due());
    admin.commit_batch().unwrap();
    assert!(!admin.is_batch_due());
    pass(10);
    add(&admin, "b").unwrap();
    assert_eq!(WAITED.take(), Duration::from_millis(1));
    // The clock of this test stood still while it was committed, which is believed by half.
    pass(13);
    assert!(!admin.is_batch_due());
    pass(1);
    assert!(admin.is_batch_due());
    admin.commit_batch().unwrap();
    pass(20);
    add(&admin, "d").unwrap();
    pass(3);
    admin.commit_batch().unwrap();
    pass(4);
    add(&admin, "c").unwrap();
    assert_eq!(WAITED.take(), Duration::ZERO);
    admin.end_batch();
}

#[test]
fn passwords_do_not_make_others_wait() {
    let (_directory, admin) = in_a_batch();
    let (word, other) = (Secret::new(b"word".to_vec()), Secret::new(b"other".to_vec()));
    let (normal, a, b) = (keysalts(SaltType::NORMAL), named("a"), named("b"));
    let work = |principal, password| new_key(principal, password, &normal);
    admin.derive_ahead(&[work(&a, &word), work(&b, &word), work(&b, &other)], 2).unwrap();
    add(&admin, "first").unwrap();
    for (name, password) in [("a", "word"), ("b", "other")] {
        add_with(&admin, name, password, SaltType::NORMAL).unwrap();
    }
    assert!(!admin.is_to_be_alone());
    // Another password, another principal, a salt that is random.
    for (name, password, salt) in
        [("c", "word", SaltType::NORMAL), ("d", "word", SaltType::SPECIAL), ("e", "x", SaltType::ONLYREALM)]
    {
        admin.mark_in_batch().unwrap();
        assert!(matches!(add_with(&admin, name, password, salt), Err(AdminError::TooSlow)));
        assert!(admin.is_to_be_alone());
        admin.undo_in_batch().unwrap();
    }
    admin.mark_in_batch().unwrap();
    assert!(!admin.is_to_be_alone());
    let changed = admin.change_password(&a, &other, &normal, OldKeysRule::Discard);
    assert!(matches!(changed, Err(AdminError::TooSlow)));
    admin.undo_in_batch().unwrap();
    admin.commit_batch().unwrap();
    assert_eq!(seen(&admin), ["a@R", "b@R", "first@R"]);
    // With no locks held they are made where they are needed.
    admin.change_password(&a, &other, &normal, OldKeysRule::Discard).unwrap();
    admin.commit_batch().unwrap();
    admin.end_batch();
    let key = |name: &Principal, password: &Secret<Vec<u8>>| {
        let entry = admin.principal(name).unwrap();
        let made = admin.derived_key(EncType::AES256_CTS_HMAC_SHA1_96, password, &name.salt()).unwrap();
        admin.master.decrypt_key(entry.mkvno(), &entry.key_data[0]).unwrap() == made
    };
    assert!(key(&a, &other) && key(&b, &other));
    assert!(!key(&a, &word));
}

#[test]
fn keys_that_are_still_wanted_are_kept() {
    let (_directory, admin) = in_a_batch();
    let (word, other) = (Secret::new(b"word".to_vec()), Secret::new(b"other".to_vec()));
    let (normal, a, b) = (keysalts(SaltType::NORMAL), named("a"), named("b"));
    let work = |principal, password| new_key(principal, password, &normal);
    let made = |name: &Principal, password: &Secret<Vec<u8>>| {
        let salt = name.salt();
        admin.derived.borrow().passwords_made(EncType::AES256_CTS_HMAC_SHA1_96, password, &salt)
    };
    admin.derive_ahead(&[work(&a, &word), work(&a, &other), work(&b, &word)], 1).unwrap();
    assert_eq!((made(&a, &word), made(&a, &other), made(&b, &word)), (1, 1, 1));
    admin.derive_ahead(&[work(&a, &other), work(&b, &word), work(&b, &other)], 1).unwrap();
    assert_eq!((made(&a, &word), made(&a, &other)), (0, 1));
    assert_eq!((made(&b, &word), made(&b, &other)), (1, 1));
    admin.end_batch();
}

#[test]
fn random_keys_are_given_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut admin = new_realm(directory.path());
    let usual = keysalts(SaltType::NORMAL);
    admin.defaults.keysalts = usual.clone();
    assert!(admin.begin_batch(PACE).unwrap());
    admin.randomize_ahead(2).unwrap();
    let ready = || admin.derived.borrow().ready();
    assert_eq!(ready(), 2);
    let new = NewPrincipal { kvno: Some(5), ..NewPrincipal::default() };
    for name in ["a", "b", "c"] {
        admin.create_principal(&named(name), &new, &InitialKeys::Random).unwrap();
    }
    assert_eq!(ready(), 0);
    admin.randomize_ahead(1).unwrap();
    admin.randomize_ahead(1).unwrap();
    assert_eq!(ready(), 1, "as many as are wanted");
    admin.randomize_keys(&named("a"), &usual, OldKeysRule::Keep).unwrap();
    assert_eq!(ready(), 0);
    admin.commit_batch().unwrap();
    admin.randomize_ahead(1).unwrap();
    admin.end_batch();
    assert_eq!(ready(), 0, "those that nobody took are forgotten");
    let mut keys = Vec::new();
    for (name, kvnos) in [("a", vec![6, 5]), ("b", vec![5]), ("c", vec![5])] {
        let entry = admin.principal(&named(name)).unwrap();
        assert_eq!(entry.key_data.iter().map(|key| key.kvno).collect::<Vec<_>>(), kvnos);
        keys.extend(entry.key_data.iter().map(|key| admin.master.decrypt_key(entry.mkvno(), key).unwrap()));
    }
    assert!(keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key)));
}
