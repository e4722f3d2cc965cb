//! The house rules, enforced: the sources are read as text, and whatever breaks a rule is listed.
//!
//! `planted.rs` proves that each rule bites: it plants a violation in sources in memory and looks for it.

mod circles;
mod exceptions;
mod graph;
mod layers;
mod modules;
mod planted;
mod rules;
mod source;
mod words;

use std::fs;
use std::path::Path;

use exceptions::Exception;
use source::Finding;
use source::Source;

/// Returns everything in these sources that breaks a rule and is no exception.
fn check(files: &[(String, String)], exceptions: &[Exception]) -> Vec<Finding> {
    let mut sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    modules::mark_test_files(&mut sources);
    let mut findings = modules::orphans(&sources);
    findings.extend(circles::check(&sources));
    for source in &sources {
        findings.extend(layers::check(source));
        findings.extend(rules::check(source));
        findings.extend(words::check(source));
    }
    exceptions::apply(findings, exceptions)
}

fn sources_below(folder: &Path, name: &str, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            sources_below(&entry.path(), &path, files);
        } else if path.ends_with(".rs") {
            files.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

fn sources_of(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), folder, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn assert_none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_sources_keep_the_rules_of_the_house() {
    assert_none(&check(&sources_of("src"), exceptions::EXCEPTIONS));
}

#[test]
fn the_comments_of_tests_use_plain_words() {
    let mut files = sources_of("tests");
    // The rules name the words that they refuse.
    files.retain(|(path, _)| !path.starts_with("tests/architecture/"));
    let findings: Vec<Finding> = files.iter().flat_map(|(path, text)| words::check_comments(&Source::new(path, text))).collect();
    assert_none(&findings);
}
