//! States and lists as they were at a time or a version.

use serde_json::Value;
use serde_json::json;

use crate::cli::support::Home;
use crate::common::backend::Backend;

crate::on_every_backend! {
    one_thing_is_shown_as_it_was_at_a_time_and_at_a_version
    lists_are_also_of_a_time
    a_read_model_is_asked_as_it_was
    a_list_of_a_time_shows_the_rest_where_a_stream_is_broken
    a_tail_ends_at_a_time
}

/// Two of each thing; the first was changed before the second was made. Returns the time before that change.
fn things(on: Backend) -> (Home, String) {
    let home = Home::new(on);
    home.run("resource create gold --owner ann --type coin --amount 10 --max 100").ok();
    home.run("doc create plan --data '{\"a\":1}'").ok();
    home.run("game new g --players 2 --seed 1").ok();
    let read = home.run("stream read --all --backwards --limit 1 -o json").ok();
    let then = read.items()[0]["recorded_at"].as_str().unwrap().to_owned();
    home.run("resource add gold 5").ok();
    home.run("doc set plan a=2").ok();
    home.run("game join g --player ann").ok();
    home.run("resource create wood --owner bob --type coin --amount 1 --max 2").ok();
    home.run("doc create second --data {}").ok();
    home.run("game new second --players 2 --seed 1").ok();
    (home, then)
}

fn ids(home: &Home, line: &str) -> Vec<String> {
    let answer = home.run(&format!("{line} -o json")).ok();
    answer.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn one_thing_is_shown_as_it_was_at_a_time_and_at_a_version(on: Backend) {
    let (home, then) = things(on);
    for (line, field, before, now) in [
        ("resource show gold", "/amount", json!(10), json!(15)),
        ("doc get plan", "/document/a", json!(1), json!(2)),
        ("game show g", "/players", json!([]), Value::Null),
        ("replay resource-gold", "/state/amount", json!(10), json!(15)),
    ] {
        let shown = |flags: &str| home.run(&format!("{line} {flags} -o json")).ok().json().pointer(field).cloned().unwrap();
        assert_eq!(shown(&format!("--at {then}")), before, "{line}");
        assert_eq!(shown("--version 1"), before, "{line}");
        for flags in ["", "--version 2", "--at now", "--at 2099-01-01T00:00:00Z"] {
            assert!(if now.is_null() { shown(flags) != before } else { shown(flags) == now }, "{line} {flags}");
        }
        home.run(&format!("{line} --version 3")).fails(3, "there is no version 3");
        home.run(&format!("{line} --at 2001-01-01T00:00:00Z")).fails(3, "did not exist yet");
        home.run(&format!("{line} --at now --version 1")).fails(2, "cannot be used with");
        home.run(&format!("{line} --at never")).fails(2, "is not a time");
    }
}

fn lists_are_also_of_a_time(on: Backend) {
    let (home, then) = things(on);
    for (line, first) in [("resource list", "gold"), ("doc list", "plan"), ("game list", "g")] {
        assert_eq!(ids(&home, &format!("{line} --at {then}")), [first], "{line}");
        assert_eq!(ids(&home, &format!("{line} --at 2001-01-01T00:00:00Z")), [""; 0], "{line}");
        for flags in ["", "--at now", "--at 2099-01-01T00:00:00Z"] {
            assert_eq!(ids(&home, &format!("{line} {flags}")).len(), 2, "{line} {flags}");
        }
        let future = home.run(&format!("{line} --at 2099-01-01T00:00:00Z --limit 1 -o json")).ok();
        assert!(future.err.contains("in the future") && future.json()["next"].is_string(), "{future:?}");
    }
    let gold = home.run(&format!("resource list --at {then} --owner ann -o json")).ok();
    assert_eq!(gold.items()[0]["amount"], 10);
    assert_eq!(ids(&home, &format!("resource list --at {then} --owner bob")), [""; 0]);
    assert_eq!(home.run(&format!("game list --at {then} -o json")).ok().items()[0]["players"], json!([]));
}

fn a_read_model_is_asked_as_it_was(on: Backend) {
    let (home, then) = things(on);
    home.run("projection create kinds --all --key .type --reduce '{n: ((.state.n // 0) + 1)}'").ok();
    let count = |flags: &str| home.run(&format!("projection query kinds {flags} -o json")).ok().items().len();
    assert_eq!((count(""), count(&format!("--at {then}")), count("--at 2001-01-01T00:00:00Z")), (6, 3, 0));
    let first = home.run(&format!("projection query kinds --at {then} --limit 1 -o json")).ok();
    assert_eq!(first.json()["next"], "document.created");
    assert_eq!(count(&format!("--at {then} --after document.created")), 2);
    assert_eq!(count(&format!("--at {then} --where n=2")), 0);
    let resources = |flags: &str| home.run(&format!("projection query resources {flags} -o json")).ok().items();
    assert_eq!(resources(&format!("--at {then} --where id=gold"))[0]["amount"], 10);
    assert_eq!(resources("--where id=gold")[0]["amount"], 15);
    // What is kept stays, also where an operator has paused it.
    home.run("projection pause resources").ok();
    assert_eq!(resources(&format!("--at {then}")).len(), 1);
    home.run(&format!("projection query resources --at {then} --stale")).fails(2, "cannot be used with");
    home.run(&format!("projection query nothing --at {then}")).fails(3, "nothing");
}

fn a_list_of_a_time_shows_the_rest_where_a_stream_is_broken(on: Backend) {
    let (home, _) = things(on);
    for (stream, event_type) in
        [("resource-gold", "resource.added"), ("document-plan", "document.updated"), ("game-g", "game.player_joined")]
    {
        home.run(&format!("stream append {stream} --type {event_type} --data '{{\"x\":1}}' --force")).ok();
    }
    for (line, rest) in [("resource list", "wood"), ("doc list", "second"), ("game list", "second")] {
        let listed = home.run(&format!("{line} --at 2099-01-01T00:00:00Z -o json"));
        assert!(listed.code == 8 && listed.err.contains("streams_not_readable"), "{listed:?}");
        let items = listed.items();
        assert_eq!((&items[0]["id"], items.len()), (&json!(rest), 1), "{line}");
    }
    let last = home.run("stream read resource-gold --backwards --limit 1 -o json").ok().items()[0]["event_id"].clone();
    home.run(&format!("quarantine add {} --reason bad", last.as_str().unwrap())).ok();
    let listed = home.run("resource list --at 2099-01-01T00:00:00Z -o json").ok();
    assert!(listed.err.contains("quarantined events that are left out: 1"), "{listed:?}");
    assert_eq!(listed.items().len(), 2);
}

fn a_tail_ends_at_a_time(on: Backend) {
    let (home, then) = things(on);
    let count = |flags: &str| home.run(&format!("stream tail {flags} -o ndjson")).ok().out.lines().count();
    assert_eq!(count(&format!("--until {then}")), 3);
    assert_eq!(count(&format!("--until {then} -n 2")), 2);
    assert_eq!(count(&format!("--until {then} --no-follow --after 0")), 3);
    assert_eq!(count(&format!("resource-gold --until {then} --since {then}")), 0);
    assert_eq!(count("--until 2001-01-01T00:00:00Z"), 0);
    assert_eq!(count(&format!("--until {then} --after 9")), 0);
    home.run(&format!("stream tail --until {then} --after 10")).fails(8, "beyond the end");
    home.run(&format!("stream tail --until {then} --since 2099-01-01T00:00:00Z")).fails(2, "is after until");
    // It follows until the time has passed, and shows what comes before.
    std::thread::scope(|scope| {
        let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
        let tail = scope.spawn(move || count(&format!("order-1 --until {moment}")));
        home.run("stream append order-1 --type t --data {}").ok();
        assert_eq!(tail.join().unwrap(), 1);
    });
}
