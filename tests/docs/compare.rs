//! Comparing what a command printed with what a document shows.
//!
//! In a document, `…` matches any text within a line, and a line of only `…` matches any lines.

/// Returns true if a line is as shown.
fn line_fits(line: &str, shown: &str) -> bool {
    let mut parts = shown.trim_end().split('…');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = line.trim_end().strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

/// Returns true if all lines are as shown.
pub fn fits(lines: &[&str], shown: &[String]) -> bool {
    match (lines, shown) {
        (_, [any, rest @ ..]) if any == "…" => (0..=lines.len()).any(|skip| fits(&lines[skip..], rest)),
        ([], []) => true,
        ([line, lines @ ..], [first, rest @ ..]) => line_fits(line, first) && fits(lines, rest),
        _ => false,
    }
}

#[test]
fn a_difference_is_found() {
    let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(fits(&["a 12 b", "x", "y", "end"], &shown(&["a … b", "…", "end"])));
    assert!(!fits(&["a 12 c"], &shown(&["a … b"])));
    assert!(!fits(&["a", "b"], &shown(&["a"])));
    assert!(!fits(&["a"], &shown(&["a", "b"])));
}
