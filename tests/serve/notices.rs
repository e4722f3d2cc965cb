//! Redis between instances: its messages, and that nothing is lost when it is unavailable, sends nonsense or is another store's.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::Commands;
use redis::Connection;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::common::own_server::Server;
use crate::serve::exposition::Scrape;
use crate::serve::support::Served;

/// The key of the log.
const LOG: &str = "esctl:log";

type Entries = Vec<(String, BTreeMap<String, String>)>;

fn client(redis: &Server) -> Connection {
    redis::Client::open(redis.url.as_str()).unwrap().get_connection().unwrap()
}

fn entries(redis: &Server) -> Entries {
    redis::cmd("XRANGE").arg(LOG).arg("-").arg("+").query(&mut client(redis)).unwrap()
}

/// Returns the log once it has this number of entries.
async fn entries_once(redis: &Server, count: usize) -> Entries {
    loop {
        let entries = entries(redis);
        if entries.len() >= count {
            return entries;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn number(served: &Served, series: &str) -> f64 {
    Scrape::read(&served.get("/metrics").await.text).value(series)
}

/// Waits until a number is this one.
async fn until(served: &Served, series: &str, value: f64) {
    while number(served, series).await != value {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn make(served: &Served, id: &str) {
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 10, "max_amount": 5000});
    served.command("resource.create", id, with).await.is(201);
}

async fn add(served: &Served, id: &str) {
    served.command("resource.add", id, json!({"amount": 1})).await.is(201);
}

async fn two_servers(redis: &Server) -> (Served, Served) {
    let one = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
    let other = one.beside(&["--redis", &redis.url]).await;
    until(&one, "esctl_bus_up", 1.0).await;
    until(&other, "esctl_bus_up", 1.0).await;
    (one, other)
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_log_has_each_event_once_and_in_order_for_any_writer() {
    let redis = Server::redis(&[]);
    run(async {
        let (one, other) = two_servers(&redis).await;
        make(&one, "gold").await;
        make(&other, "silver").await;
        for _ in 0..20 {
            tokio::join!(add(&one, "gold"), add(&other, "silver"));
        }
        // Also what no server has appended.
        one.esctl(&["stream", "append", "order-1", "--type", "order.placed", "--data", "{}"]);
        let log = entries_once(&redis, 43).await;
        let ids: Vec<String> = log.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(ids, (1..=43).map(|position| format!("{position}-0")).collect::<Vec<_>>());
        let stored = one.esctl(&["stream", "read", "--all"]);
        for ((_, fields), event) in log.iter().zip(stored["items"].as_array().unwrap()) {
            for field in ["position", "event_id", "stream", "version", "type", "recorded_at"] {
                let stored = event[field].as_str().map_or_else(|| event[field].to_string(), str::to_owned);
                assert_eq!(fields[field], stored, "{field} of {event}");
            }
        }
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_log_is_read_in_consumer_groups() {
    let redis = Server::redis(&[]);
    run(async {
        let served = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
        let mut outside = client(&redis);
        redis::cmd("XGROUP").arg("CREATE").arg(LOG).arg("shop").arg(0).arg("MKSTREAM").query::<()>(&mut outside).unwrap();
        make(&served, "gold").await;
        add(&served, "gold").await;
        entries_once(&redis, 2).await;
        let mut read = |consumer: &str, count: u32| -> Vec<String> {
            let mut command = redis::cmd("XREADGROUP");
            command.arg("GROUP").arg("shop").arg(consumer).arg("COUNT").arg(count).arg("STREAMS").arg(LOG).arg(">");
            let read: Option<Vec<(String, Entries)>> = command.query(&mut outside).unwrap();
            read.into_iter().flatten().flat_map(|(_, entries)| entries).map(|(id, _)| id).collect()
        };
        assert_eq!(read("ann", 1), ["1-0"]);
        assert_eq!(read("bob", 5), ["2-0"]);
        assert!(read("ann", 5).is_empty());
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_hidden_reaches_redis() {
    let redis = Server::redis(&[]);
    run(async {
        let served = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
        served.command("game.create", "table", json!({"num_players": 2, "seed": 424_242})).await.is(201);
        let with = json!({
            "owner_id": "ann", "resource_type": "currency", "initial_amount": 10, "max_amount": 50, "regeneration_rate": 0.123,
            "metadata": {"note": "server only"},
        });
        served.command("resource.create", "gold", with).await.is(201);
        let large = json!({"document": {"text": "x".repeat(9000)}});
        served.command("document.create", "large", large).await.is(201);
        let log = entries_once(&redis, 3).await;
        assert!(log[0].1["data"].contains("num_players") && log[1].1["data"].contains("currency"), "{log:?}");
        assert!(!log[2].1.contains_key("data"), "{log:?}");
        let text = format!("{log:?}");
        for hidden in ["424242", "seed", "0.123", "server only", "hash", "anonymous"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_channel_tells_of_its_stream() {
    let redis = Server::redis(&[]);
    run(async {
        let served = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
        until(&served, "esctl_bus_up", 1.0).await;
        let mut outside = client(&redis);
        let mut channels = outside.as_pubsub();
        channels.subscribe("esctl:events:resource-gold").unwrap();
        make(&served, "silver").await;
        make(&served, "gold").await;
        let message: String = channels.get_message().unwrap().get_payload().unwrap();
        let message: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(
            (&message["stream"], &message["version"], &message["position"]),
            (&json!("resource-gold"), &json!(1), &json!(2))
        );
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn commands_continue_while_redis_is_unavailable_and_nothing_is_missing_afterwards() {
    let mut redis = Server::redis(&[]);
    run(async {
        let (one, other) = two_servers(&redis).await;
        assert_eq!(one.get("/ready").await.is(200).json["redis"], "up");
        make(&one, "gold").await;
        entries_once(&redis, 1).await;
        redis.kill();
        until(&one, "esctl_bus_up", 0.0).await;
        // The store is enough.
        assert_eq!(one.get("/ready").await.is(200).json["redis"], "away");
        for _ in 0..5 {
            add(&one, "gold").await;
            add(&other, "gold").await;
        }
        redis.start_again();
        until(&one, "esctl_bus_up", 1.0).await;
        assert_eq!(number(&one, "esctl_bus_gap_fills_total").await, 1.0);
        // It has forgotten everything; the missed notices are sent now.
        let log = entries_once(&redis, 11).await;
        assert_eq!(log.iter().map(|(id, _)| id.as_str()).next_back(), Some("11-0"));
        assert_eq!(log.len(), 11);
        let log = one.log();
        assert_eq!(log.matches("Redis unavailable").count(), 1, "{log}");
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_silent_redis_delays_no_caller() {
    let redis = Server::redis(&[]);
    run(async {
        let served = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
        until(&served, "esctl_bus_up", 1.0).await;
        redis.signal("STOP");
        make(&served, "gold").await;
        for _ in 0..20 {
            add(&served, "gold").await;
        }
        // It is noticed without a closed connection.
        until(&served, "esctl_bus_up", 0.0).await;
        redis.signal("CONT");
        assert_eq!(entries_once(&redis, 21).await.len(), 21);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn messages_that_are_doubled_or_nonsense_change_nothing() {
    let redis = Server::redis(&[]);
    run(async {
        let (one, other) = two_servers(&redis).await;
        let mut outside = client(&redis);
        make(&one, "gold").await;
        for nonsense in ["", "{", "null", r#"{"from":7}"#, r#"{"stream":"resource-gold","version":999,"position":999}"#] {
            for _ in 0..3 {
                let _: usize = outside.publish("esctl:events:resource-gold", nonsense).unwrap();
            }
        }
        let _: usize = outside.publish("esctl:events:resource-gold", &[0xff_u8, 0xfe][..]).unwrap();
        add(&other, "gold").await;
        assert_eq!(entries_once(&redis, 2).await.len(), 2);
        assert_eq!(number(&one, "esctl_bus_up").await, 1.0);
        assert_eq!(number(&other, "esctl_bus_up").await, 1.0);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_log_of_another_store_is_left_alone() {
    let redis = Server::redis(&[]);
    run(async {
        let mut outside = client(&redis);
        let foreign = uuid::Uuid::new_v4().to_string();
        redis::cmd("XADD").arg(LOG).arg("1-0").arg("event_id").arg(&foreign).query::<()>(&mut outside).unwrap();
        let served = Served::with(Backend::Sqlite, &["--redis", &redis.url]).await;
        make(&served, "gold").await;
        add(&served, "gold").await;
        while !served.log().contains("belongs to another store") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = entries(&redis);
        assert_eq!((log.len(), log[0].1["event_id"].as_str()), (1, foreign.as_str()));
        served.get("/ready").await.is(200);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_password_is_used_and_never_shown() {
    let redis = Server::redis(&["--requirepass", "very-secret"]);
    run(async {
        let right = redis.url.replace("redis://", "redis://:very-secret@");
        let served = Served::with(Backend::Sqlite, &["-vv", "--redis", &right]).await;
        until(&served, "esctl_bus_up", 1.0).await;
        make(&served, "gold").await;
        let wrong = redis.url.replace("redis://", "redis://:other-secret@");
        let refused = served.beside(&["-vv", "--redis", &wrong]).await;
        assert_eq!(number(&refused, "esctl_bus_up").await, 0.0);
        while !refused.log().contains("Redis unavailable") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let said = served.log() + &refused.log() + &refused.get("/ready").await.text + &refused.get("/metrics").await.text;
        assert!(!said.contains("very-secret") && !said.contains("other-secret"), "{said}");
    });
}

#[test]
fn a_url_that_is_none_is_refused_at_the_start_without_its_password() {
    for url in ["http://u:secret@h", "redis://u:secret@h:nonsense", ""] {
        let (code, said) = crate::serve::support::refused(&["--redis", url]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("redis://USER:PASSWORD@HOST:PORT/DATABASE") && !said.contains("secret"), "{said}");
    }
}
