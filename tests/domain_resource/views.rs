//! The shown and the stored state: the schemas, the row of the read model, the fields that events may leave out.

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateFold;
use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::Projection;
use esctl::domain::resource::RESOURCES;
use esctl::domain::resource::Resource;
use esctl::domain::resource::client_event;
use esctl::domain::resource::client_schema;
use esctl::event::EventView;
use esctl::event::Hash;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::event::Version;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::domain_resource::support::Gold;
use crate::domain_resource::support::given;
use crate::domain_resource::support::gold;
use crate::domain_resource::support::record;
use crate::domain_resource::support::second;

fn locked_gold() -> Gold {
    let created = json!({"owner_id": "ann", "resource_type": "currency", "amount": 150, "max_amount": 1000, "regeneration_rate": 0.5,
        "metadata": {"b": 1, "a": 2}, "last_regenerated": second(0)});
    given(&[(0, "resource.created", created), (10, "resource.locked", json!({"reason": "audit", "expiry": second(70)}))])
}

#[test]
fn the_schemas_show_the_moment_asked_for_in_the_promised_order() {
    let fold = locked_gold();
    let held = r#"{"id":"gold","owner_id":"ann","resource_type":"currency","amount":160,"max_amount":1000,"last_updated":"2025-12-03T16:00:10.000000Z","is_locked":true,"regeneration_rate":0.5,"last_regenerated":"2025-12-03T16:00:00.000000Z","lock_reason":"audit","lock_expiry":"2025-12-03T16:01:10.000000Z","version":2,"created_at":"2025-12-03T16:00:00.000000Z","metadata":{"b":1,"a":2}}"#;
    assert_eq!(fold.show(second(20)).to_string(), held);
    let client = r#"{"id":"gold","owner_id":"ann","resource_type":"currency","amount":160,"max_amount":1000,"last_updated":"2025-12-03T16:00:10.000000Z","is_locked":true}"#;
    assert_eq!(client_schema(&fold.show(second(20))).to_string(), client);
    let free = fold.show(second(70));
    let lock = (&free["amount"], &free["is_locked"], &free["lock_reason"], &free["lock_expiry"]);
    assert_eq!(lock, (&json!(185), &json!(false), &Value::Null, &Value::Null));
    assert_eq!(fold.show(Timestamp::MAX)["amount"], json!(1000));
}

#[test]
fn a_client_sees_of_events_what_its_schema_is_made_of() {
    let seen = |event_type: &str, data: Value| Value::Object(client_event(event_type, data.as_object().unwrap().clone()));
    let created = json!({"owner_id": "ann", "resource_type": "currency", "amount": 1, "max_amount": 2, "regeneration_rate": 0.5,
        "metadata": {"secret": 1}, "last_regenerated": second(0)});
    let expected = json!({"owner_id": "ann", "resource_type": "currency", "amount": 1, "max_amount": 2});
    assert_eq!(seen("resource.created", created), expected);
    let allocated = json!({"amount": 1, "new_amount": 2, "regenerated": 3, "regeneration_remainder": 4, "reason": "shop"});
    assert_eq!(seen("resource.allocated", allocated), json!({"amount": 1, "new_amount": 2, "reason": "shop"}));
    assert_eq!(seen("resource.locked", json!({"reason": "audit", "expiry": second(70)})), json!({}));
    assert_eq!(seen("resource.of_a_newer_program", json!({"anything": 1})), json!({}));
}

#[test]
fn what_it_shows_changes_with_time_while_it_regenerates_or_is_locked() {
    let created = |rate: f64, amount: i64| {
        let data =
            json!({"owner_id": "ann", "resource_type": "t", "amount": amount, "max_amount": 10, "regeneration_rate": rate});
        given(&[(0, "resource.created", data)]).state().changes_with_time()
    };
    assert_eq!([created(0.0, 1), created(1.0, 1), created(1.0, 10)], [false, true, false]);
    assert!(locked_gold().state().changes_with_time());
}

#[test]
fn what_was_never_created_is_not_shown() {
    assert_eq!(gold().show(second(0)), Value::Null);
    assert_eq!(given(&[(0, "resource.unlocked", json!({}))]).show(second(0)), Value::Null);
    assert_eq!(client_schema(&Value::Null), Value::Null);
}

#[test]
fn a_row_is_flat_whole_and_reads_back() {
    let mut fold = locked_gold();
    record(&mut fold, "resource.painted", r#"{"of a":"newer program"}"#, second(30));
    let row = fold.save().unwrap();
    let expected = json!({"id": "gold", "owner_id": "ann", "resource_type": "currency", "amount": 150, "max_amount": 1000,
        "last_updated": second(10), "is_locked": true, "regeneration_rate": 0.5, "last_regenerated": second(0),
        "regeneration_remainder": 0, "lock_reason": "audit", "lock_expiry": second(70), "version": 3, "created_at": second(0),
        "metadata": {"a": 2, "b": 1}});
    assert_eq!(serde_json::from_str::<Value>(&row).unwrap(), expected);
    let mut again = RESOURCES.row("gold");
    again.restore(&row).unwrap();
    assert_eq!((again.save().unwrap(), again.show(second(20))), (row, fold.show(second(20))));
    assert!(again.restore(r#"{"id":"gold"}"#).is_err());
    assert_eq!(again.show(second(20)), fold.show(second(20)));
}

#[test]
fn the_state_leaves_id_and_version_to_the_fold() {
    let state = serde_json::to_value(Resource::default()).unwrap();
    assert!(state.get("id").is_none() && state.get("version").is_none());
}

#[test]
fn the_read_model_takes_the_events_of_resources() {
    let domain = esctl::domain::of_category(Resource::CATEGORY).unwrap();
    let resources = domain.projection.unwrap();
    assert_eq!((resources.name(), resources.version(), resources.categories()), ("resources", 1, vec!["resource".to_owned()]));
    assert_eq!(resources.indexed_fields(), ["owner_id", "resource_type"]);
    for (stream, key) in [("resource-a-b", Some("a-b")), ("resource-", None), ("resource", None), ("resources-a", None)] {
        assert_eq!(resources.key(&event(stream, "resource.unlocked", "{}")).as_deref(), key, "{stream}");
    }
}

#[test]
fn an_event_written_by_hand_may_leave_out_what_has_a_neutral_value() {
    let created = json!({"owner_id": "ann", "resource_type": "currency", "amount": 150, "max_amount": 1000});
    let fold = given(&[
        (3, "resource.created", created),
        (4, "resource.allocated", json!({"amount": 50, "new_amount": 100})),
        (5, "resource.added", json!({"amount": 1, "new_amount": 101, "a field of": "a newer program"})),
        (6, "resource.locked", json!({"expiry": second(9)})),
    ]);
    let state = fold.state();
    assert_eq!((state.amount, state.last_regenerated, state.created_at), (101, second(5), Some(second(3))));
}

#[test]
fn an_event_that_cannot_be_read_changes_nothing() {
    let mut fold = locked_gold();
    let before = fold.save().unwrap();
    for (event_type, data) in [
        ("resource.locked", "{}"),
        ("resource.allocated", r#"{"amount":1,"new_amount":1.5}"#),
        ("resource.added", r#"{"amount":1,"new_amount":1,"regeneration_remainder":-1}"#),
        ("resource.created", r#"{"owner_id":"a","resource_type":"t","amount":1,"max_amount":1,"metadata":[]}"#),
    ] {
        let error = fold.apply(&event("resource-gold", event_type, data)).unwrap_err();
        assert!(matches!(error, FoldError::Data { .. }), "{event_type}");
        assert_eq!(fold.save().unwrap(), before);
    }
}

#[test]
fn amounts_no_rule_would_have_made_do_not_make_it_panic() {
    for (amount, max) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (-5, 3), (9, 3), (i64::MAX, i64::MAX)] {
        let mut fold: Gold = AggregateFold::new("resource-gold");
        let data =
            json!({"owner_id": "a", "resource_type": "t", "amount": amount, "max_amount": max, "regeneration_rate": 1e300});
        record(&mut fold, "resource.created", &data.to_string(), second(0));
        fold.show(Timestamp::MAX);
        for command in ["resource.allocate", "resource.add"] {
            let _ = crate::domain_resource::support::run(&mut fold, command, &json!({"amount": i64::MAX}), second(9));
        }
    }
}

fn event<'a>(stream: &'a str, event_type: &'a str, data: &'a str) -> EventView<'a> {
    EventView {
        position: Position(9),
        event_id: Uuid::nil(),
        stream,
        version: Version(9),
        event_type,
        schema_version: 1,
        recorded_at: second(99),
        data,
        metadata: "{}",
        hash: Hash::ZERO,
        kept_content: None,
        quarantined: false,
        source: None,
    }
}
