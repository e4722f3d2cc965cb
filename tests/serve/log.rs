//! The log of a server: a line for each request, that programs can read and clients cannot forge.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::support::Served;
use crate::serve::support::answer;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Returns the lines of requests, once there are this many.
async fn lines(served: &Served, count: usize) -> Vec<Value> {
    loop {
        let log = served.log();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
        let mut requests: Vec<Value> = lines.filter(|line| line["target"] == "esctl::request").collect();
        // Those that waited for the server to be ready.
        requests.retain(|line| line["route"] != "/ready");
        if requests.len() >= count {
            return requests;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[test]
fn each_request_is_a_line_of_json_with_its_trace() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--log-format", "json"]).await;
        let body = json!({
            "command": "resource.create", "id": "gold",
            "with": {"owner_id": "ann", "resource_type": "coin", "initial_amount": 1, "max_amount": 9},
        });
        let request = served.request(reqwest::Method::POST, "/api/commands?telltale=1").json(&body);
        let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01")).header("x-client-id", "ann");
        let made = answer(request).await.is(201);
        assert_eq!(made.header("x-correlation-id"), TRACE);
        let line = &lines(&served, 1).await[0];
        for (field, value) in [
            ("trace_id", json!(TRACE)),
            ("correlation_id", json!(TRACE)),
            ("method", json!("POST")),
            ("route", json!("/api/commands")),
            ("status", json!(201)),
            ("client", json!("ann")),
            ("level", json!("INFO")),
        ] {
            assert_eq!(line[field], value, "{field} of {line}");
        }
        assert!(line["duration_ms"].as_f64().unwrap() > 0.0 && line["timestamp"].is_string(), "{line}");
        // The events of the request belong to its trace.
        let events = served.esctl(&["trace", TRACE]);
        assert!(events.to_string().contains("resource.created"), "{events}");
        assert!(!served.log().contains("telltale"), "{}", served.log());
    });
}

#[test]
fn a_correlation_id_of_the_callers_is_taken_over() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--log-format", "json"]).await;
        let request = served.request(reqwest::Method::GET, "/health").header("x-correlation-id", "buy-18");
        assert_eq!(answer(request).await.header("x-correlation-id"), "buy-18");
        let line = &lines(&served, 1).await[0];
        assert_eq!((&line["correlation_id"], &line["client"]), (&json!("buy-18"), &json!("anonymous")));
        assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    });
}

#[test]
fn a_game_that_is_set_up_belongs_to_what_the_caller_says() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        // As long as an id may be.
        let id = "x".repeat(1024);
        let request = served.request(reqwest::Method::POST, "/api/games").header("x-correlation-id", &id);
        let made = answer(request.json(&json!({"numPlayers": 2}))).await.is(201);
        assert_eq!(made.header("x-correlation-id"), id);
        let events = served.esctl(&["trace", &id]);
        assert!(events.to_string().contains("game.created"), "{events}");
    });
}

#[test]
fn nothing_that_a_client_says_makes_another_line() {
    run(async {
        for format in ["text", "json"] {
            let served = Served::with(Backend::Sqlite, &["--log-format", format, "-vv"]).await;
            let name = "x\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J\u{202e}\u{9b}";
            let with = json!({"owner_id": name, "resource_type": name, "initial_amount": 1, "max_amount": 9});
            served.command("resource.create", "gold", with).await;
            served.command(name, name, json!({"x": name})).await.is(400);
            served.get("/api/%1b%5b2J%0aERROR%20forged").await.is(404);
            let request = served.request(reqwest::Method::GET, "/health");
            let header = reqwest::header::HeaderValue::from_bytes(b"a\xc2\x9bb\tforged").unwrap();
            answer(request.header("x-client-id", header.clone()).header("traceparent", header)).await;
            let log = served.log();
            assert!(!log.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z") || line.starts_with("ERROR")), "{log}");
            assert!(!log.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{log}");
        }
    });
}
