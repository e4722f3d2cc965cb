//! The description is true: every operation in it is called, and every answer has a status and a shape that it names.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Answer;
use crate::serve::support::Served;
use crate::serve::support::answer;
use crate::serve::token;

crate::on_every_backend! { async:
    every_operation_answers_as_it_is_described
    every_operation_refuses_as_it_is_described
}

/// Operations that are held against their own protocol elsewhere, since their answers are no JSON.
const ELSEWHERE: [&str; 4] = ["GET /metrics", "GET /ws", "GET /", "GET /client.js"];

/// A call: the operation, the path it becomes, the body, and the status it must have here.
type Call = (&'static str, &'static str, Value, u16);

/// At least one call of each operation, in an order in which each finds what it needs.
fn calls() -> Vec<Call> {
    let get = |operation, path, status| (operation, path, Value::Null, status);
    let gold = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 5, "max_amount": 9});
    let lock = json!({"command": "resource.lock", "id": "gold", "with": {"for": "1h", "reason": "audit"}});
    let document = json!({"command": "document.create", "id": "plan", "with": {"document": {"a": {"b": [1, null]}}}});
    let join = |player: &str| json!({"command": "game.join", "id": "g", "with": {"player_id": player}});
    vec![
        get("GET /health", "/health", 200),
        get("GET /ready", "/ready", 200),
        get("GET /api/me", "/api/me", 200),
        ("POST /api/commands", "/api/commands", json!({"command": "resource.create", "id": "gold", "with": gold}), 201),
        ("POST /api/commands", "/api/commands", lock, 201),
        ("POST /api/commands", "/api/commands", json!({"command": "resource.unlock", "id": "gold", "expectVersion": 9}), 409),
        ("POST /api/commands", "/api/commands", json!({"command": "resource.add", "id": "gold", "with": {"amount": 1}}), 422),
        ("POST /api/commands", "/api/commands", json!({"command": "resource.unlock", "id": "none"}), 404),
        ("POST /api/commands", "/api/commands", document, 201),
        ("POST /api/commands", "/api/commands", json!({"command": "document.merge", "id": "plan", "with": {"merge": {}}}), 200),
        ("POST /api/games", "/api/games", json!({"gameId": "g", "numPlayers": 2}), 201),
        ("POST /api/games", "/api/games", json!({"gameId": "g", "numPlayers": 2}), 422),
        ("POST /api/commands", "/api/commands", join("ann"), 201),
        ("POST /api/commands", "/api/commands", join("bob"), 201),
        get("GET /api/resources", "/api/resources", 200),
        get("GET /api/resources", "/api/resources?server=true&owner=ann&type=coin&locked=true&limit=1", 200),
        get("GET /api/resources/{id}", "/api/resources/gold", 200),
        get("GET /api/resources/{id}", "/api/resources/gold?server=true", 200),
        get("GET /api/resources/{id}", "/api/resources/gold?version=1&server=true", 200),
        get("GET /api/resources/{id}", "/api/resources/none", 404),
        get("GET /api/documents", "/api/documents?limit=1", 200),
        get("GET /api/documents/{id}", "/api/documents/plan", 200),
        get("GET /api/documents/{id}", "/api/documents/none", 404),
        get("GET /api/games", "/api/games?phase=playing", 200),
        get("GET /api/games/{id}", "/api/games/g", 200),
        get("GET /api/games/{id}", "/api/games/g?playerId=ann", 200),
        get("GET /api/games/{id}", "/api/games/g?server=true", 200),
        get("GET /api/games/{id}", "/api/games/g?version=1", 200),
        get("GET /api/games/{id}", "/api/games/g?playerId=none", 404),
        get("GET /api/streams", "/api/streams?limit=1", 200),
        get("GET /api/streams/{stream}/events", "/api/streams/game-g/events?limit=2&backwards=true", 200),
        get("GET /api/streams/{stream}/events", "/api/streams/game-g/events?server=true", 200),
        get("GET /api/streams/{stream}/events", "/api/streams/none/events", 404),
        get("GET /api/streams/{stream}/missing", "/api/streams/document-plan/missing?afterVersion=0", 200),
        get("GET /api/streams/{stream}/missing", "/api/streams/document-plan/missing?afterVersion=5", 404),
        get("GET /api/streams/{stream}/state", "/api/streams/resource-gold/state", 200),
        get("GET /api/streams/{stream}/state", "/api/streams/game-g/state?version=2&server=true", 200),
        get("GET /api/streams/{stream}/state", "/api/streams/none/state", 404),
        ("POST /api/replay", "/api/replay", json!({"stream": "game-g", "verify": true}), 202),
        ("POST /api/replay", "/api/replay?server=true", json!({"category": "resource", "verify": true}), 202),
        ("POST /api/replay", "/api/replay", json!({"stream": "document-plan", "reducer": "count", "version": 1}), 202),
        ("POST /api/replay", "/api/replay", json!({"stream": "resource-none"}), 202),
        ("POST /api/replay", "/api/replay", json!({}), 400),
        get("GET /api/projections", "/api/projections", 200),
        get("GET /api/projections/{name}/rows", "/api/projections/games/rows?limit=1", 200),
        get("GET /api/projections/{name}/rows", "/api/projections/none/rows", 404),
        ("POST /api/projections/{name}/rebuild", "/api/projections/resources/rebuild", Value::Null, 202),
        ("POST /api/projections/{name}/rebuild", "/api/projections/none/rebuild", Value::Null, 404),
        ("POST /api/commands", "/api/commands", json!({"command": "document.delete", "id": "plan"}), 201),
        get("GET /api/documents/{id}", "/api/documents/plan", 404),
        get("GET /api/events", "/api/events?limit=3&backwards=true", 200),
        get("GET /api/activity", "/api/activity", 200),
        get("GET /api/jobs", "/api/jobs", 200),
        get("GET /api/jobs/{id}", "/api/jobs/019aa5c0-0000-7000-8000-000000000000", 404),
    ]
}

/// `GET /api/resources`, for each operation of a description.
fn operations(description: &Value) -> BTreeSet<String> {
    let paths = description["paths"].as_object().unwrap().iter();
    let methods = |(path, item): (&String, &Value)| -> Vec<String> {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    paths.flat_map(methods).collect()
}

/// Holds an answer against what the description says of its operation.
#[track_caller]
fn hold(description: &Value, operation: &str, path: &str, answer: &Answer) {
    let (method, template) = operation.split_once(' ').unwrap();
    let described = &description["paths"][template][method.to_lowercase()]["responses"];
    let status = answer.status.as_u16();
    let response = &described[status.to_string()];
    assert!(response.is_object(), "{method} {path} answers with {status}, which is not described: {}", answer.text);
    let content = &response["content"];
    if content.is_null() {
        assert!(answer.text.is_empty(), "{method} {path} answers with a body that is not described: {}", answer.text);
        return;
    }
    assert_eq!(answer.header("content-type"), "application/json", "{method} {path}");
    let mut schema = content["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{method} {path}: {content}");
    schema["components"] = description["components"].clone();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(&answer.json).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{method} {path}: {wrong:#?} in {}", answer.text);
}

async fn call(served: &Served, (operation, path, body, _): &Call) -> Answer {
    let method: Method = operation.split_once(' ').unwrap().0.parse().unwrap();
    let request = served.request(method, path);
    answer(if body.is_null() { request } else { request.json(body) }).await
}

async fn every_operation_answers_as_it_is_described(on: Backend) {
    let served = Served::start(on).await;
    let description = served.get("/openapi.json").await.is(200).json;
    assert_eq!(description["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let calls = calls();
    let called: BTreeSet<String> = calls.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
    let missing: Vec<_> =
        operations(&description).into_iter().filter(|it| !called.contains(it) && !ELSEWHERE.contains(&it.as_str())).collect();
    assert!(missing.is_empty(), "operations that this test does not call: {missing:?}");

    let mut jobs = Vec::new();
    for call_of in &calls {
        let (operation, path, _, status) = call_of;
        let answer = call(&served, call_of).await.is(*status);
        hold(&description, operation, path, &answer);
        if answer.status == 202 {
            jobs.push(answer.header("location").to_owned());
        }
    }
    // The results of jobs have a shape as well.
    let mut states = Vec::new();
    for path in jobs {
        let ended = ended(&served, &path).await;
        hold(&description, "GET /api/jobs/{id}", &path, &ended);
        states.push(ended.json["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["done", "done", "done", "failed", "done"]);
    let list = served.get("/api/jobs").await;
    hold(&description, "GET /api/jobs", "/api/jobs", &list);
    let tag = served.get("/api/games/g").await.is(200).header("etag").to_owned();
    let known = answer(served.request(Method::GET, "/api/games/g").header("If-None-Match", tag)).await.is(304);
    hold(&description, "GET /api/games/{id}", "/api/games/g", &known);
}

/// A job when it has ended.
pub async fn ended(served: &Served, path: &str) -> Answer {
    loop {
        let job = served.get(path).await.is(200);
        if job.json["ended_at"].is_string() {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn every_operation_refuses_as_it_is_described(on: Backend) {
    let served = Served::with(on, &token::WITH_SECRET).await;
    let description = served.get("/openapi.json").await.is(200).json;
    let nothing_allowed = token::signed(&token::claims_with("ann", json!({"scope": ""})));
    let mut refused = 0;
    for call_of in &calls() {
        let (operation, path, body, _) = call_of;
        let unknown = call(&served, call_of).await;
        hold(&description, operation, path, &unknown);
        if unknown.status == 200 {
            // For every caller.
            continue;
        }
        assert_eq!(unknown.status, 401, "{operation}");
        let method: Method = operation.split_once(' ').unwrap().0.parse().unwrap();
        let request = |token: &str, path: &str| {
            let request = served.request(method.clone(), path).bearer_auth(token);
            answer(if body.is_null() { request } else { request.json(body) })
        };
        if *operation != "GET /api/me" {
            let forbidden = request(&nothing_allowed, path).await.is(403);
            hold(&description, operation, path, &forbidden);
        }
        let (method, template) = operation.split_once(' ').unwrap();
        let parameters = &description["paths"][template][method.to_lowercase()]["parameters"];
        if parameters.as_array().into_iter().flatten().any(|parameter| parameter["in"] == "query") {
            let asked_otherwise = format!("{}?nonsense=1", path.split('?').next().unwrap());
            let bad = request(&token::admin(), &asked_otherwise).await.is(400);
            hold(&description, operation, &asked_otherwise, &bad);
        }
        refused += 1;
    }
    assert!(refused > 30, "{refused}");
}
