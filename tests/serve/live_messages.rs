//! Every message of the WebSocket, both ways.

use serde_json::Value;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::Message;

use crate::common::backend::Backend;
use crate::serve::live_client::Client;
use crate::serve::support::Served;

crate::on_every_backend! { async:
    a_client_that_has_seen_nothing_receives_the_state_first
    a_client_that_reconnects_receives_what_it_missed_and_then_what_is_new
    commands_are_answered_in_their_order_each_under_its_id
    several_streams_are_followed_on_one_connection
    what_is_no_message_is_refused_and_the_conversation_goes_on
    a_stream_that_is_not_there_yet_can_be_followed
    a_shutdown_tells_clients_to_come_back
    a_quarantine_and_a_release_send_the_state_again
}

async fn gold(served: &Served) {
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 100, "max_amount": 5000});
    served.command("resource.create", "gold", with).await.is(201);
}

async fn add(served: &Served, times: u64) {
    for _ in 0..times {
        served.command("resource.add", "gold", json!({"amount": 1})).await.is(201);
    }
}

async fn a_client_that_has_seen_nothing_receives_the_state_first(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let mut client = Client::connect(served.address, "stream=resource-gold").await;
    let state = client.expect("state").await;
    assert_eq!((&state["stream"], &state["eventId"]), (&json!("resource-gold"), &json!(1)));
    assert_eq!(state["state"]["amount"], 100);
    assert!(state["state"].get("regeneration_rate").is_none(), "a field of the server's: {state}");
    add(&served, 2).await;
    for version in [2, 3] {
        let event = client.expect("event").await;
        assert_eq!((&event["eventId"], &event["stream"]), (&json!(version), &json!("resource-gold")));
        assert_eq!((&event["data"]["type"], &event["data"]["version"]), (&json!("resource.added"), &json!(version)));
        assert_eq!(event["data"]["data"]["amount"], 1);
    }
}

async fn a_client_that_reconnects_receives_what_it_missed_and_then_what_is_new(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    add(&served, 4).await;
    let mut client = Client::connect(served.address, "stream=resource-gold&lastEventId=2").await;
    assert_eq!(client.expect("replayStart").await["lastEventId"], 2);
    for version in 3..=5 {
        assert_eq!(client.expect("event").await["eventId"], version);
    }
    assert_eq!(client.expect("replayComplete").await["eventId"], 5);
    add(&served, 1).await;
    assert_eq!(client.expect("event").await["eventId"], 6);

    let mut nothing_missed = Client::connect(served.address, "stream=resource-gold&lastEventId=6").await;
    nothing_missed.expect("replayStart").await;
    assert_eq!(nothing_missed.expect("replayComplete").await["eventId"], 6);

    let mut ahead = Client::connect(served.address, "stream=resource-gold&lastEventId=7").await;
    ahead.expect("replayStart").await;
    assert_eq!(ahead.expect("error").await["code"], "cursor_beyond_end");
}

async fn commands_are_answered_in_their_order_each_under_its_id(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let mut client = Client::connect(served.address, "").await;
    // Without waiting for answers in between.
    for (id, amount) in [("a", 5), ("b", 9000), ("c", 7)] {
        let with = json!({"amount": amount});
        client.say(json!({"type": "command", "requestId": id, "command": "resource.allocate", "id": "gold", "with": with})).await;
    }
    client.say(json!({"type": "ping", "requestId": 4})).await;
    let first = client.expect("result").await;
    assert_eq!((&first["requestId"], &first["outcome"], &first["version"]), (&json!("a"), &json!("applied"), &json!(2)));
    assert_eq!((&first["state"]["amount"], &first["events"][0]["type"]), (&json!(95), &json!("resource.allocated")));
    let second = client.expect("error").await;
    assert_eq!((&second["requestId"], &second["code"]), (&json!("b"), &json!("insufficient_amount")));
    assert!(second["message"].as_str().unwrap().contains("9000"), "{second}");
    assert_eq!(client.expect("result").await["requestId"], "c");
    assert_eq!(client.expect("pong").await["requestId"], 4);

    let send = json!({"type": "command", "requestId": "d", "command": "resource.add", "id": "gold", "with": {"amount": 1}, "commandId": "k"});
    client.say(send.clone()).await;
    assert_eq!(client.expect("result").await["outcome"], "applied");
    client.say(send).await;
    assert_eq!(client.expect("result").await["outcome"], "already_applied");
    let expects = json!({"type": "command", "command": "resource.add", "id": "gold", "with": {"amount": 1}, "expectVersion": 1});
    client.say(expects).await;
    assert_eq!(client.expect("error").await["code"], "version_conflict");
}

async fn several_streams_are_followed_on_one_connection(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    let mut client = Client::connect(served.address, "").await;
    client.say(json!({"type": "subscribe", "requestId": "s", "stream": "resource-gold", "lastEventId": 0})).await;
    client.expect("replayStart").await;
    client.expect("event").await;
    client.expect("replayComplete").await;
    client.say(json!({"type": "subscribe", "stream": "document-plan"})).await;
    assert_eq!(client.expect("state").await["state"], Value::Null);
    served.command("document.create", "plan", json!({"document": {"a": 1}})).await.is(201);
    assert_eq!(client.expect("event").await["stream"], "document-plan");
    add(&served, 1).await;
    assert_eq!(client.expect("event").await["stream"], "resource-gold");

    client.say(json!({"type": "unsubscribe", "stream": "resource-gold"})).await;
    assert_eq!(client.expect("unsubscribed").await["stream"], "resource-gold");
    add(&served, 1).await;
    served.command("document.merge", "plan", json!({"merge": {"a": 2}})).await.is(201);
    let next = client.expect("event").await;
    assert_eq!((&next["stream"], &next["eventId"]), (&json!("document-plan"), &json!(2)));

    // Again, from where it was: nothing twice, nothing missing.
    client.say(json!({"type": "subscribe", "stream": "resource-gold", "lastEventId": 2})).await;
    client.expect("replayStart").await;
    assert_eq!(client.expect("event").await["eventId"], 3);
    client.expect("replayComplete").await;

    for number in 0..100 {
        client.say(json!({"type": "subscribe", "stream": format!("thing-{number}"), "lastEventId": 0})).await;
    }
    assert_eq!(client.until("error").await["code"], "too_many_subscriptions");
}

async fn what_is_no_message_is_refused_and_the_conversation_goes_on(on: Backend) {
    let served = Served::start(on).await;
    let mut client = Client::connect(served.address, "").await;
    for (text, code) in [
        ("{", "bad_json"),
        ("[]", "bad_message"),
        (r#"{"type":"dance"}"#, "bad_message"),
        (r#"{"type":"command","command":"resource.add","id":"gold","with":{"amount":18446744073709551616}}"#, "bad_json"),
        (r#"{"type":"subscribe","stream":"a\u0007b"}"#, "bad_name"),
        (r#"{"type":"command","command":"resource.dance","id":"gold"}"#, "unknown_command"),
        (r#"{"type":"rest"}"#, "no_game"),
        (&format!(r#"{{"type":"ping","x":{}{}}}"#, "[".repeat(5000), "]".repeat(5000)), "bad_json"),
    ] {
        client.say_text(text).await;
        assert_eq!(client.expect("error").await["code"], code, "{text}");
    }
    client.say(json!({"type": "ping"})).await;
    client.expect("pong").await;

    let mut binary = Client::connect(served.address, "").await;
    futures_util::SinkExt::send(&mut binary.socket, Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(binary.until("error").await["code"], "bad_message");
    assert_eq!(binary.end().await, Some(1003));
    let mut large = Client::connect(served.address, "").await;
    let text = json!({"type": "ping", "padding": "x".repeat(300 << 10)}).to_string();
    let _ = futures_util::SinkExt::send(&mut large.socket, Message::text(text)).await;
    assert_eq!(large.until("error").await["code"], "too_large");
    assert_eq!(large.end().await, Some(1009));

    for (query, status) in [("stream=", 400), ("stream=a-1&gameId=2", 400), ("lastEventId=x", 400), ("token=secret", 400)] {
        let Err(Error::Http(refused)) = Client::try_connect(served.address, query, &[]).await else { panic!("{query}") };
        assert_eq!(refused.status().as_u16(), status, "{query}");
    }
    served.get("/ws").await.is(426);
}

async fn a_stream_that_is_not_there_yet_can_be_followed(on: Backend) {
    let served = Served::start(on).await;
    let mut with_state = Client::connect(served.address, "stream=resource-gold").await;
    let state = with_state.expect("state").await;
    assert_eq!((&state["eventId"], &state["state"]), (&json!(0), &Value::Null));
    let mut from_the_start = Client::connect(served.address, "stream=resource-gold&lastEventId=0").await;
    from_the_start.expect("replayStart").await;
    from_the_start.expect("replayComplete").await;
    gold(&served).await;
    assert_eq!(with_state.expect("event").await["eventId"], 1);
    assert_eq!(from_the_start.expect("event").await["eventId"], 1);
}

async fn a_shutdown_tells_clients_to_come_back(on: Backend) {
    let mut served = Served::start(on).await;
    let mut client = Client::connect(served.address, "stream=resource-gold").await;
    client.expect("state").await;
    served.terminate();
    assert_eq!(client.expect("error").await["code"], "stopping");
    assert_eq!(client.end().await, Some(1012));
    assert_eq!(served.wait(), Some(0));
}

async fn a_quarantine_and_a_release_send_the_state_again(on: Backend) {
    let served = Served::start(on).await;
    gold(&served).await;
    add(&served, 3).await;
    let mut fresh = Client::connect(served.address, "stream=resource-gold").await;
    assert_eq!(fresh.expect("state").await["state"]["amount"], 103);
    let mut back = Client::connect(served.address, "stream=resource-gold&lastEventId=4").await;
    back.expect("replayStart").await;
    back.expect("replayComplete").await;
    let id = served.esctl(&["stream", "read", "resource-gold"])["items"][3]["event_id"].as_str().unwrap().to_owned();

    served.esctl(&["quarantine", "add", &id, "--reason", "wrong"]);
    for client in [&mut fresh, &mut back] {
        let state = client.expect("state").await;
        assert_eq!((&state["state"]["amount"], &state["eventId"]), (&json!(102), &json!(4)), "{state}");
        assert_eq!(state["left_out"], json!([id]), "{state}");
    }
    // A client that connects afterwards, and one that was disconnected meanwhile.
    let mut later = Client::connect(served.address, "stream=resource-gold").await;
    assert_eq!(later.expect("state").await["left_out"], json!([id]));
    let mut reconnected = Client::connect(served.address, "stream=resource-gold&lastEventId=3").await;
    reconnected.expect("replayStart").await;
    reconnected.expect("event").await;
    reconnected.expect("replayComplete").await;
    assert_eq!(reconnected.expect("state").await["state"]["amount"], 102);

    served.esctl(&["quarantine", "release", &id]);
    for client in [&mut fresh, &mut back, &mut later, &mut reconnected] {
        let state = client.expect("state").await;
        assert_eq!((&state["state"]["amount"], &state["eventId"]), (&json!(103), &json!(4)), "{state}");
        assert!(state.get("left_out").is_none(), "{state}");
    }
    // Events go on, each once.
    add(&served, 1).await;
    for client in [&mut fresh, &mut back, &mut later, &mut reconnected] {
        assert_eq!(client.expect("event").await["eventId"], 5);
    }
}
