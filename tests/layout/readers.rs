//! Readers that have not begun, readers past hidden events, and checks that cannot be made.

use std::fs;

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::log::Log;
use crate::layout::log::LogStore;
use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;

/// Returns a layout as that of a store, with one text in place of another.
fn with(store: &LogStore, from: &str, to: &str) -> String {
    let text = fs::read_to_string(&store.layout).unwrap();
    assert!(text.contains(from), "{text}");
    store.foreign.file("changed.toml", &text.replace(from, to))
}

/// Returns the state, the lag and the position of a reader.
#[track_caller]
fn reader(foreign: &Foreign, layout: &str, name: &str) -> (String, Value, Value) {
    let list = foreign.read(layout, &["checkpoint", "list"]);
    let found = list["items"].as_array().unwrap().iter().find(|item| item["name"] == name);
    let item = found.unwrap_or_else(|| panic!("{name}: {list}"));
    (item["state"].as_str().unwrap().to_owned(), item["lag_events"].clone(), item["position"].clone())
}

fn a_reader_that_has_not_begun_waits_for_everything(on: Backend) {
    let mut log = Log::new();
    log.rows[2].push(vec![json!("all"), Value::Null, Value::Null]);
    log.rows[2].push(vec![json!("of a"), Value::Null, json!("a")]);
    let store = log.make(on);
    for (name, lag) in [("all", 5), ("of a", 3)] {
        assert_eq!(reader(&store.foreign, &store.layout, name), ("behind".to_owned(), json!(lag), json!(0)), "{name}");
    }
    assert_eq!(store.verify(&[]).0, 0);
    // The place is a time.
    let column = if on == Backend::MongoReplicaSet { "\"pos\"" } else { "\"c.pos\"" };
    let time = format!("time = {{ column = {column}, as = \"epoch-ms\" }}");
    let layout = with(&store, &format!("position = {column}"), &time);
    for (name, lag) in [("all", 5), ("of a", 3)] {
        assert_eq!(reader(&store.foreign, &layout, name), ("behind".to_owned(), json!(lag), Value::Null), "{name}");
    }
}

fn hidden_events_do_not_wait(on: Backend) {
    let mut log = Log::new();
    log.rows[2].push(vec![json!("of b"), json!(0), json!("b")]);
    let store = log.make(on);
    let column = |name: &str| if on == Backend::MongoReplicaSet { format!("\"{name}\"") } else { format!("\"e.{name}\"") };
    let (key, version, position) = (column("key"), column("v"), column("id"));
    for (hidden, all, of_b) in [
        (format!("{{ column = {key}, is = \"k5\" }}"), 2, 1),
        (format!("{{ column = {key}, in = [\"k4\", \"k5\"] }}"), 1, 1),
        (format!("{{ column = {key}, is_not = \"k4\" }}"), 1, 0),
        (format!("{{ column = {version}, is = 3 }}"), 2, 2),
        // These are decided row by row.
        (format!("{{ column = {version}, is = true }}"), 0, 0),
        (format!("{{ column = {version}, same_as = {position} }}"), 3, 2),
    ] {
        let layout = with(&store, "[events]", &format!("[events]\nhidden = {hidden}"));
        let (state, lag, _) = reader(&store.foreign, &layout, "mails");
        assert_eq!((state.as_str(), lag), (if all > 0 { "behind" } else { "idle" }, json!(all)), "{hidden}");
        let text = fs::read_to_string(&layout).unwrap().replace("category = \"", "stream = \"");
        let of_streams = store.foreign.file("streams.toml", &text);
        assert_eq!(reader(&store.foreign, &of_streams, "of b").1, json!(of_b), "{hidden}");
    }
}

fn a_check_without_checkpoints_is_unknown(on: Backend) {
    let mut log = Log::new();
    log.rows[2].clear();
    let store = log.make(on);
    let (code, out, error) = store.run(&["check", "lag", "--format", "nagios"]);
    assert_eq!((code, out.as_str()), (3, "LAG UNKNOWN - no checkpoints: no reader has kept its place\n"), "{error}");
    assert_eq!(store.run(&["check", "lag", "--crit", "1"]).0, 3);
}

/// Returns the file of a built-in layout with projectors that remember the time of their last event.
fn with_projectors(foreign: &Foreign, layout: &str, time: &str) -> String {
    let shown = foreign.esctl.run_on(&foreign.url, &["layout", "show", layout]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let projectors = format!("[checkpoints]\nfrom = \"projectors\"\nname = \"name\"\ntime = {{ {time} }}\n");
    foreign.file("projectors.toml", &format!("{}\n{projectors}", shown.stdout))
}

#[test]
#[ignore = "needs a server: tests/run"]
fn projectors_of_the_built_in_layouts_without_an_order_remember_a_time() {
    let sql = fixture("cqrs-event-store.sql")
        + "CREATE TABLE projectors (name text, last_event_at timestamp); INSERT INTO projectors \
           SELECT 'users', max(timestamp) FROM event_store UNION SELECT 'mails', min(timestamp) FROM event_store UNION SELECT 'new', NULL;";
    let postgres = Foreign::postgres(&sql);
    let layout = with_projectors(&postgres, "cqrs-event-store", "column = \"last_event_at\", as = \"utc\"");
    let events = postgres.read(&layout, &["digest"])["events"].as_u64().unwrap();
    for (name, state, lag) in [("users", "current", 0), ("mails", "behind", events - 1), ("new", "behind", events)] {
        assert_eq!(reader(&postgres, &layout, name), (state.to_owned(), json!(lag), Value::Null), "{name}");
    }
    let mut collections = serde_json::from_str::<Value>(&fixture("mongodb.json")).unwrap()["eventsync"].clone();
    let at = |name: &str, at: Value| json!({ "name": name, "last_event_at": at });
    collections["projectors"] = json!({ "unique": ["name"], "documents": [
        at("users", json!({"$date": "2026-11-01T10:00:01Z"})), at("mails", json!({"$date": "2026-11-01T10:00:00Z"})), at("new", Value::Null),
    ] });
    let mongodb = Foreign::mongodb(Backend::MongoReplicaSet, &collections);
    let layout = with_projectors(&mongodb, "eventsync", "column = \"last_event_at\"");
    for (name, state, lag) in [("users", "current", 0), ("mails", "behind", 1), ("new", "behind", 2)] {
        assert_eq!(reader(&mongodb, &layout, name), (state.to_owned(), json!(lag), Value::Null), "{name}");
    }
}

fn on_servers(test: fn(Backend)) {
    test(Backend::Postgres);
    test(Backend::MongoReplicaSet);
}

#[test]
fn a_reader_that_has_not_begun_waits_for_everything_on_sqlite() {
    a_reader_that_has_not_begun_waits_for_everything(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_reader_that_has_not_begun_waits_for_everything_on_servers() {
    on_servers(a_reader_that_has_not_begun_waits_for_everything);
}

#[test]
fn hidden_events_do_not_wait_on_sqlite() {
    hidden_events_do_not_wait(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn hidden_events_do_not_wait_on_servers() {
    on_servers(hidden_events_do_not_wait);
}

#[test]
fn a_check_without_checkpoints_is_unknown_on_sqlite() {
    a_check_without_checkpoints_is_unknown(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_check_without_checkpoints_is_unknown_on_postgresql() {
    a_check_without_checkpoints_is_unknown(Backend::Postgres);
}

#[test]
fn limits_in_the_wrong_order_are_refused_with_both_values() {
    let store = Log::new().make(Backend::Sqlite);
    for (args, words) in [
        (vec!["lag", "--warn", "1000", "--crit", "10"], "--crit 10 is below --warn 1000"),
        (vec!["lag", "--warn", "5m", "--crit", "1m"], "--crit 60s is below --warn 300s"),
        (vec!["head", "--warn", "2h", "--crit", "1h"], "--crit 3600s is below --warn 7200s"),
    ] {
        let (code, out, error) = store.run(&[&["check"], &args[..]].concat());
        assert!(code == 3 && out.is_empty() && error.contains(words) && error.contains("hint: exchange"), "{code} {out} {error}");
    }
    // A number of events and an age have no order.
    assert_eq!(store.run(&["check", "lag", "--warn", "1000", "--crit", "1s"]).0, 2);
}

/// A monitoring system reads the first line of stdout, and takes 2 for an alarm.
#[test]
fn a_wrong_command_line_of_a_check_is_a_line_of_a_monitoring_plugin() {
    let store = Log::new().make(Backend::Sqlite);
    for (args, start) in [
        (vec!["lag", "--nonsense", "--format", "nagios"], "LAG UNKNOWN - unexpected argument '--nonsense'"),
        (vec!["lag", "--crit", "many", "--format=nagios"], "LAG UNKNOWN - invalid value 'many'"),
        (vec!["lag", "-o", "nagios"], "LAG UNKNOWN - invalid value 'nagios' for '--output"),
        (vec!["head", "--format", "nagios", "--client", "ann"], "HEAD UNKNOWN - --client names the client"),
        (vec!["integrity", "--format", "nagios", "--store", "nowhere:"], "INTEGRITY UNKNOWN - "),
        (vec!["lagg", "--format", "nagios"], "CHECK UNKNOWN - unrecognized subcommand 'lagg'"),
        (vec!["lag", "--warn", "9", "--crit", "1", "--format", "nagios"], "LAG UNKNOWN - --crit 1 is below --warn 9"),
    ] {
        let (code, out, error) = store.run(&[&["check"], &args[..]].concat());
        assert!(code == 3 && out.starts_with(start) && out.lines().count() == 1, "{args:?}: {code} {out} {error}");
    }
    // For people, an error is as with any other command.
    let (code, out, error) = store.run(&["check", "lag", "--nonsense"]);
    assert!(code == 3 && out.is_empty() && error.starts_with("error: unexpected argument"), "{code} {out} {error}");
}
