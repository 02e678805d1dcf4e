//! Lines of commands: their words, the commands, and their options.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use k5_cli::{GetOpt, Opt, OptionOrder, OptionTable, WordOptions};
use k5_kadmin::TABLE;
use k5_shell::split;
use k5_types::FlagSpec;

/// Options of every kind.
const OPTIONS: OptionTable<u8> = OptionTable(&[
    Opt::value(0, &["-pw"], "PASSWORD", "a word with a value").secret(),
    Opt::flag(1, &["-randkey"], "a word"),
    Opt::value(2, &["-k", "-keytab"], "FILE", "also by its beginning").by_prefix(),
    Opt::flag(3, &["-q"], "a letter"),
    Opt::value(4, &["-e"], "LIST", "a letter with a value"),
    Opt::flag(5, &["--json"], "a long one"),
]);

pub(super) fn run(data: &[u8]) {
    let Ok(words) = split(data) else {
        assert!(data.contains(&b'"'), "no quote, and yet one is open");
        return;
    };
    let bytes: usize = words.iter().map(|word| word.len()).sum();
    assert!(bytes <= data.len() && words.len() <= data.len());
    // Each word in quotes, its own quotes doubled: the same words again.
    let quoted = |word: &OsString| {
        let inner: Vec<u8> = word
            .as_bytes()
            .iter()
            .flat_map(|byte| if *byte == b'"' { vec![*byte; 2] } else { vec![*byte] })
            .collect();
        [b"\"".as_slice(), &inner, b"\" "].concat()
    };
    let line: Vec<u8> = words.iter().flat_map(quoted).collect();
    assert_eq!(split(&line), Ok(words.clone()));
    let Some((name, args)) = words.split_first() else { return };
    let _ = (TABLE.find(name).is_some(), TABLE.describe(name).is_some());
    let options = WordOptions::new(OPTIONS, args);
    assert!(options.count() <= args.len());
    for order in [OptionOrder::StopAtWord, OptionOrder::Permute] {
        // A cluster of letters is more options than words.
        assert!(GetOpt::new(OPTIONS, args, order).count() <= data.len() + 1);
    }
    for word in args.iter().filter_map(|word| word.to_str()) {
        let _ = FlagSpec::parse(word);
    }
}
