//! Text as roff wants it.

/// How long a line of the source may be, in bytes.
const LONGEST: usize = 78;

/// What is to be typed or read as it stands: hyphens are minus signs, quotes are straight.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '"' => out.push_str("\\(dq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            other => out.push(other),
        }
    }
    out
}

/// Prose in which backticks set off what is literal: lines, one for each sentence.
pub(crate) fn prose(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            out.push_str(&bold(part));
        } else {
            let part = part.replace('\\', "\\e").replace('^', "\\(ha").replace('~', "\\(ti");
            out.push_str(&part.replace(". ", ".\n"));
        }
    }
    let mut lines = String::new();
    for sentence in out.lines() {
        fold(&mut lines, sentence);
    }
    lines
}

/// Adds a sentence in lines that are not too long to be read in the source.
fn fold(lines: &mut String, sentence: &str) {
    let mut line = String::new();
    for word in sentence.split_whitespace() {
        if !line.is_empty() && line.len() + 1 + word.len() > LONGEST {
            lines.push_str(&guarded(&line));
            lines.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push_str(&guarded(&line));
    lines.push('\n');
}

/// Literal text in bold.
pub(crate) fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", literal(text))
}

/// What the reader fills in.
pub(crate) fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", literal(text))
}

/// A line that is text, whatever it begins with.
pub(crate) fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

/// A synopsis: words in bold, what the reader fills in (in capitals) in italics; what stands between brackets is not
/// broken.
pub(crate) fn synopsis(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if "[]{}| ".contains(first) {
            first.len_utf8()
        } else {
            rest.find(['[', ']', '{', '}', '|', ' ']).unwrap_or(rest.len())
        };
        let (run, after) = rest.split_at(end);
        rest = after;
        match run {
            "[" | "{" => depth += 1,
            "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        match run {
            " " if depth > 0 => out.push_str("\\ "),
            "[" | "]" | "{" | "}" | "|" | " " | "..." => out.push_str(run),
            run if is_placeholder(run) => out.push_str(&italic(run)),
            run => out.push_str(&bold(run)),
        }
    }
    out
}

/// Whether a word of a synopsis stands for something.
pub(crate) fn is_placeholder(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_a_request() {
        assert_eq!(
            prose(".so is `.ok` no\\thing. 'And on"),
            "\\&.so is \\fB.ok\\fR no\\ething.\n\\&'And on\n"
        );
        assert_eq!(guarded(".x"), "\\&.x");
    }

    #[test]
    fn literals_keep_their_bytes() {
        assert_eq!(literal(r#"-q "a\b" '~^`"#), r"\-q \(dqa\eb\(dq \(aq\(ti\(ha\(ga");
    }

    #[test]
    fn a_synopsis_tells_words_from_what_is_filled_in() {
        assert_eq!(
            synopsis("[-k FILE] old {KVNO|all} ..."),
            "[\\fB\\-k\\fR\\ \\fIFILE\\fR] \\fBold\\fR {\\fIKVNO\\fR|\\fBall\\fR} ..."
        );
    }
}
