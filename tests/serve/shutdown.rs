//! Stopping: what has begun is finished, nothing new is taken, and what was answered is there.

use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::raw::Raw;
use crate::serve::raw::status_of;
use crate::serve::support::Served;
use crate::serve::support::answer;

crate::on_every_backend! { async:
    what_has_begun_is_finished_and_nothing_new_is_taken
    no_answered_command_is_lost_however_the_server_ends
    a_server_that_is_idle_ends_at_once
    what_takes_too_long_is_cut_after_the_grace
}

fn create(id: &str) -> (String, String) {
    let body = json!({"command": "document.create", "id": id, "with": {"document": {}}}).to_string();
    let head = "POST /api/commands HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
    (format!("{head}Content-Length: {}\r\n\r\n", body.len()), body)
}

/// Begins a request, and returns when the server reads its body: it has begun for the server too.
async fn begin(served: &Served, head: String) -> Raw {
    let mut raw = Raw::to(served).await;
    raw.send(head).await;
    assert_eq!(status_of(&raw.head().await), 100);
    raw
}

async fn what_has_begun_is_finished_and_nothing_new_is_taken(on: Backend) {
    let mut served = Served::start(on).await;
    let (head, body) = create("late");
    let mut begun = begin(&served, head).await;
    begun.send(&body[..5]).await;
    served.terminate();
    // A connection that was kept is closed now, whatever a client may be about to send on it.
    let unpooled = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let ready = || answer(unpooled.get(format!("{}/ready", served.url)));
    while ready().await.status.as_u16() != 503 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(ready().await.json["stopping"], true);
    let create = json!({"command": "document.create", "id": "new", "with": {"document": {}}});
    let refused = answer(unpooled.post(format!("{}/api/commands", served.url)).json(&create)).await.fails(503, "stopping");
    assert_eq!(refused.header("retry-after"), "1");
    begun.send(&body[5..]).await;
    let status = status_of(&begun.head().await);
    // It had not been accepted yet, and gets that answer.
    assert_eq!(status, 503);
    assert_eq!(served.wait(), Some(0), "{}", served.log());
}

async fn no_answered_command_is_lost_however_the_server_ends(on: Backend) {
    for signal in ["TERM", "INT", "KILL"] {
        let mut served = Served::start(on).await;
        let mut answered = 0;
        // Eight at a time, until the server ends.
        for round in 0.. {
            let sent = (0..8).map(|number| {
                let body = json!({"command": "document.create", "id": format!("d{round}-{number}"), "with": {"document": {}}});
                served.request(reqwest::Method::POST, "/api/commands").json(&body).send()
            });
            let results: Vec<_> = futures_all(sent).await;
            let done = results.iter().filter(|result| result.as_ref().is_ok_and(|answer| answer.status() == 201)).count();
            answered += done;
            if round == 3 {
                crate::serve::support::signal(served.pid(), signal);
            }
            if results.iter().any(Result::is_err) {
                break;
            }
        }
        let code = served.wait();
        assert_eq!(code, if signal == "KILL" { None } else { Some(0) }, "{}", served.log());
        let there = served.esctl(&["stream", "list", "--category", "document"])["items"].as_array().unwrap().len();
        assert!(there >= answered, "{signal}: {answered} answered, {there} there");
        assert!(signal == "KILL" || there <= answered + 8, "{signal}: {answered} answered, {there} there");
    }
}

async fn futures_all<T: Send + 'static>(futures: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn a_server_that_is_idle_ends_at_once(on: Backend) {
    let mut served = Served::start(on).await;
    // A connection that is kept for another request is no reason to wait.
    let mut kept = Raw::to(&served).await;
    kept.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(status_of(&kept.head().await), 200);
    served.terminate();
    assert_eq!(served.wait(), Some(0), "{}", served.log());
}

async fn what_takes_too_long_is_cut_after_the_grace(on: Backend) {
    let mut served = Served::with(on, &["--shutdown-grace", "300ms"]).await;
    let (head, _) = create("never");
    let _begun = begin(&served, head).await;
    served.terminate();
    assert_eq!(served.wait(), Some(143), "{}", served.log());
    assert!(served.log().contains("shutdown-grace"), "{}", served.log());
}
