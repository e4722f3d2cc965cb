//! Properties of any documents and any changes.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::Fold;
use esctl::domain::document::apply;
use esctl::domain::document::diff;
use proptest::prelude::*;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::common::any_document::command;
use crate::common::any_document::document;
use crate::common::any_document::value;
use crate::domain_document::support::Plan;
use crate::domain_document::support::given;
use crate::domain_document::support::holds;
use crate::domain_document::support::record;
use crate::domain_document::support::run;
use crate::domain_document::support::second;

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
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
