//! The JavaScript client as Node runs it: what the server gives at `/client.js`, against that server.

use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::node::Script;
use crate::serve::node::node_of;
use crate::serve::support::Served;
use crate::serve::token;

crate::on_every_backend! { async:
    commands_give_outcomes_and_errors_with_codes
    events_come_once_and_in_order
    a_stream_that_is_not_there_yet_is_awaited
    nothing_is_lost_or_doubled_when_connections_are_cut
    a_slow_reader_is_waited_for
    a_refused_reconnection_is_tried_again
    a_server_that_is_not_there_is_tried_again
    a_closed_client_waits_for_nothing
    a_server_that_is_killed_and_started_again_is_found_again
}

/// Starts a test in Node.
async fn node(served: &Served, test: &str, token: &str) -> Script {
    let path = client(served).await;
    Script::start(served, "client_js", test, &[("ESCTL_CLIENT_JS", &path), ("ESCTL_TOKEN", token)])
}

/// The client as the server gives it, in a file.
async fn client(served: &Served) -> String {
    let client = served.get("/client.js").await.is(200);
    // A Node of today takes a file for a module by its name only.
    let path = served.path("client.mjs");
    std::fs::write(&path, client.text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Runs the tests of connections with the WebSocket that Node of a major version has itself.
async fn with_built_in_websocket(major: u32) {
    let node = node_of(major);
    for test in [
        "commands_give_outcomes_and_errors_with_codes",
        "events_come_once_and_in_order",
        "a_refused_reconnection_is_tried_again",
        "a_server_that_is_not_there_is_tried_again",
        "a_closed_client_waits_for_nothing",
        "nothing_is_lost_or_doubled_when_connections_are_cut",
        "a_server_that_is_killed_and_started_again_is_found_again",
    ] {
        let mut served = Served::start(Backend::Sqlite).await;
        let path = client(&served).await;
        let environment = [("ESCTL_CLIENT_JS", path.as_str()), ("ESCTL_WEBSOCKET", "built-in")];
        Script::start_in(&node, &served, "client_js", test, &environment).ends_well(&mut served).await;
    }
}

#[tokio::test]
async fn node_22_follows_with_its_own_websocket() {
    with_built_in_websocket(22).await;
}

#[tokio::test]
async fn node_24_follows_with_its_own_websocket() {
    with_built_in_websocket(24).await;
}

async fn a_refused_reconnection_is_tried_again(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_refused_reconnection_is_tried_again", "").await.ends_well(&mut served).await;
}

async fn a_server_that_is_not_there_is_tried_again(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_server_that_is_not_there_is_tried_again", "").await.ends_well(&mut served).await;
}

async fn a_closed_client_waits_for_nothing(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_closed_client_waits_for_nothing", "").await.ends_well(&mut served).await;
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
    let again = crate::serve::support::answer(request).await.is(304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.as_str()));
    assert_eq!(served.get("/client.ts").await.fails(404, "not_found").json["error"]["code"], json!("not_found"));
}
