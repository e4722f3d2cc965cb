//! `--where` on reading and following.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_condition_sees_the_event_as_its_json
    a_limit_counts_what_the_condition_lets_through
    the_last_events_are_the_last_for_which_it_holds
    an_unknown_answer_is_not_a_no
    what_is_no_program_is_refused_with_the_place
    a_program_comes_from_a_file_as_well
    whole_numbers_beyond_floats_are_distinguished
    a_program_may_begin_with_a_minus_and_a_format_is_distinguished_from_a_file
}

fn positions(list: &Value) -> Vec<u64> {
    list["items"].as_array().unwrap().iter().map(|item| item["position"].as_u64().unwrap()).collect()
}

fn a_condition_sees_the_event_as_its_json(on: Backend) {
    let esctl = a_store(on);
    let all = esctl.json(&["stream", "read", "--all"]);
    let first = all["items"][0].clone();
    let same = format!(". == {first}");
    assert_eq!(positions(&esctl.json(&["stream", "read", "--all", "--where", &same])), [1]);
    let cases: [(&str, &[u64]); 6] = [
        (".data.amount? == 100", &[2]),
        (r#".type | startswith("order.")"#, &[6, 7]),
        (r#".metadata.client_id == "ann" and .version > 1"#, &[2, 3, 4, 7]),
        (".data.b.d", &[7]),
        ("false", &[]),
        ("empty", &[]),
    ];
    for (condition, expected) in cases {
        assert_eq!(positions(&esctl.json(&["stream", "read", "--all", "--where", condition])), expected, "{condition}");
    }
    let of_one = esctl.json(&["stream", "read", "resource-gold", "--where", ".version % 2 == 0", "--backwards"]);
    assert_eq!(positions(&of_one), [4, 2]);
}

fn a_limit_counts_what_the_condition_lets_through(on: Backend) {
    let esctl = a_store(on);
    let read =
        |more: &[&str]| esctl.json(&[&["stream", "read", "--all", "--where", ".version == 1", "--limit", "2"], more].concat());
    let page = read(&[]);
    assert_eq!((positions(&page), page["next"].as_str()), (vec![1, 5], Some("5")));
    let rest = read(&["--after", "5"]);
    assert_eq!((positions(&rest), &rest["next"]), (vec![6], &Value::Null));
}

fn the_last_events_are_the_last_for_which_it_holds(on: Backend) {
    let esctl = a_store(on);
    let tail = |n: &str| positions(&esctl.json(&["stream", "tail", "--no-follow", "-n", n, "--where", ".version == 1"]));
    assert_eq!(tail("2"), [5, 6]);
    assert_eq!(tail("10"), [1, 5, 6]);
    assert!(tail("0").is_empty());
    let of_one = esctl.json(&["stream", "tail", "resource-gold", "--no-follow", "-n", "1", "--where", ".version < 3"]);
    assert_eq!(positions(&of_one), [2]);
}

fn an_unknown_answer_is_not_a_no(on: Backend) {
    let esctl = a_store(on);
    let error = esctl.error(2, &["stream", "read", "--all", "--where", ".data.amount == 100 and (.data.b | keys | length) > 0"]);
    assert_eq!((&error["code"], &error["details"]["position"]), (&json!("jq_failed"), &json!(2)));
    assert!(error["message"].as_str().unwrap().contains("for event 2 (stream resource-gold, version 2)"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains('?'), "{error}");
    let error = esctl.error(2, &["stream", "tail", "--no-follow", "--where", ".type | tonumber"]);
    assert_eq!(error["code"], "jq_failed");
    let events = esctl.json(&["stream", "read", "--all", "--where", "(.data.b | keys | length > 0)?"]);
    assert_eq!(positions(&events), [6, 7]);
}

fn what_is_no_program_is_refused_with_the_place(on: Backend) {
    let esctl = a_store(on);
    let error = esctl.error(2, &["stream", "read", "--all", "--where", ".data\n | foo"]);
    assert_eq!(
        (&error["code"], &error["details"]["line"], &error["details"]["column"]),
        (&json!("bad_jq"), &json!(2), &json!(4))
    );
    let text = esctl.run(&["stream", "read", "--all", "--where", ".a +"]).stderr;
    assert!(text.contains("line 1, column 5") && text.contains(" .a +\n") && text.contains("     ^"), "{text}");
    for looks_outside in ["now", "env", "$ENV", "input", "debug", "import \"x\" as x; ."] {
        assert_eq!(esctl.error(2, &["stream", "read", "--all", "--where", looks_outside])["code"], "bad_jq");
    }
    // A store that is not there does not hide it.
    let empty = Esctl::new(on);
    assert_eq!(empty.error(2, &["stream", "tail", "--no-follow", "--where", ".a +"])["code"], "bad_jq");
}

fn a_program_comes_from_a_file_as_well(on: Backend) {
    let esctl = a_store(on);
    std::fs::write(esctl.path("first.jq"), "# the first ones\n.version == 1\n").unwrap();
    assert_eq!(positions(&esctl.json(&["stream", "read", "--all", "--where", "@first.jq"])), [1, 5, 6]);
    assert_eq!(esctl.error(3, &["stream", "read", "--all", "--where", "@none.jq"])["code"], "file_not_found");
    std::fs::write(esctl.path("bad.jq"), b"\xff\xfe").unwrap();
    assert_eq!(esctl.error(2, &["stream", "read", "--all", "--where", "@bad.jq"])["code"], "not_utf8");
    std::fs::write(esctl.path("long.jq"), " ".repeat(70_000)).unwrap();
    assert_eq!(esctl.error(2, &["stream", "read", "--all", "--where", "@long.jq"])["code"], "input_too_large");
}

fn whole_numbers_beyond_floats_are_distinguished(on: Backend) {
    let esctl = Esctl::new(on);
    for n in ["9007199254740992", "9007199254740993", "9223372036854775807"] {
        esctl.json(&["stream", "append", "n-1", "--type", "n", "--data", &format!("{{\"n\":{n}}}")]);
    }
    assert_eq!(positions(&esctl.json(&["stream", "read", "n-1", "--where", ".data.n == 9007199254740993"])), [2]);
    assert_eq!(positions(&esctl.json(&["stream", "read", "n-1", "--where", ".data.n + 1 > 9223372036854775807"])), [3]);
}

fn a_program_may_begin_with_a_minus_and_a_format_is_distinguished_from_a_file(on: Backend) {
    let esctl = a_store(on);
    for command in [["stream", "read", "--all"].as_slice(), &["stream", "tail", "--no-follow"]] {
        let list = esctl.json(&[command, &["--where", "-1 + .version | . == 0"]].concat());
        assert_eq!(positions(&list), [1, 5, 6]);
    }
    let error = esctl.error(3, &["stream", "read", "--all", "--where", "@base64d | . == \"x\""]);
    assert!(error["hint"].as_str().unwrap().contains(". | @base64d"), "{error}");
}
