//! Results of a partial restore: tables of read models without checkpoints, checkpoints without tables, and checkpoints that
//! name no event.

use crate::tamper::raw::bson::Bson;
use crate::tamper::raw::bson::doc;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::tamper::raw::Raw;
use crate::tamper::raw::findings;

crate::on_every_backend! {
    a_table_without_its_checkpoint_is_rebuilt
    a_checkpoint_without_its_table_is_rebuilt
    what_is_left_of_a_rebuild_is_not_gone_on_with
    remains_of_the_previous_read_model_hinder_nothing
    a_checkpoint_that_names_no_event_is_of_no_store
    a_checkpoint_that_names_another_event_is_of_no_store
    rows_on_their_way_that_are_lost_are_built_again
}

/// A store whose read model has been rebuilt, so that there is a previous one.
fn with_read_models(on: Backend) -> (Esctl, Raw) {
    let esctl = a_store(on);
    esctl.json(&["resource", "list"]);
    esctl.must(&["projection", "rebuild", "resources", "--yes"]);
    let raw = Raw::of(on, &esctl);
    (esctl, raw)
}

fn amounts(esctl: &Esctl) -> Vec<i64> {
    let listed = esctl.json(&["resource", "list"]);
    listed["items"].as_array().unwrap().iter().map(|row| row["amount"].as_i64().unwrap()).collect()
}

/// Asserts that each command that meets the read model works, each on a store of its own.
fn each_command_works(on: Backend, damage: impl Fn(&Esctl, &Raw)) {
    let commands: [&[&str]; 4] = [
        &["resource", "list"],
        &["projection", "run"],
        &["projection", "rebuild", "resources", "--yes"],
        &["projection", "query", "resources"],
    ];
    for command in commands {
        let (esctl, raw) = with_read_models(on);
        damage(&esctl, &raw);
        esctl.must(command);
        assert_eq!(amounts(&esctl), [900, 10], "{command:?}");
        let report = esctl.run(&["verify", "-o", "json"]);
        assert_eq!(report.code, 0, "{command:?}: {report:?}");
        assert_eq!(esctl.json(&["replay", "--category", "resource", "--verify"])["items"][0]["verify"]["ok"], true);
    }
}

/// Deletes the checkpoint of a part.
fn forget_checkpoint(raw: &Raw, part: &str) {
    match raw.is_mongodb() {
        false => raw.sql(&format!("DELETE FROM read_models WHERE part = '{part}'")),
        true => raw.update("projections", doc! {}, doc! { "$unset": { part: "" } }),
    }
}

/// Drops the rows of a part.
fn drop_rows(raw: &Raw, part: &str) {
    let suffix = if part == "live" { String::new() } else { format!("_{part}") };
    if !raw.is_mongodb() {
        return raw.sql(&format!("DROP TABLE rm_resources{suffix}"));
    }
    let projection = raw.documents("projections").remove(0);
    let collection = projection.get_document(part).unwrap().get_str("collection").unwrap().to_owned();
    raw.mongodb(async |database| database.collection::<crate::tamper::raw::bson::Document>(&collection).drop().await.unwrap());
}

fn a_table_without_its_checkpoint_is_rebuilt(on: Backend) {
    each_command_works(on, |esctl, raw| {
        if !raw.is_mongodb() {
            raw.sql("UPDATE rm_resources SET row = '{\"amount\":1}'");
            raw.sql("INSERT INTO rm_resources SELECT 'ghost', row FROM rm_resources WHERE key = 'gold'");
        }
        forget_checkpoint(raw, "live");
        if !raw.is_mongodb() {
            assert_eq!(findings(esctl, &[])[0].0, "read_model");
            // Rows of any time are no answer.
            assert_eq!(esctl.json(&["projection", "query", "resources", "--stale"])["items"], json!([]));
            assert_eq!(esctl.json(&["projection", "status", "resources"])["items"][0]["rows"], 0);
        }
    });
}

fn a_checkpoint_without_its_table_is_rebuilt(on: Backend) {
    each_command_works(on, |esctl, raw| {
        drop_rows(raw, "live");
        assert_eq!(findings(esctl, &[])[0].0, "read_model");
        assert_eq!(esctl.json(&["projection", "query", "resources", "--stale"])["items"], json!([]));
    });
}

fn what_is_left_of_a_rebuild_is_not_gone_on_with(on: Backend) {
    // A rebuild that was begun, and of which half was restored.
    let begin = |raw: &Raw| match raw.is_mongodb() {
        false => raw.sql(
            "CREATE TABLE rm_resources_building AS SELECT * FROM rm_resources;
             INSERT INTO rm_resources_building SELECT 'ghost', row FROM rm_resources WHERE key = 'gold';
             INSERT INTO read_models SELECT name, 'building', commits, logic_version, position, event_id, updated_at
             FROM read_models WHERE part = 'live'",
        ),
        true => {
            let mut projection = raw.documents("projections").remove(0);
            let mut building = projection.get_document("live").unwrap().clone();
            building.insert("collection", "rm_resources.aaaaaaaaaaaa");
            projection.insert("building", building);
            raw.replace_all("projections", &[projection]);
            let ghost = doc! { "_id": "ghost", "commit": 1_i64, "text": "{\"amount\":1}", "row": { "amount": 1 } };
            raw.mongodb(async |database| database.collection("rm_resources.aaaaaaaaaaaa").insert_one(ghost).await.unwrap());
        }
    };
    each_command_works(on, |_, raw| {
        begin(raw);
        forget_checkpoint(raw, "building");
        drop_live(raw);
    });
    each_command_works(on, |_, raw| {
        begin(raw);
        drop_rows(raw, "building");
        drop_live(raw);
    });
}

/// Deletes the live read model, as if it had never been built: the next command builds it.
fn drop_live(raw: &Raw) {
    drop_rows(raw, "live");
    forget_checkpoint(raw, "live");
}

fn remains_of_the_previous_read_model_hinder_nothing(on: Backend) {
    for half in [forget_checkpoint as fn(&Raw, &str), drop_rows] {
        let (esctl, raw) = with_read_models(on);
        half(&raw, "previous");
        esctl.error(3, &["projection", "rollback", "resources", "--yes"]);
        esctl.must(&["projection", "rebuild", "resources", "--yes"]);
        assert_eq!(esctl.json(&["verify"])["ok"], true);
        esctl.must(&["projection", "rollback", "resources", "--yes"]);
        assert_eq!(amounts(&esctl), [900, 10]);
        // Both at once.
        half(&raw, "previous");
        half(&raw, "live");
        assert_eq!(amounts(&esctl), [900, 10]);
        assert_eq!(esctl.json(&["verify"])["ok"], true);
    }
}

fn set_event_id(raw: &Raw, sql: &str, bson: Bson) {
    match raw.is_mongodb() {
        false => raw.sql(&format!("UPDATE read_models SET event_id = {sql}")),
        true => raw.update("projections", doc! {}, doc! { "$set": { "live.event_id": bson } }),
    }
}

/// Asserts that the checkpoint is refused by whatever meets it, and that a rebuild is the way out.
fn is_foreign(esctl: &Esctl) {
    esctl.must(&["resource", "allocate", "gold", "5"]);
    let args: [&[&str]; 5] = [
        &["resource", "list"],
        &["projection", "run"],
        &["projection", "query", "resources"],
        &["projection", "query", "resources", "--stale"],
        &["replay", "resource-gold", "--verify"],
    ];
    for args in args {
        let error = esctl.error(8, args);
        assert_eq!(error["code"], "foreign_checkpoint", "{args:?}");
        assert!(!error["hint"].as_str().unwrap().contains("are intact"), "{error}");
    }
    assert_eq!(esctl.json(&["projection", "status", "resources"])["items"][0]["state"], "foreign");
    assert_eq!(findings(esctl, &[])[0].0, "checkpoint");
    let said = esctl.run(&["verify"]).stderr;
    assert!(said.contains("the events are intact"), "{said}");
    esctl.must(&["projection", "rebuild", "resources", "--yes"]);
    assert_eq!(amounts(esctl), [895, 10]);
    assert_eq!(esctl.json(&["verify"])["ok"], true);
}

fn a_checkpoint_that_names_no_event_is_of_no_store(on: Backend) {
    let (esctl, raw) = with_read_models(on);
    set_event_id(&raw, "NULL", Bson::Null);
    is_foreign(&esctl);
    // At position 0 it is the only one that is valid.
    match raw.is_mongodb() {
        false => raw.sql("UPDATE read_models SET position = 0, event_id = NULL; DELETE FROM rm_resources"),
        true => raw.update("projections", doc! {}, doc! { "$set": { "live.event_id": Bson::Null, "live.position": 0_i64 } }),
    }
    esctl.must(&["projection", "run"]);
    assert_eq!(amounts(&esctl), [895, 10]);
}

fn a_checkpoint_that_names_another_event_is_of_no_store(on: Backend) {
    let (esctl, raw) = with_read_models(on);
    let other = match raw.is_mongodb() {
        false => Bson::Null,
        true => raw.documents("commits")[2].get_array("events").unwrap()[0].as_document().unwrap().get("id").unwrap().clone(),
    };
    set_event_id(&raw, "(SELECT e.event_id FROM events e WHERE e.position = 3)", other);
    is_foreign(&esctl);
    // An id at position 0, where there is no event.
    match raw.is_mongodb() {
        false => raw.sql("UPDATE read_models SET position = 0"),
        true => raw.update("projections", doc! {}, doc! { "$set": { "live.position": 0_i64 } }),
    }
    esctl.error(8, &["projection", "run"]);
    esctl.must(&["projection", "rebuild", "resources", "--yes"]);
    assert_eq!(amounts(&esctl), [895, 10]);
}

fn rows_on_their_way_that_are_lost_are_built_again(on: Backend) {
    // Only MongoDB has rows that are committed and not in their collection yet.
    if !matches!(on, Backend::MongoReplicaSet | Backend::MongoStandalone) {
        return;
    }
    each_command_works(on, |esctl, raw| {
        let pending = crate::tamper::raw::bson::Uuid::new();
        raw.update("projections", doc! {}, doc! { "$set": { "live.pending": pending } });
        assert_eq!(findings(esctl, &[])[0].0, "read_model");
    });
}
