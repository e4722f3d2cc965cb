//! Links between documents lead to files and headings that exist.

use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::docs::all_documents;
use crate::docs::read;
use crate::docs::root;

/// Returns the targets of the links and images of a document, outside code.
fn targets(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        }
        if inside {
            continue;
        }
        for part in line.split("](").skip(1) {
            found.extend(part.split_once(')').map(|(target, _)| target.to_owned()));
        }
        for part in line.split("src=\"").skip(1) {
            found.extend(part.split_once('"').map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// Returns the name by which a heading is linked, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Returns a path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Returns what is wrong with a link.
fn fault(from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { PathBuf::from(from) } else { plain(&Path::new(from).parent().unwrap().join(file)) };
    if !root().join(&path).exists() {
        return Some(format!("{from}: no file {}", path.display()));
    }
    if heading.is_empty() {
        return None;
    }
    let text = read(path.to_str().unwrap());
    let known = text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading);
    (!known).then(|| format!("{from}: no heading #{heading} in {}", path.display()))
}

#[test]
fn links_lead_somewhere() {
    let faults: Vec<String> = all_documents()
        .iter()
        .flat_map(|path| targets(&read(path)).into_iter().filter_map(|target| fault(path, &target)).collect::<Vec<_>>())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    assert_eq!(targets("see [a](b.md#c) and <img src=\"d.svg\">\n```\n[x](y)\n```\n"), ["b.md#c", "d.svg"]);
    assert!(fault("README.md", "docs/no_such_file.md").is_some());
    assert!(fault("docs/guide.md", "../README.md#no-such-heading").is_some());
    assert_eq!(anchor("## What `verify` does not cover"), "what-verify-does-not-cover");
}

/// Returns the paths of the repository that a document names in backticks. A path with a placeholder does not count.
fn named_paths(document: &str) -> Vec<&str> {
    let folders = ["src/", "tests/", "docs/", "examples/", "deploy/"];
    let words = ["BACKEND", "NAME", "NOUN", "VERB", "VERSION", "_N.", " ", "*", "…"];
    let placeholder = |path: &str| words.iter().any(|word| path.contains(word));
    document
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|path| folders.iter().any(|folder| path.starts_with(folder)) && !placeholder(path))
        .collect()
}

#[test]
fn named_paths_exist() {
    let mut missing = Vec::new();
    for document in all_documents().iter().filter(|path| !path.starts_with("docs/adr") && *path != "CHANGELOG.md") {
        let text = read(document).replace("```", "");
        let paths = named_paths(&text).into_iter().filter(|path| !root().join(path).exists());
        missing.extend(paths.map(|path| format!("{document}: no {path}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_named_path_is_found() {
    assert_eq!(named_paths("see `src/a.rs` and `src/cli/NOUN/VERB.rs`, `tests/run --all`, src/b.rs"), ["src/a.rs"]);
}
