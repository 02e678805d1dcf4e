//! Expressions for the names that `kdb5_util dump` takes, and names to match: one after the other, up to a NUL each.

use kdb5_util::Pattern;

use crate::Input;

/// What becomes of an expression that means nothing to the crate `regex`, or more than it takes: it bears a group less.
const LIMITS: [&str; 2] = ["Regular expression too big", "Invalid regular expression"];

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    let (expression, name) = (input.text(), input.text());
    let literal = Pattern::new(&quoted(name));
    if let Ok(literal) = literal {
        assert!(literal.matches(name), "{name:?}");
        assert!(!literal.matches(&[name, b"x"].concat()), "{name:?}");
        assert!(!literal.matches(&[b"x", name].concat()) || name.iter().all(|byte| *byte == b'x'));
    } else {
        assert!(name.len() > 1000, "every byte can be quoted: {name:?}");
    }
    let plain = Pattern::new(expression);
    if let Err(told) = &plain {
        assert!(!told.is_empty());
    }
    // A group around it is the same expression, if its end is the last parenthesis.
    if expression.contains(&b')') {
        return;
    }
    match (plain, Pattern::new(&[b"(", expression, b")"].concat())) {
        (Ok(plain), Ok(grouped)) => assert_eq!(plain.matches(name), grouped.matches(name)),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(told)) | (Err(told), Ok(_)) => {
            assert!(LIMITS.contains(&told.as_str()), "{told}: {expression:?}");
        }
    }
}

/// An expression that only `name` matches, with things in it that are repeated once.
fn quoted(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (number, byte) in name.iter().enumerate() {
        match byte {
            b'^' => text.extend(b"\\^"),
            byte if byte.is_ascii_alphanumeric() => text.push(*byte),
            byte => text.extend([b'[', *byte, b']']),
        }
        if number % 3 == 0 {
            text.extend(b"{1}");
        }
    }
    text
}
