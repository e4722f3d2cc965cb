//! Lists and single things: filters, pages, what they were like, and what a client has already.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::serve::support::Answer;
use crate::serve::support::Served;
use crate::serve::support::answer;

crate::on_every_backend! { async:
    the_entity_tag_and_the_lists_say_what_is_left_out
    resources_are_listed_by_what_they_are_in_pages
    a_resource_is_shown_as_it_is_and_as_it_was
    lists_are_also_of_a_moment
    documents_are_listed_and_shown_as_they_are_and_were
    what_a_client_has_is_not_sent_again
    what_cannot_be_asked_is_refused_with_what_is_wrong
    what_is_not_there_is_not_found
    lists_say_what_qualifies_them
    states_say_which_events_they_leave_out
    rows_of_any_read_model_are_listed
}

async fn create(served: &Served, id: &str, owner: &str, kind: &str) {
    let with = json!({"owner_id": owner, "resource_type": kind, "initial_amount": 100, "max_amount": 1000});
    served.command("resource.create", id, with).await.is(201);
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.json["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

async fn resources_are_listed_by_what_they_are_in_pages(on: Backend) {
    let served = Served::start(on).await;
    assert_eq!(served.get("/api/resources").await.is(200).json, json!({"items": [], "next": null, "caveats": []}));
    for (id, owner, kind) in [("a", "ann", "coin"), ("b é/1", "bob", "coin"), ("c", "ann", "wood"), ("d", "ann", "coin")] {
        create(&served, id, owner, kind).await;
    }
    served.command("resource.lock", "d", json!({"for": "1h"})).await.is(201);
    for (query, expected) in [
        ("", vec!["a", "b é/1", "c", "d"]),
        ("owner=ann", vec!["a", "c", "d"]),
        ("owner=ann&type=coin", vec!["a", "d"]),
        ("locked=true", vec!["d"]),
        ("owner=ann&locked=false", vec!["a", "c"]),
        ("owner=nobody", vec![]),
        ("after=b", vec!["b é/1", "c", "d"]),
    ] {
        assert_eq!(ids(&served.get(&format!("/api/resources?{query}")).await.is(200)), expected, "{query}");
    }

    // The way through the pages, as the link says it.
    let (mut path, mut seen) = ("/api/resources?limit=1&owner=ann".to_owned(), Vec::new());
    loop {
        let page = served.get(&path).await.is(200);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page.json["next"].as_str() else {
            assert!(page.headers.get("link").is_none());
            break;
        };
        assert_eq!(next, seen.last().unwrap());
        path = page.header("link").trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    assert_eq!(seen, ["a", "c", "d"]);

    let fields = served.get("/api/resources?limit=1").await.json["items"][0].as_object().unwrap().len();
    let all_fields = served.get("/api/resources?limit=1&server=true").await.json["items"][0].as_object().unwrap().len();
    assert_eq!((fields, all_fields), (7, 14));
}

async fn lists_say_what_qualifies_them(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "gold", "ann", "coin").await;
    served.command("document.create", "plan", json!({"document": {"a": 1}})).await.is(201);
    let lists = ["resources", "documents", "games"];
    let codes = async |list: &str| {
        let answer = served.get(&format!("/api/{list}")).await.is(200);
        let caveats = answer.json["caveats"].as_array().unwrap().clone();
        assert!(caveats.iter().all(|caveat| caveat["projection"] == list && !caveat["message"].as_str().unwrap().is_empty()));
        caveats.iter().map(|caveat| caveat["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for list in lists {
        assert_eq!(codes(list).await, [""; 0], "{list}");
        served.esctl(&["projection", "pause", list, "--client", "secret-operator"]);
        assert_eq!(codes(list).await, ["paused"], "{list}: nothing has come since");
    }
    create(&served, "wood", "ann", "coin").await;
    for list in lists {
        assert_eq!(codes(list).await, ["paused", "behind"], "{list}");
        assert!(!served.get(&format!("/api/{list}")).await.text.contains("secret"), "{list}");
        served.esctl(&["projection", "resume", list]);
        assert_eq!(codes(list).await, [""; 0], "{list}: once it goes on");
    }
    // An event that cannot be applied stops it, or parks its stream.
    let data = json!({"amount": "no number"}).to_string();
    served.esctl(&["stream", "append", "document-plan", "--type", "document.updated", "--data", &data, "--force"]);
    create(&served, "silver", "ann", "coin").await;
    assert_eq!(codes("documents").await, ["stopped", "behind"]);
    served.esctl(&["projection", "run", "documents", "--on-error", "park"]);
    assert_eq!(codes("documents").await, ["parked"]);
    for list in ["/api/streams", "/api/events", "/api/projections", "/api/jobs"] {
        assert_eq!(served.get(list).await.is(200).json["caveats"], json!([]), "{list}");
    }
}

async fn states_say_which_events_they_leave_out(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "gold", "ann", "coin").await;
    served.command("document.create", "plan", json!({"document": {"a": 1}})).await.is(201);
    served.command("game.create", "g", json!({"num_players": 2})).await.is(201);
    let things = [("resources/gold", "resource-gold"), ("documents/plan", "document-plan"), ("games/g", "game-g")];
    for (thing, stream) in things {
        let path = format!("/api/{thing}");
        assert_eq!(served.get(&path).await.is(200).json["caveats"], Value::Null, "{path}: nothing to say");
        // An event of a type that no domain knows can be left out and changes nothing.
        served.esctl(&["stream", "append", stream, "--type", "note.taken", "--data", "{}", "--force"]);
        let state = format!("/api/streams/{stream}/state");
        assert_eq!(served.get(&state).await.is(200).json["caveats"], json!([]), "{state}");
        let event = served.get(&state).await.is(200).json["event"]["event_id"].as_str().unwrap().to_owned();
        served.esctl(&["quarantine", "add", &event, "--reason", "by hand"]);
        for asked in [path.clone(), format!("{path}?version=2"), format!("{path}?at=2999-01-01T00:00:00Z"), state.clone()] {
            let caveats = served.get(&asked).await.is(200).json["caveats"].clone();
            assert_eq!((&caveats[0]["code"], &caveats[1]), (&json!("quarantined"), &Value::Null), "{asked}");
        }
        assert_eq!(served.get(&format!("{path}?version=1")).await.is(200).json["caveats"], Value::Null, "{path}: before it");
        assert_eq!(served.get(&format!("{state}?version=1")).await.is(200).json["caveats"], json!([]), "{state}: before it");
        let list = format!("/api/{}", thing.split('/').next().unwrap());
        for (query, code) in [("", json!("quarantined")), ("?at=2999-01-01T00:00:00Z", json!("quarantined"))] {
            let answer = served.get(&format!("{list}{query}")).await.is(200);
            assert_eq!(answer.json["caveats"][0]["code"], code, "{list}{query}: {}", answer.text);
        }
        let before = served.get(&format!("{list}?at=2020-01-01T00:00:00Z")).await.is(200);
        assert_eq!(before.json["caveats"], json!([]), "{list}: before it");
    }
}

async fn rows_of_any_read_model_are_listed(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "a", "ann", "coin").await;
    create(&served, "b", "bob", "coin").await;
    served.esctl(&[
        "projection",
        "create",
        "owners",
        "--from",
        "category:resource",
        "--key",
        ".data.owner_id",
        "--reduce",
        "{n: 1}",
    ]);
    let rows = served.get("/api/projections/owners/rows").await.is(200);
    assert_eq!(rows.json["items"], json!([{"key": "ann", "row": {"n": 1}}, {"key": "bob", "row": {"n": 1}}]));
    assert_eq!((&rows.json["next"], &rows.json["caveats"]), (&Value::Null, &json!([])));
    let page = served.get("/api/projections/resources/rows?limit=1").await.is(200);
    assert_eq!((&page.json["items"][0]["key"], &page.json["items"][0]["row"]["amount"]), (&json!("a"), &json!(100)));
    let next = page.header("link").trim_start_matches('<').split('>').next().unwrap().to_owned();
    let page = served.get(&next).await.is(200);
    assert_eq!((&page.json["items"][0]["key"], &page.json["next"]), (&json!("b"), &Value::Null));
    served.esctl(&["projection", "pause", "owners"]);
    create(&served, "c", "cy", "coin").await;
    let caveats = served.get("/api/projections/owners/rows").await.is(200).json["caveats"].clone();
    assert_eq!((&caveats[0]["code"], &caveats[1]["code"]), (&json!("paused"), &json!("behind")));
    served.get("/api/projections/nothing/rows").await.is(404);
    served.get("/api/projections/owners/rows?limit=0").await.is(400);
    served.get("/api/projections/owners/rows?where=x").await.is(400);
}

async fn a_resource_is_shown_as_it_is_and_as_it_was(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "gold", "ann", "coin").await;
    served.command("resource.allocate", "gold", json!({"amount": 30, "reason": "shop"})).await.is(201);
    let events = served.get("/api/streams/resource-gold/events").await.is(200);
    let first = events.json["items"][0]["recorded_at"].as_str().unwrap().to_owned();

    let now = served.get("/api/resources/gold").await.is(200);
    assert_eq!((now.header("etag"), &now.json["amount"]), ("\"2\"", &json!(70)));
    assert_eq!(now.json.as_object().unwrap().len(), 7, "{}", now.text);
    for query in ["version=1", &format!("at={first}")] {
        let then = served.get(&format!("/api/resources/gold?{query}")).await.is(200);
        assert_eq!((then.header("etag"), &then.json["amount"]), ("\"1\"", &json!(100)), "{query}");
    }
    let full = served.get("/api/resources/gold?server=true").await.is(200);
    assert_eq!(full.json, served.esctl(&["resource", "show", "gold", "--server"]));
}

async fn lists_are_also_of_a_moment(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "a", "ann", "coin").await;
    create(&served, "b", "bob", "coin").await;
    let then = served.get("/api/resources/b").await.json["last_updated"].as_str().unwrap().to_owned();
    create(&served, "c", "ann", "coin").await;
    served.command("resource.allocate", "a", json!({"amount": 99})).await.is(201);
    let list = served.get(&format!("/api/resources?at={then}")).await.is(200);
    assert_eq!(ids(&list), ["a", "b"]);
    assert_eq!(list.json["items"][0]["amount"], 100);
    let page = served.get(&format!("/api/resources?at={then}&limit=1")).await.is(200);
    assert_eq!((ids(&page), &page.json["next"]), (vec!["a"], &json!("a")));
    let page = served.get(&format!("/api/resources?at={then}&limit=1&after=a")).await.is(200);
    assert_eq!((ids(&page), &page.json["next"]), (vec!["b"], &Value::Null));
    assert_eq!(ids(&served.get(&format!("/api/resources?at={then}&owner=bob")).await.is(200)), ["b"]);
    assert!(ids(&served.get("/api/resources?at=2020-01-01T00:00:00Z").await.is(200)).is_empty());
    assert_eq!(ids(&served.get("/api/resources?at=2999-01-01T00:00:00Z").await.is(200)), ["a", "b", "c"]);
}

async fn documents_are_listed_and_shown_as_they_are_and_were(on: Backend) {
    let served = Served::start(on).await;
    served.command("document.create", "plan", json!({"document": {"title": "one"}})).await.is(201);
    let then = served.get("/api/documents/plan").await.is(200);
    served.command("document.merge", "plan", json!({"merge": {"title": "two"}})).await.is(201);
    served.command("document.create", "other", json!({"document": {}})).await.is(201);
    assert_eq!(ids(&served.get("/api/documents").await.is(200)), ["other", "plan"]);
    let now = served.get("/api/documents/plan").await.is(200);
    assert_eq!((now.header("etag"), &now.json["document"]["title"]), ("\"2\"", &json!("two")));
    assert_eq!(now.json, served.esctl(&["doc", "get", "plan"]));
    assert_eq!(served.get("/api/documents/plan?version=1").await.is(200).json, then.json);
    let at = then.json["last_updated"].as_str().unwrap();
    assert_eq!(served.get(&format!("/api/documents/plan?at={at}")).await.is(200).json, then.json);
    let list = served.get(&format!("/api/documents?at={at}")).await.is(200);
    assert_eq!(list.json["items"], json!([then.json]));
    served.command("document.delete", "plan", json!({})).await.is(201);
    served.get("/api/documents/plan").await.is(404);
    assert_eq!(served.get("/api/documents/plan?version=2").await.is(200).json["document"]["title"], "two");
    assert_eq!(ids(&served.get("/api/documents").await.is(200)), ["other"]);
}

async fn what_a_client_has_is_not_sent_again(on: Backend) {
    let served = Served::start(on).await;
    served.command("document.create", "plan", json!({"document": {"title": "one"}})).await.is(201);
    let ask = |path: &'static str, tag: &'static str| answer(served.request(Method::GET, path).header("If-None-Match", tag));
    let known = ask("/api/documents/plan", "\"1\"").await.is(304);
    assert_eq!((known.text.as_str(), known.header("etag")), ("", "\"1\""));
    ask("/api/documents/plan", "\"7\"").await.is(200);
    served.command("document.merge", "plan", json!({"merge": {"title": "two"}})).await.is(201);
    ask("/api/documents/plan", "\"1\"").await.is(200);
    ask("/api/documents/plan?version=1", "\"1\"").await.is(304);

    // A regenerating amount differs a second later, under the same version.
    create(&served, "still", "ann", "coin").await;
    let with =
        json!({"owner_id": "a", "resource_type": "t", "initial_amount": 1, "max_amount": 1000, "regeneration_rate": 0.001});
    served.command("resource.create", "grows", with).await.is(201);
    ask("/api/resources/still", "\"1\"").await.is(304);
    ask("/api/resources/grows", "\"1\"").await.is(200);
    ask("/api/resources/grows?version=1", "\"1\"").await.is(304);
}

async fn what_cannot_be_asked_is_refused_with_what_is_wrong(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "gold", "ann", "coin").await;
    for (path, named) in [
        ("/api/resources?limit=0", "limit"),
        ("/api/resources?limit=1001", "limit"),
        ("/api/resources?limit=-1", "limit"),
        ("/api/resources?limit=", "limit"),
        ("/api/resources?limt=5", "limt"),
        ("/api/resources?limit=1&limit=2", "limit"),
        ("/api/resources?locked=yes", "locked"),
        ("/api/resources?server=1", "server"),
        ("/api/resources?at=yesterday", "at"),
        ("/api/resources?at=2026-02-30T00:00:00Z", "at"),
        ("/api/resources?version=1", "version"),
        ("/api/resources/gold?version=x", "version"),
        ("/api/resources/gold?version=9223372036854775808", "version"),
        ("/api/resources/gold?version=1.0", "version"),
        ("/api/resources/gold?version=1&at=2026-01-01T00:00:00Z", "version"),
        ("/api/resources/gold?at=2026-01-01T00:00:00+01:00", "%2B"),
        ("/api/games?phase=over", "phase"),
        ("/api/streams?categry=x", "categry"),
        ("/api/streams/resource-gold/events?after=x", "after"),
        ("/api/streams/resource-gold/events?backwards=", "backwards"),
        ("/api/streams/resource-gold/missing", "afterVersion"),
        ("/api/streams/resource-gold/missing?afterVersion=-1", "afterVersion"),
        ("/api/streams/resource-gold/state?version=a", "version"),
    ] {
        let refused = served.get(path).await.fails(400, "bad_parameter");
        let error = &refused.json["error"];
        assert!(error["message"].as_str().unwrap().contains(named), "{path}: {}", refused.text);
        assert!(error["hint"].is_string(), "{path}: {}", refused.text);
    }
    for path in [
        "/api/streams/%24all/events",
        "/api/streams/a%00b/events",
        "/api/streams/a%1b/state",
        "/api/streams/%20/missing?afterVersion=0",
    ] {
        served.get(path).await.fails(400, "bad_name");
    }
    for path in ["/api/resources/%FF", "/api/resources/%20", &format!("/api/resources/{}", "x".repeat(300)), "/api/jobs/1"] {
        served.get(path).await.fails(400, "bad_name");
    }
}

async fn what_is_not_there_is_not_found(on: Backend) {
    let served = Served::start(on).await;
    create(&served, "gold", "ann", "coin").await;
    for (path, code) in [
        ("/api/resources/gole", "resource_not_found"),
        ("/api/resources/gold?version=2", "version_not_found"),
        ("/api/resources/gold?version=0", "stream_not_found"),
        ("/api/resources/gold?at=2020-01-01T00:00:00Z", "stream_not_found"),
        ("/api/documents/plan", "document_not_found"),
        ("/api/games/g", "not_found"),
        ("/api/streams/resource-gole/events", "stream_not_found"),
        ("/api/streams/resource-gole/missing?afterVersion=0", "stream_not_found"),
        ("/api/streams/resource-gold/missing?afterVersion=2", "cursor_beyond_end"),
        ("/api/streams/resource-gold/events?after=2", "cursor_beyond_end"),
        ("/api/streams/resource-gold/state?version=2", "version_not_found"),
        ("/api/streams/resource-gole/state", "stream_not_found"),
        ("/api/jobs/019aa5c0-0000-7000-8000-000000000000", "job_not_found"),
    ] {
        served.get(path).await.fails(404, code);
    }
    let near = served.get("/api/resources/gole").await;
    assert_eq!(near.json["error"]["hint"], "did you mean gold?");
    // Nothing was made by asking.
    assert_eq!(served.get("/api/streams").await.json["items"].as_array().unwrap().len(), 1);
}

async fn the_entity_tag_and_the_lists_say_what_is_left_out(on: Backend) {
    let served = Served::start(on).await;
    let with = json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 100, "max_amount": 5000});
    served.command("resource.create", "gold", with).await.is(201);
    served.command("resource.add", "gold", json!({"amount": 5})).await.is(201);
    let id = served.esctl(&["stream", "read", "resource-gold"])["items"][1]["event_id"].as_str().unwrap().to_owned();
    let before = served.get("/api/resources/gold").await.is(200);
    assert_eq!((before.header("etag"), &before.json["amount"]), ("\"2\"", &json!(105)));

    served.esctl(&["quarantine", "add", &id, "--reason", "wrong"]);
    let known = served.request(Method::GET, "/api/resources/gold").header("if-none-match", "\"2\"");
    let after = answer(known).await.is(200);
    assert_eq!((&after.json["amount"], &after.json["left_out"]), (&json!(100), &json!([id])));
    let tag = after.header("etag").to_owned();
    assert!(tag.starts_with("\"2-"), "{tag}");
    answer(served.request(Method::GET, "/api/resources/gold").header("if-none-match", &tag)).await.is(304);
    for path in ["/api/resources", "/api/resources?at=now", "/api/resources?at=2099-01-01T00:00:00Z"] {
        let list = served.get(path).await.is(200);
        let says = list.json["caveats"].as_array().unwrap().iter().any(|caveat| caveat["code"] == "quarantined");
        assert!(says, "{path}: {}", list.json);
    }
    // Another quarantine of the same stream is another tag, a release the first one again.
    let first = served.esctl(&["stream", "read", "resource-gold"])["items"][0]["event_id"].as_str().unwrap().to_owned();
    served.esctl(&["quarantine", "add", &first, "--reason", "wrong"]);
    served.esctl(&["quarantine", "release", &first]);
    assert_eq!(served.get("/api/resources/gold").await.is(200).header("etag"), tag);
    served.esctl(&["quarantine", "release", &id]);
    let released = answer(served.request(Method::GET, "/api/resources/gold").header("if-none-match", &tag)).await.is(200);
    assert_eq!((released.header("etag"), &released.json["amount"]), ("\"2\"", &json!(105)));
    assert!(served.get("/api/resources").await.is(200).json["caveats"].as_array().unwrap().is_empty());
}
