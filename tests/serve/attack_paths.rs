//! Attacks with paths: out of the folder, around the check, into the log.

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::raw::Raw;
use crate::serve::support::Served;

#[test]
fn no_path_leads_out_or_brings_the_server_down() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let long = format!("/api/resources/{}", "a".repeat(3000));
        for path in [
            "/../../../../etc/passwd",
            "/..%2f..%2f..%2fetc%2fpasswd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%252f..%252fetc/passwd",
            "/.%00./etc/passwd",
            "/%c0%ae%c0%ae/etc/passwd",
            "/..\\..\\etc\\passwd",
            "//etc/passwd",
            "/./././etc/passwd",
            "/assets/../Cargo.toml",
            "/client.js/../../Cargo.toml",
            "/api/resources/..%2f..%2fetc%2fpasswd",
            "/api/resources/%00",
            "/api/resources/%0d%0aSet-Cookie:%20a=b",
            "/api/documents/%ff%fe",
            "/api/games/%1b%5b2J",
            "/api/streams/..%2f..%2fetc/events",
            "/api/streams/$all/events",
            "/api/streams/%24all/events",
            "/api/streams/resource-%E2%80%AEdlog/events",
            "/api/streams//events",
            "/api/projections/..%2fresources/rebuild",
            "/api/commands/",
            "/API/COMMANDS",
            "/api/commands;x=y",
            "/api/%63ommands",
            long.as_str(),
            "/?%00=%ff",
            "/health?a=%",
            "*",
            "http://evil.test/api/resources",
            "evil.test:80",
        ] {
            for method in ["GET", "POST", "DELETE", "PUT", "TRACE", "CONNECT", "BREW"] {
                let request =
                    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                let mut raw = Raw::to(&served).await;
                raw.send(request).await;
                let answered = raw.rest().await;
                let status = crate::serve::raw::status_of(&answered);
                assert!(status < 500, "{method} {path}: {answered}");
                assert!(!answered.contains("root:") && !answered.contains("[package]"), "{method} {path}: {answered}");
                assert!(!answered.to_lowercase().contains("\r\nset-cookie"), "{method} {path}: {answered}");
                let shown = answered.replace("\r\n", "\n");
                assert!(!shown.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{method} {path}: {answered:?}");
            }
        }
        served.get("/ready").await.is(200);
    });
}
