//! Numbers that do not come back as they were written are refused wherever JSON comes in.

use std::time::Duration;

use ::mongodb::bson::Binary;
use ::mongodb::bson::doc;
use ::mongodb::bson::spec::BinarySubtype;
use esctl::event::Hash;
use esctl::event::chain_hash;
use esctl::store::ReadQuery;
use esctl::store::open;

use crate::cli::support::Home;
use crate::common::backend::Backend;
use crate::common::backend::run;

crate::on_every_backend! {
    a_number_that_does_not_come_back_is_refused_wherever_it_comes_in
    the_same_value_in_another_spelling_is_taken
    a_number_that_a_program_makes_is_refused_as_well
    numbers_that_an_older_version_altered_can_be_read
}

/// Each of them would be recorded as another number.
const ALTERED: [&str; 4] = ["12345678901234567.89", "1e-400", "295147905179352830000", "0.10000000000000000000001"];

fn a_number_that_does_not_come_back_is_refused_wherever_it_comes_in(on: Backend) {
    let home = Home::seeded(on);
    home.run("doc create plan --data '{\"a\":1}'").ok();
    let before = home.head();
    for number in ALTERED {
        let json = format!("{{\"a\":[{number}]}}");
        let batch = format!("{{\"type\":\"t\",\"data\":{json}}}\n");
        let patch = format!("[{{\"op\":\"add\",\"path\":\"/b\",\"value\":{number}}}]");
        let scenario = format!(
            "name: n\nsteps:\n  - {{run: document.create, with: {{id: a, document: {{n: {number}}}}}, expect: {{version: 1}}}}\n"
        );
        let file = home.file("s.yaml", scenario);
        for arguments in [
            vec!["stream", "append", "order-1", "--type", "t", "--data", &json],
            vec!["stream", "append", "order-1", "--type", "t", "--data", "{}", "--metadata", &json],
            vec!["doc", "create", "new", "--data", &json],
            vec!["doc", "update", "plan", "--merge", &json],
            vec!["doc", "patch", "plan", "--patch", &patch],
            vec!["doc", "set", "plan", &format!("a={number}")],
            vec!["resource", "create", "r", "--owner", "o", "--type", "t", "--amount", "1", "--max", "1", "--metadata", &json],
            vec!["scenario", "check", &file],
        ] {
            home.run_args(&arguments).fails(2, "write it as a string");
        }
        home.feed("stream append order-1 --batch -", batch.as_bytes()).fails(2, "stdin, line 1: data: ");
        let error = home.run_args(&["doc", "create", "new", "--data", &json, "-o", "json"]).fails(2, "").error();
        assert_eq!((&error["code"], &error["hint"]), (&"bad_json".into(), &"write it as a string".into()), "{error}");
    }
    home.run("resource create r --owner o --type t --amount 1 --max 1 --regen 0.10000000000000000000001").fails(2, "0.1");
    assert_eq!(home.head(), before);
}

fn the_same_value_in_another_spelling_is_taken(on: Backend) {
    let home = Home::new(on);
    let data = "{\"a\":[0.1,1.10,1e2,-0.0,5e-324,1E+3,9007199254740993,123456789012345.6]}";
    home.run_args(&["stream", "append", "a-1", "--type", "t", "--data", data]).ok();
    let read = home.run("stream read a-1 -o ndjson").ok();
    assert!(read.out.contains("[0.1,1.1,100.0,0,5e-324,1000.0,9007199254740993,123456789012345.6]"), "{}", read.out);
    home.run("verify").ok();
}

fn a_number_that_a_program_makes_is_refused_as_well(on: Backend) {
    let home = Home::new(on);
    home.run("stream append a-1 --type t --data '{\"text\":\"12345678901234567.89\",\"n\":0.1}'").ok();
    for program in
        [".event.data.text | tonumber", ".event.data.text | fromjson", "12345678901234567.89", "{n: 9223372036854775807 + 1}"]
    {
        let failed = home.run_args(&["replay", "a-1", "--reducer", &format!("jq: {program}")]);
        assert_eq!(failed.code, 2, "{program}: {failed:?}");
    }
    let sum = home.run_args(&["replay", "a-1", "--reducer", "jq: .event.data.n + 0.2", "-o", "json"]).ok().json();
    assert_eq!(sum["state"].to_string(), "0.30000000000000004");
}

/// The form in which older versions recorded numbers that are refused today, and texts that no version writes.
fn numbers_that_an_older_version_altered_can_be_read(on: Backend) {
    for (number, is_canonical) in [
        ("1.2345678901234568e+16", true),
        ("2.9514790517935283e+20", true),
        ("0.0", true),
        ("12345678901234567.89", false),
        ("295147905179352830000", false),
    ] {
        let home = Home::seeded(on);
        home.run("doc create plan --data '{\"a\":1}'").ok();
        rewrite_last_event(&home, &format!("{{\"document\":{{\"a\":{number}}}}}"));
        home.run("verify").ok();
        let read = home.run("stream read document-plan -o ndjson").ok().out;
        assert!(read.contains(number), "{number}: {read}");
        for typed in ["doc get plan", "doc list", "replay document-plan", "replay --category document --verify", "projection run"]
        {
            home.run(typed).ok();
        }
        home.run("doc set plan b=1").ok();
        home.run("verify").ok();
        if is_canonical {
            let copy = home.place_for_a_copy(on);
            home.run(&format!("replay --all --into {}", copy.url)).ok();
        }
    }
}

/// Replaces the data of the last event by SQL, with the hash that a version which took it would have recorded.
fn rewrite_last_event(home: &Home, data: &str) {
    let (event, previous) = run(async {
        let store = open(&home.store().parse().unwrap(), Duration::from_secs(20)).unwrap();
        let head = store.head().await.unwrap().position.0;
        let mut scan = store.scan(ReadQuery::all().from(head - 1));
        let chunk = scan.next().await.unwrap().unwrap();
        (chunk.get(1).unwrap().to_recorded(), chunk.get(0).unwrap().hash)
    });
    let mut view = event.view();
    view.data = data;
    let Hash(hash) = chain_hash(previous, event.position, event.version, event.recorded_at, view.stored_content_hash());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let position = event.position.0;
    let sql = |literal: String| {
        format!(
            "UPDATE events SET data = '{data}', hash = {literal} WHERE position = {position}; UPDATE store_head SET hash = {literal}"
        )
    };
    let binary = Binary { subtype: BinarySubtype::Generic, bytes: hash.to_vec() };
    let set = doc! { "$set": { "events.0.data": data, "events.0.hash": binary.clone(), "hash": binary } };
    let update = doc! { "update": "commits", "updates": [{ "q": { "_id": position.cast_signed() }, "u": set }] };
    home.meddle(&sql(format!("x'{hex}'")), &sql(format!("'\\x{hex}'::bytea")), update);
}
