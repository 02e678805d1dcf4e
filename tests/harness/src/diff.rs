//! A difference that a person can read.

/// The lines of both texts in order: `  ` before those of both, `- ` before the first's, `+ ` before the second's.
/// Far from a difference, lines that are in both are left out.
pub(crate) fn lines(first: &str, second: &str) -> String {
    const CONTEXT: usize = 3;
    let (a, b): (Vec<&str>, Vec<&str>) = (first.split('\n').collect(), second.split('\n').collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let mut out = Vec::new();
    if start > CONTEXT {
        out.push(format!("  ... {} lines", start - CONTEXT));
    }
    out.extend(a[start.saturating_sub(CONTEXT)..start].iter().map(|line| format!("  {line}")));
    middle(&a[start..a.len() - end], &b[start..b.len() - end], &mut out);
    out.extend(a[a.len() - end..].iter().take(CONTEXT).map(|line| format!("  {line}")));
    if end > CONTEXT {
        out.push(format!("  ... {} lines", end - CONTEXT));
    }
    out.join("\n")
}

/// The part between the first and the last difference: by the longest common subsequence where that is cheap.
fn middle(a: &[&str], b: &[&str], out: &mut Vec<String>) {
    if a.len().saturating_mul(b.len()) > 1_000_000 {
        out.extend(a.iter().map(|line| format!("- {line}")));
        out.extend(b.iter().map(|line| format!("+ {line}")));
        return;
    }
    // common[i][j]: how many lines a[i..] and b[j..] have in common, in order.
    let mut common = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] =
                if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(format!("  {}", a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push(format!("- {}", a[i]));
            i += 1;
        } else {
            out.push(format!("+ {}", b[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn differences_stand_among_what_is_the_same() {
        assert_eq!(lines("a\nb\nc", "a\nx\nc"), "  a\n- b\n+ x\n  c");
        assert_eq!(lines("a\nb", "a\nb\nc"), "  a\n  b\n+ c");
        assert_eq!(lines("", "x"), "- \n+ x");
        assert_eq!(lines("a\na", "a"), "  a\n- a");
    }

    #[test]
    fn what_is_far_away_is_left_out() {
        let same = "same\n".repeat(10);
        let shown = lines(&format!("{same}b\n{same}"), &format!("{same}c\n{same}"));
        assert!(shown.starts_with("  ... 7 lines\n  same\n  same\n  same\n- b\n+ c\n"), "{shown}");
        assert_eq!(shown.lines().count(), 10, "{shown}");
    }
}
