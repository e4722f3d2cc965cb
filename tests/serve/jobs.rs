//! Replays and rebuilds over HTTP: long work that answers with an id, and tells how far it is.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::openapi::ended;
use crate::serve::support::Served;
use crate::serve::token;

crate::on_every_backend! { async:
    a_rebuild_tells_how_far_it_is_and_makes_the_same_rows
    a_replay_finds_what_the_command_line_finds
    a_replay_shows_what_may_be_seen
    a_replay_that_cannot_be_is_refused
    a_server_that_stops_ends_its_jobs
}

async fn gold(served: &Served) {
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1000, "max_amount": 1000});
    served.command("resource.create", "gold", with).await.is(201);
    for _ in 0..3 {
        served.command("resource.allocate", "gold", json!({"amount": 10, "reason": "shop"})).await.is(201);
    }
}

/// Starts a job; what it is like when it has ended.
async fn job(served: &Served, path: &str, body: Value) -> Value {
    let begun = served.post(path, &body).await.is(202);
    let place = begun.header("location").to_owned();
    assert_eq!(place, format!("/api/jobs/{}", begun.json["id"].as_str().unwrap()));
    ended(served, &place).await.json
}

async fn a_rebuild_tells_how_far_it_is_and_makes_the_same_rows(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let before = served.get("/api/resources?server=true").await.is(200).json;
    let projections = served.get("/api/projections").await.is(200).json;
    let names: Vec<_> = projections["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["resources", "documents", "games"]);
    let done = job(&served, "/api/projections/resources/rebuild", Value::Null).await;
    assert_eq!((&done["state"], &done["kind"], &done["target"]), (&json!("done"), &json!("rebuild"), &json!("resources")));
    assert_eq!((&done["done"], &done["total"], &done["result"]["rebuilt"]), (&json!(4), &json!(4), &json!(true)));
    // The number that this job has applied is another question: a server that brings it up to date may have begun it.
    assert_eq!((&done["result"]["position"], &done["asked_by"]), (&json!(4), &json!("anonymous")));
    assert_eq!(served.get("/api/resources?server=true").await.is(200).json, before);
    served.post("/api/projections/none/rebuild", &json!({})).await.is(404);
    assert_eq!(served.get("/api/jobs").await.is(200).json["items"][0]["id"], done["id"]);
}

async fn a_replay_finds_what_the_command_line_finds(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let found =
        job(&served, "/api/replay?server=true", json!({"stream": "resource-gold", "version": 2, "noSnapshot": true})).await;
    assert_eq!(found["result"], served.esctl(&["replay", "resource-gold", "--version", "2", "--no-snapshot"]));
    let found = job(&served, "/api/replay?server=true", json!({"stream": "resource-gold", "reducer": "count"})).await;
    assert_eq!(found["result"]["state"]["events"], 4);
    let metrics = served.get("/metrics").await.is(200).text;
    assert!(metrics.lines().any(|line| line == "esctl_replay_events_total 6"), "{metrics}");
    let moment = found["result"]["at"].clone();
    let found = job(&served, "/api/replay", json!({"category": "resource", "at": moment, "verify": true})).await;
    assert_eq!(
        found["result"],
        json!({"category": "resource", "at": moment, "streams": 1, "events_applied": 4, "ok": true, "streams_that_differ": 0, "differing": []})
    );
    let found = job(&served, "/api/replay", json!({"stream": "resource-gold", "position": 1})).await;
    assert_eq!(found["result"]["version"], 1);
    let failed = job(&served, "/api/replay", json!({"stream": "resource-gole"})).await;
    assert_eq!(
        (&failed["state"], &failed["error"]["code"], &failed["result"]),
        (&json!("failed"), &json!("stream_not_found"), &Value::Null)
    );
    assert_eq!(failed["error"]["hint"], "did you mean resource-gold?");
}

async fn a_replay_shows_what_may_be_seen(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let found = job(&served, "/api/replay", json!({"stream": "resource-gold"})).await;
    assert_eq!(found["result"]["state"].as_object().unwrap().len(), 7);
    served.post("/api/replay", &json!({"stream": "resource-gold", "reducer": "merge"})).await.fails(403, "server_view_needed");
    served.post("/api/replay", &json!({"category": "game", "reducer": "last"})).await.fails(403, "server_view_needed");
    let found = job(&served, "/api/replay?server=true", json!({"stream": "resource-gold"})).await;
    assert_eq!(found["result"]["state"].as_object().unwrap().len(), 14);
}

async fn a_replay_that_cannot_be_is_refused(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    for (body, code) in [
        (json!({}), "bad_request"),
        (json!({"stream": "a-1", "category": "a"}), "bad_request"),
        (json!({"stream": "a-1", "version": 1, "position": 1}), "bad_request"),
        (json!({"stream": "a-1", "version": 1, "at": "2026-01-01T00:00:00Z"}), "bad_parameter"),
        (json!({"stream": "a-1", "at": "soon"}), "bad_request"),
        (json!({"stream": "a-1", "version": -1}), "bad_request"),
        (json!({"stream": "a-1", "versoin": 1}), "bad_request"),
        (json!({"stream": "$all"}), "bad_name"),
        (json!({"stream": "a-1", "reducer": "jq: .state"}), "unknown_reducer"),
    ] {
        served.post("/api/replay", &body).await.fails(400, code);
    }
    assert_eq!(served.get("/api/jobs").await.is(200).json["items"], json!([]));
}

async fn a_server_that_stops_ends_its_jobs(on: Backend) {
    let mut served = Served::with(on, &token::WITH_SECRET).await;
    let admin = token::admin();
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1000, "max_amount": 1000});
    served.command_as(&admin, "resource.create", "gold", with).await.is(201);
    let lines: Vec<String> = (0..20_000).map(|n| json!({"type": "order.changed", "data": {"n": n}}).to_string()).collect();
    std::fs::write(served.path("batch.ndjson"), lines.join("\n")).unwrap();
    served.esctl(&["stream", "append", "order-1", "--batch", served.path("batch.ndjson").to_str().unwrap()]);
    for _ in 0..5 {
        served.post_as(&admin, "/api/replay", &json!({"stream": "order-1", "reducer": "merge"})).await.is(202);
    }
    served.post_as(&admin, "/api/projections/resources/rebuild", &Value::Null).await.is(202);
    served.terminate();
    assert_eq!(served.wait(), Some(0), "{}", served.log());
    // Whatever it had come to, it can be gone on with.
    let next = served.beside(&token::WITH_SECRET).await;
    let begun = next.post_as(&admin, "/api/projections/resources/rebuild", &Value::Null).await.is(202);
    let place = begun.header("location").to_owned();
    let done = loop {
        let job = next.get_as(&admin, &place).await.is(200).json;
        if job["ended_at"].is_string() {
            break job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(next.get_as(&admin, "/api/resources").await.is(200).json["items"].as_array().unwrap().len(), 1);
}
