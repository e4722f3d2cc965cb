//! Attacks on the WebSocket and on server-sent events: from other pages, with others' tokens, as others, and with frames
//! that are none.

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::live_client::Client;
use crate::serve::raw::Raw;
use crate::serve::raw::status_of;
use crate::serve::support::Served;
use crate::serve::support::answer;
use crate::serve::token;
use crate::serve::token::WITH_SECRET;
use crate::serve::token::claims_with;
use crate::serve::token::now;
use crate::serve::token::signed;

crate::on_every_backend! { async:
    no_player_sees_the_hand_of_another_over_a_connection
    no_player_moves_for_another_over_a_connection
}

/// A handshake with these headers beside those that it needs.
fn handshake(query: &str, headers: &str) -> String {
    format!(
        "GET /ws?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// A connection that frames can be sent on, whatever they are.
async fn connected(served: &Served) -> Raw {
    let mut raw = Raw::to(served).await;
    raw.send(handshake("", "")).await;
    assert_eq!(status_of(&raw.head().await), 101);
    raw
}

/// A masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..65536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    // A mask of zeros leaves everything as it is.
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A game `g` of ann and bob on a server that checks tokens.
async fn a_table(on: Backend) -> Served {
    let served = Served::with(on, &WITH_SECRET).await;
    served.command_as(&token::player("ann"), "game.create", "g", json!({"num_players": 2})).await.is(201);
    for player in ["ann", "bob"] {
        served.command_as(&token::player(player), "game.join", "g", json!({})).await.is(201);
    }
    served
}

async fn client(served: &Served, name: &str, query: &str) -> Client {
    let bearer = format!("bearer.{}", token::player(name));
    Client::try_connect(served.address, query, &["esctl", &bearer]).await.unwrap()
}

/// The players whose hands are shown somewhere in it.
fn hands(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("hand").map(|_| members["player_id"].as_str().unwrap_or("?").to_owned());
            own.into_iter().chain(members.values().flat_map(hands)).collect()
        }
        Value::Array(items) => items.iter().flat_map(hands).collect(),
        _ => Vec::new(),
    }
}

#[track_caller]
fn hides(message: &Value, name: &str) {
    let text = message.to_string();
    for hidden in ["\"seed\"", "merchant_deck", "point_deck", "\"hash\"", "idempotency_key"] {
        assert!(!text.contains(hidden), "{name} sees {hidden}: {text}");
    }
    let seen = hands(message);
    assert!(seen.iter().all(|player| player == name), "{name} sees the hands of {seen:?}");
}

async fn no_player_sees_the_hand_of_another_over_a_connection(on: Backend) {
    let served = a_table(on).await;
    for name in ["bob", "eve"] {
        for query in ["gameId=g", "stream=game-g", "gameId=g&lastEventId=0", "stream=game-g&lastEventId=1"] {
            let mut client = client(&served, name, query).await;
            client.say(json!({"type": "subscribe", "stream": "game-g", "lastEventId": 0, "requestId": "r"})).await;
            client.say(json!({"type": "subscribe", "stream": "game-g", "requestId": "r2"})).await;
            client.say(json!({"type": "ping", "requestId": "end"})).await;
            loop {
                let message = client.hear().await.unwrap();
                hides(&message, name);
                if message["type"] == "pong" {
                    break;
                }
            }
        }
        // As ann, it does not even begin.
        let bearer = format!("Sec-WebSocket-Protocol: esctl, bearer.{}\r\n", token::player(name));
        assert_eq!(Raw::status(&served, handshake("gameId=g&playerId=ann", &bearer)).await, 403);
        let mut client = client(&served, name, "gameId=g").await;
        client.say(json!({"type": "subscribe", "stream": "game-g", "playerId": "ann", "requestId": "r"})).await;
        let refused = client.until("error").await;
        assert_eq!(refused["code"], "not_yourself", "{refused}");
        // The actions of ann are visible, her cards are not.
        let ann = token::player("ann");
        let version = served.get_as(&ann, "/api/games/g").await.json["version"].as_u64().unwrap();
        if name == "bob" {
            served.command_as(&ann, "game.rest", "g", json!({})).await.is(201);
            let event = client.until("event").await;
            assert_eq!(event["eventId"], version + 1);
            hides(&event, name);
        }
        // Nor over server-sent events.
        let mut raw = Raw::to(&served).await;
        let authorization = format!("Authorization: Bearer {}\r\nAccept: text/event-stream\r\n", token::player(name));
        raw.send(format!("GET /api/streams/game-g/events HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n")).await;
        let mut received = String::new();
        while !received.contains("game.started") {
            let mut bytes = [0; 4096];
            let length = raw.0.read(&mut bytes).await.unwrap();
            assert_ne!(length, 0, "{received}");
            received.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        assert!(!received.contains("\"seed\"") && !received.contains("\"hand\"") && !received.contains("\"hash\""), "{received}");
    }
}

async fn no_player_moves_for_another_over_a_connection(on: Backend) {
    let served = a_table(on).await;
    let before = served.esctl(&["stream", "read", "game-g"])["items"].as_array().unwrap().len();
    let mut bob = client(&served, "bob", "gameId=g").await;
    for (kind, data) in
        [("rest", json!({"player_id": "ann"})), ("endTurn", json!({"player_id": "ann"})), ("leave", json!({"player_id": "ann"}))]
    {
        bob.say(json!({"type": kind, "data": data, "requestId": kind})).await;
        let refused = bob.until("error").await;
        assert_eq!((&refused["requestId"], &refused["code"]), (&json!(kind), &json!("not_yourself")), "{refused}");
    }
    let refused = bob.command("game.rest", "c", json!({"player_id": "ann"})).await;
    assert_eq!(refused["type"], "error", "{refused}");
    // It is ann's turn, and bob is only bob.
    bob.say(json!({"type": "rest", "data": {}, "requestId": "own"})).await;
    assert_eq!(bob.until("error").await["code"], "not_your_turn");
    let after = served.esctl(&["stream", "read", "game-g"])["items"].as_array().unwrap().len();
    assert_eq!(before, after);
}

#[test]
fn a_page_of_another_origin_cannot_connect() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--allow-origin", "https://app.example"]).await;
        let own = format!("http://localhost:{}", served.address.port());
        for origin in
            ["https://evil.test", "null", "https://app.example.evil.test", "http://app.example", "http://localhost:1", ""]
        {
            let status = Raw::status(&served, handshake("", &format!("Origin: {origin}\r\n"))).await;
            assert_eq!(status, 403, "{origin}");
        }
        assert_eq!(Raw::status(&served, handshake("", "Origin: https://app.example\r\n")).await, 101);
        let here = handshake("", &format!("Origin: {own}\r\n"))
            .replace("Host: localhost", &format!("Host: localhost:{}", served.address.port()));
        assert_eq!(Raw::status(&served, here).await, 101);
        let elsewhere = handshake("", "").replace("Host: localhost", "Host: evil.test");
        assert_eq!(Raw::status(&served, elsewhere).await, 403);
    });
}

#[test]
fn a_token_is_needed_and_not_in_the_url() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        let good = token::player("ann");
        let forged = token::forged(&json!({"alg": "none"}), &token::claims("ann"), "");
        let over = signed(&claims_with("ann", json!({"exp": now() - 60})));
        for (query, headers) in [
            (String::new(), String::new()),
            (format!("token={good}"), String::new()),
            (format!("access_token={good}"), String::new()),
            (String::new(), format!("Sec-WebSocket-Protocol: bearer.{forged}\r\n")),
            (String::new(), format!("Sec-WebSocket-Protocol: bearer.{over}, esctl\r\n")),
            (String::new(), format!("Sec-WebSocket-Protocol: {good}\r\n")),
            (String::new(), format!("Cookie: token={good}\r\n")),
        ] {
            assert_eq!(Raw::status(&served, handshake(&query, &headers)).await, 401, "{query} {headers}");
        }
        let mut raw = Raw::to(&served).await;
        raw.send(handshake("", &format!("Sec-WebSocket-Protocol: esctl, bearer.{good}\r\n"))).await;
        let head = raw.head().await;
        assert_eq!(status_of(&head), 101);
        // The token is not sent back.
        assert!(head.to_lowercase().contains("sec-websocket-protocol: esctl\r\n") && !head.contains(&good), "{head}");
        // A client that may read may not write.
        let reader = signed(&claims_with("ann", json!({"scope": "read"})));
        let mut client = Client::try_connect(served.address, "", &["esctl", &format!("bearer.{reader}")]).await.unwrap();
        let refused = client.command("document.create", "plan", json!({"document": {}})).await;
        assert_eq!(refused["code"], "scope_missing", "{refused}");
    });
}

#[test]
fn a_token_that_is_over_ends_its_connection() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        served.command_as(&token::player("ann"), "document.create", "plan", json!({"document": {}})).await.is(201);
        let short = signed(&claims_with("ann", json!({"exp": now() + 2})));
        let mut client =
            Client::try_connect(served.address, "stream=document-plan", &["esctl", &format!("bearer.{short}")]).await.unwrap();
        client.expect("state").await;
        let said = client.until("error").await;
        assert_eq!(said["code"], "token_expired", "{said}");
        assert_eq!(client.end().await, Some(4001));
        // And what follows a stream over server-sent events.
        let short = signed(&claims_with("ann", json!({"exp": now() + 2})));
        let request = served.request(reqwest::Method::GET, "/api/streams/document-plan/events").bearer_auth(short);
        let received = answer(request.header("Accept", "text/event-stream")).await.is(200);
        assert!(received.text.contains("document.created"), "{}", received.text);
    });
}

#[test]
fn frames_that_are_none_end_their_connection_and_no_other() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--heartbeat", "500ms"]).await;
        let huge = 1_u64 << 62;
        let mut announced = vec![0x81, 0x80 | 127];
        announced.extend(huge.to_be_bytes());
        announced.extend([0; 4]);
        let mut unmasked = vec![0x81, 2];
        unmasked.extend(b"{}");
        let mut other = connected(&served).await;
        for (what, bytes) in [
            ("announced 4 EiB", announced),
            ("longer than a message may be", frame(0x81, &vec![b' '; 300 << 10])),
            ("not masked", unmasked),
            ("a reserved bit", frame(0xc1, b"{}")),
            ("an unknown kind", frame(0x83, b"{}")),
            ("a part of nothing", frame(0x80, b"{}")),
            ("a ping in parts", frame(0x09, b"x")),
            ("a ping that is too long", frame(0x89, &[b'x'; 126])),
            ("a close that is none", frame(0x88, b"x")),
            ("no UTF-8", frame(0x81, b"\xff\xfe")),
            ("binary", frame(0x82, b"{}")),
            ("no frame at all", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ] {
            let mut raw = connected(&served).await;
            raw.send(bytes).await;
            // It is over: nothing more comes. (That it hangs would be found by the test never ending.)
            let said = raw.rest().await;
            assert!(!said.contains("\"result\""), "{what}: {said}");
        }
        // A half frame, and no more: the heartbeat finds it out.
        let mut half = connected(&served).await;
        half.send(&frame(0x81, b"{\"type\":\"ping\"}")[..7]).await;
        half.rest().await;
        // Parts without an end are a message that is too long.
        let mut parts = connected(&served).await;
        parts.send(frame(0x01, &[b' '; 1000])).await;
        let mut sent = 0;
        while sent < 10_000 && parts.send(frame(0x00, &[b' '; 1000])).await {
            sent += 1;
        }
        assert!(sent < 10_000, "ten megabytes were gathered");
        // The one that did nothing wrong is still there, if it answers what it is asked.
        let mut quick = Client::connect(served.address, "").await;
        quick.say(json!({"type": "ping"})).await;
        quick.until("pong").await;
        other.send(frame(0x88, b"")).await;
        served.get("/ready").await.is(200);
    });
}

#[test]
fn messages_that_are_none_are_refused_and_nothing_is_done() {
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        let mut client = Client::connect(served.address, "").await;
        let deep = format!(
            r#"{{"type":"command","command":"document.create","id":"x","with":{{"document":{}1{}}}}}"#,
            "[".repeat(100),
            "]".repeat(100)
        );
        let bomb = "[".repeat(200_000);
        let twice = r#"{"type":"command","command":"document.create","id":"x","id":"y","with":{"document":{}}}"#;
        for text in [
            "",
            " ",
            "x",
            "null",
            "[]",
            "{}",
            "{\"type\":1}",
            "{\"type\":\"\"}",
            "{\"type\":\"__proto__\"}",
            "{\"type\":\"command\"}",
            "{\"type\":\"subscribe\"}",
            "{\"type\":\"subscribe\",\"stream\":\"\"}",
            "{\"type\":\"subscribe\",\"stream\":\"$all\"}",
            "{\"type\":\"subscribe\",\"stream\":\"a-1\",\"lastEventId\":-1}",
            "{\"type\":\"subscribe\",\"stream\":\"a-1\",\"lastEventId\":\"1\"}",
            "{\"type\":\"subscribe\",\"stream\":\"a-1\",\"lastEventId\":1e99}",
            &deep,
            &bomb,
            twice,
        ] {
            client.say_text(text).await;
            let refused = client.expect("error").await;
            assert!(refused["code"].is_string(), "{text:.60}: {refused}");
            assert!(refused.to_string().len() < 2000, "{text:.60} is answered at length");
        }
        client.say(json!({"type": "ping"})).await;
        client.expect("pong").await;
        assert_eq!(served.esctl(&["stream", "list"])["items"], json!([]));
    });
}
