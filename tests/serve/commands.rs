//! `POST /api/commands`: the same commands, outcomes and refusals as on the command line.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Served;
use crate::serve::support::answer;

crate::on_every_backend! { async:
    a_command_is_applied_and_answered_as_on_the_command_line
    each_refusal_has_its_status_and_its_code
    an_outcome_carries_its_notes
    a_key_counts_once
    the_expected_version_counts
    none_of_thirty_two_clients_on_one_resource_is_refused
}

fn gold() -> Value {
    json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1000, "max_amount": 5000})
}

async fn a_command_is_applied_and_answered_as_on_the_command_line(on: Backend) {
    let served = Served::start(on).await;
    let made = served.command("resource.create", "gold", gold()).await.is(201);
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!((&made.json["outcome"], &made.json["stream"]), (&json!("applied"), &json!("resource-gold")));
    assert_eq!(made.json["events"][0]["type"], "resource.created");

    let taken = served.command("resource.allocate", "gold", json!({"amount": 300})).await.is(201);
    assert_eq!((&taken.json["version"], &taken.json["state"]["amount"]), (&json!(2), &json!(700)));
    assert!(taken.json["state"].get("regeneration_rate").is_none(), "a field of the server's: {}", taken.text);

    let shown = served.esctl(&["resource", "show", "gold"]);
    assert_eq!(shown["amount"], 700);
    let events = served.esctl(&["stream", "read", "resource-gold"]);
    assert_eq!(events["items"][1]["metadata"]["client_id"], "anonymous");
}

async fn an_outcome_carries_its_notes(on: Backend) {
    let served = Served::start(on).await;
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1, "max_amount": 3});
    assert_eq!(served.command("resource.create", "small", with).await.is(201).json["notes"], Value::Null);
    let capped = served.command("resource.add", "small", json!({"amount": 9})).await.is(201).json;
    assert_eq!(capped["notes"], json!([{"code": "capped", "message": "added 2 of 9: the maximum is reached"}]));
}

async fn each_refusal_has_its_status_and_its_code(on: Backend) {
    let served = Served::start(on).await;
    served.command("resource.create", "gold", gold()).await.is(201);
    served.command("resource.create", "gold", gold()).await.fails(422, "resource_exists");
    let refused = served.command("resource.allocate", "gold", json!({"amount": 9000})).await.fails(422, "insufficient_amount");
    assert_eq!(refused.json["error"]["details"]["available"], 1000, "{}", refused.text);
    served.command("resource.allocate", "nothing", json!({"amount": 1})).await.fails(404, "resource_not_found");
    served.command("resource.grow", "gold", json!({})).await.fails(400, "unknown_command");
    served.command("resource.allocate", "gold", json!({"amount": 1.5})).await.fails(400, "bad_payload");
    served.command("resource.allocate", "gold", json!({"amount": -5})).await.is(422);
    served.post("/api/commands", &json!({"command": "resource.allocate"})).await.fails(400, "bad_request");
    served.post("/api/commands", &json!({"command": "a.b", "id": "x", "wiht": {}})).await.fails(400, "bad_request");
    served.post("/api/commands", &json!([])).await.fails(400, "bad_json");
    served.get("/api/commands").await.fails(405, "method_not_allowed");
    served.get("/api/nothing").await.fails(404, "not_found");
}

async fn none_of_thirty_two_clients_on_one_resource_is_refused(on: Backend) {
    let served = Served::start(on).await;
    served.command("resource.create", "gold", gold()).await.is(201);
    let clients = (0..32).map(|_| async {
        for _ in 0..6 {
            served.command("resource.allocate", "gold", json!({"amount": 1})).await.is(201);
        }
    });
    futures_util::future::join_all(clients).await;
    assert_eq!(served.esctl(&["resource", "show", "gold"])["amount"], 1000 - 32 * 6);
    let metrics = served.get("/metrics").await.is(200).text;
    let conflicts = metrics.lines().filter(|line| line.starts_with("esctl_append_conflicts_total{"));
    assert!(conflicts.map(|line| line.rsplit(' ').next().unwrap()).all(|count| count == "0"), "{metrics}");
}

async fn a_key_counts_once(on: Backend) {
    let served = Served::start(on).await;
    served.command("resource.create", "gold", gold()).await.is(201);
    let send = |amount: u32, key: &'static str| {
        let body = json!({"command": "resource.allocate", "id": "gold", "with": {"amount": amount}});
        answer(served.request(Method::POST, "/api/commands").header("Idempotency-Key", key).json(&body))
    };
    let first = send(100, "k1").await.is(201);
    let again = send(100, "k1").await.is(201);
    assert_eq!(again.json["outcome"], "already_applied");
    assert_eq!((&again.json["events"], &again.json["version"]), (&first.json["events"], &first.json["version"]));
    send(200, "k1").await.fails(409, "idempotency_key_reused");
    send(200, " ").await.is(400);
    assert_eq!(served.esctl(&["resource", "show", "gold"])["amount"], 900);
}

async fn the_expected_version_counts(on: Backend) {
    let served = Served::start(on).await;
    served.command("resource.create", "gold", gold()).await.is(201);
    let body = |version: u64| json!({"command": "resource.add", "id": "gold", "with": {"amount": 1}, "expectVersion": version});
    served.post("/api/commands", &body(7)).await.fails(409, "version_conflict");
    served.post("/api/commands", &body(1)).await.is(201);
    let with_header = |tag: &'static str| {
        let body = json!({"command": "resource.add", "id": "gold", "with": {"amount": 1}});
        answer(served.request(Method::POST, "/api/commands").header("If-Match", tag).json(&body))
    };
    let conflict = with_header("\"1\"").await.fails(409, "version_conflict");
    assert_eq!(conflict.json["error"]["details"]["actual"], 2);
    with_header("\"2\"").await.is(201);
    with_header("\"two\"").await.fails(400, "bad_request");
}
