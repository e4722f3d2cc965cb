//! `GET /metrics`: every number has its name, and moves when it should.

use std::time::Duration;

use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::own_server::Server;
use crate::serve::exposition::Scrape;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    numbers_move_when_they_should
    a_conflict_and_a_race_are_distinguished
    projections_are_watched
    no_label_holds_what_a_client_says
}

async fn scrape(served: &Served) -> Scrape {
    // A reading of the store is good for a moment.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let answer = served.get("/metrics").await.is(200);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    Scrape::read(&answer.text)
}

async fn make(served: &Served, id: &str) {
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1000, "max_amount": 5000});
    served.command("resource.create", id, with).await.is(201);
}

async fn numbers_move_when_they_should(on: Backend) {
    let served = Served::start(on).await;
    let before = scrape(&served).await;
    assert_eq!(before.value("esctl_store_head_position"), 0.0);
    assert!(!before.has("esctl_bus_up") || before.value("esctl_bus_up") == 0.0);
    let backend = served.esctl(&["stats"])["kind"].as_str().unwrap().to_owned();
    let build = format!("esctl_build_info{{version=\"{}\",backend=\"{backend}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(before.value(&build), 1.0, "{before:?}");

    make(&served, "gold").await;
    served.command("resource.allocate", "gold", json!({"amount": 9000})).await.is(422);
    served.command("resource.allocate", "gold", json!({"amount": "x"})).await.is(400);
    served.command("resource.grow", "gold", json!({})).await.is(400);
    let keyed = json!({"command": "resource.allocate", "id": "gold", "with": {"amount": 1}, "commandId": "k"});
    served.post("/api/commands", &keyed).await;
    served.post("/api/commands", &keyed).await;

    let after = scrape(&served).await;
    for (series, value) in [
        (r#"esctl_events_appended_total{category="resource"}"#, 2.0),
        (r#"esctl_commands_total{command="resource.create",outcome="applied"}"#, 1.0),
        (r#"esctl_commands_total{command="resource.allocate",outcome="applied"}"#, 1.0),
        (r#"esctl_commands_total{command="resource.allocate",outcome="already_applied"}"#, 1.0),
        (r#"esctl_commands_total{command="resource.allocate",outcome="rejected"}"#, 1.0),
        (r#"esctl_commands_total{command="resource.allocate",outcome="invalid"}"#, 1.0),
        (r#"esctl_commands_total{command="unknown",outcome="invalid"}"#, 1.0),
        ("esctl_command_duration_seconds_count", 6.0),
        ("esctl_append_duration_seconds_count", 2.0),
        ("esctl_append_outcome_unknown_total", 0.0),
        ("esctl_store_head_position", 2.0),
        (r#"esctl_http_request_duration_seconds_count{route="/api/commands",status="422"}"#, 1.0),
        (r#"esctl_http_request_duration_seconds_count{route="/metrics",status="200"}"#, 1.0),
    ] {
        assert_eq!(after.value(series), value, "{series} in {after:?}");
    }
    assert!(after.value("esctl_store_size_bytes") > 0.0);

    for _ in 0..100 {
        served.command("resource.add", "gold", json!({"amount": 1})).await.is(201);
    }
    assert_eq!(after.value("esctl_quarantined_events"), 0.0);
    let id = served.esctl(&["stream", "read", "resource-gold"])["items"][50]["event_id"].as_str().unwrap().to_owned();
    served.esctl(&["quarantine", "add", &id, "--reason", "wrong"]);
    let later = scrape(&served).await;
    assert_eq!(later.value("esctl_quarantined_events"), 1.0);
    served.esctl(&["quarantine", "release", &id]);
    assert_eq!(scrape(&served).await.value("esctl_quarantined_events"), 0.0);
    assert_eq!(later.value("esctl_snapshots_total"), 1.0);
    assert_eq!(later.value(r#"esctl_events_appended_total{category="resource"}"#), 102.0);
}

async fn a_conflict_and_a_race_are_distinguished(on: Backend) {
    let served = Served::start(on).await;
    make(&served, "gold").await;
    let reason = |scrape: &Scrape, reason: &str| scrape.value(&format!("esctl_append_conflicts_total{{reason=\"{reason}\"}}"));
    let add = json!({"command": "resource.add", "id": "gold", "with": {"amount": 1}, "expectVersion": 7});
    served.post("/api/commands", &add).await.is(409);
    let one = scrape(&served).await;
    assert_eq!((reason(&one, "version"), reason(&one, "contention"), reason(&one, "id")), (1.0, 0.0, 0.0));
    // Two servers on one store that append to one stream at the same time: now and then one of them is too late, and decides
    // again.
    let other = served.beside(&[]).await;
    let mut round = 0;
    loop {
        let mut adds = tokio::task::JoinSet::new();
        for url in [&served.url, &other.url] {
            for _ in 0..8 {
                let body = json!({"command": "resource.add", "id": "gold", "with": {"amount": 1}});
                let request = reqwest::Client::new().post(format!("{url}/api/commands")).json(&body);
                adds.spawn(async move { request.send().await.unwrap().status() });
            }
        }
        let statuses = adds.join_all().await;
        assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
        let raced = [scrape(&served).await, scrape(&other).await];
        let sum = |name: &str| raced.iter().map(|scrape| reason(scrape, name)).sum::<f64>();
        assert_eq!((sum("version"), sum("id")), (1.0, 0.0));
        if sum("contention") > 0.0 {
            break;
        }
        round += 1;
        assert!(round < 20, "no race in {round} rounds");
    }
}

async fn projections_are_watched(on: Backend) {
    let served = Served::start(on).await;
    let of = |name: &str, projection: &str| format!("esctl_projection_{name}{{projection=\"{projection}\"}}");
    let state = |state: &str| format!("esctl_projection_state{{projection=\"resources\",state=\"{state}\"}}");
    make(&served, "gold").await;
    make(&served, "silver").await;
    // The server takes them in by itself.
    let current = loop {
        let now = scrape(&served).await;
        if now.value(&of("position", "resources")) == 2.0 {
            break now;
        }
    };
    assert_eq!((current.value(&state("current")), current.value(&state("paused"))), (1.0, 0.0), "{current:?}");
    assert_eq!((current.value(&of("lag_events", "resources")), current.value(&of("lag_seconds", "resources"))), (0.0, 0.0));

    // Each state is a series, the rare ones too, and just one of them is so.
    let states = current.labels("state").into_iter().map(|name| (name.to_owned(), current.value(&state(name))));
    let states: std::collections::BTreeMap<String, f64> = states.collect();
    assert!(states.contains_key("parked") && states.contains_key("incomplete"), "{states:?}");
    assert_eq!((states.len(), states.values().sum::<f64>()), (11, 1.0), "{states:?}");

    served.esctl(&["projection", "pause", "resources"]);
    make(&served, "copper").await;
    let paused = scrape(&served).await;
    assert_eq!((paused.value(&state("current")), paused.value(&state("paused"))), (0.0, 1.0), "{paused:?}");
    assert_eq!((paused.value(&of("lag_events", "resources")), paused.value(&of("position", "resources"))), (1.0, 2.0));
    assert!(paused.value(&of("lag_seconds", "resources")) > 0.0, "{paused:?}");

    served.esctl(&["projection", "run", "resources", "--on-error", "park"]);
    served.esctl(&["projection", "resume", "resources"]);
    served.esctl(&[
        "stream",
        "append",
        "resource-gold",
        "--type",
        "resource.allocated",
        "--force",
        "--data",
        r#"{"amount":"much"}"#,
    ]);
    let parked = loop {
        let now = scrape(&served).await;
        if now.value(&of("position", "resources")) == 4.0 {
            break now;
        }
    };
    assert_eq!(parked.value(&of("parked_events", "resources")), 1.0, "{parked:?}");
    assert_eq!(parked.value(&of("lag_events", "resources")), 1.0, "{parked:?}");
    // A parked stream is no reason to take the server out of service.
    served.get("/ready").await.is(200);
    assert_eq!(parked.value(&of("parked_events", "games")), 0.0);
}

async fn no_label_holds_what_a_client_says(on: Backend) {
    let served = Served::start(on).await;
    make(&served, "telltale").await;
    served.get("/api/resources/telltale").await;
    served.get("/telltale/path?telltale=1").await.is(404);
    served.command("telltale.now", "telltale", json!({})).await.is(400);
    served.request(reqwest::Method::from_bytes(b"TELLTALE").unwrap(), "/health").send().await.unwrap();
    let text = served.get("/metrics").await.text;
    assert!(!text.to_lowercase().contains("telltale"), "{text}");
    assert!(Scrape::read(&text).labels("route").contains("unmatched"), "{text}");
}

/// A store that is unavailable: its own metrics are left out, and the rest is answered in time.
#[test]
#[ignore = "needs a server: tests/run"]
fn an_unavailable_store_does_not_delay_a_scrape() {
    let mut database = Server::start(Backend::Postgres);
    let place = Place::on_server(Backend::Postgres, &database.url);
    crate::common::backend::run(async {
        let served = Served::over(&place.url, &["--timeout", "60s"]).await;
        make(&served, "gold").await;
        assert!(scrape(&served).await.has("esctl_store_head_position"));
        // It takes connections, and answers nothing.
        database.signal("STOP");
        let scraped = scrape(&served).await;
        assert!(!scraped.has("esctl_store_head_position") && !scraped.has("esctl_store_size_bytes"), "{scraped:?}");
        assert_eq!(scraped.value(r#"esctl_events_appended_total{category="resource"}"#), 1.0);
        database.signal("CONT");
        assert_eq!(scrape(&served).await.value("esctl_store_head_position"), 1.0);
    });
    // Its connections are cut before the place is removed.
    database.kill();
    database.start_again();
}
