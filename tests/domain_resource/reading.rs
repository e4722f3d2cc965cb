//! Invalid payloads: refused with the field, the value and what was wanted.

use esctl::aggregate::Aggregate;
use esctl::aggregate::DecideError;
use esctl::aggregate::Decider;
use esctl::domain;
use esctl::domain::resource::CreateResource;
use esctl::domain::resource::Resource;
use esctl::domain::resource::ResourceCommand;
use esctl::domain::resource::ResourceRejection;
use serde_json::Map;
use serde_json::Value;

use crate::domain_resource::support::gold;
use crate::domain_resource::support::second;

#[test]
fn a_payload_of_another_shape_is_refused_by_name() {
    let range = "expected a whole number up to 9223372036854775807";
    let cases = [
        ("resource.allocate", r#"{"amount":1.5}"#, "amount is 1.5; ", range),
        ("resource.allocate", r#"{"amount":1e3}"#, "amount is 1000.0; ", range),
        ("resource.add", r#"{"amount":99999999999999999999}"#, "amount is 1e+20; ", range),
        ("resource.add", r#"{"amount":9223372036854775808}"#, "amount is 9223372036854775808; ", range),
        ("resource.add", r#"{"amount":"5"}"#, "amount is \"5\"; ", range),
        ("resource.add", r#"{"amount":null}"#, "amount is null; ", range),
        ("resource.add", "{}", "missing field `amount`", ""),
        ("resource.add", r#"{"amount":1,"raeson":"x"}"#, "unknown field `raeson`", "`reason`"),
        ("resource.add", "[5]", "expected a JSON object, found [5]", ""),
        ("resource.unlock", "null", "expected a JSON object, found null", ""),
        ("resource.unlock", r#"{"reason":"x"}"#, "unknown field `reason`", ""),
        ("resource.lock", r#"{"for":"soon"}"#, "for is \"soon\"; expected a duration like 90s, 5m or 1h30m", ""),
        ("resource.lock", r#"{"for":5}"#, "invalid type: integer `5`", ""),
        ("resource.lock", r#"{"for":"99999999999999999999s"}"#, "for is ", "expected a duration"),
        (
            "resource.create",
            r#"{"owner_id":"a","resource_type":"t","initial_amount":1.0,"max_amount":1}"#,
            "initial_amount is 1.0; ",
            range,
        ),
        (
            "resource.create",
            r#"{"owner_id":"a","resource_type":"t","initial_amount":1,"max_amount":true}"#,
            "max_amount is true; ",
            range,
        ),
        (
            "resource.create",
            r#"{"owner_id":"a","resource_type":"t","initial_amount":1,"max_amount":1,"metadata":[]}"#,
            "metadata is []; expected a JSON object",
            "",
        ),
        (
            "resource.create",
            r#"{"owner_id":"a","resource_type":"t","initial_amount":1,"max_amount":1,"regeneration_rate":"1"}"#,
            "expected f64",
            "",
        ),
    ];
    for (command, payload, part, and) in cases {
        let payload: Value = serde_json::from_str(payload).unwrap();
        let error = gold().decide(command, &payload, second(0)).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, DecideError::Payload { .. }), "{payload}: {message}");
        assert!(message.contains(part) && message.contains(and), "{payload}: {message}");
    }
}

#[test]
fn a_large_value_is_shown_in_part() {
    let payload = serde_json::json!({"amount": "é".repeat(1_000_000)});
    assert!(gold().decide("resource.add", &payload, second(0)).unwrap_err().to_string().len() < 400);
}

#[test]
fn every_command_of_the_list_is_known_and_no_other() {
    let resource = domain::of_category("resource").unwrap();
    for command in resource.commands {
        let decided = (resource.aggregate)("resource-gold").decide(command, &Value::Null, second(0));
        assert!(matches!(decided, Err(DecideError::Payload { .. })), "{command}");
    }
    let decided = gold().decide("resource.destroy", &Value::Null, second(0));
    assert!(matches!(decided, Err(DecideError::UnknownCommand(name)) if name == "resource.destroy"));
}

#[test]
fn a_rate_that_json_cannot_say_is_rejected_too() {
    for rate in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let wanted = CreateResource {
            owner_id: "ann".into(),
            resource_type: "currency".into(),
            initial_amount: 1,
            max_amount: 1,
            regeneration_rate: rate,
            metadata: Map::new(),
        };
        let rejected = Resource::default().decide("gold", &ResourceCommand::Create(wanted), second(0));
        assert!(matches!(rejected, Err(ResourceRejection::InvalidRegenerationRate { .. })), "{rate}");
    }
}
