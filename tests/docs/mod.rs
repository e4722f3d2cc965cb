//! The documents are true: each block that looks runnable is run in a fresh home and prints what it shows, quoted code is in
//! the file that it is quoted from, and each link leads to a file and a heading that exist.

mod blocks;
mod commands;
mod compare;
mod foreign_stores;
mod links;
mod performance;
mod pictures;
mod quotes;
mod run;
mod servers;
mod words;

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Makes a test of each document.
macro_rules! documents {
    ($($name:ident $path:literal)+) => {
        /// The documents with blocks that are run.
        const DOCUMENTS: &[&str] = &[$($path),+];

        $(#[test] fn $name() { run::run(&read($path), &[]); })+
    };
}

documents! {
    hash_chain "docs/adr/0005-hash-chain.md"
    readme "README.md"
    korean_readme "docs/ko/README.md"
    copy "docs/copy.md"
    guide "docs/guide.md"
    foreign_stores "docs/foreign-stores.md"
    layouts "docs/layouts.md"
    library "docs/library.md"
    operations "docs/operations.md"
    read_models "docs/read_models.md"
    scenarios "docs/scenarios.md"
    selftest_and_bench "docs/selftest_and_bench.md"
    server "docs/server.md"
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the paths of all documents, relative to the repository.
fn all_documents() -> Vec<String> {
    let mut folders: Vec<PathBuf> = vec![root().to_owned(), root().join("docs")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && folder != root() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_document_with_commands_is_run() {
    let mut missing = Vec::new();
    for path in all_documents() {
        let found = blocks::blocks(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let used = found.iter().any(|block| matches!(block.used, blocks::Use::Run { .. } | blocks::Use::File(_)));
        if used && !DOCUMENTS.contains(&path.as_str()) {
            missing.push(path);
        }
    }
    assert!(missing.is_empty(), "add to `documents!`: {missing:?}");
}

#[test]
fn the_readme_is_short() {
    for (path, limit) in [("README.md", 200), ("docs/ko/README.md", 200), ("ARCHITECTURE.md", 150), ("docs/performance.md", 150)]
    {
        let lines = read(path).lines().count();
        assert!(lines <= limit, "{path} has {lines} lines, at most {limit}");
    }
}
