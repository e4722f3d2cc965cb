//! Each rule bites: a violation is planted, and found where it was planted.

use crate::check;

/// A small house without a fault.
fn house() -> Vec<(String, String)> {
    let files = [
        ("src/lib.rs", "//! Map.\n\npub mod cli;\npub mod event;\npub mod ops;\npub mod store;\n"),
        ("src/main.rs", "//! Start.\n\nfn main() {}\n"),
        ("src/event/mod.rs", "//! Events.\n\npub struct Event;\n"),
        (
            "src/store/mod.rs",
            "//! Store.\n\n#[cfg(feature = \"x\")]\n#[path = \"sqlite.rs\"]\nmod sqlite;\nuse crate::event::Event;\n#[cfg_attr(feature = \"x\", derive(Y))]\nstruct X(Event);\n",
        ),
        ("src/store/sqlite.rs", "//! SQLite.\n\nfn open() {}\n"),
        ("src/ops/mod.rs", "//! Use cases.\n\npub mod show;\n"),
        ("src/ops/show.rs", "//! Showing.\n\nuse crate::store::Store;\n"),
        ("src/cli/mod.rs", "//! Edge.\n\nmod output;\nmod show;\n"),
        ("src/cli/output/mod.rs", "//! Output.\n\nfn say() {\n    println!(\"x\");\n}\n"),
        ("src/cli/show.rs", "//! Show.\n\nuse crate::ops::show::show;\nimpl Show {\n    fn run(self, app: &App) {}\n}\n"),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// The findings when a line is added to a file of the house.
fn with_line(path: &str, line: &str) -> Vec<String> {
    with_lines(&[(path, line)])
}

/// The findings when each line is added to its file, which is made where the house has none.
fn with_lines(lines: &[(&str, &str)]) -> Vec<String> {
    let mut files = house();
    for (path, line) in lines {
        match files.iter_mut().find(|(name, _)| name == path) {
            Some((_, text)) => text.push_str(&format!("{line}\n")),
            None => files.push(((*path).to_owned(), format!("{line}\n"))),
        }
    }
    rules_of(&files)
}

fn rules_of(files: &[(String, String)]) -> Vec<String> {
    check(files, &[]).iter().map(|finding| format!("{}:{} {}", finding.path, finding.line, finding.rule)).collect()
}

#[test]
fn a_house_without_a_fault_has_no_findings() {
    assert_eq!(rules_of(&house()), Vec::<String>::new());
}

#[test]
fn a_statement_that_a_pooler_loses_is_found() {
    for line in ["fn x() { sqlx::query(\"SELECT 1\"); }", "fn x() { sqlx::query_scalar::<_, i64>(\"SELECT 1\"); }"] {
        let mut files = house();
        files.push(("src/store/postgres/mod.rs".to_owned(), format!("//! PostgreSQL.\n\n{line}\n")));
        let store = files.iter_mut().find(|(name, _)| name == "src/store/mod.rs").unwrap();
        store.1.push_str("mod postgres;\n");
        assert_eq!(rules_of(&files), ["src/store/postgres/mod.rs:3 statement"], "{line}");
    }
}

#[test]
fn each_planted_line_is_found_where_it_stands() {
    let cases = [
        ("src/event/mod.rs", "use crate::cli::App;", "src/event/mod.rs:4 layer"),
        ("src/store/sqlite.rs", "use crate::ops::show::show;", "src/store/sqlite.rs:4 layer"),
        ("src/store/sqlite.rs", "fn x(_: crate::domain::Domain) {}", "src/store/sqlite.rs:4 layer"),
        ("src/ops/show.rs", "use crate::cli::App;", "src/ops/show.rs:4 layer"),
        ("src/cli/show.rs", "use crate::server::start;", "src/cli/show.rs:7 layer"),
        ("src/ops/show.rs", "use super::super::cli::App;", "src/ops/show.rs:4 layer"),
        ("src/ops/show.rs", "use rusqlite::Connection;", "src/ops/show.rs:4 layer"),
        ("src/cli/show.rs", "use indicatif::ProgressBar;", "src/cli/show.rs:7 layer"),
        ("src/cli/show.rs", "fn x() { println!(\"x\"); }", "src/cli/show.rs:7 printing"),
        ("src/store/sqlite.rs", "fn x() { eprint!(\"x\"); }", "src/store/sqlite.rs:4 printing"),
        ("src/ops/show.rs", "fn x() { dbg!(1); }", "src/ops/show.rs:4 printing"),
        ("src/cli/show.rs", "use std::io::stderr;", "src/cli/show.rs:7 printing"),
        ("src/cli/show.rs", "fn x() { let out = io::stdout(); }", "src/cli/show.rs:7 printing"),
        ("src/cli/show.rs", "use ratatui::Frame;", "src/cli/show.rs:7 layer"),
        ("src/cli/show.rs", "fn x() { crossterm::terminal::enable_raw_mode(); }", "src/cli/show.rs:7 printing"),
        ("src/cli/output/mod.rs", "type X = CrosstermBackend<Stdout>;", "src/cli/output/mod.rs:6 printing"),
        ("src/ops/show.rs", "use crate::store::*;", "src/ops/show.rs:4 import"),
        ("src/ops/show.rs", "use crate::store::{Store, Scan};", "src/ops/show.rs:4 import"),
        ("src/ops/show.rs", "pub use crate::store::*;", "src/ops/show.rs:4 import"),
        ("src/store/sqlite.rs", "#[cfg(unix)]\nfn x() {}", "src/store/sqlite.rs:4 cfg"),
        ("src/cli/show.rs", "fn x() -> bool { cfg!(windows) }", "src/cli/show.rs:7 cfg"),
        ("src/cli/show.rs", "#[cfg_attr(unix, inline)]\nfn x() {}", "src/cli/show.rs:7 cfg"),
        ("src/cli/show.rs", "#[cfg_attr(feature = \"x\", inline)]\nfn x() {}", "src/cli/show.rs:7 cfg"),
        ("src/store/mod.rs", "#[cfg(feature = \"x\")]\nfn x() {}", "src/store/mod.rs:9 cfg"),
        ("src/store/mod.rs", "#[cfg(feature = \"x\")]\nmod x {}", "src/store/mod.rs:9 cfg"),
        ("src/ops/show.rs", "fn x() { y.unwrap(); }", "src/ops/show.rs:4 panic"),
        ("src/ops/show.rs", "fn x() { y.expect(\"z\"); }", "src/ops/show.rs:4 panic"),
        ("src/ops/show.rs", "fn x() { todo!() }", "src/ops/show.rs:4 panic"),
        ("src/store/sqlite.rs", "use anyhow::Result;", "src/store/sqlite.rs:4 anyhow"),
        ("src/ops/show.rs", "use std::time::SystemTime;", "src/ops/show.rs:4 clock"),
        ("src/ops/show.rs", "use std::time::Instant;", "src/ops/show.rs:4 clock"),
        ("src/ops/show.rs", "fn x() { jiff::Timestamp::now(); }", "src/ops/show.rs:4 clock"),
        ("src/ops/show.rs", "fn x() { std::env::var(\"X\"); }", "src/ops/show.rs:4 clock"),
        ("src/event/mod.rs", "fn x() { whoami::username(); }", "src/event/mod.rs:4 clock"),
        ("src/event/mod.rs", "use std::fs;", "src/event/mod.rs:4 purity"),
        ("src/event/mod.rs", "fn x(_: jaq_core::Error) {}", "src/event/mod.rs:4 layer"),
        ("src/event/mod.rs", "async fn x() {}", "src/event/mod.rs:4 purity"),
    ];
    for (path, line, expected) in cases {
        assert_eq!(with_line(path, line), [expected], "{line}");
    }
}

#[test]
fn a_circle_of_files_is_found_in_each_of_them() {
    let through_a_re_export = [
        ("src/store/mod.rs", "pub use read::page;\nmod read;"),
        ("src/store/sqlite.rs", "use crate::store::page;"),
        ("src/store/read.rs", "//! Read.\n\nuse crate::store::sqlite::open;"),
    ];
    let up_and_down = [
        ("src/store/read.rs", "//! Read.\n\npub mod page;\nfn x() { page::y(); }"),
        ("src/store/mod.rs", "mod read;"),
        ("src/store/read/page.rs", "//! Page.\n\nfn y(_: super::X) {}"),
    ];
    let expected = [
        ["src/store/sqlite.rs:4 circle", "src/store/read.rs:3 circle"],
        ["src/store/read.rs:4 circle", "src/store/read/page.rs:3 circle"],
    ];
    for (lines, expected) in [through_a_re_export, up_and_down].into_iter().zip(expected) {
        assert_eq!(with_lines(&lines), expected);
    }
    // What is only listed, or only used by tests, is no circle.
    for line in [
        "pub use sqlite::open;",
        "pub(in crate::store::sqlite) struct X;",
        "#[cfg(test)]\nmod tests {\n    use crate::store::sqlite::open;\n}",
    ] {
        assert_eq!(with_lines(&[("src/store/mod.rs", line), ("src/store/sqlite.rs", "use crate::store::X;")]), [""; 0]);
    }
}

#[test]
fn backends_and_domains_do_not_see_each_other() {
    let backend = [
        ("src/store/mod.rs", "mod postgres;"),
        ("src/store/postgres/mod.rs", "//! PostgreSQL.\n\nuse crate::store::mongodb::read;"),
        ("src/store/mod.rs", "mod mongodb;"),
        ("src/store/mongodb/mod.rs", "//! MongoDB.\n"),
    ];
    assert_eq!(with_lines(&backend), ["src/store/postgres/mod.rs:3 apart"]);
    let domain = [
        ("src/lib.rs", "mod domain;"),
        ("src/domain/mod.rs", "//! Domains.\n\nmod game;\nmod resource;\npub use resource::Amount;"),
        ("src/domain/game/mod.rs", "//! Game.\n\nuse crate::domain::Amount;"),
        ("src/domain/resource/mod.rs", "//! Resource.\n"),
    ];
    assert_eq!(with_lines(&domain), ["src/domain/game/mod.rs:3 apart"]);
}

#[test]
fn an_exception_covers_its_place_and_must_cover_something() {
    let mut files = house();
    files[6].1.push_str("fn x() { dbg!(1); }\n");
    let left = |exception| check(&files, &[exception]).iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert_eq!(left(("printing", "src/ops/", "for a test")), [""; 0]);
    assert_eq!(left(("printing", "src/ops/show.rs", "for a test")), [""; 0]);
    assert_eq!(left(("printing: dbg!", "src/ops/", "for a test")), [""; 0]);
    assert_eq!(left(("printing: println!", "src/ops/", "for a test")), ["printing", "exception"]);
    assert_eq!(left(("printing", "src/ops/show", "for a test")), ["printing", "exception"]);
    assert_eq!(left(("clock", "src/ops/", "for a test")), ["printing", "exception"]);
}

#[test]
fn words_that_the_style_guide_replaces_are_found() {
    let cases = [
        "/// Whether it is there.\nfn x() {}",
        "/// Reads it.\n///\n/// What is there.\nfn x() {}",
        "/// Reads what somebody wrote.\nfn x() {}",
        "// The store is away.\n",
        "fn x() { say(\"Nobody knows\"); }",
        "fn x() { say(r#\"nobody \"knows\"\"#); }",
        "fn x() { y(\"stopped: it stands before event 4\") }",
        "#[arg(help = \"How many\")]\nstruct X;",
        "#[error(\"Stream is closed\")]\nstruct X;",
        "#[error(\"the stream is closed.\")]\nstruct X;",
        "#[error(\n    \"the stream is closed.\"\n)]\nstruct X;",
        &format!("#[error(\"{}\")]\nstruct X;", "x".repeat(121)),
    ];
    for line in cases {
        assert_eq!(with_line("src/event/mod.rs", line).len(), 1, "{line}");
    }
    let plain = [
        "/// Reads what is there, and says\n/// How it went, whether or not it is large.\nfn x() {}",
        "/// Whatever is there.\nfn x() {}",
        "fn told() -> Seat { x }",
        "#[error(\"JSON is expected\")]\nstruct X;",
    ];
    for line in plain {
        assert_eq!(with_line("src/event/mod.rs", line), [""; 0], "{line}");
    }
}

#[test]
fn a_file_that_no_mod_line_leads_to_is_an_orphan() {
    let mut files = house();
    files.push(("src/ops/lost.rs".into(), "//! Lost.\n".into()));
    assert_eq!(rules_of(&files), ["src/ops/lost.rs:1 orphan file"]);
    files[5].1.push_str("pub mod lost;\n");
    assert_eq!(rules_of(&files), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_no_layer_is_found() {
    let mut files = house();
    files[0].1.push_str("pub mod misc;\n");
    files.push(("src/misc/mod.rs".into(), "//! Anything.\n".into()));
    assert_eq!(rules_of(&files), ["src/misc/mod.rs:1 layer"]);
}

#[test]
fn a_missing_head_and_a_long_file_are_found() {
    let mut files = house();
    files[2].1 = "pub struct Event;\n".into();
    assert_eq!(rules_of(&files), ["src/event/mod.rs:1 head"]);
    files[2].1 = format!("//! Events.\n{}", "\n".repeat(500));
    assert_eq!(rules_of(&files), ["src/event/mod.rs:1 size"]);
    files[2].1 = format!("//! Events.\n//! Long because it is a table.\n{}", "\n".repeat(500));
    assert_eq!(rules_of(&files), Vec::<String>::new());
}

#[test]
fn a_command_without_a_use_case_is_found() {
    let mut files = house();
    files[9].1 = files[9].1.replace("use crate::ops::show::show;\n", "");
    assert_eq!(rules_of(&files), ["src/cli/show.rs:1 use case"]);
}

#[test]
fn words_in_comments_texts_and_tests_are_no_findings() {
    let harmless = [
        "// x.unwrap() and crate::cli::App and println!()",
        "/* nested /* dbg!(1) */ still y.unwrap() */",
        "fn x() -> &'static str { \"a \\\" y.unwrap() crate::cli::App\" }",
        "fn x() -> &'static str { r#\"a \" y.unwrap()\"# }",
        "fn x<'a>(c: char) -> bool { c == '\"' || c == '\\'' || c == '\\u{1b}' }",
        "#[cfg(test)]\nmod tests {\n    fn x() { y.unwrap(); println!(\"{}\", 1); }\n}",
        "fn sprint() { blueprint!(1) }",
    ];
    for line in harmless {
        assert_eq!(with_line("src/ops/show.rs", line), Vec::<String>::new(), "{line}");
    }
    // What follows a text or a character must still be seen.
    for line in ["fn x() { (\"\\\\\", '\"', b'\\\\', r\"\\\"); y.unwrap(); }", "#[cfg(test)]\nmod t { }\nfn x() { y.unwrap(); }"]
    {
        assert_eq!(with_line("src/ops/show.rs", line).len(), 1, "{line}");
    }
}

#[test]
fn test_files_may_panic_but_not_import_by_globs() {
    let mut files = house();
    files[6].1.push_str("#[cfg(test)]\n#[path = \"show_tests.rs\"]\nmod tests;\n");
    files.push(("src/ops/show_tests.rs".into(), "//! Tests.\nfn x() { y.unwrap(); }\n".into()));
    assert_eq!(rules_of(&files), Vec::<String>::new());
    // So may the files that they lead to.
    files[10].1.push_str("mod more;\n");
    files.push(("src/ops/show_tests/more.rs".into(), "//! More.\nfn x() { y.unwrap(); }\n".into()));
    assert_eq!(rules_of(&files), Vec::<String>::new());
    files[10].1.push_str("use super::*;\n");
    assert_eq!(rules_of(&files), ["src/ops/show_tests.rs:4 import"]);
}
