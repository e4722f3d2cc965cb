//! Invalid payloads: refused with the field, the value and what was wanted.

use esctl::aggregate::DecideError;
use esctl::aggregate::Decider;
use esctl::domain;
use serde_json::Value;
use serde_json::json;

use crate::domain_document::support::created;
use crate::domain_document::support::given;
use crate::domain_document::support::second;

#[test]
fn a_payload_of_another_shape_is_refused_by_name() {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let cases = [
        ("document.create", json!({}), "missing field `document`"),
        ("document.create", json!({"document": 5}), "document is 5; expected a JSON object"),
        ("document.create", json!({"document": []}), "document is []; expected a JSON object"),
        ("document.create", json!({"document": null}), "document is null; expected a JSON object"),
        ("document.create", json!({"document": {}, "docment": {}}), "unknown field `docment`"),
        ("document.create", json!({"document": {"a": "\u{0}"}}), "NUL"),
        ("document.create", json!({"document": {"a": 18_446_744_073_709_551_615_u64}}), "integer out of range"),
        ("document.create", json!({"document": {"a": deep(61)}}), "nested deeper than 61"),
        ("document.create", json!({"document": {"a": deep(100)}}), "nested deeper than"),
        ("document.merge", json!({"merge": "x"}), "merge is \"x\"; expected a JSON object"),
        ("document.patch", json!({"patch": {}}), "patch is {}; expected a JSON array"),
        ("document.patch", json!({"patch": [5]}), "operation 1 of the patch, 5: "),
        ("document.patch", json!({"patch": [{"op": "test", "path": ""}]}), "missing field `value`"),
        ("document.patch", json!({"patch": [{"op": "copy", "path": ""}]}), "missing field `from`"),
        ("document.patch", json!({"patch": [{"op": "nope", "path": ""}]}), "unknown variant `nope`"),
        ("document.patch", json!({"patch": [{"op": "add", "path": "a", "value": 1}]}), "operation 1 of the patch"),
        ("document.patch", json!({"patch": [{"op": "add", "path": "/~2", "value": 1}]}), "operation 1 of the patch"),
        ("document.patch", json!({"patch": [{"op": "add", "path": "/a", "value": "\u{0}"}]}), "NUL"),
        ("document.set", json!({"set": []}), "set is empty"),
        ("document.set", json!({"set": [{"path": "a", "value": 1}]}), "set {\"path\":\"a\",\"value\":1}: "),
        ("document.set", json!({"set": [{"path": "/a"}]}), "missing field `value`"),
        ("document.delete", json!([]), "expected a JSON object, found []"),
        ("document.delete", json!({"reason": "x"}), "unknown field `reason`"),
    ];
    for (command, payload, part) in cases {
        let error = given(&[created(json!({}))]).decide(command, &payload, second(0)).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, DecideError::Payload { .. }), "{payload}: {message}");
        assert!(message.contains(part), "{payload}: {message}");
    }
}

#[test]
fn a_large_value_is_shown_in_part() {
    let payload = json!({"patch": [{"op": "é".repeat(1_000_000)}]});
    assert!(
        given(&[]).decide("document.merge", &json!({"merge": "é".repeat(1_000_000)}), second(0)).unwrap_err().to_string().len()
            < 400
    );
    assert!(given(&[]).decide("document.patch", &payload, second(0)).is_err());
}

#[test]
fn every_command_of_the_list_is_known_and_no_other() {
    let document = domain::of_category("document").unwrap();
    for command in document.commands {
        let decided = (document.aggregate)("document-plan").decide(command, &Value::Null, second(0));
        assert!(matches!(decided, Err(DecideError::Payload { .. })), "{command}");
    }
    let decided = given(&[]).decide("document.destroy", &Value::Null, second(0));
    assert!(matches!(decided, Err(DecideError::UnknownCommand(name)) if name == "document.destroy"));
}
