//! `esctl checkpoint list` and `esctl check lag` on checkpoints of other programs, and on projections of esctl.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::layout::log::Log;
use crate::layout::log::LogStore;
use crate::layout::log::event;
use crate::layout::stores::Foreign;

fn log() -> Log {
    let mut log = Log::new();
    // Streams without a dash are categories of their own.
    for row in [json!(["only a", 4, "a"]), json!(["later a", 1, "a"]), json!(["zoo", 5, "zoo"]), json!(["new", 0, null])] {
        log.rows[2].push(row.as_array().unwrap().clone());
    }
    log
}

fn list(store: &LogStore) -> Vec<(String, String, Value, Value)> {
    let (code, out, error) = store.run(&["checkpoint", "list", "-o", "json"]);
    assert_eq!(code, 0, "{error}");
    let items: Value = serde_json::from_str(&out).unwrap();
    let row = |item: &Value| {
        let text = |field: &str| item[field].as_str().unwrap().to_owned();
        (text("name"), text("state"), item["lag_events"].clone(), item["position"].clone())
    };
    let mut rows: Vec<_> = items["items"].as_array().unwrap().iter().map(row).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    rows
}

fn checkpoints_have_a_place_and_a_lag(on: Backend) {
    let store = log().make(on);
    let row = |name: &str, state: &str, lag: u64, position: u64| (name.to_owned(), state.to_owned(), json!(lag), json!(position));
    assert_eq!(
        list(&store),
        [
            row("bills", "current", 0, 5),
            row("later a", "behind", 2, 1),
            row("mails", "behind", 3, 2),
            row("new", "behind", 5, 0),
            row("only a", "idle", 0, 4),
            row("zoo", "unaddressed", 0, 5),
        ]
    );
    let (_, out, _) = store.run(&["checkpoint", "list", "-o", "json"]);
    let items: Value = serde_json::from_str(&out).unwrap();
    let of = |name: &str| items["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap().clone();
    // The oldest waiting event is that of position 3, or of category a that of position 2.
    let age = |name: &str| of(name)["lag_seconds"].as_f64().unwrap();
    assert!((age("later a") - age("mails") - 1.0).abs() < 0.01 && age("mails") > 0.0 && age("bills") == 0.0, "{items}");
    let (_, out, _) = store.run(&["checkpoint", "list"]);
    assert!(out.contains("category a") && out.contains("unaddressed: the store has no event of category zoo"), "{out}");
}

#[test]
fn checkpoints_have_a_place_and_a_lag_on_sqlite() {
    checkpoints_have_a_place_and_a_lag(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn checkpoints_have_a_place_and_a_lag_on_servers() {
    checkpoints_have_a_place_and_a_lag(Backend::Postgres);
    checkpoints_have_a_place_and_a_lag(Backend::MongoReplicaSet);
}

fn a_projector_may_remember_a_time(on: Backend) {
    let (sql, engine, time) = match on {
        Backend::Postgres => ("timestamp", "postgres", "e.at\", as = \"utc"),
        _ => ("text", "sqlite", "e.at\", as = \"utc"),
    };
    let tables = format!(
        "CREATE TABLE log (s text, v bigint, t text, at {sql}, d text, UNIQUE (s, v));
         CREATE TABLE projectors (name text, seen {sql});
         INSERT INTO log VALUES ('a', 1, 'T', '2026-11-01 10:00:00', '{{}}'), ('a', 2, 'T', '2026-11-01 10:00:02', '{{}}'),
             ('b', 1, 'T', '2026-11-01 10:00:01', '{{}}');
         INSERT INTO projectors VALUES ('users', '2026-11-01 10:00:00'), ('mails', '2026-11-01 10:00:02'), ('odd', '2999-01-01 00:00:00')"
    );
    let foreign = if on == Backend::Postgres { Foreign::postgres(&tables) } else { Foreign::sqlite(&tables) };
    let layout = format!(
        "title = \"t\"\nengine = \"{engine}\"\n[events]\nfrom = \"log\"\nstream = {{ parts = [\"s\"] }}\n\
         version = {{ column = \"v\", first = 1 }}\ntype = \"t\"\ntime = {{ column = \"{time}\" }}\ndata = {{ column = \"d\" }}\n\
         [checkpoints]\nfrom = \"projectors\"\nname = \"name\"\ntime = {{ column = \"seen\", as = \"utc\" }}\n"
    );
    let store = LogStore { layout: foreign.file("log.toml", &layout), foreign };
    let (code, out, error) = store.run(&["checkpoint", "list", "-o", "json"]);
    assert_eq!(code, 0, "{error}");
    let mut items = serde_json::from_str::<Value>(&out).unwrap()["items"].as_array().unwrap().clone();
    items.sort_by_key(|item| item["name"].to_string());
    let shown: Vec<_> = items.iter().map(|item| (&item["state"], &item["lag_events"], &item["position"])).collect();
    let null = Value::Null;
    let expected = [(&json!("current"), &json!(0), &null), (&json!("ahead"), &null, &null), (&json!("behind"), &json!(2), &null)];
    assert_eq!(shown, expected, "{out}");
    assert_eq!(items[2]["time"], "2026-11-01T10:00:00.000000Z");
}

#[test]
fn a_projector_may_remember_a_time_on_sqlite() {
    a_projector_may_remember_a_time(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_projector_may_remember_a_time_on_postgresql() {
    a_projector_may_remember_a_time(Backend::Postgres);
}

/// The exit codes of monitoring plugins, and their formats.
#[test]
fn a_check_of_lag_has_the_exit_codes_of_monitoring_plugins() {
    let store = Log::new().make(Backend::Sqlite);
    for (args, expected, part) in [
        (vec!["--warn", "3"], 0, "ok"),
        (vec!["--warn", "2"], 1, "warning"),
        (vec!["--warn", "1", "--crit", "2"], 2, "critical"),
        (vec!["--crit", "1s"], 2, "critical"),
        (vec!["bills", "--crit", "1s"], 0, "ok"),
        (vec!["--warn", "many"], 3, ""),
        (vec!["nobody"], 3, ""),
        (vec!["--nonsense"], 3, ""),
    ] {
        let (code, out, error) = store.run(&[&["check", "lag"], &args[..]].concat());
        assert_eq!(code, expected, "{args:?}: {out} {error}");
        assert!(out.contains(part) && (expected == 3) == error.starts_with("error:"), "{args:?}: {out} {error}");
    }
    let (code, out, error) = store.run(&["check", "lag", "--warn", "2", "--crit", "1000", "--format", "nagios"]);
    assert!(code == 1 && error.is_empty() && out.lines().count() == 1, "{out} {error}");
    assert!(out.starts_with("LAG WARNING - 1 of 2 checkpoints: mails is behind, 3 events wait for "), "{out}");
    assert!(
        out.contains(" | ") && out.contains("'mails events'=3;2;1000;0") && out.contains("'bills seconds'=0.000s;;;0"),
        "{out}"
    );
    let (code, out, _) = store.run(&["check", "lag", "--format", "prometheus"]);
    assert!(code == 0 && out.contains("esctl_checkpoint_lag_events{checkpoint=\"mails\"} 3\n"), "{out}");
    let (code, out, _) = store.run(&["check", "lag", "--format", "json", "--warn", "1m"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["severity"], &report["warn"]["seconds"]), (1, &json!("warning"), &json!(60.0)));
    assert!(report["checkpoints"].as_array().unwrap().iter().any(|it| it["name"] == "mails" && it["severity"] == "warning"));
    // A checkpoint beyond the last event needs no limit.
    let mut log = Log::new();
    log.rows[2][0][1] = json!(9);
    let store = log.make(Backend::Sqlite);
    let (code, out, _) = store.run(&["check", "lag", "--format", "nagios"]);
    assert!(
        code == 2 && out.starts_with("LAG CRITICAL - 1 of 2 checkpoints: mails is ahead, beyond the last event"),
        "{code} {out}"
    );
    // What prevents the check is printed where a monitoring system reads.
    let (code, out, _) = missing(&store);
    assert!(code == 3 && out.starts_with("LAG UNKNOWN - "), "{code} {out}");
}

fn the_last_event_and_the_integrity_are_checked(on: Backend) {
    let store = Log::new().make(on);
    for (args, expected, part) in [
        (vec!["head"], 0, "HEAD OK - the last event is at position 5, "),
        (vec!["head", "--warn", "1h"], 1, "HEAD WARNING - "),
        (vec!["head", "--warn", "1h", "--crit", "2h"], 2, "age="),
        (vec!["integrity"], 0, "INTEGRITY OK - 5 events checked, no findings | findings=0;;0;0 events=5"),
    ] {
        let (code, out, error) = store.run(&[&["check"], &args[..], &["--format", "nagios"]].concat());
        assert!(code == expected && out.contains(part) && error.is_empty(), "{args:?}: {code} {out} {error}");
    }
    let store = Log::new().without_index().with(event(6, "a", 3, "{}")).make(on);
    let (code, out, _) = store.run(&["check", "integrity", "--format", "nagios"]);
    assert!(code == 2 && out.starts_with("INTEGRITY CRITICAL - index no unique index of log has s, v"), "{code} {out}");
    let (code, out, _) = store.run(&["check", "integrity", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["severity"], &report["findings_total"]), (2, &json!("critical"), &json!(2)));
    let (code, out, _) = store.run(&["check", "head", "--format", "prometheus"]);
    assert!(code == 0 && out.contains("\nesctl_head_position 6\n"), "{out}");
}

#[test]
fn the_last_event_and_the_integrity_are_checked_on_sqlite() {
    the_last_event_and_the_integrity_are_checked(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_last_event_and_the_integrity_are_checked_on_servers() {
    the_last_event_and_the_integrity_are_checked(Backend::Postgres);
    the_last_event_and_the_integrity_are_checked(Backend::MongoReplicaSet);
}

#[test]
fn projections_of_esctl_are_checkpoints() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.must(&["resource", "create", "gold", "--owner", "ann", "--type", "coin", "--amount", "1", "--max", "9"]);
    let state = |report: &Value, name: &str| {
        let all = report["items"].as_array().unwrap();
        let found = all.iter().find(|item| item["name"] == name).unwrap();
        (found["state"].clone(), found["lag_events"].clone())
    };
    let before = esctl.json(&["checkpoint", "list"]);
    assert_eq!(state(&before, "resources"), (json!("never_run"), json!(1)));
    assert_eq!(state(&before, "games"), (json!("idle"), json!(0)));
    assert_eq!(esctl.run(&["check", "lag", "--crit", "0"]).code, 2);
    esctl.must(&["projection", "run"]);
    assert_eq!(state(&esctl.json(&["checkpoint", "list"]), "resources"), (json!("current"), json!(0)));
    assert_eq!(esctl.run(&["check", "lag", "--crit", "0"]).code, 0);
    let output = esctl.run(&["check", "head", "--crit", "1h", "--format", "nagios"]);
    assert!(output.code == 0 && output.stdout.starts_with("HEAD OK - the last event is at position 1, "), "{output:?}");
    assert_eq!(esctl.run(&["check", "integrity"]).code, 0);
}

#[test]
fn a_layout_without_checkpoints_says_so() {
    let foreign = Foreign::of_layout("sqlite-es", Backend::Sqlite);
    let (code, error) = foreign.refused("sqlite-es", &["checkpoint", "list"]);
    assert!(code == 2 && error["code"] == "no_checkpoints", "{code} {error}");
}

fn missing(store: &LogStore) -> (i32, String, String) {
    let output = store.foreign.esctl.run_on("sqlite:missing.db", &["check", "lag", "--format", "nagios"]);
    (output.code, output.stdout, output.stderr)
}

/// A store with a position that is a float, and a reader of category `a` at position 1.
fn store_with_floats(last_data: &str) -> (Foreign, String) {
    let foreign = Foreign::sqlite(&format!(
        "CREATE TABLE log (id real PRIMARY KEY, s text, v int, t text, d text, UNIQUE (s, v)); \
         CREATE TABLE readers (name text, seen int, category text); \
         INSERT INTO log VALUES (1, 'a-1', 1, 'T', '{{}}'), (2, 'a-1', 2, 'T', '{{}}'), (3, 'a-1', 3, 'T', '{last_data}'); \
         INSERT INTO readers VALUES ('all', 3, NULL), ('some', 1, 'a')"
    ));
    let layout = "title = \"Log\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nposition = \"e.id\"\nstream = { parts = [\"e.s\"] }\n\
                  version = { column = \"e.v\", first = 1 }\ntype = \"e.t\"\ndata = { column = \"e.d\" }\n\
                  [checkpoints]\nfrom = \"readers\"\nname = \"c.name\"\nposition = \"c.seen\"\ncategory = \"c.category\"\n";
    let file = foreign.file("log.toml", layout);
    (foreign, file)
}

#[test]
fn a_head_that_is_a_float_is_a_place() {
    let (foreign, layout) = store_with_floats("{}");
    let items = foreign.read(&layout, &["checkpoint", "list"])["items"].clone();
    let shown = |item: &Value| (item["state"].clone(), item["head"].clone(), item["lag_events"].clone());
    assert_eq!(shown(&items[0]), (json!("current"), json!(3), json!(0)), "{items}");
    assert_eq!(shown(&items[1]), (json!("behind"), json!(3), json!(2)), "{items}");
    assert_eq!(foreign.read(&layout, &["verify"])["ok"], true);
}

#[test]
fn a_damaged_event_behind_a_checkpoint_ends_no_report() {
    let (foreign, layout) = store_with_floats("no json");
    let items = foreign.read(&layout, &["checkpoint", "list"])["items"].clone();
    assert_eq!((&items[0]["state"], &items[1]["state"]), (&json!("current"), &json!("unreadable")), "{items}");
    let output = foreign.esctl.run_on(&foreign.url, &["--layout", &layout, "verify", "-o", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let kinds: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert!(output.code == 8 && kinds.contains(&"row") && kinds.contains(&"checkpoint"), "{report}");
}
