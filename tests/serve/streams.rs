//! Streams over HTTP: which there are, their events in both directions, what was missed, what a version was like.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Answer;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    streams_are_listed_in_pages
    events_are_read_in_both_directions_and_in_pages
    a_page_of_large_events_is_a_short_one
    what_was_missed_is_what_came_after
    clients_see_of_events_what_their_schema_shows
    a_version_is_shown_with_what_it_changed
}

/// A stream `order-1` of `count` events, and a resource.
async fn a_store(on: Backend, count: usize) -> Served {
    let served = Served::start(on).await;
    let events: Vec<String> = (1..=count).map(|n| json!({"type": "order.changed", "data": {"n": n}}).to_string()).collect();
    let batch = served.path("batch.ndjson");
    std::fs::write(&batch, events.join("\n")).unwrap();
    served.esctl(&["stream", "append", "order-1", "--batch", batch.to_str().unwrap()]);
    let with =
        json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 5, "max_amount": 9, "regeneration_rate": 0.5});
    served.command("resource.create", "gold", with).await.is(201);
    served
}

fn versions(answer: &Answer) -> Vec<u64> {
    answer.json["items"].as_array().unwrap().iter().map(|event| event["version"].as_u64().unwrap()).collect()
}

async fn streams_are_listed_in_pages(on: Backend) {
    let served = a_store(on, 3).await;
    let list = served.get("/api/streams").await.is(200);
    assert_eq!(list.json["items"], served.esctl(&["stream", "list"])["items"]);
    assert_eq!((&list.json["items"][0]["stream"], &list.json["items"][0]["version"]), (&json!("order-1"), &json!(3)));
    for (query, expected) in [
        ("category=resource", "resource-gold"),
        ("prefix=res", "resource-gold"),
        ("after=order-1", "resource-gold"),
        ("limit=1", "order-1"),
    ] {
        let list = served.get(&format!("/api/streams?{query}")).await.is(200);
        assert_eq!(
            (list.json["items"].as_array().unwrap().len(), &list.json["items"][0]["stream"]),
            (1, &json!(expected)),
            "{query}"
        );
    }
    assert_eq!(served.get("/api/streams?limit=1").await.json["next"], "order-1");
}

async fn events_are_read_in_both_directions_and_in_pages(on: Backend) {
    let served = a_store(on, 7).await;
    for (query, expected, next) in [
        ("", vec![1, 2, 3, 4, 5, 6, 7], Value::Null),
        ("limit=3", vec![1, 2, 3], json!("3")),
        ("limit=3&after=3", vec![4, 5, 6], json!("6")),
        ("limit=3&after=6", vec![7], Value::Null),
        ("limit=7", vec![1, 2, 3, 4, 5, 6, 7], Value::Null),
        ("after=7", vec![], Value::Null),
        ("limit=2&backwards=true", vec![7, 6], json!("6")),
        ("limit=9&backwards=true&after=3", vec![2, 1], Value::Null),
        ("limit=2&backwards=true&after=3", vec![2, 1], Value::Null),
        ("backwards=true&after=1", vec![], Value::Null),
        ("backwards=true&after=0", vec![], Value::Null),
    ] {
        let page = served.get(&format!("/api/streams/order-1/events?{query}")).await.is(200);
        assert_eq!((versions(&page), &page.json["next"]), (expected, &next), "{query}");
    }
    for query in ["after=8", "after=1000", "after=9223372036854775807", "limit=1&backwards=true&after=1000"] {
        let error = served.get(&format!("/api/streams/order-1/events?{query}")).await.fails(404, "cursor_beyond_end").json;
        assert!(error["error"]["hint"].as_str().unwrap().contains("older than the cursor"), "{query}: {error}");
    }
    let page = served.get("/api/streams/order-1/events?limit=2&backwards=true").await;
    assert_eq!(page.header("link"), "</api/streams/order-1/events?limit=2&backwards=true&after=6>; rel=\"next\"");
}

async fn a_page_of_large_events_is_a_short_one(on: Backend) {
    let served = Served::start(on).await;
    let large = json!({"text": "x".repeat(900_000)}).to_string();
    std::fs::write(served.path("large.json"), &large).unwrap();
    let data = format!("@{}", served.path("large.json").display());
    for _ in 0..8 {
        served.esctl(&["stream", "append", "order-1", "--type", "order.changed", "--data", &data]);
    }
    let mut after = "0".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = served.get(&format!("/api/streams/order-1/events?limit=1000&after={after}")).await.is(200);
        assert!(page.text.len() < 6 << 20, "{}", page.text.len());
        seen.extend(versions(&page));
        match page.json["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (1..=8).collect::<Vec<u64>>());
    let missing = served.get("/api/streams/order-1/missing?afterVersion=0&limit=1000").await.is(200);
    assert!(versions(&missing).len() < 8 && missing.json["next"].is_string());
}

async fn what_was_missed_is_what_came_after(on: Backend) {
    let served = a_store(on, 4).await;
    let missing = served.get("/api/streams/order-1/missing?afterVersion=2").await.is(200);
    assert_eq!((versions(&missing), &missing.json["next"]), (vec![3, 4], &Value::Null));
    let about = (&missing.json["stream"], &missing.json["after_version"], &missing.json["version"]);
    assert_eq!(about, (&json!("order-1"), &json!(2), &json!(4)));
    assert_eq!(versions(&served.get("/api/streams/order-1/missing?afterVersion=4").await.is(200)), Vec::<u64>::new());
    let page = served.get("/api/streams/order-1/missing?afterVersion=0&limit=3").await.is(200);
    assert_eq!((versions(&page), &page.json["next"]), (vec![1, 2, 3], &json!("3")));

    // Of a document it is the patches that a copy lacks.
    served.command("document.create", "plan", json!({"document": {"a": 1}})).await.is(201);
    served.command("document.merge", "plan", json!({"merge": {"a": 2}})).await.is(201);
    let missing = served.get("/api/streams/document-plan/missing?afterVersion=1").await.is(200);
    assert_eq!(missing.json["items"][0]["data"]["patch"], json!([{"op": "replace", "path": "/a", "value": 2}]));
}

async fn clients_see_of_events_what_their_schema_shows(on: Backend) {
    let served = a_store(on, 1).await;
    let body =
        json!({"command": "resource.lock", "id": "gold", "with": {"for": "1h", "reason": "audit"}, "commandId": "secret key"});
    served.post("/api/commands", &body).await.is(201);
    let seen = served.get("/api/streams/resource-gold/events").await.is(200);
    let created = &seen.json["items"][0];
    assert_eq!(created["data"], json!({"amount": 5, "max_amount": 9, "owner_id": "ann", "resource_type": "coin"}));
    assert_eq!(seen.json["items"][1]["data"], json!({}));
    assert!(
        ["hash", "secret key", "regeneration", "audit", "expiry"].iter().all(|hidden| !seen.text.contains(hidden)),
        "{}",
        seen.text
    );
    assert_eq!(created["metadata"]["client_id"], "anonymous");
    let all = served.get("/api/streams/resource-gold/events?server=true").await.is(200);
    assert_eq!(all.json["items"], served.esctl(&["stream", "read", "resource-gold"])["items"]);
}

async fn a_version_is_shown_with_what_it_changed(on: Backend) {
    let served = a_store(on, 3).await;
    let last = served.get("/api/streams/order-1/state").await.is(200);
    assert_eq!(
        (&last.json["last"], &last.json["event"]["version"], &last.json["state"]),
        (&json!(3), &json!(3), &json!({"n": 3}))
    );
    let second = served.get("/api/streams/order-1/state?version=2").await.is(200);
    assert_eq!(second.json["changes"], json!([{"path": "/n", "before": 1, "after": 2}]));
    assert_eq!((&second.json["reducer"], &second.json["unreadable"]), (&json!("merge"), &Value::Null));

    // States are those that the caller may see, and so is what changed.
    served.command("resource.lock", "gold", json!({"for": "1h", "reason": "audit"})).await.is(201);
    let seen = served.get("/api/streams/resource-gold/state").await.is(200);
    assert!(
        !seen.text.contains("audit") && !seen.text.contains("lock_expiry") && !seen.text.contains("regeneration"),
        "{}",
        seen.text
    );
    assert_eq!(seen.json["state"]["is_locked"], true);
    let all = served.get("/api/streams/resource-gold/state?server=true").await.is(200);
    assert_eq!(all.json["state"]["lock_reason"], "audit");

    // An event that failed to apply is reported; its error is not shown to clients.
    served.esctl(&[
        "stream",
        "append",
        "resource-gold",
        "--type",
        "resource.allocated",
        "--force",
        "--data",
        r#"{"amount":"much"}"#,
    ]);
    let bad = served.get("/api/streams/resource-gold/state").await.is(200);
    assert_eq!((&bad.json["state"], &bad.json["unreadable"]), (&Value::Null, &json!("an event failed to apply")));
    served.get("/api/resources/gold").await.is(500);
}
