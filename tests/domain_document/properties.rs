//! What holds for any documents and any changes.

use std::collections::BTreeMap;

use esctl::aggregate::AggregateFold;
use esctl::aggregate::Fold;
use esctl::domain::document::apply;
use esctl::domain::document::diff;
use proptest::prelude::*;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::Plan;
use crate::support::given;
use crate::support::holds;
use crate::support::record;
use crate::support::run;
use crate::support::second;

/// Few names, so that documents meet; some that need escapes in a pointer.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]", Just(String::new()), Just("~/".to_owned()), Just("0".to_owned()), Just("$set".to_owned())]
}

fn value() -> impl Strategy<Value = Value> {
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

fn document() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(name(), value(), 0..4).prop_map(object)
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn command() -> impl Strategy<Value = (&'static str, Value)> {
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

proptest! {
    #[test]
    fn the_patch_of_a_diff_makes_the_target(before in document(), after in document()) {
        let (before, after) = (members(&before), members(&after));
        let patch = diff(&before, &after);
        prop_assert_eq!(&apply(&before, &patch).unwrap(), &after);
        prop_assert_eq!(patch.is_empty(), before == after);
    }

    #[test]
    fn any_commands_make_events_whose_text_makes_the_same_state(commands in prop::collection::vec(command(), 0..20)) {
        let mut fold = given(&[]);
        let mut read: Plan = AggregateFold::new("document-plan");
        for (name, payload) in commands {
            let before = holds(&fold);
            match run(&mut fold, name, &payload) {
                Err(_) => prop_assert_eq!(holds(&fold), before),
                Ok(events) => {
                    // An event for each change, and for nothing else.
                    prop_assert_eq!(events.len(), usize::from(holds(&fold) != before));
                    for event in &events {
                        record(&mut read, event.event_type, event.data.as_str()).unwrap();
                    }
                }
            }
        }
        prop_assert_eq!(holds(&fold), holds(&read));
        prop_assert_eq!(fold.show(second(99)).to_string(), read.show(second(99)).to_string());
        let mut restored: Plan = AggregateFold::new("document-plan");
        restored.restore(&read.save().unwrap()).unwrap();
        prop_assert_eq!(restored.show(second(99)).to_string(), read.show(second(99)).to_string());
    }

    #[test]
    fn no_payload_makes_it_panic(value in value(), name in prop::sample::select(vec!["document", "merge", "patch", "set"])) {
        let command = if name == "document" { "document.create".to_owned() } else { format!("document.{name}") };
        let _ = run(&mut given(&[]), &command, &json!({ name: value }));
    }
}
