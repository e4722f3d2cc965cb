//! Code that a document quotes from a file of the repository.

use crate::docs::all_documents;
use crate::docs::blocks::Use;
use crate::docs::blocks::blocks;
use crate::docs::read;

/// Returns the first line that is not in the file after the lines before it. Indentation and `…` lines do not count.
fn not_quoted<'a>(lines: &'a [String], file: &str) -> Option<&'a String> {
    let mut rest = file.lines().map(str::trim);
    lines.iter().find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.contains('…') && !rest.any(|other| other == line)
    })
}

#[test]
fn quoted_code_is_in_its_file() {
    let mut quotes = 0;
    for path in all_documents() {
        for block in blocks(&read(&path)).unwrap() {
            let Use::Quote(file) = &block.used else { continue };
            quotes += 1;
            if let Some(line) = not_quoted(&block.text, &read(file)) {
                panic!("{path}:{}: not in {file}: {line}", block.line);
            }
        }
    }
    assert!(quotes > 0);
}

#[test]
fn a_line_that_is_not_in_the_file_is_found() {
    let quoted = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert_eq!(not_quoted(&quoted(&["a", "…", "c"]), "  a\nb\n c\n"), None);
    assert_eq!(not_quoted(&quoted(&["c", "a"]), "a\nb\nc\n").unwrap(), "a");
}
