//! Dates and intervals beside MIT's: every text goes to `kadmin.local` and to the parser here, and both must
//! refuse it with the same words or make the same value of it.
//!
//! MIT's program reads the clock, so each answer must be the one that the parser gives for some second of the
//! program's run. `GETDATE_SEED` and `GETDATE_COUNT` widen the hunt of the generated texts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use k5_cli::getdate::{invalid_date_message, parse_date, parse_interval};

const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];
const STRINGS: &str = include_str!("getdate_strings.txt");

/// Which of the principal's fields a text is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Expire,
    MaxLife,
}

impl Field {
    fn option(self) -> &'static str {
        match self {
            Field::Expire => "-expire",
            Field::MaxLife => "-maxlife",
        }
    }

    /// The place of the field among those of `getprinc -terse`.
    fn place(self) -> usize {
        match self {
            Field::Expire => 1,
            Field::MaxLife => 4,
        }
    }
}

/// What became of a text: the low 32 bits of the value, or the line that refuses it (none where the usage follows
/// at once).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Set(u32),
    Refused(Option<Vec<u8>>),
}

/// A text's answer and the seconds between which it was given.
struct Given {
    text: Vec<u8>,
    answer: Answer,
    when: RangeInclusive<i64>,
}

/// A realm of MIT's making in a directory of its own, with the one principal `p`.
struct Realm {
    directory: tempfile::TempDir,
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The second from which a program started now may count: C's `time` lags some milliseconds behind the clock that
/// is read here.
fn now_at_earliest() -> i64 {
    now() - 1
}

impl Realm {
    fn create() -> Realm {
        let realm = Realm { directory: tempfile::tempdir().unwrap() };
        let at = |name: &str| realm.directory.path().join(name).display().to_string();
        std::fs::write(at("krb5.conf"), "[libdefaults]\n default_realm = R\n").unwrap();
        let profile = format!(
            "[libdefaults]\n default_realm = R\n[realms]\n R = {{\n  database_name = {}\n  key_stash_file = {}\n }}\n",
            at("principal"),
            at("stash")
        );
        std::fs::write(at("kdc.conf"), profile).unwrap();
        let made = realm.command("kdb5_util", "UTC").args(["create", "-s", "-P", "master"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let added = realm.command("kadmin.local", "UTC").args(["addprinc", "-nokey", "p"]).output().unwrap();
        assert!(added.status.success(), "{added:?}");
        realm
    }

    fn command(&self, program: &str, zone: &str) -> Command {
        let mut command = Command::new(program);
        let at = |name: &str| self.directory.path().join(name);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env("PATH", [path.as_os_str(), OsStr::new(":/usr/sbin:/sbin")].join(OsStr::new("")));
        command.env("KRB5_CONFIG", at("krb5.conf")).env("KRB5_KDC_PROFILE", at("kdc.conf"));
        command.env("KRB5CCNAME", at("ccache")).env("KRB5_KTNAME", at("keytab"));
        command.env("LC_ALL", "C").env("TZ", zone).env("INPUTRC", "/dev/null").stdin(Stdio::null());
        command
    }

    /// All texts to one `kadmin.local` on standard input. The database is asked for a principal that does not
    /// exist after each: the complaint marks the end of the text's part of standard error.
    fn ask_together(&self, zone: &str, field: Field, texts: &[Vec<u8>]) -> Vec<Given> {
        let mut script = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            script.extend_from_slice(format!("modprinc {} \"", field.option()).as_bytes());
            script.extend_from_slice(text);
            script.extend_from_slice(format!("\" p\ngetprinc -terse p\ngetprinc mark{index}\n").as_bytes());
        }
        let first = now_at_earliest();
        let mut child = self
            .command("kadmin.local", zone)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kadmin.local, which these tests compare with, is installed");
        let mut input = child.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || input.write_all(&script));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap().unwrap();
        let when = first..=now();

        // What the terminal library echoes starts with the prompt and is none of the lines looked for.
        let mut accepted = Vec::new();
        let mut modified = false;
        for line in lines(&output.stdout) {
            if line == b"Principal \"p@R\" modified." {
                modified = true;
            } else if line.starts_with(b"\"p@R\"\t") {
                accepted.push(modified.then(|| terse(line, field)));
                modified = false;
            }
        }
        let refusals = refusals(&output.stderr, texts.len());
        assert_eq!(accepted.len(), texts.len(), "answers for texts: {output:?}");
        let answers = accepted.into_iter().zip(refusals).map(|(value, refusal)| match (value, refusal) {
            (Some(value), None) => Answer::Set(value),
            (None, Some(refusal)) => Answer::Refused(refusal),
            both => panic!("neither accepted nor refused: {both:?}"),
        });
        let given =
            |(text, answer): (&Vec<u8>, Answer)| Given { text: text.clone(), answer, when: when.clone() };
        texts.iter().zip(answers).map(given).collect()
    }

    /// One text on the command line, where no terminal library stands between.
    fn ask_alone(&self, zone: &str, field: Field, text: &[u8]) -> Given {
        let run =
            |words: &[&OsStr]| -> Output { self.command("kadmin.local", zone).args(words).output().unwrap() };
        let word = OsString::from_vec(text.to_vec());
        let first = now_at_earliest();
        let set = run(&["modprinc".as_ref(), field.option().as_ref(), word.as_ref(), "p".as_ref()]);
        let when = first..=now();
        // Of a command on the command line that went well, MIT says nothing.
        let answer = if set.stderr.is_empty() && set.status.success() {
            let shown = run(&["getprinc".as_ref(), "-terse".as_ref(), "p".as_ref()]);
            Answer::Set(terse(lines(&shown.stdout).next().unwrap(), field))
        } else {
            let usage = position(&set.stderr, b"usage: ").unwrap_or_else(|| panic!("{set:?}"));
            Answer::Refused(set.stderr[..usage].strip_suffix(b"\n").map(<[u8]>::to_vec))
        };
        Given { text: text.to_vec(), answer, when }
    }

    fn ask(&self, zone: &str, field: Field, texts: &[Vec<u8>]) -> Vec<Given> {
        let printable = |text: &&Vec<u8>| text.iter().all(|byte| (b' '..=b'~').contains(byte));
        let (together, alone): (Vec<_>, Vec<_>) = texts.iter().partition(printable);
        let together: Vec<Vec<u8>> = together.into_iter().cloned().collect();
        let mut given = self.ask_together(zone, field, &together);
        given.extend(alone.into_iter().map(|text| self.ask_alone(zone, field, text)));
        given
    }
}

fn lines(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == b'\n')
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// A field of a line of `getprinc -terse`; the times after 2038 are negative there.
fn terse(line: &[u8], field: Field) -> u32 {
    let line = String::from_utf8(line.to_vec()).unwrap();
    let value: i64 = line.split('\t').nth(field.place()).unwrap().parse().unwrap();
    low_bits(value)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as MIT stores it")]
fn low_bits(value: i64) -> u32 {
    value as u32
}

/// What stood on standard error for each text: nothing, or the usage with or without a line before it.
fn refusals(stderr: &[u8], count: usize) -> Vec<Option<Option<Vec<u8>>>> {
    let mut rest = stderr;
    let part = |index: usize| {
        let mark = format!("get_principal: Principal does not exist while retrieving \"mark{index}@R\".\n");
        let end = position(rest, mark.as_bytes()).expect("a mark for every text");
        let part = &rest[..end];
        rest = &rest[end + mark.len()..];
        position(part, b"usage: ").map(|usage| part[..usage].strip_suffix(b"\n").map(<[u8]>::to_vec))
    };
    (0..count).map(part).collect()
}

/// The answer of the parser here at one second.
fn ours(field: Field, text: &[u8], now: i64, zone: &TimeZone) -> Answer {
    match field {
        Field::Expire => match parse_date(text, now, zone) {
            Some(date) => Answer::Set(low_bits(date)),
            None => Answer::Refused(Some(invalid_date_message(text))),
        },
        Field::MaxLife => match parse_interval(text, now, zone) {
            Ok(seconds) => Answer::Set(low_bits(seconds)),
            Err(error) => Answer::Refused(error.message(text)),
        },
    }
}

/// Fails with all differences at once.
fn compare(zone_name: &str, field: Field, given: &[Given]) {
    let zone = TimeZone::get(zone_name).unwrap();
    let mut differences = String::new();
    for Given { text, answer, when } in given {
        if !when.clone().any(|second| ours(field, text, second, &zone) == *answer) {
            let ours = ours(field, text, *when.start(), &zone);
            let text = text.escape_ascii();
            writeln!(differences, "{zone_name} {field:?} \"{text}\": MIT {answer:?}, ours {ours:?}").unwrap();
        }
    }
    assert!(differences.is_empty(), "of {} texts:\n{differences}", given.len());
}

/// The texts of one section of the list.
fn listed(section: &str) -> Vec<Vec<u8>> {
    let header = format!("[{section}]");
    let lines =
        STRINGS.lines().skip_while(|line| *line != header).skip(1).take_while(|line| !line.starts_with('['));
    let quoted = lines.filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(|text| unescape(text.as_bytes())).collect()
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'\\', [b'x', high, low, rest_of_text @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = rest_of_text;
            }
            (b'\\', [b'\\', rest_of_text @ ..]) => {
                bytes.push(b'\\');
                rest = rest_of_text;
            }
            _ => bytes.push(byte),
        }
    }
    bytes
}

#[test]
fn every_listed_date_is_taken_as_mit_takes_it() {
    let texts = listed("expire");
    assert!(texts.len() > 800, "{}", texts.len());
    let realm = Realm::create();
    for zone in ZONES {
        let given = realm.ask(zone, Field::Expire, &texts);
        let accepted = given.iter().filter(|one| matches!(one.answer, Answer::Set(_))).count();
        assert!(accepted > 300 && texts.len() - accepted > 250, "{accepted} of {} accepted", texts.len());
        compare(zone, Field::Expire, &given);
    }
}

#[test]
fn every_listed_interval_is_taken_as_mit_takes_it() {
    let texts = listed("maxlife");
    assert!(texts.len() > 100, "{}", texts.len());
    let realm = Realm::create();
    for zone in ZONES {
        compare(zone, Field::MaxLife, &realm.ask(zone, Field::MaxLife, &texts));
    }
}

/// A small generator of numbers (xorshift), so that a seed says which texts are made.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn number(&mut self, limit: usize) -> String {
        self.below(limit).to_string()
    }

    /// The pieces of an item, mostly one that the grammar takes.
    fn item(&mut self) -> Vec<String> {
        const MONTHS: [&str; 6] = ["jan", "Feb.", "march", "JUL", "sept", "december"];
        const DAYS: [&str; 6] = ["sun", "monday", "Tues", "wed.", "thurs", "saturday"];
        const UNITS: [&str; 10] =
            ["sec", "seconds", "min", "hours", "day", "weeks", "fortnight", "month", "months", "years"];
        const ZONES: [&str; 9] = ["utc", "est", "edt", "cet", "e.s.t.", "bst", "nzdt", "idlw", "pst dst"];
        const HALVES: [&str; 5] = ["am", "pm", "a.m.", "", ""];
        const OFFSETS: [&str; 6] = ["+0200", "-0500", "+1", "-0330", "", ""];
        const COUNTS: [&str; 6] = ["next", "last", "third", "+2", "-3", "twelfth"];
        const LOOSE: [&str; 16] = [
            "now",
            "today",
            "tomorrow",
            "yesterday",
            "this",
            "week",
            "month",
            "never",
            "12",
            "dst",
            "ago",
            ",",
            "/",
            ":",
            "-",
            "(x)",
        ];
        let year = (1965 + self.below(145)).to_string();
        let text = match self.below(14) {
            0 => format!("{}:{:02} {}", self.number(25), self.below(62), self.pick(&HALVES)),
            1 => format!(
                "{}:{:02}:{:02} {}",
                self.number(24),
                self.below(60),
                self.below(60),
                self.pick(&OFFSETS)
            ),
            2 => format!("{} {}", self.number(14), self.pick(&["am", "pm"])),
            3 => format!("{} / {} / {year}", 1 + self.below(12), 1 + self.below(31)),
            4 => format!("{year} -{} -{}", 1 + self.below(12), 1 + self.below(29)),
            5 => format!("{} {} {year}", 1 + self.below(31), self.pick(&MONTHS)),
            6 => format!("{} {} , {year}", self.pick(&MONTHS), 1 + self.below(31)),
            7 => format!("{} {}", self.pick(&MONTHS), 1 + self.below(31)),
            8 => format!("{} {}", self.pick(&COUNTS), self.pick(&DAYS)),
            9 => self.pick(&DAYS).to_owned(),
            10 => self.pick(&ZONES).to_owned(),
            11 => format!("{} {} {}", self.number(400), self.pick(&UNITS), self.pick(&["ago", "", "", ""])),
            12 => format!("{} {}", self.pick(&COUNTS), self.pick(&UNITS)),
            _ => self.pick(&LOOSE).to_owned(),
        };
        text.split(' ').filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    }

    fn text(&mut self) -> Vec<u8> {
        let mut pieces: Vec<String> = Vec::new();
        for _ in 0..=self.below(4) {
            pieces.extend(self.item());
        }
        if self.below(3) == 0 {
            let (from, to) = (self.below(pieces.len()), self.below(pieces.len()));
            match self.below(3) {
                0 => pieces.swap(from, to),
                1 => pieces.insert(to, pieces[from].clone()),
                _ => drop(pieces.remove(from)),
            }
        }
        let tight = self.below(4) == 0;
        pieces.join(if tight { "" } else { " " }).into_bytes()
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().expect("a number"))
}

#[test]
fn generated_texts_are_taken_as_mit_takes_them() {
    let seed = from_environment("GETDATE_SEED", 20_271_231).max(1);
    let count = from_environment("GETDATE_COUNT", 300);
    println!("GETDATE_SEED={seed} GETDATE_COUNT={count}");
    let mut dice = Dice(seed);
    let realm = Realm::create();
    for zone in ZONES {
        let texts: Vec<Vec<u8>> = (0..count).map(|_| dice.text()).collect();
        let given = realm.ask(zone, Field::Expire, &texts);
        let accepted = given.iter().filter(|one| matches!(one.answer, Answer::Set(_))).count();
        assert!(
            accepted * 4 > texts.len(),
            "only {accepted} of {} accepted: the generator is too wild",
            texts.len()
        );
        compare(zone, Field::Expire, &given);
        compare(zone, Field::MaxLife, &realm.ask(zone, Field::MaxLife, &texts));
    }
}

#[test]
fn escapes_of_the_list_are_read() {
    assert_eq!(unescape(br"a\x09b\\c\xff"), b"a\tb\\c\xff");
    assert!(OsStr::from_bytes(&unescape(br"\xe9")).to_str().is_none());
}
