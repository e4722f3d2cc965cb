//! The JavaScript client as Node runs it: what the server gives at `/client.js`, against that server.

use serde_json::json;

use crate::backend::Backend;
use crate::node::Script;
use crate::support::Served;
use crate::token;

crate::on_every_backend! { async:
    commands_give_outcomes_and_errors_with_codes
    events_come_once_and_in_order
    a_stream_that_is_not_there_yet_is_awaited
    nothing_is_lost_or_doubled_when_connections_are_cut
    a_slow_reader_is_waited_for
    a_server_that_is_killed_and_started_again_is_found_again
}

/// Starts a test in Node.
async fn node(served: &Served, test: &str, token: &str) -> Script {
    let client = served.get("/client.js").await.is(200);
    // A Node of today takes a file for a module by its name only.
    let path = served.path("client.mjs");
    std::fs::write(&path, client.text).unwrap();
    Script::start(served, "client_js", test, &[("ESCTL_CLIENT_JS", path.to_str().unwrap()), ("ESCTL_TOKEN", token)])
}

async fn commands_give_outcomes_and_errors_with_codes(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "commands_give_outcomes_and_errors_with_codes", "").await.ends_well(&mut served).await;
}

async fn events_come_once_and_in_order(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "events_come_once_and_in_order", "").await.ends_well(&mut served).await;
}

async fn a_stream_that_is_not_there_yet_is_awaited(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_stream_that_is_not_there_yet_is_awaited", "").await.ends_well(&mut served).await;
}

async fn nothing_is_lost_or_doubled_when_connections_are_cut(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "nothing_is_lost_or_doubled_when_connections_are_cut", "").await.ends_well(&mut served).await;
}

async fn a_slow_reader_is_waited_for(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_slow_reader_is_waited_for", "").await.ends_well(&mut served).await;
}

async fn a_server_that_is_killed_and_started_again_is_found_again(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_server_that_is_killed_and_started_again_is_found_again", "").await.ends_well(&mut served).await;
}

#[tokio::test]
async fn a_token_is_needed_and_travels_as_a_subprotocol() {
    let mut served = Served::with(Backend::Sqlite, &token::WITH_SECRET).await;
    node(&served, "a_token_is_needed_and_travels_as_a_subprotocol", &token::player("ann")).await.ends_well(&mut served).await;
}

#[tokio::test]
async fn the_client_and_its_types_are_served_as_what_they_are() {
    let served = Served::start(Backend::Sqlite).await;
    let script = served.get("/client.js").await.is(200);
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    let types = served.get("/client.d.ts").await.is(200);
    assert_eq!(types.header("content-type"), "text/x-typescript; charset=utf-8");
    // Everything that the client offers is typed.
    for exported in ["class EsctlError", "class Client", "function connect"] {
        assert!(script.text.contains(&format!("export {exported}")), "{exported}");
        assert!(types.text.contains(&format!("export {exported}")), "{exported}");
    }
    let tag = script.header("etag").to_owned();
    let request = served.request(reqwest::Method::GET, "/client.js").header("if-none-match", &tag);
    let again = crate::support::answer(request).await.is(304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.as_str()));
    assert_eq!(served.get("/client.ts").await.fails(404, "not_found").json["error"]["code"], json!("not_found"));
}
