//! Attacks that take their time: connections that send slowly or nothing, and those that do not read.

use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::raw::Raw;
use crate::serve::raw::status_of;
use crate::serve::support::Served;

#[test]
fn two_hundred_half_open_connections_delay_no_other() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--header-timeout", "2s"]).await;
        let mut half_open = Vec::new();
        for number in 0..200 {
            let mut raw = Raw::to(&served).await;
            // Some send nothing at all, some a part of a line, some headers without an end.
            let part = ["", "GET /hea", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: "][number % 3];
            raw.send(part).await;
            half_open.push(raw);
        }
        for number in 0..20 {
            let id = format!("plan{number}");
            served.command("document.create", &id, json!({"document": {}})).await.is(201);
        }
        // They are dropped without having sent anything more.
        for mut raw in half_open {
            let said = raw.rest().await;
            assert!(said.is_empty() || status_of(&said) == 408, "{said}");
        }
        served.get("/ready").await.is(200);
    });
}

#[test]
fn headers_that_drip_are_cut_off() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--header-timeout", "1s"]).await;
        let mut raw = Raw::to(&served).await;
        raw.send("GET /health HTTP/1.1\r\nHost: localhost\r\n").await;
        // Each byte comes well within the time; all of them together do not.
        let mut sent = 0;
        while raw.send("X-A: b\r\n").await && sent < 600 {
            sent += 1;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(sent < 600, "the connection was never cut");
        served.get("/ready").await.is(200);
    });
}

#[test]
fn a_body_that_does_not_arrive_is_answered_and_delays_no_other_caller() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--request-timeout", "1s"]).await;
        let mut waiting = Vec::new();
        for _ in 0..50 {
            let mut raw = Raw::to(&served).await;
            raw.send("POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"comm").await;
            waiting.push(raw);
        }
        served.command("document.create", "plan", json!({"document": {}})).await.is(201);
        for mut raw in waiting {
            assert_eq!(status_of(&raw.head().await), 408);
        }
    });
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_request_changes_nothing() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let body = json!({"command": "document.create", "id": "plan", "with": {"document": {}}}).to_string();
        let head = format!("POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = head + &body;
        for length in [1, 20, request.len() / 2, request.len() - 1] {
            let mut raw = Raw::to(&served).await;
            raw.send(&request[..length]).await;
        }
        served.get("/ready").await.is(200);
        assert_eq!(served.esctl(&["stream", "list"])["items"], json!([]));
    });
}

#[test]
fn a_follower_that_reads_nothing_is_disconnected() {
    run(async {
        let mut served = Served::with(Backend::Sqlite, &["--client-patience", "500ms", "--shutdown-grace", "30s"]).await;
        let mut stalled = Vec::new();
        for path in ["/api/streams/document-notes/events", "/api/events"] {
            let mut raw = Raw::to(&served).await;
            raw.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")).await;
            assert_eq!(status_of(&raw.head().await), 200);
            stalled.push(raw);
        }
        // More than the system holds for them.
        served.command("document.create", "notes", json!({"document": {}})).await.is(201);
        for number in 0..60 {
            let with = json!({"merge": {"text": format!("{number} {}", "x".repeat(200 << 10))}});
            served.command("document.merge", "notes", with).await.is(201);
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let begun = std::time::Instant::now();
        served.terminate();
        assert_eq!(served.wait(), Some(0), "they are not waited for");
        assert!(begun.elapsed().as_secs() < 20);
        drop(stalled);
    });
}
