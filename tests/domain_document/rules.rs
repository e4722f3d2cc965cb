//! Every rule and every rejection: given events, when a command, then an event or a code.

use serde_json::Value;
use serde_json::json;

use crate::domain_document::support::created;
use crate::domain_document::support::deleted;
use crate::domain_document::support::given;
use crate::domain_document::support::holds;
use crate::domain_document::support::rejection;
use crate::domain_document::support::run;
use crate::domain_document::support::second;

/// Given a document, when a command, then this event and this document.
fn accepts(before: Value, command: &str, payload: Value, patch: Value, after: Value) {
    let mut fold = given(&[created(before)]);
    let events = run(&mut fold, command, &payload).unwrap_or_else(|error| panic!("{command} {payload}: {error}"));
    assert_eq!(events.len(), 1, "{command} {payload}");
    let data: Value = serde_json::from_str(events[0].data.as_str()).unwrap();
    assert_eq!((events[0].event_type, data), ("document.updated", json!({ "patch": patch })), "{command} {payload}");
    assert_eq!(holds(&fold), Some(after), "{command} {payload}");
}

#[test]
fn a_document_is_created_once_and_again_after_it_was_deleted() {
    let payload = json!({"id": "x", "document": {"b": 1, "a": -0.0}});
    let mut fold = given(&[]);
    for version in [1, 3] {
        let events = run(&mut fold, "document.create", &payload).unwrap();
        assert_eq!((events[0].event_type, events[0].data.as_str()), ("document.created", r#"{"document":{"a":0,"b":1}}"#));
        assert_eq!(fold.stream_version().0, version);
        let again = rejection(&fold, "document.create", &payload);
        assert_eq!((again.code, again.message.as_str()), ("document_exists", "document plan exists already"));
        let events = run(&mut fold, "document.delete", &json!({})).unwrap();
        assert_eq!((events[0].event_type, events[0].data.as_str()), ("document.deleted", "{}"));
        assert_eq!(holds(&fold), None);
    }
}

#[test]
fn what_is_not_there_is_not_found_and_what_is_no_longer_says_since_when() {
    let commands = [
        ("document.replace", json!({"document": {}})),
        ("document.merge", json!({"merge": {"a": 1}})),
        ("document.patch", json!({"patch": []})),
        ("document.set", json!({"set": [{"path": "/a", "value": 1}]})),
        ("document.delete", json!({})),
    ];
    for (command, payload) in commands {
        let never = rejection(&given(&[]), command, &payload);
        assert_eq!((never.code, never.message.as_str()), ("document_not_found", "there is no document plan"), "{command}");
        let gone = rejection(&given(&[created(json!({})), deleted()]), command, &payload);
        let message = format!("document plan was deleted at {} by ann", second(2));
        assert_eq!((gone.code, gone.message), ("document_not_found", message), "{command}");
        assert_eq!(gone.details["deleted_by"], "ann");
        assert_eq!(gone.details["deleted_at"], second(2).to_string());
    }
}

#[test]
fn changes_are_recorded_as_what_changed() {
    let before = json!({"a": 1, "b": {"c": [1, 2], "d": null}});
    accepts(
        before.clone(),
        "document.merge",
        json!({"merge": {"a": null, "b": {"d": 5}}}),
        json!([{"op": "replace", "path": "/b/d", "value": 5}, {"op": "remove", "path": "/a"}]),
        json!({"b": {"c": [1, 2], "d": 5}}),
    );
    accepts(
        before.clone(),
        "document.patch",
        json!({"patch": [{"op": "test", "path": "/b/c/0", "value": 1.0}, {"op": "move", "from": "/a", "path": "/b/a"}]}),
        json!([{"op": "add", "path": "/b/a", "value": 1}, {"op": "remove", "path": "/a"}]),
        json!({"b": {"a": 1, "c": [1, 2], "d": null}}),
    );
    accepts(
        before.clone(),
        "document.replace",
        json!({"document": {"a": 1, "b": {"c": [1], "d": null}}}),
        json!([{"op": "remove", "path": "/b/c/1"}]),
        json!({"a": 1, "b": {"c": [1], "d": null}}),
    );
    accepts(
        before,
        "document.set",
        json!({"set": [{"path": "/b/c/2", "value": 3}, {"path": "/b/c/-", "value": 4}, {"path": "/x/y", "value": {"z": 1}},
            {"path": "/b/d/-", "value": 7}]}),
        json!([{"op": "add", "path": "/b/c/2", "value": 3}, {"op": "add", "path": "/b/c/3", "value": 4},
            {"op": "replace", "path": "/b/d", "value": [7]}, {"op": "add", "path": "/x", "value": {"y": {"z": 1}}}]),
        json!({"a": 1, "b": {"c": [1, 2, 3, 4], "d": [7]}, "x": {"y": {"z": 1}}}),
    );
}

#[test]
fn a_change_that_changes_nothing_leads_to_no_event() {
    let fold = given(&[created(json!({"a": 1, "b": [0, {"c": "x"}]}))]);
    let commands = [
        ("document.merge", json!({"merge": {}})),
        ("document.merge", json!({"merge": {"a": 1, "gone": null}})),
        ("document.merge", json!({"merge": {"b": [-0.0, {"c": "x"}]}})),
        ("document.patch", json!({"patch": []})),
        ("document.patch", json!({"patch": [{"op": "test", "path": "", "value": {"b": [0, {"c": "x"}], "a": 1}}]})),
        ("document.patch", json!({"patch": [{"op": "add", "path": "/b/-", "value": 1}, {"op": "remove", "path": "/b/2"}]})),
        ("document.set", json!({"set": [{"path": "/b/1/c", "value": "x"}]})),
        ("document.replace", json!({"document": {"b": [0, {"c": "x"}], "a": 1}})),
    ];
    for (command, payload) in commands {
        let events = run(&mut given(&[created(holds(&fold).unwrap())]), command, &payload).unwrap();
        assert_eq!(events.len(), 0, "{command} {payload}");
    }
}

#[test]
fn a_patch_that_does_not_fit_is_rejected_and_names_its_operation() {
    let fold = given(&[created(json!({"a": [1, 2], "b": {"c": 1}}))]);
    let ok = json!({"op": "add", "path": "/z", "value": 1});
    let cases = [
        (json!({"op": "test", "path": "/b/c", "value": 2}), "patch_test_failed", "found 1"),
        (json!({"op": "test", "path": "/nope", "value": null}), "patch_does_not_fit", "path not found"),
        (json!({"op": "remove", "path": "/nope"}), "patch_does_not_fit", "path not found"),
        (json!({"op": "remove", "path": ""}), "patch_does_not_fit", "path not found"),
        (json!({"op": "remove", "path": "/a/-"}), "patch_does_not_fit", "path not found"),
        (json!({"op": "replace", "path": "/b/d", "value": 1}), "patch_does_not_fit", "path not found"),
        (json!({"op": "add", "path": "/a/999999999", "value": 1}), "patch_does_not_fit", "path not found"),
        (json!({"op": "add", "path": "/a/18446744073709551616", "value": 1}), "patch_does_not_fit", "path not found"),
        (json!({"op": "add", "path": "/a/00", "value": 1}), "patch_does_not_fit", "path not found"),
        (json!({"op": "add", "path": "/b/c/d", "value": 1}), "patch_does_not_fit", "path not found"),
        (json!({"op": "copy", "from": "/nope", "path": "/x"}), "patch_does_not_fit", "nothing at \"/nope\""),
        (json!({"op": "move", "from": "/nope", "path": "/x"}), "patch_does_not_fit", "nothing at \"/nope\""),
        (json!({"op": "move", "from": "/b", "path": "/b/c"}), "patch_does_not_fit", "into itself"),
        (json!({"op": "move", "from": "/a", "path": ""}), "document_not_an_object", "result is [1,2]"),
        (json!({"op": "replace", "path": "", "value": 5}), "document_not_an_object", "result is 5"),
    ];
    for (operation, code, part) in cases {
        let no = rejection(&fold, "document.patch", &json!({"patch": [ok.clone(), operation.clone()]}));
        assert_eq!(no.code, code, "{operation}");
        assert!(no.message.contains(part) && no.message.contains("unchanged: operation 2 "), "{operation}: {}", no.message);
        assert_eq!((&no.details["operation"], &no.details["path"]), (&json!(2), &operation["path"]));
    }
    assert_eq!(holds(&fold), Some(json!({"a": [1, 2], "b": {"c": 1}})));
}

#[test]
fn what_cannot_be_set_is_rejected_and_names_its_path() {
    let fold = given(&[created(json!({"a": [1, 2], "b": {"c": 1}}))]);
    let cases = [
        ("/b/c/d", json!(1), "path_does_not_fit"),
        ("/a/3", json!(1), "path_does_not_fit"),
        ("/a/999999999", json!(1), "path_does_not_fit"),
        ("/a/x", json!(1), "path_does_not_fit"),
        ("", json!([]), "document_not_an_object"),
    ];
    for (path, value, code) in cases {
        let set = json!({"set": [{"path": "/z", "value": 1}, {"path": path, "value": value}]});
        let no = rejection(&fold, "document.set", &set);
        assert_eq!((no.code, &no.details["path"]), (code, &json!(path)), "{}", no.message);
    }
}
