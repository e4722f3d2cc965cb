//! Each field of each document of MongoDB, changed: it is found, refused, or listed in docs/design/verify.md as not covered.

use std::collections::BTreeSet;

use mongodb::bson::Binary;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::bson::spec::BinarySubtype;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::tamper::columns::VERIFY_ROWS;
use crate::tamper::columns::VERIFY_SNAPSHOTS;
use crate::tamper::columns::a_full_store;
use crate::tamper::columns::must_be_listed;
use crate::tamper::raw::Raw;

/// The expected effect of a change.
enum Found {
    /// `verify` ends with 8.
    ByVerify,
    /// This command ends with this code.
    By(i32, &'static [&'static str]),
    /// Nothing finds it. docs/design/verify.md says why.
    NotCovered,
}

use Found::By;
use Found::ByVerify;
use Found::NotCovered;

/// A change: the collection, the field, the place of the document, and the value; none: the field is removed.
type Change = (&'static str, &'static str, usize, Option<Bson>, Found);

fn hash() -> Option<Bson> {
    Some(Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![7; 32] }))
}

fn uuid() -> Option<Bson> {
    Some(Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![7; 16] }))
}

fn set(value: impl Into<Bson>) -> Option<Bson> {
    Some(value.into())
}

/// Changes of the events.
fn of_commits() -> Vec<Change> {
    vec![
        ("commits", "_id", 2, set(30_i64), ByVerify),
        ("commits", "_id", 2, set(-3_i64), ByVerify),
        ("commits", "_id", 2, set("three"), ByVerify),
        ("commits", "_id", 6, set(7.0), ByVerify),
        ("commits", "stream", 5, set("order-2"), ByVerify),
        ("commits", "stream", 5, None, ByVerify),
        ("commits", "first_version", 3, set(9_i64), ByVerify),
        ("commits", "first_version", 3, set(-4_i64), ByVerify),
        ("commits", "count", 3, set(2_i64), ByVerify),
        ("commits", "count", 6, set(2_i64), ByVerify),
        ("commits", "recorded_at", 3, set(5_i64), ByVerify),
        ("commits", "recorded_at", 6, set(5_i64), ByVerify),
        ("commits", "hash", 3, hash(), ByVerify),
        ("commits", "hash", 6, hash(), ByVerify),
        ("commits", "hash", 3, set("none"), ByVerify),
        ("commits", "schema", 3, set(99), By(9, &["verify"])),
        ("commits", "schema", 3, set("none"), ByVerify),
        ("commits", "schema", 3, set(1), NotCovered),
        ("commits", "events", 3, set("none"), ByVerify),
        ("commits", "events", 6, None, ByVerify),
        ("commits", "events.id", 3, uuid(), ByVerify),
        ("commits", "events.id", 3, set("none"), ByVerify),
        ("commits", "events.type", 3, set("resource.lost"), ByVerify),
        ("commits", "events.type", 3, None, ByVerify),
        ("commits", "events.schema_version", 3, set(2_i64), ByVerify),
        ("commits", "events.schema_version", 3, set(-2_i64), ByVerify),
        ("commits", "events.recorded_at", 3, set(5_i64), ByVerify),
        ("commits", "events.recorded_at", 6, set(-5_i64), ByVerify),
        ("commits", "events.data", 3, set("{\"a\":1}"), ByVerify),
        ("commits", "events.data", 3, None, ByVerify),
        ("commits", "events.metadata", 3, set("{}"), ByVerify),
        ("commits", "events.content_hash", 3, hash(), ByVerify),
        ("commits", "events.content_hash", 3, set("none"), ByVerify),
        ("commits", "events.hash", 3, hash(), ByVerify),
        ("commits", "events.hash", 6, hash(), ByVerify),
        ("commits", "events.hash", 6, None, ByVerify),
    ]
}

/// Changes of what is kept beside the events. The snapshots are those of order-1 (jq, merge) and of gold.
fn of_the_rest() -> Vec<Change> {
    vec![
        ("snapshots", "_id.stream", 2, set("resource-silver"), ByVerify),
        ("snapshots", "_id.stream", 2, set("no stream!"), ByVerify),
        ("snapshots", "_id.reducer", 1, set("count"), By(1, VERIFY_SNAPSHOTS)),
        ("snapshots", "_id.version", 2, set(3_i64), ByVerify),
        ("snapshots", "_id.version", 2, set("four"), ByVerify),
        ("snapshots", "event_hash", 2, hash(), ByVerify),
        ("snapshots", "event_hash", 2, None, ByVerify),
        ("snapshots", "reducer_version", 2, set(99_i64), By(1, VERIFY_SNAPSHOTS)),
        ("snapshots", "taken_at", 2, set(5_i64), NotCovered),
        ("snapshots", "bytes", 2, set(5_i64), ByVerify),
        ("snapshots", "state", 2, set("{}"), ByVerify),
        ("snapshots", "state", 2, None, ByVerify),
        ("snapshots", "left_out", 2, set("[\"018f0000-0000-7000-8000-000000000001\"]"), ByVerify),
        ("snapshots", "left_out", 2, set("none"), ByVerify),
        ("snapshots", "left_out", 2, set(5), ByVerify),
        ("snapshots", "state_hash", 2, hash(), ByVerify),
        ("projections", "_id", 1, set("no name!"), ByVerify),
        ("projections", "live.collection", 1, set("rm_resources.0"), ByVerify),
        ("projections", "live.collection", 1, None, ByVerify),
        ("projections", "live.commit", 1, set(70_i64), NotCovered),
        ("projections", "live.commit", 1, set(-1_i64), ByVerify),
        ("projections", "live.commit", 1, set("one"), ByVerify),
        ("projections", "live.logic_version", 1, set(99_i64), By(9, &["resource", "list"])),
        ("projections", "live.logic_version", 1, set("one"), ByVerify),
        ("projections", "live.position", 1, set(3_i64), ByVerify),
        ("projections", "live.position", 1, set(-7_i64), ByVerify),
        ("projections", "live.position", 1, None, ByVerify),
        ("projections", "live.event_id", 1, set(Bson::Null), ByVerify),
        ("projections", "live.event_id", 1, uuid(), ByVerify),
        ("projections", "live.event_id", 1, set("none"), ByVerify),
        ("projections", "live.updated_at", 1, set(5_i64), NotCovered),
        ("projections", "live.updated_at", 1, set("now"), ByVerify),
        ("projections", "live.written", 1, set(false), NotCovered),
        ("projections", "live.large", 1, set(true), NotCovered),
        ("projections", "live.pending", 1, uuid(), ByVerify),
        ("projections", "live.problems", 0, set(vec![Bson::from("{}")]), ByVerify),
        ("projections", "live.problems", 0, set("none"), ByVerify),
        ("esctl_meta", "_id", 0, set("other"), By(9, &["verify"])),
        ("esctl_meta", "application", 0, set("other"), By(9, &["verify"])),
        ("esctl_meta", "schema_version", 0, set(99_i64), By(9, &["verify"])),
        ("esctl_meta", "ready", 0, set(false), By(3, &["verify"])),
        ("esctl_records", "_id.kind", 0, set("other"), NotCovered),
        ("esctl_records", "_id.name", 0, set("other"), ByVerify),
        ("esctl_records", "_id.name", 1, set("other"), ByVerify),
        ("esctl_records", "_id.name", 2, set("other"), ByVerify),
        ("esctl_records", "value", 0, set("{}"), ByVerify),
        ("esctl_records", "value", 1, set("{}"), ByVerify),
        ("esctl_records", "value", 2, set("{}"), ByVerify),
        ("esctl_records", "value", 0, None, ByVerify),
        ("staged_rows", "_id", 0, set("other"), NotCovered),
        ("staged_rows", "collection", 0, set("rm_other.0"), ByVerify),
        ("staged_rows", "collection", 0, None, ByVerify),
        ("staged_rows", "commit", 0, set(900_i64), NotCovered),
        ("staged_rows", "pending", 0, set(Bson::Null), ByVerify),
        ("staged_rows", "pending", 0, set("none"), ByVerify),
        ("staged_rows", "rows", 0, set("none"), ByVerify),
        ("staged_rows", "rows", 0, None, ByVerify),
        ("staged_rows", "rows", 0, set(vec![Bson::from("none")]), ByVerify),
        ("staged_rows", "rows.key", 0, None, ByVerify),
        ("staged_rows", "rows.key", 0, set("lead"), ByVerify),
        ("staged_rows", "rows.text", 0, set(5), ByVerify),
        ("staged_rows", "rows.text", 0, set("{}"), ByVerify),
        ("rm_NAME", "_id", 0, set("lead"), ByVerify),
        ("rm_NAME", "commit", 0, set(0_i64), NotCovered),
        ("rm_NAME", "text", 0, set("{}"), ByVerify),
        ("rm_NAME", "row", 0, set(doc! {}), NotCovered),
    ]
}

/// Sets a field of a document, in each element of an array on the way.
fn set_field(document: &mut Document, path: &str, value: Option<&Bson>) {
    let Some((outer, inner)) = path.split_once('.') else {
        match value {
            Some(value) => drop(document.insert(path, value.clone())),
            None => drop(document.remove(path)),
        }
        return;
    };
    match document.get_mut(outer).unwrap() {
        Bson::Document(within) => set_field(within, inner, value),
        Bson::Array(elements) => {
            for element in elements {
                set_field(element.as_document_mut().unwrap(), inner, value);
            }
        }
        other => panic!("{path}: {other}"),
    }
}

/// The fields of a document, those of documents in it included; of a row people see only that it is there.
fn fields_of(document: &Document, before: &str, found: &mut BTreeSet<String>) {
    for (name, value) in document {
        let path = format!("{before}{name}");
        match value {
            Bson::Document(within) if name != "row" => fields_of(within, &format!("{path}."), found),
            Bson::Array(elements) if elements.iter().all(|element| element.as_document().is_some()) => {
                found.insert(path.clone());
                elements.iter().for_each(|element| fields_of(element.as_document().unwrap(), &format!("{path}."), found));
            }
            _ => drop(found.insert(path)),
        }
    }
}

/// The collection of the rows of `resources`.
fn rows_of(raw: &Raw) -> String {
    let projections = raw.documents("projections");
    let resources = projections.iter().find(|document| document.get_str("_id").is_ok_and(|name| name == "resources")).unwrap();
    resources.get_document("live").unwrap().get_str("collection").unwrap().to_owned()
}

fn in_order(raw: &Raw, collection: &str) -> Vec<Document> {
    let mut documents = raw.documents(collection);
    documents.sort_by_key(|document| match document.get("_id").unwrap() {
        Bson::Int64(number) => format!("{number:020}"),
        other => other.to_string(),
    });
    documents
}

/// Makes a commit of `resources` one whose rows are staged and not in their collection yet, as after the death of its runner.
fn stage(raw: &Raw, rows: &str) {
    let id = uuid().unwrap();
    raw.update("projections", doc! { "_id": "resources" }, doc! { "$set": { "live.pending": id.clone() } });
    let projections = raw.documents("projections");
    let resources = projections.iter().find(|document| document.get_str("_id").is_ok_and(|name| name == "resources")).unwrap();
    let commit = resources.get_document("live").unwrap().get("commit").unwrap().clone();
    let row = |row: &Document| doc! { "key": row.get_str("_id").unwrap(), "text": row.get_str("text").unwrap() };
    let staged: Vec<Document> = raw.documents(rows).iter().map(row).collect();
    raw.update(rows, doc! {}, doc! { "$set": { "text": "{\"old\":1}", "commit": 0_i64 } });
    raw.replace_all(
        "staged_rows",
        &[doc! { "_id": "staged", "collection": rows, "commit": commit, "pending": id, "rows": staged }],
    );
}

/// Does a change, sees what becomes of it, and undoes it.
fn try_change(esctl: &Esctl, raw: &Raw, rows: &str, (collection, field, place, value, found): &Change) -> Result<(), String> {
    let collection = if *collection == "rm_NAME" { rows } else { collection };
    let before = in_order(raw, collection);
    let mut after = before.clone();
    set_field(&mut after[*place], field, value.as_ref());
    let said = format!("{collection}.{field} of {place} = {value:?}");
    if after == before {
        return Err(format!("{said}: nothing was changed"));
    }
    raw.replace_all(collection, &after);
    let (code, output) = match found {
        By(code, args) => (*code, esctl.run(args)),
        ByVerify => (8, esctl.run(&["verify"])),
        NotCovered => (0, esctl.run(&["verify"])),
    };
    raw.replace_all(collection, &before);
    if output.code != code {
        return Err(format!("{said}: {code} wanted: {output:?}"));
    }
    if code == 8 && output.stderr.contains("esctl verify") {
        return Err(format!("{said}: in a circle: {output:?}"));
    }
    Ok(())
}

fn each_change_is_found(on: Backend) {
    let esctl = a_full_store(on);
    let raw = Raw::of(on, &esctl);
    let rows = rows_of(&raw);
    esctl.must(&["verify"]);
    let all: Vec<Change> = of_commits().into_iter().chain(of_the_rest()).collect();
    let (staged, others): (Vec<&Change>, Vec<&Change>) = all.iter().partition(|change| change.0 == "staged_rows");
    let failures = |changes: &[&Change]| {
        let failures: Vec<String> = changes.iter().filter_map(|change| try_change(&esctl, &raw, &rows, change).err()).collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    };
    failures(&others);
    esctl.must(&["verify"]);
    stage(&raw, &rows);
    esctl.must(&["verify"]);
    esctl.must(VERIFY_ROWS);
    failures(&staged);

    let tried: BTreeSet<String> = all.iter().map(|(collection, field, ..)| format!("{collection}.{field}")).collect();
    let mut there = BTreeSet::new();
    // Those of the database itself: a new one without a change fails.
    for collection in raw.collections() {
        let called = if collection.starts_with("rm_") { "rm_NAME" } else { &collection };
        for document in raw.documents(&collection) {
            fields_of(&document, &format!("{called}."), &mut there);
        }
    }
    for field in there {
        assert!(tried.contains(&field), "no change of {field} is tried");
    }
    let not_covered = all.iter().filter(|(.., found)| matches!(found, NotCovered));
    let names: Vec<String> = not_covered.map(|(collection, field, ..)| format!("{collection}.{field}")).collect();
    must_be_listed(names.iter().map(String::as_str));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_change_of_a_field_is_found_in_mongodb() {
    each_change_is_found(Backend::MongoReplicaSet);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_change_of_a_field_is_found_in_mongodb_standalone() {
    each_change_is_found(Backend::MongoStandalone);
}
