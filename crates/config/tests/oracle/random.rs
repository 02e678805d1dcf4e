//! Files put together at random from pieces of the syntax: MIT and this crate must find the same in each.

use crate::mit::Scratch;

/// Pieces that are no fault wherever they stand inside a section.
const HARMLESS: usize = 14;

const PIECES: [&str; 36] = [
    "default_keytab_name = /N\n",
    "  default_keytab_name=/N  \n",
    "default_keytab_name = \"/N\\t\" x\n",
    "default_keytab_name* = /N\n",
    "default_keytab_name = /N\0 = /Z\n",
    "include DIR/inc\n",
    "include DIR/inc\r\n",
    "includedir DIR/d\n",
    "\n",
    "# comment\n",
    " ; [libdefaults\n",
    "y = 1 = 2\n",
    "x\t\t=\t1\n",
    "x = { y\n",
    "[libdefaults]\n",
    "[libdefaults]\n",
    "[libdefaults]*\n",
    " [libdefaults] \n",
    "[realms]\n",
    "default_keytab_name = {\n",
    "default_keytab_name =\n",
    "x = {\n",
    "x = {\n",
    "x* = { \n",
    "x =\n",
    "{\n",
    " { junk\n",
    "}\n",
    "}\n",
    "}\n",
    "}*\n",
    " } junk\n",
    "y \u{b} \u{c}= 1\n",
    "y\n",
    "default_keytab_name = /N\u{e9}",
    "y = 1\n",
];

/// A generator with a fixed seed, so that a failure comes again (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn file(&mut self) -> String {
        let mut text = String::new();
        if self.roll(4) != 0 {
            text.push_str("[libdefaults]\n");
        }
        for _ in 0..self.roll(9) {
            let name = self.roll(10).to_string();
            let pieces = if self.roll(3) == 0 { PIECES.len() } else { HARMLESS };
            text.push_str(&PIECES[self.roll(pieces)].replace('N', &name));
        }
        text
    }
}

#[test]
fn random_files() {
    let mut dice = Dice(0x5eed_0fc0_ffee);
    let (mut faults, mut values) = (0, 0);
    for round in 0..600 {
        let (one, two, inc) = (dice.file(), dice.file(), dice.file());
        // The included file must not include itself.
        let inc = inc.replace("include", "#include");
        let mut scratch = Scratch::new(&[("one", &one), ("two", &two), ("inc", &inc), ("d/x", &inc)]);
        scratch.unset("KRB5_KTNAME");
        scratch.set("KRB5_CONFIG", "DIR/one:DIR/two");
        let (ours, mit) = (scratch.our_keytab(), scratch.mit_keytab());
        assert_eq!(ours, mit, "round {round}: {one:?} {two:?} {inc:?}");
        match ours.as_str() {
            "FILE:/etc/krb5.keytab" => {}
            name if name.starts_with("FILE:") => values += 1,
            _ => faults += 1,
        }
    }
    // The pieces are of use only while both outcomes are common.
    assert!(faults > 100 && values > 100, "{faults} faults, {values} values");
}
