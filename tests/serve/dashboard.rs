//! The dashboard in a headless Chromium, against a server of its own.

use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::node::Script;
use crate::serve::support::Served;
use crate::serve::token;

crate::on_every_backend! { async:
    live_events_arrive
    the_slider_shows_the_state_of_a_version
    a_rebuild_shows_progress
    a_dropped_connection_recovers_by_itself
    a_table_shows_no_hands
}

/// Streams, and events of each, that a rebuild has to read: enough that one sees it on its way.
const STREAMS: usize = 24;
const EVENTS: usize = 10_000;

fn node(served: &Served, test: &str) -> Script {
    Script::start(served, "dashboard", test, &[])
}

async fn live_events_arrive(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "live_events_arrive").ends_well(&mut served).await;
}

async fn the_slider_shows_the_state_of_a_version(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "the_slider_shows_the_state_of_a_version").ends_well(&mut served).await;
}

async fn a_rebuild_shows_progress(on: Backend) {
    let mut served = Served::start(on).await;
    let path = served.path("events.ndjson");
    for stream in 0..STREAMS {
        let added =
            |number: usize| format!("{}\n", json!({"type": "resource.added", "data": {"amount": 1, "new_amount": number}}));
        std::fs::write(&path, (0..EVENTS).map(added).collect::<String>()).unwrap();
        served.esctl(&["stream", "append", &format!("resource-{stream}"), "--batch", path.to_str().unwrap()]);
    }
    node(&served, "a_rebuild_shows_progress").ends_well(&mut served).await;
}

async fn a_dropped_connection_recovers_by_itself(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_dropped_connection_recovers_by_itself").ends_well(&mut served).await;
}

async fn a_table_shows_no_hands(on: Backend) {
    let mut served = Served::start(on).await;
    node(&served, "a_table_shows_no_hands").ends_well(&mut served).await;
}

#[tokio::test]
async fn everything_is_reached_by_keyboard() {
    let mut served = Served::start(Backend::Sqlite).await;
    node(&served, "everything_is_reached_by_keyboard").ends_well(&mut served).await;
}

#[tokio::test]
async fn light_and_dark_are_readable() {
    let mut served = Served::start(Backend::Sqlite).await;
    node(&served, "light_and_dark_are_readable").ends_well(&mut served).await;
}

#[tokio::test]
async fn pages_keep_their_shape_when_they_are_full() {
    let mut served = Served::start(Backend::Sqlite).await;
    let long = "long-name-".repeat(12);
    let path = served.path("events.ndjson");
    let event = |number: usize| format!("{}\n", json!({"type": "order.changed", "data": {"number": number}}));
    std::fs::write(&path, (0..12_345).map(event).collect::<String>()).unwrap();
    served.esctl(&["stream", "append", &format!("order-{long}1"), "--batch", path.to_str().unwrap()]);
    for number in 0..99 {
        let with = json!({"owner_id": long, "resource_type": long, "initial_amount": 1_000_000, "max_amount": i64::MAX});
        served.command("resource.create", &format!("{number}-{long}1"), with).await.is(201);
    }
    node(&served, "pages_keep_their_shape_when_they_are_full").ends_well(&mut served).await;
}

#[tokio::test]
async fn a_list_says_what_qualifies_it() {
    let mut served = Served::start(Backend::Sqlite).await;
    node(&served, "a_list_says_what_qualifies_it").ends_well(&mut served).await;
}

#[tokio::test]
async fn what_comes_from_events_is_text() {
    let mut served = Served::start(Backend::Sqlite).await;
    node(&served, "what_comes_from_events_is_text").ends_well(&mut served).await;
}

#[tokio::test]
async fn conflicts_and_rejections_are_shown() {
    let mut served = Served::start(Backend::Sqlite).await;
    node(&served, "conflicts_and_rejections_are_shown").ends_well(&mut served).await;
}

#[tokio::test]
async fn a_token_is_asked_for_and_kept_in_the_tab() {
    let mut served = Served::with(Backend::Sqlite, &token::WITH_SECRET).await;
    let reader = token::signed(&token::claims_with("ann", json!({"scope": "read"})));
    let tokens = [("ESCTL_TOKEN", token::admin()), ("ESCTL_READER_TOKEN", reader)];
    let tokens = tokens.each_ref().map(|(name, token)| (*name, token.as_str()));
    Script::start(&served, "dashboard", "a_token_is_asked_for_and_kept_in_the_tab", &tokens).ends_well(&mut served).await;
}

#[tokio::test]
async fn the_page_allows_nothing_but_its_own_server() {
    let served = Served::start(Backend::Sqlite).await;
    let page = served.get("/").await.is(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}
