//! `esctl layout detect` on a store of each library, and the hint at the errors of other commands.

use serde_json::Value;
use sqlx::Connection;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::ON_MONGODB;
use crate::layout::stores::ON_POSTGRES;
use crate::layout::stores::ON_SQLITE;
use crate::layout::stores::fixture;
use crate::layout::stores::tables;

/// Returns the layouts that fit.
fn fitting(foreign: &Foreign) -> Vec<(String, Value)> {
    let found = foreign.json(&["detect"]);
    let items = found["items"].as_array().unwrap().iter().filter(|item| item["fits"] == true);
    items.map(|item| (item["layout"].as_str().unwrap().to_owned(), item.clone())).collect()
}

/// Checks that only its own layout fits a store, without a missing index, and that the errors of other commands name it.
fn fits_alone(foreign: &Foreign, name: &str) {
    let found = fitting(foreign);
    assert!(found.len() == 1 && found[0].0 == name, "{name}: {found:?}");
    let notes = found[0].1["notes"].as_array().unwrap();
    // The tables of this library have no index for its order.
    let allowed = |note: &Value| name == "emmett-postgresql" && note.as_str().unwrap().contains("begins with global_position");
    assert!(notes.iter().all(allowed), "{name}: {notes:?}");
    let (code, out, err) = foreign.run(&["stream", "list"]);
    assert!([3, 9].contains(&code) && out.is_empty(), "{name}: {code} {out} {err}");
    assert!(err.contains(&format!("read it with --layout {name}")), "{name}: {err}");
}

#[test]
fn each_store_on_sqlite_has_its_layout() {
    for name in ON_SQLITE {
        fits_alone(&Foreign::of_layout(name, Backend::Sqlite), name);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_store_on_postgresql_has_its_layout() {
    for name in ON_POSTGRES {
        fits_alone(&Foreign::of_layout(name, Backend::Postgres), name);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_store_on_mongodb_has_its_layout() {
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        for name in ON_MONGODB {
            fits_alone(&Foreign::of_layout(name, on), name);
        }
    }
}

#[test]
fn every_built_in_layout_has_a_store_here() {
    let esctl = Esctl::new(Backend::Sqlite);
    let list = esctl.json(&["layout", "list"]);
    let mut listed: Vec<&str> = list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    let mut tested = [&ON_POSTGRES[..], &ON_SQLITE, &ON_MONGODB].concat();
    listed.sort_unstable();
    tested.sort_unstable();
    assert_eq!(listed, tested);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn several_tables_are_one_store_or_several() {
    let foreign = Foreign::postgres(&fixture("esrs.sql"));
    assert_eq!(fitting(&foreign)[0].1["tables"], serde_json::json!(["order_events", "wallet_events"]));
    let foreign = Foreign::postgres(&fixture("eventsourcing-postgres.sql"));
    foreign.sql("CREATE TABLE bank_events (LIKE shop_events INCLUDING ALL)");
    let tables: Vec<Value> = fitting(&foreign).into_iter().map(|(_, fit)| fit["tables"].clone()).collect();
    assert_eq!(tables, [serde_json::json!(["bank_events"]), serde_json::json!(["shop_events"])]);
}

#[test]
fn a_near_layout_names_what_is_missing_and_is_3() {
    let changed = tables("sqlite-es.sql").replace("metadata TEXT NOT NULL, ", "");
    let foreign = Foreign::sqlite(&changed);
    let (code, out, err) = foreign.run(&["layout", "detect"]);
    assert_eq!(code, 3, "{err}");
    assert!(out.contains("sqlite-es") && out.contains("nearly") && out.contains("missing: events.metadata"), "{out}");
    assert!(err.contains("no layout fits") && err.contains("esctl layout guess events"), "{err}");
    // No command guesses silently.
    let (code, _, err) = foreign.run(&["stream", "list"]);
    assert!(code == 9 && !err.contains("layout"), "{err}");
}

#[test]
fn a_missing_index_is_noted_and_no_obstacle() {
    let without_key = "CREATE TABLE events (aggregate_type TEXT, aggregate_id TEXT, sequence INTEGER, event_type TEXT, \
                       event_version TEXT, payload TEXT, metadata TEXT)";
    let foreign = Foreign::sqlite(without_key);
    let found = fitting(&foreign);
    assert!(found[0].1["notes"][0].as_str().unwrap().contains("no unique index of events has"), "{found:?}");
}

#[test]
fn a_store_of_esctl_and_a_missing_file_are_told_apart() {
    let esctl = crate::common::a_store(Backend::Sqlite);
    let error = esctl.error(3, &["layout", "detect"]);
    assert!(error["hint"].as_str().unwrap().contains("needs no layout"), "{error}");
    let error = esctl.error(3, &["layout", "guess"]);
    assert!(error["message"].as_str().unwrap().contains("needs no layout"), "{error}");
    let output = esctl.run_on("sqlite:missing.db", &["layout", "detect"]);
    assert_eq!(output.code, 3, "{output:?}");
    assert!(!esctl.path("missing.db").exists());
    let output = esctl.run_on("sqlite::memory:", &["layout", "detect"]);
    assert_eq!(output.code, 2, "{output:?}");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_table_that_is_being_changed_delays_nothing() {
    let foreign = Foreign::postgres(&fixture("message-db.sql"));
    let held = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut session = held.block_on(sqlx::PgConnection::connect(foreign.server())).unwrap();
    let lock = format!("BEGIN; LOCK TABLE {}.messages IN ACCESS EXCLUSIVE MODE", foreign.schema());
    held.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut session)).unwrap();
    assert_eq!(fitting(&foreign).len(), 1);
}
