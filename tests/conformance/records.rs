//! The catalog of records: small JSON values under a kind and a name, of which the last word counts.

use esctl::store::Record;
use esctl::store::StoreError;
use serde_json::json;
use tokio::task::JoinSet;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::whole;

pub async fn records_are_listed_by_kind_in_the_order_of_their_names<S: Subject>(subject: S) {
    let store = subject.store();
    let names = ["b", "a", "é", "a b", "Z", "a'\"\\$.{", "😀", "b/c"];
    let other = Record::new("other", "a", &json!([1]));
    store.put_record(other.clone()).await.unwrap();
    for name in names {
        store.put_record(Record::new("thing", name, &json!({ "name": name, "half": 0.5, "big": i64::MAX }))).await.unwrap();
    }
    // A kind that another one begins with, and one that begins with another one.
    store.put_record(Record::new("thin", "a", &json!(null))).await.unwrap();
    store.put_record(Record::new("things", "a", &json!(null))).await.unwrap();
    let mut wanted: Vec<Record> =
        names.iter().map(|name| Record::new("thing", name, &json!({ "name": name, "half": 0.5, "big": i64::MAX }))).collect();
    wanted.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(store.records("thing").await.unwrap(), wanted);
    assert_eq!(store.records("other").await.unwrap(), [other]);
    assert!(store.records("none").await.unwrap().is_empty());
}

pub async fn a_record_is_replaced_and_deleted_and_nothing_else_is<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 2).await;
    for name in ["a", "b"] {
        store.put_record(Record::new("thing", name, &json!(1))).await.unwrap();
    }
    let new = Record { kind: "thing".into(), name: "a".into(), value: "{ \"spaces\" : [ 1.0 ,2 ] }".into() };
    store.put_record(new.clone()).await.unwrap();
    assert_eq!(store.records("thing").await.unwrap(), [new.clone(), Record::new("thing", "b", &json!(1))]);
    assert!(store.delete_record("thing", "b").await.unwrap());
    assert!(!store.delete_record("thing", "b").await.unwrap());
    assert!(!store.delete_record("other", "a").await.unwrap());
    assert_eq!(store.records("thing").await.unwrap(), [new]);
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn a_record_that_cannot_be_kept_everywhere_is_refused<S: Subject>(subject: S) {
    let store = subject.store();
    let long = "x".repeat(201);
    for (kind, name) in [("", "a"), ("a", ""), ("a\0", "a"), ("a", "\0"), (&long, "a"), ("a", &long)] {
        assert_fails!(store.put_record(Record::new(kind, name, &json!(1))).await, StoreError::Invalid(_));
    }
    for value in ["", "{", "nothing"] {
        let record = Record { kind: "a".into(), name: "a".into(), value: value.into() };
        assert_fails!(store.put_record(record).await, StoreError::Invalid(_));
    }
    let large = json!("x".repeat(1 << 20));
    assert_fails!(store.put_record(Record::new("a", "a", &large)).await, StoreError::Invalid(_));
    let longest = "x".repeat(200);
    let largest = Record::new(&longest, &longest, &json!("x".repeat((1 << 20) - 2)));
    store.put_record(largest.clone()).await.unwrap();
    assert_eq!(store.records(&longest).await.unwrap(), [largest]);
}

pub async fn one_record_put_by_many_at_once_is_there_once<S: Shared>(subject: S) {
    subject.open().init().await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..6 {
        let store = subject.open();
        tasks.spawn(async move { store.put_record(Record::new("thing", "a", &json!(number))).await.unwrap() });
    }
    tasks.join_all().await;
    let found = subject.open().records("thing").await.unwrap();
    assert!(found.len() == 1 && (0..6).any(|number| found[0].value == number.to_string()), "{found:?}");
}
