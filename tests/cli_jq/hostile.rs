//! Programs that loop or explode, and events that do.

use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    programs_without_end_are_stopped_and_named
    text_of_events_and_programs_is_made_safe
}

fn programs_without_end_are_stopped_and_named(on: Backend) {
    let esctl = a_store(on);
    for program in
        ["def f: f; f", "def f: [f]; f", "\"a\" * 1e12", "\"a\" * 1000000000000", "reduce range(100) as $i (\"a\"; . + .)"]
    {
        for command in [
            ["stream", "read", "order-1", "--where", program],
            ["replay", "order-1", "--no-snapshot", "--reducer", &format!("jq: {program}")],
            ["bisect", "order-1", "--where", program, "--reducer=count"],
        ] {
            // A number that is no whole one does not multiply a text.
            let error = esctl.error(2, &command);
            let code = if program.contains("1e12") && program.contains('*') { "jq_failed" } else { "jq_limit" };
            assert_eq!(error["code"], code, "{program}: {error}");
            assert!(error["details"]["program"].as_str().unwrap().contains(&program[..8]), "{error}");
            assert!(error["details"]["position"] == json!(6), "{error}");
        }
    }
}

fn text_of_events_and_programs_is_made_safe(on: Backend) {
    let esctl = Esctl::new(on);
    esctl.json(&["stream", "append", "x-1", "--type", "t", "--data", r#"{"s":"a\u001b[2J\u009b31m\u202e\r\u200b"}"#]);
    let raw = |text: &str| text.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c));
    for command in [
        ["stream", "read", "x-1", "--where", ".data.s | error"],
        ["replay", "x-1", "--no-snapshot", "--reducer", "jq: .event.data.s | error"],
        ["stream", "read", "x-1", "--where", "\u{1b}[2J"],
        ["replay", "x-1", "--trace", "--reducer", "jq: {(.event.data.s): .event.data.s}"],
        ["bisect", "x-1", "--where", ".s", "--reducer=last"],
    ] {
        for format in ["table", "json"] {
            let output = esctl.run(&[command.as_slice(), &["-o", format]].concat());
            assert!(!raw(&output.stdout) && !raw(&output.stderr), "{output:?}");
        }
    }
}
