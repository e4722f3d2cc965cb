//! Rows of a read model are found by the values of their fields and in pages; its name is a plain word.

use esctl::event::Position;
use esctl::store::ReadModel;
use esctl::store::RowQuery;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;

use crate::assert_fails;
use crate::kit::Subject;
use crate::kit::put;
use crate::kit::whole;
use crate::read_models::all;
use crate::read_models::commit;
use crate::read_models::keys;
use crate::read_models::things;

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

pub async fn names_that_are_no_plain_words_are_refused<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let long = "x".repeat(49);
    for name in ["", "A", "1a", "_a", "a-b", "a b", "a;drop", "a\"", "é", "a.b", "a_building", &long] {
        let model = ReadModel::live(name);
        assert_fails!(store.commit_rows(commit(model.clone(), 0, 1, &[])).await, StoreError::Invalid(_));
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
