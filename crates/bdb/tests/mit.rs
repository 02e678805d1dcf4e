//! MIT's programs read what the engine writes, and the engine reads what they write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;

use k5_bdb::btree::{Access, BTree, Options, Order, Walk};
use k5_wire::ByteOrder;
use support::{Principal, REALM, Realm, name, principal};

/// The keys of a tree in all four directions, which must agree, and which must be sound.
fn keys(tree: &BTree<std::fs::File>) -> Vec<Vec<u8>> {
    let report = tree.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    let walk =
        |order, walk| -> Vec<Vec<u8>> { tree.iter(order, walk).map(|record| record.unwrap().key).collect() };
    let forward = walk(Order::Forward, Walk::Siblings);
    assert!(forward == walk(Order::Forward, Walk::Tree));
    for by in [Walk::Siblings, Walk::Tree] {
        let mut backward = walk(Order::Backward, by);
        backward.reverse();
        assert!(forward == backward);
    }
    forward
}

fn assert_same_names(tree: &BTree<std::fs::File>, lines: &[String]) {
    let names: Vec<_> = lines.iter().map(|line| [name(line).as_bytes(), &[0]].concat()).collect();
    assert!(keys(tree) == names);
}

#[test]
fn new_files_are_as_mits() {
    let realm = Realm::new();
    let mits = std::fs::read(realm.file("principal.kadm5")).unwrap();
    let path = realm.file("ours");
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    BTree::create(file, &path, Options::default()).unwrap().commit().unwrap();
    let ours = std::fs::read(&path).unwrap();
    assert_eq!(ours.len(), mits.len());
    // The metadata and the header of the root; MIT leaves 0xff where nothing is.
    assert_eq!(ours[..4096 + 20], mits[..4096 + 20]);
}

#[test]
fn fifty_thousand_principals_of_mit_with_deletions() {
    let realm = Realm::new();
    let mut lines: Vec<_> = (0..50_000)
        .map(|number: u32| {
            let size = if number.is_multiple_of(5000) { 60_000 } else { number as usize % 300 };
            // Neither ascending nor descending.
            principal(&format!("user{}@{REALM}", number.wrapping_mul(2_654_435_761) % 1_000_003), size).line
        })
        .collect();
    realm.load(&lines);
    lines.sort_by(|one, other| name(one).cmp(name(other)));
    // Neighbours, so that whole pages go.
    let gone = |range: std::ops::Range<usize>| -> Vec<String> {
        lines[range].iter().map(|line| format!("delprinc -force {}", name(line))).collect()
    };
    realm.kadmin(&gone(20_000..21_500));
    let before = realm.dump_three_ways();
    assert_eq!(before.len(), 48_504);

    let mut tree = realm.open(Access::ReadWrite);
    assert_same_names(&tree, &before);
    assert!(tree.check().unwrap().free > 50);

    let mut expected: BTreeMap<String, String> =
        before.iter().map(|line| (name(line).to_owned(), line.clone())).collect();
    let mut put = |tree: &mut BTree<_>, one: Principal| {
        tree.put(&one.key, &one.value).unwrap();
        expected.insert(name(&one.line).to_owned(), one.line);
    };
    for line in before.iter().filter(|line| name(line).starts_with("user3")) {
        put(&mut tree, principal(name(line), 20 + line.len() % 4000));
    }
    for number in 0..10_000 {
        put(&mut tree, principal(&format!("svc/h{number}.example@{REALM}"), number % 500));
    }
    put(&mut tree, principal(&format!("big@{REALM}"), 60_000));
    for line in before.iter().filter(|line| name(line).starts_with("user7")) {
        assert!(tree.delete(&principal(name(line), 0).key).unwrap());
        expected.remove(name(line));
    }
    tree.commit().unwrap();
    drop(tree);

    let after = realm.dump_three_ways();
    assert!(after.iter().eq(expected.values()), "MIT does not read what was written");
    let errors = realm.kadmin(&gone(30_000..30_400).into_iter().chain(gone(1000..1400)).collect::<Vec<_>>());
    assert!(!errors.contains("orrupt"), "{errors}");
    assert_eq!(
        realm.kadmin(&[format!("addprinc -randkey +requires_preauth late@{REALM}")]).lines().count(),
        1
    );
    let after = realm.dump_three_ways();
    assert_same_names(&realm.open(Access::ReadOnly), &after);
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % sides) as usize
    }
}

#[test]
fn random_changes_in_files_of_ours_are_read_by_mit() {
    let realm = Realm::new();
    let original: Vec<_> =
        realm.open(Access::ReadOnly).iter(Order::Forward, Walk::Tree).map(|record| record.unwrap()).collect();
    let own_lines = realm.dump(&[]);
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let path = realm.file("principal");
        let file =
            std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        let options = Options {
            order: if seed % 2 == 0 { ByteOrder::Little } else { ByteOrder::Big },
            page_size: [512, 1024, 4096][seed as usize / 2 % 3],
            ..Options::default()
        };
        let mut tree = BTree::create(file, &path, options).unwrap();
        for record in &original {
            tree.put(&record.key, &record.value).unwrap();
        }
        let longest = tree.max_key() as u64 - 30;
        let mut expected: BTreeMap<String, String> =
            own_lines.iter().map(|line| (name(line).to_owned(), line.clone())).collect();
        for _ in 0..4 {
            for _ in 0..300 {
                let mut who = format!("p{:03}", dice.roll(400));
                // A name is short or long for good, so that puts meet the ones before.
                let length = if who.ends_with('3') { 20 + longest as usize * 7 / 8 } else { 0 };
                who += &"y".repeat(length.saturating_sub(who.len()));
                who = format!("{who}@{REALM}");
                let one = principal(&who, if dice.roll(30) == 0 { 60_000 } else { dice.roll(700) });
                if dice.roll(5) < 2 {
                    assert_eq!(tree.delete(&one.key).unwrap(), expected.remove(&who).is_some());
                } else {
                    tree.put(&one.key, &one.value).unwrap();
                    expected.insert(who, one.line);
                }
            }
            tree.commit().unwrap();
            let lines = realm.dump_three_ways();
            assert!(lines.iter().eq(expected.values()), "seed {seed}");
            assert_same_names(&tree, &lines);
        }
        assert!(tree.check().unwrap().depth >= if options.page_size == 4096 { 2 } else { 3 });
    }
}

#[test]
fn mit_looks_up_names_as_long_as_the_limit() {
    let realm = Realm::new();
    let mut tree = realm.open(Access::ReadWrite);
    let mut dice = Dice(1);
    let suffix = format!("@{REALM}");
    let names: Vec<_> = (0..60)
        .map(|_| {
            let mut name = format!("n{:04}", dice.roll(10_000));
            name += &"x".repeat(2015 - name.len() - suffix.len());
            name + &suffix
        })
        .collect();
    for name in &names {
        let one = principal(name, 10);
        assert_eq!(one.key.len(), tree.max_key());
        tree.put(&one.key, &one.value).unwrap();
    }
    tree.commit().unwrap();
    assert_eq!(realm.kadmin(&names.iter().map(|name| format!("getprinc {name}")).collect::<Vec<_>>()), "");
    assert_same_names(&tree, &realm.dump_three_ways());
}

/// MIT's look-ups are broken: it does not find the master key.
fn assert_mit_is_lost(realm: &Realm) {
    let output = realm.output::<&str>("kadmin.local", [], "quit\n");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Cannot find master key record in database"), "{stderr}");
}

#[test]
fn one_byte_over_the_limit_mit_is_lost() {
    let realm = Realm::new();
    let name =
        |number: u32| format!("n{:02}{}@{REALM}", number * 37 % 60, "x".repeat(2016 - 4 - REALM.len()));
    assert_eq!(principal(&name(0), 10).key.len(), realm.open(Access::ReadOnly).max_key() + 1);
    realm.load(&(0..60).map(|number| principal(&name(number), 10).line).collect::<Vec<_>>());
    assert_mit_is_lost(&realm);
}

#[test]
fn names_over_the_limit_that_mit_stored_are_read_in_all_directions() {
    let realm = Realm::new();
    let names: Vec<_> =
        (0..60).map(|number| format!("n{}{}@{REALM}", number * 37 % 60, "x".repeat(2010 + number))).collect();
    realm.load(&names.iter().map(|name| principal(name, 10).line).collect::<Vec<_>>());
    assert_mit_is_lost(&realm);
    let tree = realm.open(Access::ReadWrite);
    let mut expected: Vec<_> = names.iter().map(|name| [name.as_bytes(), &[0]].concat()).collect();
    for kind in ["K/M", "kadmin/admin", "kadmin/changepw", &format!("krbtgt/{REALM}")] {
        expected.push(format!("{kind}@{REALM}\0").into_bytes());
    }
    expected.sort();
    for order in [Order::Forward, Order::Backward] {
        for walk in [Walk::Siblings, Walk::Tree] {
            let mut found: Vec<_> = tree.iter(order, walk).map(|record| record.unwrap().key).collect();
            found.sort();
            assert!(found == expected);
        }
    }
    tree.check().unwrap();
}
