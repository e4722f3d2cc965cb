//! The replay of a category of another program: a row for each stream, one by one, and in one pass where there are many.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;

const LAYOUT: &str = r#"
[events]
from     = "orders"
position = "e.id"
stream   = { parts = ["e.kind", "e.no"] }
version  = { column = "e.seq", first = 0 }
type     = "e.type"
time     = { column = "e.at", as = "epoch-ms" }
data     = { column = "e.body" }
"#;

/// More than are replayed one by one.
const STREAMS: u64 = 230;
/// The time of the event at position 0.
const START: u64 = 1_793_527_200_000;

/// A row: id, kind, no, seq, at, and n of the body.
type Row = (u64, String, String, u64, Option<u64>, u64);

/// Returns three events of each stream, in turns. Some streams are odd.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for seq in 0..3_u64 {
        for stream in 0..STREAMS {
            let id = seq * 1000 + stream + 1;
            let (mut version, mut at) = (seq, Some(START + 1000 * id));
            match (stream, seq) {
                // A hole in the versions.
                (210, 2) => version = 7,
                // Versions in another order than positions.
                (211, 0) => version = 1,
                (211, 1) => version = 0,
                // An event without a time.
                (212, 1) => at = None,
                _ => {}
            }
            rows.push((id, "order".to_owned(), format!("{stream:03}"), version, at, id));
        }
    }
    // Two streams with one name, and one of another category.
    for (id, kind, no) in [(5001, "order-x", "y"), (5002, "order", "x-y"), (5003, "bill", "1")] {
        rows.push((id, kind.to_owned(), no.to_owned(), 0, Some(START + 1000 * id), id));
    }
    rows
}

fn sql() -> String {
    let table = "CREATE TABLE orders (id bigint NOT NULL PRIMARY KEY, kind text NOT NULL, no text NOT NULL, seq integer NOT NULL, type text NOT NULL, \
                 at bigint, body text NOT NULL, UNIQUE (kind, no, seq));";
    let insert = |(id, kind, no, seq, at, n): Row| {
        let at = at.map_or("NULL".to_owned(), |at| at.to_string());
        format!("({id}, '{kind}', '{no}', {seq}, 'Added', {at}, '{{\"n\": {n}, \"v{seq}\": true}}')")
    };
    format!("{table} INSERT INTO orders VALUES {};", rows().into_iter().map(insert).collect::<Vec<_>>().join(", "))
}

fn collections() -> Value {
    let document = |(id, kind, no, seq, at, n): Row| {
        let mut body = json!({ "n": n });
        body[format!("v{seq}")] = json!(true);
        json!({"id": id, "kind": kind, "no": no, "seq": seq, "type": "Added", "at": at, "body": body.to_string()})
    };
    json!({"orders": {"unique": ["kind", "no", "seq"], "documents": rows().into_iter().map(document).collect::<Vec<_>>()}})
}

/// Runs a replay of the category; its exit code and its rows.
fn replay(foreign: &Foreign, layout: &str, more: &[&str]) -> (i32, Vec<Value>, String) {
    let (code, out, err) = foreign.run(&[&["--layout", layout, "replay", "--category", "order", "-o", "ndjson"], more].concat());
    (code, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), err)
}

/// Compares each row with the replay of its stream, and returns the broken ones.
fn check(foreign: &Foreign, engine: &str) {
    let mut text = format!("title = \"Orders\"\nengine = \"{engine}\"\n{LAYOUT}");
    if engine == "mongodb" {
        text = text.replace("\"e.", "\"");
    }
    let layout = foreign.file("orders.toml", &text);
    let (code, found, err) = replay(foreign, &layout, &[]);
    // The streams with one name are read by no name, so there is no state.
    assert!(code == 8 && err.contains("of category order cannot be read"), "{code} {err}");
    let (broken, found): (Vec<Value>, Vec<Value>) = found.into_iter().partition(|row| row["broken"].is_object());
    assert!(!broken.is_empty() && broken.iter().all(|row| row["stream"] == "order-x-y"), "{broken:?}");
    assert_eq!(found.len() as u64, STREAMS);
    assert!(found.iter().all(|row| row["category"] == "order" && row["reducer"] == "merge" && row["events_applied"] == 3));
    for no in ["000", "150", "205", "210", "211", "229"] {
        let stream = format!("order-{no}");
        let row = found.iter().find(|row| row["stream"] == stream.as_str()).unwrap();
        let alone = foreign.read(&layout, &["replay", &stream]);
        for field in ["state", "version", "position", "events_applied"] {
            assert_eq!(row[field], alone[field], "{stream} {field}");
        }
    }
    at_a_time(foreign, &layout);
    let (code, counted, err) = replay(foreign, &layout, &["--reducer", "jq: {n: (.state.n // 0) + 1}"]);
    assert!(code == 8 && counted.iter().filter(|row| row["state"] == json!({"n": 3})).count() as u64 == STREAMS, "{err}");
    for (args, words) in [
        (vec!["--position", "5"], "no states at positions"),
        (vec!["--reducer", "game"], "folds only events of esctl"),
        (vec!["--verify"], "needs the hash chain or the read models"),
    ] {
        let (code, _, err) = replay(foreign, &layout, &args);
        assert!(code == 2 && err.contains(words), "{args:?}: {code} {err}");
    }
}

/// Checks the states between the first events of the streams and the second ones, and within the first ones.
fn at_a_time(foreign: &Foreign, layout: &str) {
    let at = |id: u64| {
        let (code, mut found, err) = replay(foreign, layout, &["--at", &format!("@{}", START / 1000 + id)]);
        assert_eq!(code, 8, "{err}");
        found.retain(|row| row["stream"] != "order-x-y");
        found
    };
    let found = at(500);
    // The stream whose first version came later has no event yet in the order of versions.
    assert_eq!(found.len() as u64, STREAMS - 1);
    // After an event without a time it is not known which events are later.
    let without_time = |row: &&Value| row["stream"] == "order-212";
    let is_first = |row: &Value| row["version"] == 1 && row["events_applied"] == 1;
    assert!(found.iter().all(|row| is_first(row) != without_time(&row)), "{found:?}");
    assert_eq!(at(205).len(), 205);
    let found = at(4000);
    let broken = found.iter().find(|row| row["broken"].is_object()).unwrap();
    assert!(broken["stream"] == "order-212" && broken["broken"]["message"].as_str().unwrap().contains("no time"), "{broken}");
    assert_eq!(found.len() as u64, STREAMS);
}

#[test]
fn a_category_of_a_sqlite_file_is_replayed() {
    check(&Foreign::sqlite(&sql()), "sqlite");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_category_of_a_postgresql_table_is_replayed() {
    check(&Foreign::postgres(&sql()), "postgres");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_category_of_a_mongodb_collection_is_replayed() {
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        check(&Foreign::mongodb(on, &collections()), "mongodb");
    }
}

#[test]
fn a_category_without_times_has_no_states_at_a_time() {
    let foreign = Foreign::sqlite(&sql());
    let layout = LAYOUT.lines().filter(|line| !line.starts_with("time")).collect::<Vec<_>>().join("\n");
    let layout = foreign.file("orders.toml", &format!("title = \"Orders\"\nengine = \"sqlite\"\n{layout}"));
    let (code, _, err) = replay(&foreign, &layout, &["--at", "2026-12-01T00:00:00Z"]);
    assert!(code == 2 && err.contains("no times of events"), "{code} {err}");
}
