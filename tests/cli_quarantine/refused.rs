//! An event by hand that the domain of its stream cannot apply.

use std::fs;

use serde_json::json;

use crate::cli_quarantine::LOTS;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    an_event_that_does_not_apply_is_refused
    what_the_domain_does_not_claim_is_appended
    a_batch_is_refused_as_a_whole
    what_was_appended_before_is_answered_as_it_was
}

fn an_event_that_does_not_apply_is_refused(on: Backend) {
    let esctl = a_store(on);
    let before = esctl.json(&["stats"])["events"].clone();
    let append = ["stream", "append", "resource-gold", "--type"];
    let error = esctl.error(5, &[&append[..], &["resource.added", "--data", LOTS]].concat());
    assert_eq!((&error["code"], &error["details"]["type"]), (&json!("event_does_not_apply"), &json!("resource.added")));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("resource-gold") && message.contains("amount") || message.contains("lots"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("--force"));
    let unknown = esctl.error(5, &[&append[..], &["resource.exploded", "--data", "{}"]].concat());
    assert_eq!(unknown["code"], "event_does_not_apply");
    let newer = ["resource.added", "--data", r#"{"amount":1,"new_amount":2}"#, "--schema-version", "99"];
    assert_eq!(esctl.error(5, &[&append[..], &newer].concat())["code"], "event_does_not_apply");
    // Of a stream that is not there, and of the other domains.
    esctl.error(5, &["stream", "append", "resource-new", "--type", "resource.created", "--data", "{}"]);
    let patch = r#"{"patch":[]}"#;
    esctl.error(5, &["stream", "append", "document-none", "--type", "document.updated", "--data", patch]);
    esctl.error(5, &["stream", "append", "game-g", "--type", "game.none", "--data", "{}"]);
    // The version counts before what the event says.
    esctl.error(4, &[&append[..], &["resource.added", "--data", LOTS, "--expect-version", "1"]].concat());
    assert_eq!(esctl.json(&["stats"])["events"], before);
    esctl.must(&[&append[..], &["resource.added", "--data", LOTS, "--force"]].concat());
}

fn what_the_domain_does_not_claim_is_appended(on: Backend) {
    let esctl = a_store(on);
    esctl.must(&["stream", "append", "resource-gold", "--type", "note.written", "--data", "{}"]);
    esctl.must(&["stream", "append", "order-1", "--type", "resource.added", "--data", LOTS]);
    let good = r#"{"amount":5,"new_amount":15}"#;
    esctl.must(&["stream", "append", "resource-silver", "--type", "resource.added", "--data", good]);
    assert_eq!(esctl.json(&["resource", "show", "silver"])["amount"], 15);
}

fn a_batch_is_refused_as_a_whole(on: Backend) {
    let esctl = a_store(on);
    let batch = esctl.path("batch");
    let lines = [r#"{"type":"resource.added","data":{"amount":5,"new_amount":15}}"#, r#"{"type":"resource.added","data":{}}"#];
    fs::write(&batch, lines.join("\n")).unwrap();
    let error = esctl.error(5, &["stream", "append", "resource-silver", "--batch", batch.to_str().unwrap()]);
    assert_eq!(error["details"]["event"], 2);
    assert_eq!(esctl.json(&["resource", "show", "silver"])["amount"], 10);
}

fn what_was_appended_before_is_answered_as_it_was(on: Backend) {
    let esctl = a_store(on);
    let id = "018f0000-0000-7000-8000-00000000000a";
    let append = ["stream", "append", "resource-gold", "--type", "resource.added", "--data", LOTS, "--event-id", id];
    esctl.must(&[&append[..], &["--force"]].concat());
    esctl.must(&["quarantine", "add", id, "--reason", "by hand"]);
    assert_eq!(esctl.json(&append)["outcome"], "already_applied");
}
