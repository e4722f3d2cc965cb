//! Any documents and any commands on one; small, so that they meet.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

/// Few names, so that documents meet; some that need escapes in a pointer.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]", Just(String::new()), Just("~/".to_owned()), Just("0".to_owned()), Just("$set".to_owned())]
}

pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2..3_i64).prop_map(Value::from),
        Just(json!(1.0)),
        Just(json!(-0.0)),
        "[a-b]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(object),
        ]
    })
}

fn object(members: BTreeMap<String, Value>) -> Value {
    Value::Object(members.into_iter().collect())
}

pub fn document() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(name(), value(), 0..4).prop_map(object)
}

pub fn command() -> impl Strategy<Value = (&'static str, Value)> {
    let path = prop::collection::vec(prop_oneof!["[a-c]", Just("0".to_owned()), Just("-".to_owned())], 0..3);
    let path = path.prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect::<String>());
    let operation =
        (prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]), path.clone(), path.clone(), value());
    let operation = operation.prop_map(|(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}));
    prop_oneof![
        2 => document().prop_map(|document| ("document.create", json!({ "document": document }))),
        2 => document().prop_map(|document| ("document.replace", json!({ "document": document }))),
        3 => document().prop_map(|merge| ("document.merge", json!({ "merge": merge }))),
        3 => prop::collection::vec(operation, 0..4).prop_map(|patch| ("document.patch", json!({ "patch": patch }))),
        3 => (path, value()).prop_map(|(path, value)| ("document.set", json!({"set": [{"path": path, "value": value}]}))),
        1 => Just(("document.delete", json!({}))),
    ]
}
