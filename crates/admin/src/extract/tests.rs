use super::*;
use crate::transact::tests::new_realm;
use crate::{InitialKeys, NewPrincipal};
use k5_kdb::Access;
use k5_types::{EncType, SaltType};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

thread_local! {
    static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static WAITS: Cell<usize> = const { Cell::new(0) };
    /// What is done while the locks are left to others.
    static MEANWHILE: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// Each look at the clock takes some milliseconds.
const PACE: Pace = Pace {
    now: || {
        TIME.set(TIME.get() + Duration::from_millis(4));
        TIME.get()
    },
    wait: |time| {
        TIME.set(TIME.get() + time);
        WAITS.set(WAITS.get() + 1);
        MEANWHILE.with_borrow_mut(|work| work.iter_mut().for_each(|work| work()));
    },
};

fn named(name: &str) -> Principal {
    Principal::new("R", [name])
}

struct Scene {
    directory: tempfile::TempDir,
    admin: Admin,
    names: Vec<Principal>,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let admin = new_realm(directory.path());
        let names: Vec<Principal> = (0..20).map(|number| named(&format!("n{number:02}"))).collect();
        let keysalts = vec![KeySalt { enctype: EncType::AES256_CTS_HMAC_SHA1_96, salt: SaltType::NORMAL }];
        let new = NewPrincipal { keysalts, ..NewPrincipal::default() };
        for name in &names {
            admin.create_principal(name, &new, &InitialKeys::Random).unwrap();
        }
        Scene { directory, admin, names }
    }

    fn keytab(&self) -> PathBuf {
        self.directory.path().join("keytab")
    }

    fn random() -> ExtractKeys {
        let salt = KeySalt { enctype: EncType::AES256_CTS_HMAC_SHA1_96, salt: SaltType::NORMAL };
        ExtractKeys::Random { keysalts: vec![salt], old: OldKeysRule::Discard }
    }

    fn kvno(&self, name: &Principal) -> u16 {
        self.admin.principal(name).unwrap().kvno()
    }

    fn listed(&self) -> Vec<(Principal, Kvno)> {
        let entries = k5_keytab::entries(&self.keytab()).unwrap();
        entries.into_iter().map(|entry| (entry.principal, entry.kvno)).collect()
    }
}

#[test]
fn many_are_several_steps() {
    let scene = Scene::new();
    let (database, expected) = (scene.directory.path().join("principal"), scene.names.len());
    // Somebody else gets the locks whenever they are left.
    MEANWHILE.set(Some(Box::new(move || {
        let files = k5_kdb::db2::Db2Files::named(&database);
        let others = k5_kdb::Database::from(files).open().unwrap();
        drop(others.begin(Scope::Everything, Access::Write).unwrap());
    })));
    for keys in [Scene::random(), ExtractKeys::Existing] {
        WAITS.set(0);
        let done = scene.admin.extract(&scene.names, &scene.keytab(), &keys, PACE).unwrap();
        assert!(done.stopped.is_none() && done.results.iter().all(Result::is_ok));
        assert_eq!(done.results.len(), expected);
        assert!(WAITS.get() >= 3, "{} waits", WAITS.get());
        let wanted: Vec<_> = scene.names.iter().map(|name| (name.clone(), Kvno::from(2_u16))).collect();
        assert_eq!(scene.listed(), wanted, "in their order, each once");
        assert!(scene.names.iter().all(|name| scene.kvno(name) == 2));
    }
    MEANWHILE.take();
}

#[test]
fn what_fails_later_leaves_the_steps_before() {
    let scene = Scene::new();
    let keytab = scene.keytab();
    let moved = scene.directory.path().join("moved");
    let to = moved.clone();
    MEANWHILE.set(Some(Box::new(move || {
        if WAITS.get() == 2 {
            std::fs::rename(&keytab, &to).unwrap();
            std::fs::create_dir(&keytab).unwrap();
        }
    })));
    WAITS.set(0);
    let done = scene.admin.extract(&scene.names, &scene.keytab(), &Scene::random(), PACE).unwrap();
    MEANWHILE.take();
    assert!(matches!(done.stopped, Some(AdminError::Keytab(_))), "{:?}", done.stopped);
    let count = done.results.len();
    assert!(count > 0 && count < scene.names.len(), "{count}");
    for (at, name) in scene.names.iter().enumerate() {
        assert_eq!(scene.kvno(name), if at < count { 2 } else { 1 }, "{at} of {count}");
    }
    std::fs::remove_dir(scene.keytab()).unwrap();
    std::fs::rename(moved, scene.keytab()).unwrap();
    assert_eq!(scene.listed().len(), count);
    // The first step: nothing has changed, and that is an error.
    std::fs::remove_file(scene.keytab()).unwrap();
    std::fs::create_dir(scene.keytab()).unwrap();
    let failed = scene.admin.extract(&scene.names, &scene.keytab(), &Scene::random(), PACE);
    assert!(matches!(failed, Err(AdminError::Keytab(_))), "{failed:?}");
    assert_eq!(scene.kvno(&scene.names[0]), 2);
}

#[test]
fn under_a_lock_it_is_one_step() {
    let scene = Scene::new();
    scene.admin.lock().unwrap();
    WAITS.set(0);
    let done = scene.admin.extract(&scene.names, &scene.keytab(), &Scene::random(), PACE).unwrap();
    assert_eq!((done.results.len(), WAITS.get()), (scene.names.len(), 0));
    scene.admin.unlock().unwrap();
    assert_eq!(scene.listed().len(), scene.names.len());
}

impl Scene {
    /// Another name of the first principal.
    fn alias(&self) -> Principal {
        let other = named("other");
        self.admin.create_alias(&other, &self.names[0]).unwrap();
        other
    }

    /// Numbers and keys of a name in the keytab, in order.
    fn keys(&self, wanted: &Principal) -> Vec<(Kvno, Vec<u8>)> {
        let entries = k5_keytab::entries(&self.keytab()).unwrap();
        let its = entries.iter().filter(|entry| entry.principal == *wanted);
        its.map(|entry| (entry.kvno, entry.key.contents.expose().clone())).collect()
    }
}

/// In the same step or in a later one, whichever name comes first. The same name twice is two changes.
#[test]
fn a_second_name_has_the_same_new_keys() {
    for (apart, turned) in [(false, false), (false, true), (true, false), (true, true)] {
        let scene = Scene::new();
        let (mut one, mut two) = (scene.names[0].clone(), scene.alias());
        if turned {
            std::mem::swap(&mut one, &mut two);
        }
        let between = if apart { &scene.names[1..] } else { &[] };
        let names: Vec<Principal> =
            [std::slice::from_ref(&one), between, &[two.clone(), one.clone(), two.clone(), two.clone()]]
                .concat();
        WAITS.set(0);
        let done = scene.admin.extract(&names, &scene.keytab(), &Scene::random(), PACE).unwrap();
        assert!(done.stopped.is_none() && done.results.iter().all(Result::is_ok));
        assert!(!apart || WAITS.get() >= 3, "{} waits", WAITS.get());
        let (ones, mut twos) = (scene.keys(&one), scene.keys(&two));
        let numbers =
            |keys: &[(Kvno, Vec<u8>)]| -> Vec<Kvno> { keys.iter().map(|(kvno, _)| *kvno).collect() };
        assert_eq!(numbers(&ones), [2_u16, 3].map(Kvno::from));
        assert_eq!(numbers(&twos), [2_u16, 3, 4].map(Kvno::from));
        twos.pop();
        assert!(ones == twos);
        assert_eq!(scene.kvno(&one), 4);
    }
}

/// Keys that somebody else gave it in between are not what was asked for, and none at all are none.
#[test]
fn a_second_name_whose_keys_were_changed_in_between_gets_new_ones() {
    for purged in [false, true] {
        let scene = Scene::new();
        let (first, other) = (scene.names[0].clone(), scene.alias());
        let (database, name) = (scene.directory.path().join("principal"), first.clone());
        MEANWHILE.set(Some(Box::new(move || {
            if WAITS.get() != 2 {
                return;
            }
            let files = k5_kdb::db2::Db2Files::named(&database);
            let others = k5_kdb::Database::from(files).open().unwrap();
            let mut transaction = others.begin(Scope::Everything, Access::Write).unwrap();
            let mut entry = transaction.principal(&name).unwrap().unwrap();
            if purged {
                entry.key_data.clear();
            } else {
                entry.key_data.iter_mut().for_each(|key| key.kvno = 9);
            }
            transaction.put_principal(&entry).unwrap();
            transaction.commit().unwrap();
        })));
        let names = [scene.names.as_slice(), std::slice::from_ref(&other)].concat();
        WAITS.set(0);
        let done = scene.admin.extract(&names, &scene.keytab(), &Scene::random(), PACE).unwrap();
        MEANWHILE.take();
        assert!(done.stopped.is_none() && done.results.iter().all(Result::is_ok));
        let keys = scene.keys(&other);
        assert_eq!((keys.len(), keys[0].0), (1, Kvno::from(if purged { 1_u16 } else { 10 })));
        assert_eq!(Kvno::from(scene.kvno(&first)), keys[0].0);
    }
}
