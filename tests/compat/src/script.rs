//! Many command lines on both sides, written as in a shell.

use std::panic::{AssertUnwindSafe, catch_unwind};

use harness::Pair;

/// Runs lines one after the other on both sides and compares each, times and keys masked. All differences are told
/// together, not only the first.
///
/// ```text
/// K addprinc -pw 'a b' bob                   K is kadmin.local
/// printf 'a\nb\n' | K cpw bob                what is read from standard input
/// TZ=Asia/Tokyo K getprinc bob               a variable
/// DIV-3 K ktadd -glob 'nobody*'              must differ, as docs/divergences.md tells
/// # a remark
/// ```
///
/// # Panics
/// Where the sides differ, or do not differ where it is announced.
pub fn script(pair: &Pair, lines: &str) {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let wrong: Vec<String> =
        lines.filter_map(|line| complaint(pair, line).map(|told| format!("=== {line}\n{told}"))).collect();
    assert!(wrong.is_empty(), "{} lines are not as they should be\n{}", wrong.len(), wrong.join("\n"));
}

fn complaint(pair: &Pair, line: &str) -> Option<String> {
    let thrown = catch_unwind(AssertUnwindSafe(|| run(pair, line))).err()?;
    let told = thrown.downcast_ref::<String>().map(String::as_str);
    Some(told.or_else(|| thrown.downcast_ref::<&str>().copied()).unwrap_or_default().to_string())
}

fn run(pair: &Pair, line: &str) {
    let words = split(line);
    let mut words = words.iter().map(String::as_str).peekable();
    let divergence = words.next_if(|word| word.starts_with("DIV-"));
    let mut input = String::new();
    if words.next_if_eq(&"printf").is_some() {
        input = unescaped(words.next().expect("printf has a text"));
        assert_eq!(words.next(), Some("|"), "what is printed goes into a program: {line}");
    }
    let mut variables = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push((name, value));
        let _ = words.next();
    }
    let program = match words.next().expect("a line has a program") {
        "K" => "kadmin.local",
        other => other,
    };
    let mut both = match program {
        "ktadd" => pair.ktadd(words),
        _ => pair.run(program, words),
    };
    both = both.stdin(&input);
    for (name, value) in variables {
        both = both.env(name, value);
    }
    let _ = match divergence {
        Some(number) => both.differs(number),
        None => both.same(),
    };
}

/// Words as a shell has them: quotes of both kinds take everything literally, a backslash outside of them the next
/// character.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(end), letter) if letter == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "a quote is not closed: {line}");
    words.extend(word);
    words
}

/// What `printf` makes of `\n`, `\t` and `\\`.
fn unescaped(text: &str) -> String {
    text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace('\0', "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        assert_eq!(
            split(r#"K  -q "a 'b'" 'c\d' e\ f "" g''h"#),
            ["K", "-q", "a 'b'", "c\\d", "e f", "", "gh"]
        );
        assert_eq!(unescaped(r"a\n\\n\t"), "a\n\\n\t");
    }
}
