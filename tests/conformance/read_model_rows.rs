//! Rows of a read model are found by the values of their fields and in pages; its name is a plain word.

use esctl::event::Position;
use esctl::store::MAX_ROW_BYTES;
use esctl::store::ReadModel;
use esctl::store::RowQuery;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::whole;
use crate::conformance::read_models::all;
use crate::conformance::read_models::commit;
use crate::conformance::read_models::keys;
use crate::conformance::read_models::things;

pub async fn rows_are_paged_in_the_order_of_their_keys<S: Subject>(subject: S) {
    let store = subject.store();
    let names: Vec<String> = (0..25).map(|n| format!("key {n:02}")).collect();
    let rows: Vec<(&str, Value)> =
        names.iter().rev().map(|name| (name.as_str(), json!({ "even": name.ends_with('2') }))).collect();
    assert!(store.commit_rows(commit(things(), 0, 1, &rows)).await.unwrap());
    for limit in [1, 7, 24, 25, 26] {
        let mut found: Vec<String> = Vec::new();
        loop {
            let page = keys(&store, RowQuery { after: found.last().cloned(), limit, ..all("things") }).await;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, names, "{limit}");
    }
    let filters = vec![("even".to_owned(), json!(true))];
    let after = Some("key 02".to_owned());
    assert_eq!(keys(&store, RowQuery { filters, after, limit: 1, ..all("things") }).await, ["key 12"]);
    assert!(keys(&store, RowQuery { limit: 0, ..all("things") }).await.is_empty());
    assert!(keys(&store, all("nothing")).await.is_empty());
}

pub async fn filters_find_rows_by_the_value_and_the_kind_of_a_field<S: Subject>(subject: S) {
    let store = subject.store();
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(1),
        json!(0),
        json!(-1.5),
        json!("1"),
        json!("true"),
        json!(""),
        json!("é'\""),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!([1, "a"]),
        json!({"a": 1}),
        json!("{\"a\":1}"),
        json!("null"),
    ];
    let names: Vec<String> = (0..values.len()).map(|n| format!("{n:02}")).collect();
    let rows: Vec<(&str, Value)> =
        names.iter().zip(&values).map(|(name, value)| (name.as_str(), json!({ "field": value }))).collect();
    // Without an index, then with one.
    assert!(store.commit_rows(commit(things(), 0, 1, &rows)).await.unwrap());
    assert!(store.commit_rows(commit(ReadModel::building("things"), 0, 1, &rows)).await.unwrap());
    for indexed in [false, true] {
        if indexed {
            assert!(store.swap_read_model("things", Position(1), vec!["field".into()]).await.unwrap());
        }
        for (name, value) in names.iter().zip(&values) {
            let query = RowQuery { filters: vec![("field".into(), value.clone())], ..all("things") };
            assert_eq!(keys(&store, query).await, [name.as_str()], "{value}, indexed: {indexed}");
        }
        let equal = RowQuery { filters: vec![("field".into(), json!(1.0))], ..all("things") };
        assert_eq!(keys(&store, equal).await, ["03"], "1.0 is 1");
        let absent = RowQuery { filters: vec![("none".into(), json!(null))], ..all("things") };
        assert_eq!(keys(&store, absent).await, names, "a field that is not there is null");
        let both = RowQuery { filters: vec![("field".into(), json!(1)), ("field".into(), json!(2))], ..all("things") };
        assert!(keys(&store, both).await.is_empty());
    }
}

pub async fn large_rows_come_back_and_are_found<S: Subject>(subject: S) {
    let store = subject.store();
    let kind = |kind: &str, more: Value| json!({ "kind": kind, "n": 1, "more": more });
    let most = kind("x", json!("x".repeat(MAX_ROW_BYTES - kind("x", json!("")).to_string().len())));
    assert_eq!(most.to_string().len(), MAX_ROW_BYTES);
    let rows = [
        ("1 small", kind("x", json!(1))),
        ("2 most", most),
        // Eight times as large in BSON.
        ("3 numbers", kind("x", json!(vec![0; 500_000]))),
        ("4 many numbers", kind("y", json!(vec![0; 3_000_000]))),
        ("5 a long value", kind(&"k".repeat(2_000_000), json!(null))),
        ("6 fields", (0..200_000).map(|n| (format!("field {n}"), json!(n))).collect()),
        ("7 small", kind("x", json!(1))),
    ];
    assert!(store.commit_rows(commit(ReadModel::building("things"), 0, 1, &rows)).await.unwrap());
    assert!(store.swap_read_model("things", Position(1), vec!["kind".into()]).await.unwrap());
    let asked = rows.iter().map(|(key, _)| (*key).to_owned()).collect();
    let texts: Vec<_> = rows.iter().map(|(_, row)| Some(row.to_string())).collect();
    assert!(store.rows(things(), asked).await.unwrap() == texts);
    let of = |field: &str, value: Value| RowQuery { filters: vec![(field.to_owned(), value)], ..all("things") };
    assert_eq!(keys(&store, of("kind", json!("x"))).await, ["1 small", "2 most", "3 numbers", "7 small"]);
    assert_eq!(keys(&store, RowQuery { limit: 1, ..of("kind", json!("y")) }).await, ["4 many numbers"]);
    assert_eq!(keys(&store, of("kind", rows[4].1["kind"].clone())).await, ["5 a long value"]);
    assert_eq!(keys(&store, of("field 7", json!(7))).await, ["6 fields"]);
    let after = Some("1 small".to_owned());
    assert_eq!(keys(&store, RowQuery { after, limit: 2, ..of("n", json!(1)) }).await, ["2 most", "3 numbers"]);
    // One that shrinks is as any other.
    assert!(store.commit_rows(commit(things(), 1, 2, &[("2 most", kind("z", json!(1)))])).await.unwrap());
    assert_eq!(keys(&store, of("kind", json!("z"))).await, ["2 most"]);
    assert_eq!(keys(&store, of("kind", json!("x"))).await, ["1 small", "3 numbers", "7 small"]);

    let too_large = commit(things(), 2, 3, &[("8", json!("x".repeat(MAX_ROW_BYTES))), ("9", json!(1))]);
    assert_fails!(store.commit_rows(too_large).await, StoreError::Invalid(_));
    assert_eq!(store.count_rows(things()).await.unwrap(), 7);
}

pub async fn fields_may_have_any_name<S: Subject>(subject: S) {
    let store = subject.store();
    let fields =
        ["a", "A", "", "a.b", "a'b", "a\"b", "a\\b", "a[0]", "$", "é", "😀", "a b", "\n", "%", "a/b", "a' OR 1 --", "\u{1}"];
    let names: Vec<String> = (0..fields.len()).map(|n| format!("{n:02}")).collect();
    let rows: Vec<(&str, Value)> = names
        .iter()
        .zip(fields)
        .map(|(name, field)| (name.as_str(), Value::Object([(field.to_owned(), json!(7))].into_iter().collect())))
        .collect();
    let building = ReadModel::building("things");
    assert!(store.commit_rows(commit(things(), 0, 1, &rows)).await.unwrap());
    assert!(store.commit_rows(commit(building, 0, 1, &rows)).await.unwrap());
    for indexed in [false, true] {
        if indexed {
            let all_of_them = fields.iter().map(|field| (*field).to_owned()).collect();
            assert!(store.swap_read_model("things", Position(1), all_of_them).await.unwrap());
        }
        for (name, field) in names.iter().zip(fields) {
            let query = RowQuery { filters: vec![(field.into(), json!(7))], ..all("things") };
            assert_eq!(keys(&store, query).await, [name.as_str()], "{field:?}, indexed: {indexed}");
        }
    }
}

pub async fn read_models_whose_names_and_fields_run_together_stay_apart<S: Subject>(subject: S) {
    let store = subject.store();
    for (name, fields) in [("a", ["b_c", "b"]), ("a_b", ["c", "d"]), ("a_b_c", ["x", "X"])] {
        let building = ReadModel::building(name);
        assert!(store.commit_rows(commit(building, 0, 1, &[(name, json!({}))])).await.unwrap());
        assert!(store.swap_read_model(name, Position(1), fields.map(str::to_owned).to_vec()).await.unwrap());
    }
    for name in ["a", "a_b", "a_b_c"] {
        assert_eq!(keys(&store, all(name)).await, [name]);
    }
}

pub async fn a_row_whose_key_is_empty_is_a_row<S: Subject>(subject: S) {
    let store = subject.store();
    assert!(store.commit_rows(commit(things(), 0, 1, &[("", json!({})), ("a", json!({}))])).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["", "a"]);
    assert_eq!(keys(&store, RowQuery { after: Some(String::new()), ..all("things") }).await, ["a"]);
}

pub async fn a_read_model_that_is_dropped_while_it_is_read_has_its_rows_or_none<S: Shared>(subject: S) {
    let (runner, reader) = (subject.open(), subject.open());
    assert!(runner.commit_rows(commit(things(), 0, 1, &[("a", json!({})), ("b", json!({}))])).await.unwrap());
    let dropping = tokio::spawn(async move {
        for _ in 0..60 {
            assert!(runner.drop_read_model(things()).await.unwrap());
            assert!(runner.commit_rows(commit(things(), 0, 1, &[("a", json!({})), ("b", json!({}))])).await.unwrap());
        }
    });
    while !dropping.is_finished() {
        let found = keys(&reader, all("things")).await;
        assert!(found.is_empty() || found == ["a", "b"], "{found:?}");
        assert!([0, 2].contains(&reader.count_rows(things()).await.unwrap()));
        let rows = reader.rows(things(), vec!["a".into(), "b".into()]).await.unwrap();
        assert_eq!(rows[0], rows[1]);
        tokio::task::yield_now().await;
    }
    dropping.await.unwrap();
}

pub async fn names_that_are_no_plain_words_are_refused<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let long = "x".repeat(49);
    for name in ["", "A", "1a", "_a", "a-b", "a b", "a;drop", "a\"", "é", "a.b", "a_building", "a_previous", &long] {
        let model = ReadModel::live(name);
        assert_fails!(store.commit_rows(commit(model.clone(), 0, 1, &[])).await, StoreError::Invalid(_));
        assert_fails!(store.exchange_read_models(name).await, StoreError::Invalid(_));
        assert_fails!(store.failed_events(model.clone()).await, StoreError::Invalid(_));
        assert_fails!(store.swap_read_model(name, Position(1), vec![]).await, StoreError::Invalid(_));
        assert_fails!(store.drop_read_model(model.clone()).await, StoreError::Invalid(_));
        assert_fails!(store.rows(model.clone(), vec![]).await, StoreError::Invalid(_));
        assert_fails!(store.count_rows(model).await, StoreError::Invalid(_));
        assert_fails!(store.query_rows(all(name)).await, StoreError::Invalid(_));
    }
    let longest = "x".repeat(48);
    assert!(store.commit_rows(commit(ReadModel::live(&longest), 0, 1, &[])).await.unwrap());
    assert!(store.commit_rows(commit(ReadModel::live("a_1"), 0, 1, &[])).await.unwrap());
    assert_eq!(whole(&store).await.len(), 1);
}
