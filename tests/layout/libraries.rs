//! The events of a store of each built-in layout: every row is mapped, and the first events are those that were written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::ON_MONGODB;
use crate::layout::stores::ON_POSTGRES;
use crate::layout::stores::ON_SQLITE;
use crate::layout::stores::fixture;

/// Numbers in the stores that no number of a processor holds. MongoDB has none.
const LONG_NUMBERS: [&str; 2] = ["123456789012345678901234567890", "9223372036854775807123"];

/// Checks the stores of layouts: each row is an event, and those of each table are the expected ones.
fn mapped_wholly(names: &[&str], on: Backend) {
    let expected: Value = serde_json::from_str(&fixture("first_events.json")).unwrap();
    let mut other = BTreeMap::new();
    for name in names {
        let foreign = Foreign::of_layout(name, on);
        let (_, out, _) = foreign.run(&["layout", "check", name, "-o", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["ok"], true, "{name}: {report}");
        let mut events = BTreeMap::new();
        for table in report["tables"].as_array().unwrap() {
            assert!(table["mapped"].as_u64() > Some(0) && table["events"] == table["mapped"], "{name}: {table}");
            let full = table["table"].as_str().unwrap();
            events.insert(full.rsplit('.').next().unwrap().to_owned(), table["first_events"].clone());
        }
        for digits in LONG_NUMBERS.into_iter().filter(|_| ON_MONGODB.iter().all(|other| other != name)) {
            assert_eq!(fixture(&format!("{name}.sql")).contains(digits), out.contains(digits), "{name}: {out}");
        }
        let events = serde_json::to_value(events).unwrap();
        if events != expected[name] {
            other.insert(name, events);
        }
    }
    assert!(other.is_empty(), "other events: {}", serde_json::to_string(&other).unwrap());
}

#[test]
fn stores_on_sqlite_are_mapped_wholly() {
    mapped_wholly(&ON_SQLITE, Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_on_postgresql_are_mapped_wholly() {
    mapped_wholly(&ON_POSTGRES, Backend::Postgres);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_on_mongodb_are_mapped_wholly() {
    mapped_wholly(&ON_MONGODB, Backend::MongoReplicaSet);
    mapped_wholly(&ON_MONGODB, Backend::MongoStandalone);
}
