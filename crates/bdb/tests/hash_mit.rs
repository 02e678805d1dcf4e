//! MIT's programs read the hash files that the engine writes, and the engine reads theirs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code, reason = "the tests of the B-tree use the rest")]
mod support;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use k5_bdb::hash::{Access, Hash, Options, Record};
use k5_wire::ByteOrder;
use support::{Principal, REALM, Realm, name, principal};

fn open(realm: &Realm) -> Hash<File> {
    let path = realm.file("principal");
    let file = File::options().read(true).write(true).open(&path).unwrap();
    Hash::open(file, &path, Access::ReadWrite).unwrap()
}

fn create(path: &Path, options: Options) -> Hash<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
    Hash::create(file, path, options).unwrap()
}

fn records(table: &Hash<File>) -> Vec<Record> {
    let report = table.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    table.iter().map(|record| record.unwrap()).collect()
}

/// The table has these principals, in this order.
fn assert_same_names(table: &Hash<File>, lines: &[String]) {
    let names: Vec<_> = lines.iter().map(|line| [name(line).as_bytes(), &[0]].concat()).collect();
    assert!(records(table).into_iter().map(|record| record.key).eq(names));
}

fn assert_same_lines(dump: &[String], expected: &BTreeMap<String, String>) {
    assert_eq!(dump.len(), expected.len());
    for line in dump {
        assert_eq!(Some(line), expected.get(name(line)), "MIT does not read what was written");
    }
}

/// A size of tl_data now and then so great that the pair is big, or spans many pages.
fn size(number: u32) -> usize {
    match number % 1000 {
        0 => 60_000,
        1..20 => 3000 + number as usize % 1200,
        _ => number as usize % 400,
    }
}

fn five_thousand() -> Vec<String> {
    let user = |number: u32| format!("user{}@{REALM}", number.wrapping_mul(2_654_435_761) % 1_000_003);
    (0..5000).map(|number| principal(&user(number), size(number)).line).collect()
}

/// Principals whose records have lengths at and beside those at which a page is full, seems full, or is not for them.
fn at_the_limits() -> Vec<String> {
    const ROOM: usize = 4096 - 14;
    const SLOT: usize = 4;
    let user = |number: u32| format!("user{:07}@{REALM}", number * 2477);
    let realm = Realm::new();
    realm.load_with(&["-hash"], &[principal(&user(0), 100).line]);
    let key = [user(0).as_bytes(), &[0]].concat();
    let all = records(&open(&realm));
    let found = all.iter().find(|record| record.key == key).unwrap();
    let others = found.key.len() + found.value.len() - 100;
    let full = (1..6).flat_map(|parts| (0..=10).map(move |more| ROOM / parts - SLOT + more - 5));
    let big = (0..=10).map(|more| 4096 / 4 * 3 - SLOT + more - 5);
    let rests = (0..=10).map(|more| ROOM - 3072 - SLOT + more - 5);
    let lengths: Vec<usize> = full.chain(big).chain(rests).collect();
    let length = |number: u32| lengths[number.wrapping_mul(0x9e37_79b9) as usize / 7 % lengths.len()];
    (0..4000).map(|number| principal(&user(number), length(number) - others).line).collect()
}

#[test]
fn a_table_that_we_fill_is_as_the_one_that_mit_fills() {
    let realm = Realm::new();
    // A small table is the same to the byte, but for what stands where nothing is.
    for lines in [Vec::new(), five_thousand(), at_the_limits()] {
        realm.load(&[]);
        let mut all = realm.dump(&[]);
        all.extend(lines.iter().cloned());
        realm.load_with(&["-hash"], &lines);
        let mits = open(&realm);
        let mut values: BTreeMap<_, _> =
            records(&mits).into_iter().map(|record| (record.key, record.value)).collect();
        let path = realm.file("ours");
        let mut ours = create(&path, Options::default());
        for line in &all {
            let key = [name(line).as_bytes(), &[0]].concat();
            let value = values.remove(&key).unwrap();
            ours.put(&key, &value).unwrap();
        }
        ours.commit().unwrap();
        assert!(records(&ours) == records(&mits), "another order than MIT's");
        let (ours, mits) = (ours.check().unwrap(), mits.check().unwrap());
        assert_eq!((ours.buckets, ours.overflow, ours.big), (mits.buckets, mits.overflow, mits.big));
        if lines.is_empty() {
            let (ours, mits) =
                (std::fs::read(&path).unwrap(), std::fs::read(realm.file("principal")).unwrap());
            assert_eq!(ours.len(), mits.len());
            assert_eq!(ours[..256], mits[..256]);
            for page in [1, 2] {
                let slots = page * 4096..page * 4096 + 14 + 4 * usize::from(ours[page * 4096 + 8]);
                assert_eq!(ours[slots.clone()], mits[slots]);
            }
            assert_eq!(ours[3 * 4096..], mits[3 * 4096..]);
        }
    }
}

#[test]
fn five_thousand_principals_of_mit_with_deletions() {
    let realm = Realm::new();
    let lines = five_thousand();
    realm.load_with(&["-hash"], &lines);
    let gone = |from: usize, step: usize| -> Vec<String> {
        lines.iter().skip(from).step_by(step).map(|line| format!("delprinc -force {}", name(line))).collect()
    };
    // Every big one among them, so that pages are freed.
    realm.kadmin(&gone(0, 5));
    let before = realm.dump(&[]);
    assert_eq!(before.len(), 4004);
    let mut table = open(&realm);
    assert_same_names(&table, &before);
    let report = table.check().unwrap();
    assert!(report.free > 50 && report.big > 50, "{report:?}");

    let mut expected: BTreeMap<String, String> =
        before.iter().map(|line| (name(line).to_owned(), line.clone())).collect();
    let mut put = |table: &mut Hash<_>, one: Principal| {
        table.put(&one.key, &one.value).unwrap();
        expected.insert(name(&one.line).to_owned(), one.line);
    };
    for line in before.iter().filter(|line| name(line).starts_with("user3")) {
        put(&mut table, principal(name(line), 20 + line.len() % 5000));
    }
    for number in 0..3000 {
        put(&mut table, principal(&format!("svc/h{number}.example@{REALM}"), size(number)));
    }
    for line in before.iter().filter(|line| name(line).starts_with("user7")) {
        assert!(table.delete(&principal(name(line), 0).key).unwrap());
        expected.remove(name(line));
    }
    table.commit().unwrap();
    let after = realm.dump(&[]);
    assert_same_lines(&after, &expected);
    assert_same_names(&table, &after);
    drop(table);

    // MIT finds them, and changes what we wrote.
    let mut commands: Vec<_> =
        after.iter().step_by(4).map(|line| format!("getprinc {}", name(line))).collect();
    let services: Vec<_> =
        after.iter().map(|line| name(line)).filter(|name| name.starts_with("svc")).collect();
    for (index, service) in services.iter().enumerate() {
        match index % 3 {
            0 => commands.push(format!("delprinc -force {service}")),
            1 => commands.push(format!("modprinc +requires_preauth {service}")),
            _ => {}
        }
    }
    commands.extend((0..500).map(|number| format!("addprinc -nokey new{number}@{REALM}")));
    let errors = realm.kadmin(&commands);
    let errors: Vec<_> = errors.lines().filter(|line| !line.starts_with("No policy specified")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let last = realm.dump(&[]);
    assert_eq!(last.len(), after.len() - services.len().div_ceil(3) + 500);
    assert_same_names(&open(&realm), &last);
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
    realm.load_with(&["-hash"], &[]);
    let original = records(&open(&realm));
    let own_lines = realm.dump(&[]);
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let options = Options {
            order: if seed % 2 == 0 { ByteOrder::Little } else { ByteOrder::Big },
            page_size: [512, 1024, 4096][seed as usize / 2 % 3],
            ..Options::default()
        };
        let mut table = create(&realm.file("principal"), options);
        for record in &original {
            table.put(&record.key, &record.value).unwrap();
        }
        let mut expected: BTreeMap<String, String> =
            own_lines.iter().map(|line| (name(line).to_owned(), line.clone())).collect();
        for _ in 0..4 {
            for _ in 0..300 {
                let mut who = format!("p{:03}", dice.roll(400));
                // A name is short or long for good, so that puts meet the ones before.
                let length = if who.ends_with('3') { 3000 } else { 0 };
                who += &"y".repeat(usize::saturating_sub(length, who.len()));
                who = format!("{who}@{REALM}");
                let one = principal(&who, if dice.roll(30) == 0 { 60_000 } else { dice.roll(700) });
                if dice.roll(5) < 2 {
                    assert_eq!(table.delete(&one.key).unwrap(), expected.remove(&who).is_some());
                } else {
                    table.put(&one.key, &one.value).unwrap();
                    expected.insert(who, one.line);
                }
            }
            table.commit().unwrap();
            let lines = realm.dump(&[]);
            assert_same_lines(&lines, &expected);
            assert_same_names(&table, &lines);
        }
        drop(table);
        // MIT goes on with it.
        let short: Vec<_> = expected.keys().filter(|who| who.len() < 100 && who.starts_with('p')).collect();
        let mut commands: Vec<_> = short.iter().map(|who| format!("delprinc -force {who}")).collect();
        commands.extend((0..200).map(|number| format!("addprinc -nokey late{number}@{REALM}")));
        realm.kadmin(&commands);
        let lines = realm.dump(&[]);
        assert_eq!(lines.len(), expected.len() - short.len() + 200, "seed {seed}");
        assert_same_names(&open(&realm), &lines);
    }
}
