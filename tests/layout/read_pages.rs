//! Pages of events of other programs: no row is lost at a border, and damage is an error.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;

const LAYOUT: &str = r#"
title  = "Notes"
engine = "sqlite"
[events]
from     = "notes"
position = "e.p"
stream   = { parts = ["e.s"] }
version  = { column = "e.v", first = 1 }
type     = "e.t"
data     = { column = "e.d" }
"#;

const TABLE: &str = "CREATE TABLE notes (p NUMERIC, s TEXT, v NUMERIC, t TEXT, d TEXT);";

/// The exit code, the types of the events that are shown, and stderr.
type Shown = (i32, Vec<String>, String);

struct Notes {
    foreign: Foreign,
    layout: String,
}

impl Notes {
    fn sqlite(rows: &str) -> Self {
        let foreign = Foreign::sqlite(&format!("{TABLE} {rows};"));
        let layout = foreign.file("notes.toml", LAYOUT);
        Self { foreign, layout }
    }

    fn shows(&self, args: &[&str]) -> Shown {
        let output =
            self.foreign.esctl.run_on(&self.foreign.url, &[&["--layout", &self.layout], args, &["-o", "ndjson"]].concat());
        let event = |line: &str| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
        (output.code, output.stdout.lines().map(event).collect(), output.stderr)
    }

    /// Reads page by page with `--limit` and `--after`.
    fn pages(&self, source: &str, limit: &str) -> Vec<String> {
        let (mut found, mut after) = (Vec::new(), "0".to_owned());
        for _ in 0..1000 {
            let page = self.foreign.read(&self.layout, &["stream", "read", source, "--limit", limit, "--after", &after]);
            found.extend(page["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => return found,
            }
        }
        panic!("the pages of {source} do not end: {found:?}")
    }
}

#[test]
fn a_bad_row_is_an_error_also_at_the_place_of_a_good_one_or_between_two() {
    let first = "INSERT INTO notes VALUES (1, 's', 1, 'A', '{}'), (2, 's', 2, 'B', '{}')";
    let same = Notes::sqlite(&format!("{first}, (2, 's', 2, NULL, '{{}}'), (2, 's', 2, 'C', '{{}}'), (3, 's', 3, 'D', '{{}}')"));
    for source in ["--all", "s"] {
        let (code, shown, err) = same.shows(&["stream", "read", source]);
        assert!(code == 8 && shown == ["A", "B"] && err.contains("e.t has no value"), "{source}: {code} {shown:?} {err}");
        assert!(err.contains("esctl layout check") && !err.contains("esctl verify"), "{err}");
        let (code, shown, _) = same.shows(&["stream", "read", source, "--limit", "1"]);
        assert_eq!((code, shown), (0, vec!["A".to_owned()]));
    }
    assert_eq!(same.shows(&["stats"]).0, 8);
    let between = Notes::sqlite(&format!("{first}, (1.5, 's', 1.5, 'half', '{{}}')"));
    for source in ["--all", "s"] {
        let (code, shown, err) = between.shows(&["stream", "read", source]);
        assert!(code == 8 && shown == ["A"] && err.contains("is no whole number of 64 bits: 1.5"), "{source}: {shown:?} {err}");
        assert_eq!(between.shows(&["stream", "read", source, "--after", "1"]).0, 8);
    }
}

#[test]
fn a_bad_row_right_after_a_page_is_an_error() {
    let notes = Notes::sqlite(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
         INSERT INTO notes SELECT i, 's', i, 'T', '{}' FROM n;
         INSERT INTO notes SELECT p + 0.5, 's', v + 0.5, 'half', '{}' FROM notes WHERE p IN (999, 1000, 1001, 1002)",
    );
    for source in ["--all", "s"] {
        let (code, shown, err) = notes.shows(&["stream", "read", source]);
        assert!(code == 8 && shown.len() == 999 && err.contains("999.5"), "{source}: {code} {} {err}", shown.len());
        for after in ["999", "1000", "1001", "1002"] {
            let (code, _, err) = notes.shows(&["stream", "read", source, "--after", after]);
            assert!(code == 8 && err.contains(&format!("{after}.5")), "{source} {after}: {err}");
        }
    }
}

#[test]
fn large_events_with_one_place_are_all_read() {
    let large = "'{\"x\":\"' || hex(zeroblob(9000000)) || '\"}'";
    let notes = Notes::sqlite(&format!(
        "INSERT INTO notes VALUES (1, 's', 1, 'A', {large}), (1, 's', 1, 'B', {large}), (1, 's', 1, 'C', '{{}}'), (2, 's', 2, 'D', '{{}}')"
    ));
    for args in [&["stream", "read", "--all"][..], &["stream", "read", "s"], &["stream", "read", "s", "--backwards"]] {
        let (code, mut shown, err) = notes.shows(args);
        shown.sort_unstable();
        assert_eq!((code, shown), (0, ["A", "B", "C", "D"].map(str::to_owned).to_vec()), "{args:?}: {err}");
    }
    assert_eq!(notes.foreign.read(&notes.layout, &["stats"])["events"], 4);
}

#[test]
fn events_with_one_place_are_not_split_between_pages() {
    let notes = Notes::sqlite(
        "INSERT INTO notes VALUES (1, 's', 1, 'A', '{}'), (2, 's', 2, 'B', '{}'), (2, 's', 2, 'C', '{}'), (2, 's', 2, 'D', '{}'),
            (3, 's', 3, 'E', '{}'), (4, 's', 4, 'F', '{}'), (4, 's', 4, 'G', '{}')",
    );
    let all = ["A", "B", "C", "D", "E", "F", "G"];
    for source in ["--all", "s"] {
        for limit in ["1", "2", "3", "4", "5", "6", "7", "8"] {
            let mut found = notes.pages(source, limit);
            found.sort_unstable();
            assert_eq!(found, all, "{source} {limit}");
        }
        let (code, shown, _) = notes.shows(&["stream", "read", source, "--limit", "2"]);
        assert_eq!((code, shown.len()), (0, 4));
        let (code, shown, _) = notes.shows(&["stream", "read", source, "--limit", "1", "--where", ".type >= \"B\""]);
        assert_eq!((code, shown.len()), (0, 3));
    }
}

#[test]
fn a_version_or_position_in_text_is_refused() {
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
        INSERT INTO notes SELECT i, 's', i, 'T', '{}' FROM n";
    for (table, name) in
        [(TABLE.replace("v NUMERIC", "v TEXT"), "notes.v"), (TABLE.replace("p NUMERIC", "p VARCHAR(9)"), "notes.p")]
    {
        let foreign = Foreign::sqlite(&format!("{table} {insert}"));
        let layout = foreign.file("notes.toml", LAYOUT);
        let (code, error) = foreign.refused(&layout, &["replay", "s"]);
        assert!(code == 3 && error["message"].as_str().unwrap().contains(&format!("missing {name} of another type")), "{error}");
    }
    // A column without a type keeps text.
    let foreign = Foreign::sqlite(&format!("{} {}", TABLE.replace("v NUMERIC", "v"), insert.replace("'s', i", "'s', i || ''")));
    let layout = foreign.file("notes.toml", LAYOUT);
    for args in [&["replay", "s"][..], &["stream", "read", "s"], &["stream", "read", "--all"], &["stream", "show", "s"]] {
        let (code, error) = foreign.refused(&layout, args);
        assert!(code == 8 && error["message"].as_str().unwrap().contains("e.v is text"), "{args:?}: {code} {error}");
    }
}

#[test]
fn a_cursor_at_the_largest_number_or_on_an_empty_table_reads_nothing() {
    let notes = Notes::sqlite("INSERT INTO notes VALUES (9223372036854775807, 's', 9223372036854775807, 'A', '{}')");
    for source in ["--all", "s"] {
        let (code, shown, err) = notes.shows(&["stream", "read", source, "--after", "9223372036854775807"]);
        assert_eq!((code, shown.len()), (0, 0), "{source}: {err}");
        assert_eq!(notes.shows(&["stream", "read", source, "--after", "9223372036854775806"]).1, ["A"]);
    }
    let empty = Notes::sqlite("SELECT 1");
    let (code, shown, err) = empty.shows(&["stream", "read", "--all", "--after", "1"]);
    assert_eq!((code, shown.len()), (0, 0), "{err}");
}

#[test]
fn what_a_layout_lacks_cannot_be_selected() {
    let notes = Notes::sqlite("INSERT INTO notes VALUES (1, 's', 1, 'A', '{}')");
    for args in [&["stream", "read", "--all", "--by", "ann"][..], &["stream", "tail", "s", "--no-follow", "--by", "ann"]] {
        let (code, error) = notes.foreign.refused(&notes.layout, args);
        assert!(code == 2 && error["message"].as_str().unwrap().contains("no client"), "{args:?}: {code} {error}");
    }
    let (code, error) = notes.foreign.refused(&notes.layout, &["trace", "nothing"]);
    assert!(code == 2 && error["message"].as_str().unwrap().contains("no correlation id"), "{error}");
}

#[test]
fn what_a_store_lacks_is_null_and_text_is_marked() {
    let notes =
        Notes::sqlite("INSERT INTO notes VALUES (1, 's', 1, 'A', 'not json'), (2, 's', 2, 'B', '{\"value\":\"not json\"}')");
    let layout = notes.foreign.file("text.toml", &LAYOUT.replace("\"e.d\"", "\"e.d\", as = \"text\""));
    let events = notes.foreign.read(&layout, &["stream", "read", "s"]);
    let event = |number: usize| (&events["items"][number]["data"], &events["items"][number]["source"]);
    let data = json!({"value": "not json"});
    assert_eq!((event(0), event(1)), ((&data, &json!({"data": "text"})), (&data, &json!({}))));
    let shown = notes.foreign.read(&layout, &["stream", "show", "s"]);
    assert_eq!((&shown["archived"], &shown["snapshot"]), (&Value::Null, &Value::Null));
    let stats = notes.foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["quarantined"], &stats["events_per_second"]), (&Value::Null, &Value::Null));
    let (_, out, _) = notes.foreign.run(&["--layout", &layout, "stream", "show", "s"]);
    assert!(!out.contains("archived") && !out.contains("none"), "{out}");
}

#[test]
fn a_layout_that_does_not_fit_says_what_is_missing() {
    let notes = Notes::sqlite("SELECT 1");
    for (text, missing) in [
        (LAYOUT.replace("\"notes\"", "\"nots\""), "missing table nots"),
        (
            LAYOUT.replace("e.p", "e.q").replace("e.s", "e.r").replace("e.v", "e.w").replace("e.t", "e.u"),
            "missing notes.q, notes.r",
        ),
    ] {
        let layout = notes.foreign.file("typo.toml", &text);
        let (code, error) = notes.foreign.refused(&layout, &["stream", "list"]);
        assert!(code == 3 && error["message"].as_str().unwrap().contains(missing), "{code} {error}");
    }
}

#[test]
fn a_refused_command_has_one_reason() {
    let notes = Notes::sqlite("SELECT 1");
    for (args, reason) in [
        (&["stream", "append", "s", "--type", "A", "--data", "{}"][..], "this command writes"),
        (&["projection", "list"], "no read models"),
        (&["game", "list"], "domains of esctl"),
    ] {
        let (code, error) = notes.foreign.refused(&notes.layout, args);
        assert!(code == 2 && error["message"].as_str().unwrap().ends_with(reason), "{args:?}: {error}");
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn names_of_several_types_on_mongodb_are_listed_or_an_error() {
    let document = |s: Value| json!({"s": s, "v": 1, "t": "T", "d": {}});
    let store = |names: &[Value]| {
        let documents: Vec<Value> = names.iter().cloned().map(document).collect();
        let foreign =
            Foreign::mongodb(Backend::MongoReplicaSet, &json!({"notes": {"unique": ["s", "v"], "documents": documents}}));
        let text = LAYOUT.replace("sqlite", "mongodb").replace("\"e.", "\"").replace("position = \"p\"", "");
        let layout = foreign.file("notes.toml", &text);
        (foreign, layout)
    };
    let (foreign, layout) = store(&[json!(7), json!("a"), json!(9), json!("b")]);
    for limit in ["1", "2", "100"] {
        let page = foreign.read(&layout, &["stream", "list", "--limit", limit]);
        assert_eq!(page["items"][0]["stream"], "7", "{page}");
    }
    let all = foreign.read(&layout, &["stream", "list"]);
    let names: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|item| &item["stream"]).collect();
    assert_eq!(names, ["7", "9", "a", "b"]);
    let stats = foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["events"], &stats["streams"]), (&json!(4), &json!(4)));
    for other in [json!({"$oid": "64b7f0c2a1b2c3d4e5f60718"}), json!(true), json!({"$date": "2026-11-01T10:00:00Z"})] {
        let (foreign, layout) = store(&[json!("a"), other]);
        let (code, error) = foreign.refused(&layout, &["stream", "list"]);
        assert!(code == 8 && error["message"].as_str().unwrap().contains("several types"), "{code} {error}");
    }
}

/// Checks that rows without a place are an error, in a table that is longer than a page.
fn finds_unplaced(foreign: &Foreign, layout: &str) {
    for args in [
        &["stream", "read", "--all", "-o", "ndjson"][..],
        &["stream", "read", "--all", "--type", "Lost"],
        &["stream", "read", "--all", "--backwards"],
        &["stats"],
        &["stream", "read", "s"],
        &["stream", "read", "s", "--backwards"],
    ] {
        let output = foreign.esctl.run_on(&foreign.url, &[&["--layout", layout], args].concat());
        // Both rows are among all.
        let column = if args.contains(&"s") { "v has no value" } else { "has no value" };
        assert!(output.code == 8 && output.stderr.contains(column), "{args:?}: {} {}", output.code, output.stderr);
    }
}

const MANY: &str = "INSERT INTO notes SELECT i, 's', i, 'T', '{}' FROM n; INSERT INTO notes VALUES (NULL, 'z', 1, 'Lost', '{}'), (9000, 's', NULL, 'Lost', '{}')";

#[test]
fn rows_without_a_place_are_found_on_sqlite() {
    let many = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) {MANY}");
    let notes = Notes::sqlite(&many);
    finds_unplaced(&notes.foreign, &notes.layout);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn rows_without_a_place_are_found_on_postgresql() {
    let many = MANY.replace("FROM n;", "FROM generate_series(1, 5000) i;");
    let foreign = Foreign::postgres(&format!("{TABLE} CREATE INDEX ON notes (p); CREATE INDEX ON notes (s, v); {many}"));
    let layout = foreign.file("notes.toml", &LAYOUT.replace("sqlite", "postgres"));
    finds_unplaced(&foreign, &layout);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn rows_without_a_place_are_found_on_mongodb() {
    let mut documents: Vec<Value> = (1..=5000).map(|i| json!({"p": i, "s": "s", "v": i, "t": "T", "d": {}})).collect();
    documents.push(json!({"p": null, "s": "z", "v": 1, "t": "Lost", "d": {}}));
    documents.push(json!({"p": 9000, "s": "s", "v": null, "t": "Lost", "d": {}}));
    let collections = json!({"notes": {"unique": ["p"], "documents": documents}});
    let foreign = Foreign::mongodb(Backend::MongoReplicaSet, &collections);
    let layout = foreign.file("notes.toml", &LAYOUT.replace("sqlite", "mongodb").replace("\"e.", "\""));
    finds_unplaced(&foreign, &layout);
}
