//! Attacks with what is sent: too much, too deep, not what it seems. Each is refused, and nothing is recorded.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::raw::Raw;
use crate::serve::raw::status_of;
use crate::serve::support::Answer;
use crate::serve::support::Served;
use crate::serve::support::answer;

async fn post(served: &Served, body: impl Into<reqwest::Body>) -> Answer {
    answer(served.request(reqwest::Method::POST, "/api/commands").body(body)).await
}

/// A command whose document is this text.
fn command(document: &str) -> String {
    format!(r#"{{"command":"document.create","id":"plan","with":{{"document":{document}}}}}"#)
}

fn nothing_happened(served: &Served) {
    assert_eq!(served.esctl(&["stream", "list"])["items"], json!([]));
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_is_announced() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        // Announced, and not sent.
        let announced = "POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n";
        assert_eq!(Raw::status(&served, announced).await, 413);
        // Not announced, and without an end.
        let mut raw = Raw::to(&served).await;
        raw.send("POST /api/commands HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let mut sent = 0;
        while sent < 1000 && raw.send(&chunk).await {
            sent += 1;
        }
        assert!(sent < 1000, "64 MiB were taken");
        assert!([413, 0].contains(&status_of(&raw.head().await)));
        served.get("/ready").await.is(200);
        nothing_happened(&served);
    });
}

#[test]
fn the_largest_body_is_taken() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let room = (1 << 20) - command("{\"a\":\"\"}").len();
        // The event has to fit as well, with what goes with it.
        post(&served, command(&format!("{{\"a\":\"{}\"}}", "x".repeat(room - 4096)))).await.is(201);
        let large = command(&format!("{{\"a\":\"{}\"}}", "x".repeat(room)));
        assert_eq!(large.len(), 1 << 20);
        post(&served, large + " ").await.fails(413, "too_large");
    });
}

crate::on_every_backend! { async:
    bombs_of_json_are_refused
}

async fn bombs_of_json_are_refused(on: Backend) {
    let served = Served::start(on).await;
    let deep = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    for bomb in [
        deep("[", "]", 100),
        deep("[", "]", 100_000),
        "[".repeat(500_000),
        deep(r#"{"a":"#, "}", 100),
        deep(r#"{"a":"#, "}", 100_000),
        r#"{"a":"#.repeat(200_000),
        "1e999999999".to_owned(),
        "9".repeat(500_000),
        "18446744073709551616".to_owned(),
        r#"{"a":1,"a":2}"#.to_owned(),
        r#"{"a":1,"\u0061":2}"#.to_owned(),
        r#""\u0000""#.to_owned(),
        r#""\ud800""#.to_owned(),
        "NaN".to_owned(),
        "{\"a\":1,}".to_owned(),
        "// x\n{}".to_owned(),
    ] {
        let answered = post(&served, command(&format!("{{\"x\":{bomb}}}"))).await;
        assert_eq!(answered.status.as_u16(), 400, "{bomb:.60}: {}", answered.text);
        assert!(answered.text.len() < 1000, "{bomb:.60} is answered at length");
    }
    nothing_happened(&served);
    served.get("/ready").await.is(200);
}

#[test]
fn a_number_that_is_very_long_is_refused_in_short() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let bomb = format!("-0.{}1", "0".repeat(500_000));
        let answered = post(&served, command(&format!("{{\"x\":{bomb}}}"))).await;
        assert_eq!(answered.status.as_u16(), 400, "{}", answered.text);
        assert!(answered.text.contains("write it as a string") && answered.text.len() < 1000, "{}", answered.text);
        nothing_happened(&served);
    });
}

#[test]
fn what_is_no_json_object_is_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c, 0x4a, 6, 0];
        let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in
            [b"".to_vec(), b" ".to_vec(), b"null".to_vec(), b"[]".to_vec(), b"\"x\"".to_vec(), b"{} {}".to_vec(), b"{".to_vec()]
        {
            let answered = post(&served, body.clone()).await;
            assert_eq!(answered.status.as_u16(), 400, "{body:?}: {}", answered.text);
        }
        for body in [gzip.to_vec(), vec![0xff; 100], utf16, b"{\"command\":\"\xc0\xae\"}".to_vec()] {
            assert_eq!(post(&served, body.clone()).await.status.as_u16(), 400, "{body:?}");
        }
        nothing_happened(&served);
    });
}

#[test]
fn fields_of_the_wrong_kind_are_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let good = json!({"command": "document.create", "id": "plan", "with": {"document": {}}});
        for (field, value) in [
            ("command", json!(null)),
            ("command", json!(["document.create"])),
            ("command", json!("")),
            ("command", json!("document")),
            ("command", json!("document.create\u{0}x".trim_end_matches('x').replace('\u{0}', "\u{1b}"))),
            ("id", json!(7)),
            ("id", json!("")),
            ("id", json!("a\nb")),
            ("id", json!("x".repeat(500))),
            ("with", json!([])),
            ("with", json!("document")),
            ("expectVersion", json!(-1)),
            ("expectVersion", json!("1")),
            ("expectVersion", json!(1.5)),
            ("commandId", json!("a\u{1b}[2Jb")),
            ("commandId", json!("x".repeat(5000))),
            ("dryRun", json!(true)),
            ("__proto__", json!({})),
        ] {
            let mut body = good.clone();
            body[field] = value.clone();
            let answered = served.post("/api/commands", &body).await;
            assert_eq!(answered.status.as_u16(), 400, "{field} = {value:.60}: {}", answered.text);
            assert!(!answered.text.contains('\u{1b}'), "{}", answered.text);
        }
        nothing_happened(&served);
    });
}

#[test]
fn heads_that_are_too_large_or_ambiguous_are_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let body = command("{}");
        let length = body.len();
        let long = "x".repeat(100_000);
        let many: String = (0..2000).map(|number| format!("X-{number}: y\r\n")).collect();
        let host = "Host: localhost\r\n";
        for (what, request) in [
            ("a long header", format!("GET /health HTTP/1.1\r\n{host}X-A: {long}\r\n\r\n")),
            ("many headers", format!("GET /health HTTP/1.1\r\n{host}{many}\r\n")),
            ("a long path", format!("GET /{long} HTTP/1.1\r\n{host}\r\n")),
            ("no host", format!("POST /api/commands HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}")),
            (
                "two lengths",
                format!("POST /api/commands HTTP/1.1\r\n{host}Content-Length: {length}\r\nContent-Length: 3\r\n\r\n{body}"),
            ),
            ("a negative length", format!("POST /api/commands HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n{body}")),
            (
                "a length in words",
                format!("POST /api/commands HTTP/1.1\r\n{host}Content-Length: {length}, {length}x\r\n\r\n{body}"),
            ),
            ("an unknown encoding", format!("POST /api/commands HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n{body}")),
            (
                "a bad chunk",
                format!("POST /api/commands HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"),
            ),
            ("a folded header", format!("GET /health HTTP/1.1\r\n{host}X-A: b\r\n c\r\n\r\n")),
            ("a space before the colon", format!("GET /health HTTP/1.1\r\n{host}X-A : b\r\n\r\n")),
            ("another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_owned()),
            ("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ] {
            let status = Raw::status(&served, request).await;
            assert!(status == 0 || (400..500).contains(&status), "{what}: {status}");
        }
        // Servers disagree on which of two lengths counts: what follows must not be taken for another request.
        let smuggled = format!(
            "POST /health HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /api/commands HTTP/1.1\r\n{host}Content-Length: {length}\r\n\r\n{body}"
        );
        let mut raw = Raw::to(&served).await;
        raw.send(smuggled).await;
        let answered = raw.rest().await;
        assert!(answered.matches("HTTP/1.1 ").count() <= 1, "{answered}");
        nothing_happened(&served);
        served.get("/ready").await.is(200);
    });
}

#[test]
fn a_refusal_says_what_was_wrong_and_nothing_else() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let answered = post(&served, "{\"command\":\n \"a\" \"b\"}").await.fails(400, "bad_json");
        let message = answered.json["error"]["message"].as_str().unwrap();
        assert!(message.contains("line 2"), "{message}");
        let error: Vec<&str> = answered.json["error"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(error, ["code", "message"]);
        assert_eq!(answered.header("cache-control"), "no-store");
        assert_eq!(answered.header("x-content-type-options"), "nosniff");
        assert_eq!(answered.json.as_object().map(|body| body.len()), Some(1), "{}", Value::Null);
    });
}

#[test]
fn a_number_that_does_not_come_back_is_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        for number in ["12345678901234567.89", "1e-400", "295147905179352830000"] {
            post(&served, command(&format!("{{\"a\":{number}}}"))).await.fails(400, "bad_json");
        }
        nothing_happened(&served);
        post(&served, command("{\"a\":1.10}")).await.is(201);
    });
}
