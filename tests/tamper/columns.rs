//! Each column of each table, changed by a statement: it is found, refused, or listed in docs/design/verify.md as not covered.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::tamper::raw::Raw;

/// The expected effect of a change.
enum Found {
    /// `verify` ends with 8.
    ByVerify,
    /// This command ends with this code.
    By(i32, &'static [&'static str]),
    /// The database takes no such change.
    Refused,
    /// Nothing finds it. docs/design/verify.md says why.
    NotCovered,
}

use Found::By;
use Found::ByVerify;
use Found::NotCovered;
use Found::Refused;

pub const VERIFY_ROWS: &[&str] = &["replay", "--category", "resource", "--verify"];
pub const VERIFY_SNAPSHOTS: &[&str] = &["snapshot", "verify"];

/// The column and a statement that changes it, of every SQL alike.
const OF_EVERY_SQL: &[(&str, &str, Found)] = &[
    ("events.position", "UPDATE events SET position = 100 WHERE position = 3", ByVerify),
    ("events.position", "UPDATE events SET position = -3 WHERE position = 3", ByVerify),
    ("events.version", "UPDATE events SET version = 9 WHERE position = 4", ByVerify),
    ("events.version", "UPDATE events SET version = -4 WHERE position = 4", ByVerify),
    ("events.version", "UPDATE events SET version = 0 WHERE position = 4", ByVerify),
    ("events.schema_version", "UPDATE events SET schema_version = 2 WHERE position = 3", ByVerify),
    ("events.schema_version", "UPDATE events SET schema_version = -1 WHERE position = 3", ByVerify),
    ("events.recorded_at", "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 7", ByVerify),
    ("events.recorded_at", "UPDATE events SET recorded_at = -recorded_at WHERE position = 3", ByVerify),
    ("events.data", "UPDATE events SET data = '{\"amount\":101}' WHERE position = 2", ByVerify),
    ("events.metadata", "UPDATE events SET metadata = '{}' WHERE position = 2", ByVerify),
    ("events.content_hash", "UPDATE events SET content_hash = hash WHERE position = 3", ByVerify),
    ("store_head.one", "UPDATE store_head SET one = 2", Refused),
    ("store_head.position", "UPDATE store_head SET position = 6", ByVerify),
    ("store_head.position", "UPDATE store_head SET position = 0", ByVerify),
    ("store_head.position", "UPDATE store_head SET position = -7", ByVerify),
    ("store_head.recorded_at", "UPDATE store_head SET recorded_at = recorded_at + 1", ByVerify),
    ("store_head.hash", "UPDATE store_head SET hash = (SELECT hash FROM events WHERE position = 1)", ByVerify),
    ("snapshots.stream", "UPDATE snapshots SET stream = 'resource-silver' WHERE reducer = 'resource'", ByVerify),
    ("snapshots.stream", "UPDATE snapshots SET stream = 'no stream!' WHERE reducer = 'resource'", ByVerify),
    ("snapshots.reducer", "UPDATE snapshots SET reducer = 'count' WHERE reducer = 'merge'", By(1, VERIFY_SNAPSHOTS)),
    ("snapshots.version", "UPDATE snapshots SET version = 3 WHERE reducer = 'resource'", ByVerify),
    ("snapshots.version", "UPDATE snapshots SET version = -4 WHERE reducer = 'resource'", ByVerify),
    ("snapshots.event_hash", "UPDATE snapshots SET event_hash = state_hash", ByVerify),
    ("snapshots.reducer_version", "UPDATE snapshots SET reducer_version = 99", By(1, VERIFY_SNAPSHOTS)),
    ("snapshots.taken_at", "UPDATE snapshots SET taken_at = 5", NotCovered),
    ("snapshots.state", "UPDATE snapshots SET state = '{\"a\":2}' WHERE reducer = 'merge'", ByVerify),
    ("snapshots.left_out", "UPDATE snapshots SET left_out = '[\"018f0000-0000-7000-8000-000000000001\"]'", ByVerify),
    ("snapshots.left_out", "UPDATE snapshots SET left_out = 'none'", ByVerify),
    ("snapshots.state_hash", "UPDATE snapshots SET state_hash = event_hash", ByVerify),
    ("read_models.name", "UPDATE read_models SET name = 'other' WHERE name = 'resources'", ByVerify),
    ("read_models.name", "UPDATE read_models SET name = 'no name!' WHERE name = 'resources'", ByVerify),
    ("read_models.part", "UPDATE read_models SET part = 'building' WHERE name = 'resources'", ByVerify),
    ("read_models.part", "UPDATE read_models SET part = 'none' WHERE name = 'resources'", ByVerify),
    ("read_models.commits", "UPDATE read_models SET commits = commits + 5", NotCovered),
    ("read_models.commits", "UPDATE read_models SET commits = -1", ByVerify),
    ("read_models.commits", "UPDATE read_models SET commits = 9223372036854775807", ByVerify),
    ("read_models.logic_version", "UPDATE read_models SET logic_version = 99", By(9, &["resource", "list"])),
    ("read_models.logic_version", "UPDATE read_models SET logic_version = -1", ByVerify),
    ("read_models.position", "UPDATE read_models SET position = 3 WHERE name = 'resources'", ByVerify),
    ("read_models.position", "UPDATE read_models SET position = 0 WHERE name = 'resources'", ByVerify),
    ("read_models.position", "UPDATE read_models SET position = -7 WHERE name = 'resources'", ByVerify),
    ("read_models.position", "UPDATE read_models SET position = 700 WHERE name = 'resources'", ByVerify),
    ("read_models.event_id", "UPDATE read_models SET event_id = NULL WHERE name = 'resources'", ByVerify),
    ("read_models.event_id", "UPDATE read_models SET event_id = (SELECT event_id FROM events WHERE position = 2)", ByVerify),
    ("read_models.updated_at", "UPDATE read_models SET updated_at = updated_at + 1", NotCovered),
    ("read_models.updated_at", "UPDATE read_models SET updated_at = -1", ByVerify),
    ("problems.name", "UPDATE problems SET name = 'other'", ByVerify),
    ("problems.part", "UPDATE problems SET part = 'none'", ByVerify),
    ("problems.event_id", "UPDATE problems SET event_id = (SELECT event_id FROM events WHERE position = 2)", ByVerify),
    ("problems.position", "UPDATE problems SET position = 2", ByVerify),
    ("problems.problem", "UPDATE problems SET problem = '{}'", ByVerify),
    ("records.kind", "UPDATE records SET kind = 'other' WHERE kind = 'projection'", NotCovered),
    ("records.name", "UPDATE records SET name = 'other' WHERE kind = 'projection'", ByVerify),
    ("records.name", "UPDATE records SET name = 'other' WHERE kind = 'reducer'", ByVerify),
    ("records.name", "UPDATE records SET name = 'no ' || name WHERE kind = 'projection_control'", ByVerify),
    ("records.value", "UPDATE records SET value = '{}' WHERE kind = 'projection'", ByVerify),
    ("records.value", "UPDATE records SET value = '{}' WHERE kind = 'reducer'", ByVerify),
    ("records.value", "UPDATE records SET value = '{}' WHERE kind = 'projection_control'", ByVerify),
    ("rm_NAME.key", "UPDATE rm_resources SET key = 'lead' WHERE key = 'gold'", ByVerify),
    ("rm_NAME.row", "UPDATE rm_resources SET row = '{}' WHERE key = 'gold'", ByVerify),
];

const OF_SQLITE: &[(&str, &str, Found)] = &[
    ("events.event_id", "UPDATE events SET event_id = randomblob(16) WHERE position = 3", ByVerify),
    ("events.event_id", "UPDATE events SET event_id = x'00' WHERE position = 3", ByVerify),
    ("events.stream", "UPDATE events SET stream = 2, version = 2 WHERE position = 4", ByVerify),
    ("events.stream", "UPDATE events SET stream = 99 WHERE position = 4", ByVerify),
    ("events.type", "UPDATE events SET type = 1 WHERE position = 4", ByVerify),
    ("events.type", "UPDATE events SET type = 99 WHERE position = 4", ByVerify),
    ("events.hash", "UPDATE events SET hash = zeroblob(32) WHERE position = 4", ByVerify),
    ("events.hash", "UPDATE events SET hash = x'00' WHERE position = 7", ByVerify),
    ("streams.id", "UPDATE streams SET id = 99 WHERE name = 'order-1'", ByVerify),
    ("streams.name", "UPDATE streams SET name = 'order-2' WHERE name = 'order-1'", ByVerify),
    ("streams.name", "INSERT INTO streams (name) VALUES ('order-9')", ByVerify),
    ("types.id", "UPDATE types SET id = 99 WHERE name = 'order.paid'", ByVerify),
    ("types.name", "UPDATE types SET name = 'order.lost' WHERE name = 'order.paid'", ByVerify),
    ("types.name", "INSERT INTO types (name) VALUES ('order.lost')", ByVerify),
    ("snapshots.event_hash", "UPDATE snapshots SET event_hash = x'00'", ByVerify),
    ("read_models.event_id", "UPDATE read_models SET event_id = x'00' WHERE name = 'resources'", ByVerify),
    ("problems.event_id", "UPDATE problems SET event_id = x'00'", ByVerify),
    ("problems.problem", "UPDATE problems SET problem = 'no json'", ByVerify),
    ("records.value", "UPDATE records SET value = 'no json'", ByVerify),
];

const OF_POSTGRES: &[(&str, &str, Found)] = &[
    ("events.event_id", "UPDATE events SET event_id = gen_random_uuid() WHERE position = 3", ByVerify),
    ("events.stream", "UPDATE events SET stream = 'order-2' WHERE position = 6", ByVerify),
    ("events.type", "UPDATE events SET type = 'order.lost' WHERE position = 6", ByVerify),
    ("events.hash", "UPDATE events SET hash = '\\x00' WHERE position = 6", ByVerify),
    ("events.hash", "UPDATE events SET hash = '\\x00' WHERE position = 7", ByVerify),
    ("esctl_meta.one", "UPDATE esctl_meta SET one = 2", Refused),
    ("esctl_meta.schema_version", "UPDATE esctl_meta SET schema_version = 99", By(9, &["verify"])),
    ("esctl_meta.schema_version", "UPDATE esctl_meta SET schema_version = -1", By(9, &["verify"])),
];

/// A store with something in every table: snapshots of two reducers and of a jq program, two read models, a problem, records.
pub fn a_full_store(on: Backend) -> Esctl {
    let esctl = a_store(on);
    let runs: &[&[&str]] = &[
        &["resource", "list"],
        &["snapshot", "take", "resource-gold"],
        &["snapshot", "take", "order-1", "--reducer", "merge"],
        &["snapshot", "take", "order-1", "--reducer", "jq: .a = 1"],
        &[
            "projection",
            "create",
            "orders",
            "--from",
            "category:order",
            "--key",
            ".stream",
            "--reduce",
            "if .event.type == \"order.paid\" then error(\"no\") else .event.data end",
        ],
        &["projection", "run", "orders", "--on-error", "park"],
        &["projection", "pause", "documents"],
    ];
    for args in runs {
        let output = esctl.run(args);
        assert!(output.code == 0, "{args:?}: {output:?}");
    }
    esctl
}

/// The names of the columns that a store has, those of its read models once.
fn columns_of(raw: &Raw) -> BTreeMap<String, Vec<String>> {
    let tables = match raw {
        Raw::Sqlite(_) => raw.texts("SELECT name FROM sqlite_schema WHERE type = 'table'"),
        _ => raw.texts("SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"),
    };
    let columns = |table: &String| match raw {
        Raw::Sqlite(_) => raw.texts(&format!("SELECT name FROM pragma_table_info('{table}')")),
        _ => raw.texts(&format!(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
        )),
    };
    tables.iter().map(|table| (table.clone(), columns(table))).collect()
}

/// Does a change, sees what becomes of it, and undoes it.
fn try_change(esctl: &Esctl, raw: &Raw, (column, change, found): &(&str, &str, Found)) -> Result<(), String> {
    let table = column.split('.').next().unwrap();
    let table = if table == "rm_NAME" { "rm_resources" } else { table };
    raw.sql(&format!("CREATE TABLE kept_aside AS SELECT * FROM {table}"));
    let done = raw.try_sql(change);
    let unchanged = format!(
        "SELECT count(*) || '' FROM (SELECT {cast} FROM {table} EXCEPT SELECT {cast} FROM kept_aside) x",
        cast = texts_of(raw, table)
    );
    let changed = raw.texts(&unchanged)[0] != "0";
    let output = match found {
        Refused => None,
        By(code, args) => Some((*code, esctl.run(args))),
        ByVerify => Some((8, esctl.run(&["verify"]))),
        NotCovered => Some((0, esctl.run(&["verify"]))),
    };
    raw.sql(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_aside; DROP TABLE kept_aside"));
    match (output, done) {
        (None, Err(_)) => Ok(()),
        (None, Ok(())) => Err(format!("{change}: taken")),
        (Some(_), Err(error)) => Err(format!("{change}: refused: {error}")),
        (Some(_), Ok(())) if !changed => Err(format!("{change}: nothing was changed")),
        (Some((code, output)), Ok(())) if output.code != code => Err(format!("{change}: {code} wanted: {output:?}")),
        (Some((8, output)), Ok(())) if output.stderr.contains("esctl verify") => {
            Err(format!("{change}: in a circle: {output:?}"))
        }
        _ => Ok(()),
    }
}

/// The columns of a table as texts, which any SQL compares.
fn texts_of(raw: &Raw, table: &str) -> String {
    let columns = columns_of(raw).remove(table).unwrap();
    let texts: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS TEXT)")).collect();
    texts.join(", ")
}

fn each_change_is_found(on: Backend, own: &[(&str, &str, Found)]) {
    let esctl = a_full_store(on);
    let raw = Raw::of(on, &esctl);
    esctl.must(&["verify"]);
    let all: Vec<_> = OF_EVERY_SQL.iter().chain(own).collect();
    let failures: Vec<String> = all.iter().filter_map(|case| try_change(&esctl, &raw, case).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    esctl.must(&["verify"]);

    let tried: BTreeSet<&str> = all.iter().map(|(column, ..)| *column).collect();
    for (table, columns) in columns_of(&raw) {
        let table = if table.starts_with("rm_") { "rm_NAME".to_owned() } else { table };
        for column in columns {
            let column = format!("{table}.{column}");
            assert!(tried.contains(column.as_str()), "no change of {column} is tried");
        }
    }
    must_be_listed(all.iter().filter(|(.., found)| matches!(found, NotCovered)).map(|(column, ..)| *column));
}

/// Asserts that docs/design/verify.md lists what no check covers.
pub fn must_be_listed<'c>(columns: impl Iterator<Item = &'c str>) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/design/verify.md")).unwrap();
    let listed = page.split("## What `verify` does not cover").nth(1).expect("no such chapter in docs/design/verify.md");
    let listed = listed.split("\n## ").next().unwrap();
    for column in columns {
        assert!(listed.contains(&format!("`{column}`")), "{column} is not listed in docs/design/verify.md");
    }
}

#[test]
fn each_change_of_a_column_is_found_in_sqlite() {
    each_change_is_found(Backend::Sqlite, OF_SQLITE);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_change_of_a_column_is_found_in_postgres() {
    each_change_is_found(Backend::Postgres, OF_POSTGRES);
}

#[test]
fn a_file_of_another_version_or_application_is_refused() {
    for change in ["PRAGMA user_version = 99", "PRAGMA user_version = 0", "PRAGMA user_version = -1", "PRAGMA application_id = 7"]
    {
        let esctl = a_store(Backend::Sqlite);
        Raw::of(Backend::Sqlite, &esctl).sql(change);
        esctl.error(9, &["verify"]);
        esctl.error(9, &["resource", "allocate", "gold", "1"]);
    }
}
