//! Attacks from the pages of others in a browser, and from names that are not the server's.

use reqwest::Method;
use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::support::Answer;
use crate::serve::support::Served;
use crate::serve::support::answer;

async fn command_from(served: &Served, origin: &str) -> Answer {
    let body = json!({"command": "document.create", "id": "plan", "with": {"document": {}}}).to_string();
    // As a form of a page would send it: the browser sends no preflight request.
    let request = served.request(Method::POST, "/api/commands").header("Content-Type", "text/plain").header("Origin", origin);
    answer(request.body(body)).await
}

#[test]
fn a_page_of_another_origin_can_do_nothing() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--allow-origin", "https://app.example"]).await;
        let port = served.address.port();
        for origin in [
            "https://evil.test".to_owned(),
            "null".to_owned(),
            String::new(),
            "https://app.example.evil.test".to_owned(),
            "https://evil.test#https://app.example".to_owned(),
            "http://app.example".to_owned(),
            "https://app.example:8443".to_owned(),
            format!("http://127.0.0.1:{}", port.wrapping_add(1)),
            format!("http://127.0.0.1:{port}.evil.test"),
            "file://".to_owned(),
        ] {
            let answered = command_from(&served, &origin).await.fails(403, "origin_not_allowed");
            assert!(answered.headers.get("access-control-allow-origin").is_none(), "{origin}");
            for path in ["/health", "/ready", "/openapi.json"] {
                answer(served.request(Method::GET, path).header("Origin", &origin)).await.is(403);
            }
        }
        assert_eq!(served.esctl(&["stream", "list"])["items"], json!([]));
    });
}

#[test]
fn its_own_pages_and_allowed_ones_may() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--allow-origin", "https://app.example"]).await;
        let own = served.url.clone();
        command_from(&served, &own).await.is(201);
        let answered = answer(served.request(Method::GET, "/health").header("Origin", "https://app.example")).await.is(200);
        assert_eq!(answered.header("access-control-allow-origin"), "https://app.example");
        assert!(answered.header("vary").contains("origin"));
        // A page sees of an answer what is named here: what the server's own answers carry.
        let shown: Vec<&str> = answered.header("access-control-expose-headers").split(", ").collect();
        assert_eq!(shown, ["etag", "link", "location", "retry-after", "x-correlation-id"]);
    });
}

#[test]
fn what_a_browser_asks_first_is_answered_for_allowed_pages_only() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--allow-origin", "https://app.example"]).await;
        let ask = |origin: &'static str| {
            let request = served.request(Method::OPTIONS, "/api/commands").header("Origin", origin);
            let request = request.header("Access-Control-Request-Method", "POST");
            answer(request.header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,traceparent"))
        };
        let allowed = ask("https://app.example").await.is(204);
        for header in ["authorization", "idempotency-key", "traceparent"] {
            assert!(allowed.header("access-control-allow-headers").split(", ").any(|name| name == header), "{header}");
        }
        assert_eq!(allowed.header("access-control-allow-methods"), "GET, POST");
        assert!(allowed.headers.get("access-control-allow-credentials").is_none());
        ask("https://evil.test").await.fails(403, "origin_not_allowed");
    });
}

#[test]
fn without_a_key_a_request_through_a_proxy_is_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"] {
            for path in ["/health", "/api/me", "/", "/ws", "/metrics"] {
                let refused = answer(served.request(Method::GET, path).header(name, "for=192.0.2.1")).await;
                let refused = refused.fails(403, "proxy_not_allowed");
                assert!(refused.text.contains("--jwt-secret-file"), "{}", refused.text);
            }
        }
        let with_key = Served::with(Backend::Sqlite, &["--jwt-secret-file", "secret"]).await;
        answer(with_key.request(Method::GET, "/health").header("X-Forwarded-For", "192.0.2.1")).await.is(200);
    });
}

#[test]
fn a_foreign_host_name_for_this_machine_is_refused() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        for host in ["evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test", "0.0.0.0", "192.168.0.1"] {
            let request = served.request(Method::GET, "/health").header("Host", host);
            answer(request).await.fails(403, "host_not_allowed");
        }
        answer(served.request(Method::GET, "/health").header("Host", "localhost:1")).await.is(200);
    });
}
