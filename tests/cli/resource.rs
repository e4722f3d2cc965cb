//! Each rule of the resource domain, through the program.

use serde_json::Value;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::names;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_write_answers_with_events_and_state
    an_id_is_made_when_none_is_given
    rules_say_no_with_5_and_their_code
    a_lock_past_its_expiry_counts_as_none
    regeneration_counts_as_of_now_and_stops_at_the_maximum
    what_is_not_there_is_3
    expected_versions
    the_same_key_twice_changes_nothing_and_answers_as_before
    a_dry_run_appends_nothing
    lists_filter_and_page
    the_history_tells_who_did_what
    metadata_say_who_asked
    retries_run_out_with_4
}

/// The fields of the server's schema; the first seven are the client's.
const SERVER: [&str; 14] = [
    "id",
    "owner_id",
    "resource_type",
    "amount",
    "max_amount",
    "last_updated",
    "is_locked",
    "regeneration_rate",
    "last_regenerated",
    "lock_reason",
    "lock_expiry",
    "version",
    "created_at",
    "metadata",
];

fn error_code(answer: &Answer) -> String {
    answer.error()["code"].as_str().unwrap().to_owned()
}

fn a_write_answers_with_events_and_state(on: Backend) {
    let home = Home::new(on);
    let made = home.run("resource create gold --owner ann --type coins --amount 100 --max 1000 --metadata '{\"k\":[1]}' -o json");
    let made = made.ok().json();
    assert_eq!(names(&made), ["outcome", "id", "stream", "version", "position", "events", "state"]);
    assert_eq!((made["outcome"].as_str(), made["stream"].as_str()), (Some("applied"), Some("resource-gold")));
    assert_eq!(names(&made["events"][0]), ["event_id", "type", "version", "data"]);
    assert_eq!(names(&made["state"]), SERVER);
    assert_eq!(made["state"]["metadata"]["k"][0], 1);
    let shown = home.run("resource show gold -o json").ok().json();
    assert_eq!(names(&shown), SERVER[..7]);
    assert_eq!(names(&home.run("resource show gold --server -o json").ok().json()), SERVER);
    let taken = home.run("resource allocate gold 30 --reason sword -o json").ok().json();
    assert_eq!((taken["state"]["amount"].as_i64(), taken["version"].as_i64()), (Some(70), Some(2)));
    assert_eq!(
        (taken["events"][0]["type"].as_str(), taken["events"][0]["data"]["new_amount"].as_i64()),
        (Some("resource.allocated"), Some(70))
    );
    let added = home.run("resource add gold 5000 -o json").ok().json();
    assert_eq!((added["events"][0]["data"]["amount"].as_i64(), added["state"]["amount"].as_i64()), (Some(930), Some(1000)));
}

fn an_id_is_made_when_none_is_given(on: Backend) {
    let home = Home::new(on);
    let id = |line: &str| home.run(line).ok().json()["id"].as_str().unwrap().to_owned();
    let line = "resource create --owner ann --type coins --amount 1 --max 1 -o json";
    assert_ne!(id(line), id(line));
    let keyed = format!("{line} --idempotency-key k");
    assert_eq!(id(&keyed), id(&keyed));
}

fn rules_say_no_with_5_and_their_code(on: Backend) {
    let home = Home::seeded(on);
    let refused = |line: &str, code: &str| {
        let answer = home.run(&format!("{line} -o json"));
        assert_eq!((answer.code, error_code(&answer).as_str()), (5, code), "{line}");
        answer.error()
    };
    refused("resource create gold --owner a --type t --amount 1 --max 1", "resource_exists");
    let error = refused("resource allocate gold 101", "insufficient_amount");
    assert_eq!((error["details"]["requested"].as_i64(), error["details"]["available"].as_i64()), (Some(101), Some(100)));
    refused("resource unlock gold", "resource_not_locked");
    home.run("resource lock gold --for 1h --reason maintenance").ok();
    for line in ["resource allocate gold 1", "resource add gold 1", "resource lock gold"] {
        let error = refused(line, "resource_locked");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("maintenance") && message.contains(error["details"]["expiry"].as_str().unwrap()), "{message}");
    }
    assert_eq!(home.run("resource show gold -o json").ok().json()["is_locked"], true);
    home.run("resource unlock gold").ok();
    home.run("resource allocate gold 1").ok();
    home.run("resource lock gold --for 1d").ok();
}

fn a_lock_past_its_expiry_counts_as_none(on: Backend) {
    let home = Home::seeded(on);
    home.run("resource lock gold --for 1ms").ok();
    home.run("resource allocate gold 1").ok();
    assert_eq!(home.run("resource show gold -o json").ok().json()["is_locked"], false);
    home.run("resource lock gold --for 1ms").ok();
    home.run("resource unlock gold").fails(5, "not locked");
}

fn regeneration_counts_as_of_now_and_stops_at_the_maximum(on: Backend) {
    let home = Home::new(on);
    home.run("resource create a --owner o --type t --amount 0 --max 50 --regen 1000000").ok();
    assert_eq!(home.run("resource show a -o json").ok().json()["amount"], 50);
    home.run("resource allocate a 50").ok();
    assert_eq!(home.run("resource list -o ndjson").ok().lines()[0]["amount"], 50);
}

fn what_is_not_there_is_3(on: Backend) {
    let home = Home::seeded(on);
    for line in ["allocate gole 1", "add gole 1", "lock gole", "unlock gole", "show gole", "history gole"] {
        let answer = home.run(&format!("resource {line} -o json"));
        assert_eq!((answer.code, error_code(&answer).as_str()), (3, "resource_not_found"), "{line}");
    }
    for line in ["resource show gole", "resource history gole"] {
        home.run(line).fails(3, "did you mean gold?");
    }
    // A stream that holds something else is no resource, nor what was meant.
    home.run("stream append resource-other --type other.thing --data {}").ok();
    assert!(!home.run("resource show other").fails(3, "there is no resource \"other\"").err.contains("did you mean other"));
    // Where there is no store yet, a command on a resource makes none.
    let home = Home::new(on);
    home.run("resource allocate gold 1").fails(3, "gold");
    assert!(home.has_no_store());
}

fn expected_versions(on: Backend) {
    let home = Home::seeded(on);
    let answer = home.run("resource allocate gold 1 --expect-version 7 -o json");
    let error = answer.error();
    assert_eq!((answer.code, error["code"].as_str()), (4, Some("version_conflict")));
    assert_eq!((error["details"]["stream"].as_str(), error["details"]["actual"].as_i64()), (Some("resource-gold"), Some(1)));
    home.run("resource allocate gold 1 --expect-version 1").ok();
    home.run("resource allocate gold 1 --expect-version 1").fails(4, "version 2, expected 1");
    home.run("resource create silver --owner o --type t --amount 1 --max 1 --expect-version 3").fails(4, "version 0");
    home.run("resource create silver --owner o --type t --amount 1 --max 1 --expect-version 0").ok();
}

fn the_same_key_twice_changes_nothing_and_answers_as_before(on: Backend) {
    let home = Home::seeded(on);
    let line = "resource allocate gold 10 --idempotency-key k1 -o json";
    let first = home.run(line).ok().json();
    home.run("resource allocate gold 10").ok();
    let before = home.head();
    let mut second = home.run(line).ok().json();
    assert_eq!(second["outcome"], "already_applied");
    second["outcome"] = "applied".into();
    assert_eq!(second, first);
    // Also with an expected version that was right the first time, and where the rule would say no now.
    assert_eq!(home.run(&format!("{line} --expect-version 1")).ok().json()["outcome"], "already_applied");
    let answer = home.run("resource allocate gold 11 --idempotency-key k1 -o json");
    assert_eq!((answer.code, error_code(&answer).as_str()), (4, "idempotency_key_reused"));
    home.run("resource add gold 10 --idempotency-key k1").fails(4, "k1");
    assert_eq!(home.head(), before);
    // The key is that of one resource.
    home.run("resource create b --owner o --type t --amount 10 --max 10 --idempotency-key k1").ok();
}

fn a_dry_run_appends_nothing(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    let dry = home.run("resource allocate gold 10 --dry-run -o json").ok().json();
    assert_eq!(
        (dry["outcome"].as_str(), dry["position"].clone(), dry["state"]["amount"].as_i64()),
        (Some("dry_run"), Value::Null, Some(90))
    );
    assert_eq!(dry["events"][0]["type"], "resource.allocated");
    home.run("resource allocate gold 1000 --dry-run").fails(5, "has 100");
    assert_eq!(home.head(), before);
    let home = Home::new(on);
    home.run("resource create a --owner o --type t --amount 1 --max 1 --dry-run").ok();
    assert!(home.has_no_store(), "a dry run makes no store");
}

fn lists_filter_and_page(on: Backend) {
    let home = Home::new(on);
    for n in 0..7 {
        let owner = if n % 2 == 0 { "even" } else { "odd" };
        home.run(&format!("resource create r{n} --owner {owner} --type t{} --amount 1 --max 9", n / 4)).ok();
    }
    home.run("resource lock r3").ok();
    let ids = |line: &str| -> Vec<String> {
        let items = home.run(&format!("resource list {line} -o json")).ok().items();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("").len(), 7);
    assert_eq!(ids("--owner odd"), ["r1", "r3", "r5"]);
    assert_eq!(ids("--owner odd --type t1"), ["r5"]);
    assert_eq!(ids("--locked true"), ["r3"]);
    assert_eq!(ids("--locked false").len(), 6);
    assert_eq!(ids("--owner nobody"), [""; 0]);
    assert_eq!(names(&home.run("resource list -o json").ok().items()[0]), SERVER[..7]);
    let (mut after, mut seen) = (String::new(), Vec::new());
    for _ in 0..10 {
        let page = home.run(&format!("resource list --limit 3 -o json {after}")).ok().json();
        assert_eq!(names(&page), ["items", "next"]);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("--after {next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4", "r5", "r6"]);
    let full = home.run("resource list --limit 7 -o json").ok().json();
    assert_eq!(full["next"], Value::Null, "nothing comes after a page that ends exactly");
}

fn the_history_tells_who_did_what(on: Backend) {
    let home = Home::new(on);
    home.run("--client server resource create g --owner o --type t --amount 10 --max 20").ok();
    home.run("--client ann resource allocate g 4 --reason sword").ok();
    home.run("--client bob resource add g 100").ok();
    home.run("--client bob resource lock g --reason rest").ok();
    let entries = home.run("resource history g -o json").ok().items();
    let of = |name: &str| entries.iter().map(|entry| entry[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("version"), [1, 2, 3, 4]);
    assert_eq!(of("client_id"), ["server", "ann", "bob", "bob"]);
    assert_eq!(of("amount_after"), [10, 6, 20, 20]);
    assert_eq!((&of("amount_before")[1..], &of("amount_before")[0]), (&[10.into(), 6.into(), 20.into()][..], &Value::Null));
    assert_eq!((of("reason")[1].as_str(), of("reason")[3].as_str()), (Some("sword"), Some("rest")));
}

fn metadata_say_who_asked(on: Backend) {
    let home = Home::new(on);
    let mut command = home.command();
    command
        .env("ESCTL_CLIENT", "from-env")
        .args(["resource", "create", "g", "--owner", "o", "--type", "t", "--amount", "9", "--max", "9"]);
    Answer::of(crate::cli::support::start(&mut command), b"").ok();
    home.run("--client from-flag resource allocate g 1").ok();
    home.run("resource allocate g 1").ok();
    let events = home.run("stream read resource-g -o ndjson").ok().lines();
    assert_eq!(
        (&events[0]["metadata"]["client_id"], &events[1]["metadata"]["client_id"]),
        (&"from-env".into(), &"from-flag".into())
    );
    assert!(events[2]["metadata"]["client_id"].as_str().is_some_and(|client| !client.is_empty()));
    assert_eq!(events[2]["metadata"]["correlation_id"], events[2]["event_id"]);
}

fn retries_run_out_with_4(on: Backend) {
    use std::thread;
    let home = Home::new(on);
    home.run("resource create g --owner o --type t --amount 1000 --max 1000").ok();
    // Without retries some of many clients lose, and get a conflict. Each amount that was reported as taken was taken.
    let codes: Vec<i32> = thread::scope(|scope| {
        let runs: Vec<_> = (0..12).map(|_| scope.spawn(|| home.run("resource allocate g 1 --retries 0").code)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}");
    let taken = codes.iter().filter(|code| **code == 0).count() as i64;
    assert_eq!(home.run("resource show g -o json").ok().json()["amount"], 1000 - taken);
}
