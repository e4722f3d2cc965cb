//! A commit of rows that was broken off between its steps: none of it, or all of it.

use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::store::Checkpoint;
use esctl::store::FailedEventChanges;
use esctl::store::ReadModel;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use esctl::store::Store;
use mongodb::Database;
use mongodb::bson::Document;
use mongodb::bson::Uuid;
use mongodb::bson::doc;
use serde_json::Value;
use serde_json::json;

use crate::faults_mongodb::helper::Place;
use crate::faults_mongodb::helper::all_enabled;

fn commit(from: u64, to: u64, rows: &[(&str, Value)]) -> RowsCommit {
    RowsCommit {
        model: ReadModel::live("things"),
        logic_version: 1,
        from: Position(from),
        commits: None,
        to: Checkpoint { position: Position(to), event_id: None },
        rows: rows.iter().map(|(key, row)| ((*key).to_owned(), row.to_string())).collect(),
        failed_events: FailedEventChanges::default(),
        now: Timestamp::from_micros(1).unwrap(),
    }
}

async fn found(store: &Store, filters: Vec<(String, Value)>, after: Option<&str>, limit: usize) -> Vec<(String, Value)> {
    let query = RowQuery { name: "things".into(), filters, after: after.map(str::to_owned), limit, ..RowQuery::default() };
    let rows = store.query_rows(query).await.unwrap();
    rows.into_iter().map(|(key, row)| (key, serde_json::from_str::<Value>(&row).unwrap()["n"].clone())).collect()
}

async fn live(database: &Database) -> Document {
    let projection = database.collection::<Document>("projections").find_one(doc! { "_id": "things" }).await.unwrap();
    projection.unwrap().get_document("live").unwrap().clone()
}

/// The rows of a commit put aside, as the first step does.
async fn stage(database: &Database, number: i64, rows: &[(&str, Value)]) -> Uuid {
    let (collection, pending) = (live(database).await.get_str("collection").unwrap().to_owned(), Uuid::new());
    let rows: Vec<Document> = rows.iter().map(|(key, row)| doc! { "key": *key, "text": row.to_string() }).collect();
    let staged = doc! { "collection": collection, "commit": number, "pending": pending, "rows": rows };
    database.collection::<Document>("staged_rows").insert_one(staged).await.unwrap();
    pending
}

/// The checkpoint moved, as the second step does.
async fn advance(database: &Database, number: i64, position: i64, pending: Uuid) {
    let change = doc! { "$set": { "live.commit": number, "live.position": position, "live.pending": pending } };
    database.collection::<Document>("projections").update_one(doc! { "_id": "things" }, change).await.unwrap();
}

async fn staged(database: &Database) -> u64 {
    database.collection::<Document>("staged_rows").count_documents(doc! {}).await.unwrap()
}

fn rows_of(pairs: &[(&str, i32)]) -> Vec<(String, Value)> {
    pairs.iter().map(|(key, n)| ((*key).to_owned(), json!(n))).collect()
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_commit_broken_off_before_its_checkpoint_moved_was_never_there() {
    all_enabled(async {
        let place = Place::new();
        let (store, database) = (place.store(), place.database().await);
        assert!(store.commit_rows(commit(0, 1, &[("a", json!({"n":1})), ("b", json!({"n":1}))])).await.unwrap());
        stage(&database, 2, &[("a", json!({"n":99})), ("c", json!({"n":99}))]).await;
        assert_eq!(found(&store, vec![], None, 9).await, rows_of(&[("a", 1), ("b", 1)]));
        // Run again, with other bounds: each event is folded once, and leftovers are removed.
        assert!(store.commit_rows(commit(1, 2, &[("a", json!({"n":2}))])).await.unwrap());
        assert!(store.commit_rows(commit(2, 3, &[("a", json!({"n":3}))])).await.unwrap());
        assert_eq!(found(&store, vec![], None, 9).await, rows_of(&[("a", 3), ("b", 1)]));
        assert_eq!(staged(&database).await, 0);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_commit_broken_off_after_its_checkpoint_moved_is_seen_whole_and_finished_by_the_next() {
    all_enabled(async {
        let place = Place::new();
        let (store, database) = (place.store(), place.database().await);
        let first = [("a", json!({"n":1})), ("b", json!({"n":1})), ("d", json!({"n":1}))];
        assert!(store.commit_rows(commit(0, 1, &first)).await.unwrap());
        let rows = [("a", json!({"n":2})), ("c", json!({"n":2})), ("d", json!({"n":2}))];
        let pending = stage(&database, 2, &rows).await;
        advance(&database, 2, 5, pending).await;
        // One of the rows had come where it belongs.
        let collection = live(&database).await.get_str("collection").unwrap().to_owned();
        let moved = doc! { "_id": "d", "commit": 2_i64, "text": "{\"n\":2}", "row": { "n": 2_i64 } };
        database.collection::<Document>(&collection).replace_one(doc! { "_id": "d" }, moved).await.unwrap();

        let seen = rows_of(&[("a", 2), ("b", 1), ("c", 2), ("d", 2)]);
        for limit in 1..=5 {
            assert_eq!(found(&store, vec![], None, limit).await, seen[..limit.min(4)]);
            assert_eq!(found(&store, vec![], Some("a"), limit).await, seen[1..(1 + limit).min(4)]);
        }
        assert_eq!(found(&store, vec![("n".into(), json!(2))], None, 9).await, rows_of(&[("a", 2), ("c", 2), ("d", 2)]));
        assert_eq!(found(&store, vec![("n".into(), json!(1))], None, 9).await, rows_of(&[("b", 1)]));
        let model = ReadModel::live("things");
        assert_eq!(store.count_rows(model.clone()).await.unwrap(), 4);
        let keys = ["a", "b", "c", "x"].map(str::to_owned).to_vec();
        let by_key: Vec<bool> = store.rows(model, keys).await.unwrap().into_iter().map(|row| row.is_some()).collect();
        assert_eq!(by_key, [true, true, true, false]);
        assert!(!store.commit_rows(commit(1, 2, &[])).await.unwrap(), "the checkpoint has moved");

        assert!(store.commit_rows(commit(5, 6, &[("a", json!({"n":3}))])).await.unwrap());
        assert_eq!(found(&store, vec![], None, 9).await, rows_of(&[("a", 3), ("b", 1), ("c", 2), ("d", 2)]));
        assert_eq!(staged(&database).await, 0);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_is_broken_off_is_finished_also_by_a_swap() {
    all_enabled(async {
        let place = Place::new();
        let (store, database) = (place.store(), place.database().await);
        assert!(store.commit_rows(commit(0, 1, &[("a", json!({"n":1}))])).await.unwrap());
        let pending = stage(&database, 2, &[("b", json!({"n":2}))]).await;
        advance(&database, 2, 5, pending).await;
        let projections = database.collection::<Document>("projections");
        projections.update_one(doc! { "_id": "things" }, doc! { "$rename": { "live": "building" } }).await.unwrap();
        assert!(store.swap_read_model("things", Position(5), vec!["n".into()]).await.unwrap());
        assert_eq!(found(&store, vec![], None, 9).await, rows_of(&[("a", 1), ("b", 2)]));
        // People find the rows under the name of the read model.
        let view = database.collection::<Document>("rm_things");
        assert_eq!(view.count_documents(doc! { "row.n": 2 }).await.unwrap(), 1);
    });
}

/// The rows that people find in the view, and those that the store answers with.
async fn both(store: &Store, database: &Database) -> (Vec<(String, Value)>, Vec<(String, Value)>) {
    let mut cursor = database.collection::<Document>("rm_things").find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut shown = Vec::new();
    while cursor.advance().await.unwrap() {
        let row = cursor.deserialize_current().unwrap();
        let n = row.get_document("row").unwrap().get_i64("n").unwrap();
        shown.push((row.get_str("_id").unwrap().to_owned(), json!(n)));
    }
    (shown, found(store, vec![], None, 99).await)
}

fn beside(rows: &[(&str, Value)]) -> RowsCommit {
    RowsCommit { model: ReadModel::building("things"), ..commit(0, 1, rows) }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_view_that_was_left_on_old_rows_is_repaired_by_the_next_process() {
    all_enabled(async {
        let place = Place::new();
        let (store, database) = (place.store(), place.database().await);
        assert!(store.commit_rows(commit(0, 1, &[("a", json!({"n":1}))])).await.unwrap());
        let old = live(&database).await.get_str("collection").unwrap().to_owned();
        assert!(store.commit_rows(beside(&[("a", json!({"n":2}))])).await.unwrap());
        assert!(store.swap_read_model("things", Position(1), vec![]).await.unwrap());
        let at =
            |collection: &str| doc! { "collMod": "rm_things", "viewOn": collection, "pipeline": [{ "$project": { "row": 1 } }] };
        // As a process leaves it that dies between the swap and the view; in a process that is new, and in one that is not.
        database.run_command(at(&old)).await.unwrap();
        let again = place.store();
        again.projections().await.unwrap();
        assert_eq!(both(&again, &database).await, (rows_of(&[("a", 2)]), rows_of(&[("a", 2)])));
        let mark = vec![doc! { "$set": { "live": "$previous", "previous": "$live" } }];
        database.collection::<Document>("projections").update_one(doc! { "_id": "things" }, mark).await.unwrap();
        again.projections().await.unwrap();
        let (shown, answered) = both(&again, &database).await;
        assert_eq!(shown, answered);
        // One that was lost, and one that is left of a read model that was dropped.
        database.run_command(doc! { "drop": "rm_things" }).await.unwrap();
        place.store().projections().await.unwrap();
        let (shown, answered) = both(&again, &database).await;
        assert_eq!(shown, answered);
        database.collection::<Document>("projections").delete_one(doc! { "_id": "things" }).await.unwrap();
        place.store().projections().await.unwrap();
        assert_eq!(both(&again, &database).await, (vec![], vec![]));
    });
}
