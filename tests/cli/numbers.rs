//! Numbers that do not come back as they were written are refused wherever JSON comes in.

use crate::backend::Backend;
use crate::support::Home;

crate::on_every_backend! {
    a_number_that_does_not_come_back_is_refused_wherever_it_comes_in
    the_same_value_in_another_spelling_is_taken
    a_number_that_a_program_makes_is_refused_as_well
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
