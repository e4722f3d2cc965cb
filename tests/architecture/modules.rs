//! Which file belongs to which: orphans, and files that are only there for tests.

use std::collections::HashSet;
use std::path::Path;

use crate::source::Finding;
use crate::source::Source;
use crate::source::name_at;
use crate::source::places;

/// A `mod NAME;` line.
pub struct ModLine {
    pub name: String,
    /// The files it may mean.
    pub candidates: Vec<String>,
    for_tests: bool,
}

/// Files that no `mod` line leads to.
pub fn orphans(sources: &[Source]) -> Vec<Finding> {
    let mut reached: HashSet<&str> = HashSet::new();
    let mut next: Vec<&Source> = sources.iter().filter(|source| is_root(&source.path)).collect();
    while let Some(source) = next.pop() {
        if reached.insert(&source.path) {
            let lines = mod_lines(source);
            let meant = |other: &&Source| lines.iter().any(|line| line.candidates.contains(&other.path));
            next.extend(sources.iter().filter(meant));
        }
    }
    let lost = sources.iter().filter(|source| !reached.contains(source.path.as_str()));
    lost.map(|source| source.finding("orphan file", 0, "no mod line leads here; it is not compiled")).collect()
}

/// Blanks the files that only `#[cfg(test)] mod NAME;` leads to, and those that they lead to.
pub fn mark_test_files(sources: &mut [Source]) {
    let lines = sources.iter().flat_map(mod_lines).filter(|line| line.for_tests);
    let mut test_files: HashSet<String> = lines.flat_map(|line| line.candidates).collect();
    loop {
        let known = test_files.len();
        let inner = sources.iter().filter(|source| test_files.contains(&source.path)).flat_map(mod_lines);
        let inner: Vec<String> = inner.flat_map(|line| line.candidates).collect();
        test_files.extend(inner);
        if test_files.len() == known {
            break;
        }
    }
    for source in sources {
        if test_files.contains(&source.path) {
            source.live = " ".repeat(source.live.len());
        }
    }
}

fn is_root(path: &str) -> bool {
    path == "src/lib.rs" || path == "src/main.rs"
}

pub fn mod_lines(source: &Source) -> Vec<ModLine> {
    let mut lines = Vec::new();
    for at in places(&source.code, "mod") {
        let name = name_at(&source.code[at + 4..]);
        if name.is_empty() || !source.code[at + 4 + name.len()..].starts_with(';') {
            continue;
        }
        let attributes = attributes_before(source, at);
        let own_path = attributes.split_once("#[path = \"").and_then(|(_, rest)| rest.split_once('"'));
        let folder = Path::new(&source.path).parent().unwrap().to_str().unwrap().to_owned();
        let stem = Path::new(&source.path).file_stem().unwrap().to_str().unwrap();
        let inside = if is_root(&source.path) || stem == "mod" { folder.clone() } else { format!("{folder}/{stem}") };
        let candidates = match own_path {
            Some((path, _)) => vec![format!("{folder}/{path}")],
            None => vec![format!("{inside}/{name}.rs"), format!("{inside}/{name}/mod.rs")],
        };
        lines.push(ModLine { name: name.to_owned(), candidates, for_tests: attributes.contains("#[cfg(test)]") });
    }
    lines
}

/// What stands between the item before and this one.
fn attributes_before(source: &Source, at: usize) -> &str {
    let start = source.code[..at].rfind([';', '}']).map_or(0, |end| end + 1);
    &source.text[start..at]
}
