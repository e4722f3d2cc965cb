//! The law of copies: whatever the values are, the digest of a copy is that of its original.

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::event::CopyTarget;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::OWN_LAYOUT;
use crate::event::Original;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::copied_event;
use crate::event::digest_hash;
use crate::event::held_event;
use crate::event::is_copied;
use crate::event::same_event;

/// Returns JSON texts of any kind, also those that no store of esctl holds.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        "\\PC{0,8}".prop_map(|text| Value::from(text).to_string()),
        "(a|\\\\u0000|\\\\ud800|\\\\udc00|\\\\ud83d\\\\ude00|é|\\\\n|\\\\/){0,5}".prop_map(|text| format!("\"{text}\"")),
    ];
    let name = prop_oneof![
        "[a-c]",
        Just("value".to_owned()),
        Just("$number".to_owned()),
        Just("$text".to_owned()),
        Just("$json".to_owned()),
        Just("source".to_owned()),
        Just("original_time".to_owned()),
        Just("layout".to_owned()),
        Just("\\u0000".to_owned()),
        Just("\\ud800".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((name.clone(), inner), 0..4).prop_map(|members| object(&members)),
        ]
    })
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\" : {value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn any_metadata() -> impl Strategy<Value = String> {
    let time = prop_oneof![Just("\"2026-11-01T10:00:00Z\""), Just("\"noon\""), Just("null"), Just("5")];
    let source = prop_oneof![Just("\"web\""), Just("{\"layout\":1}"), Just("{\"a\":1}"), Just("null")];
    let members = (any_json(), prop::option::of(time), prop::option::of(source), any_json());
    members.prop_map(|(a, time, source, other)| {
        let time = time.map(|time| format!(",\"original_time\":{time}")).unwrap_or_default();
        let source = source.map(|source| format!(",\"source\":{source}")).unwrap_or_default();
        let other = if other.starts_with('{') && other.len() < 4 { format!(",\"b\":{other}") } else { String::new() };
        format!("{{\"client_id\":{a}{time}{source}{other}}}")
    })
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::NONE),
        Just(Timestamp::MIN),
        (0..4_000_000_000_000_000_i64).prop_map(Timestamp::from_micros_saturating),
    ]
}

/// Returns events of other programs.
fn any_foreign() -> impl Strategy<Value = RecordedEvent> {
    let place = || prop_oneof![Just(u64::MAX), 1..9_u64, Just(i64::MAX.unsigned_abs())];
    let source = prop_oneof![
        Just(json!({})),
        Just(json!({"id": null})),
        Just(json!({"id": "m\u{0}1", "tenant": "t", "layout": "x"})),
        Just(json!({"version": 0, "position": 0})),
        Just(json!({"version": "3", "position": null, "replaced": "x", "value": "y"})),
    ];
    let whole = (place(), place(), any_time(), any_json(), any_metadata(), source, any::<u128>());
    whole.prop_map(|(position, version, recorded_at, data, metadata, mut source, id)| {
        if source["version"] == 0 && version <= i64::MAX.unsigned_abs() {
            source["version"] = (version - 1).into();
        }
        RecordedEvent {
            position: Position(position),
            event_id: Uuid::from_u128(id),
            stream: "order-1".into(),
            version: Version(version),
            event_type: "Placed".into(),
            schema_version: 1,
            recorded_at,
            data,
            metadata,
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: Some(source.to_string()),
        }
    })
}

fn digest(event: &EventView<'_>) -> Hash {
    digest_hash(&Original::of(event).unwrap()).unwrap()
}

/// Returns the event that a store makes of a new one.
fn recorded(event: &NewEvent, version: u64, recorded_at: Timestamp) -> RecordedEvent {
    RecordedEvent {
        position: Position(77),
        event_id: event.event_id,
        stream: "order-1".into(),
        version: Version(version),
        event_type: event.event_type.as_str().into(),
        schema_version: event.schema_version,
        recorded_at,
        data: event.data.as_str().into(),
        metadata: event.metadata.as_str().into(),
        hash: Hash::ZERO,
        kept_content: None,
        quarantined: false,
        source: None,
    }
}

fn target(event_id: Uuid, micros: i64) -> CopyTarget {
    let recorded_at = Timestamp::from_micros_saturating(micros);
    CopyTarget { event_id, event_type: EventType::parse("Placed").unwrap(), recorded_at }
}

proptest! {
    #[test]
    fn the_digest_of_a_copy_is_that_of_its_original(
        event in any_foreign(), new_id in any::<bool>(), version in 1..9_u64, micros in 1..4_000_000_000_000_000_i64
    ) {
        let view = event.view();
        let id = if new_id { Uuid::from_u128(7) } else { event.event_id };
        let copy = target(id, if event.recorded_at.is_some() && new_id { event.recorded_at.micros() } else { micros });
        let at = copy.recorded_at;
        let (new, _) = copied_event(&view, held_event(&view).unwrap(), "shop", copy).unwrap();
        let copy = recorded(&new, version, at);
        prop_assert!(is_copied(&copy.metadata));
        prop_assert_eq!(digest(&copy.view()), digest(&view), "{}", copy.metadata);
        // A copy of the copy, at another time, as it is or changed.
        let (same, _) = same_event(&copy.view(), target(id, micros + 5)).unwrap();
        prop_assert_eq!(digest(&recorded(&same, version, target(id, micros + 5).recorded_at).view()), digest(&view));
        let held = held_event(&copy.view()).unwrap();
        let (again, _) = copied_event(&copy.view(), held, OWN_LAYOUT, target(id, micros + 5)).unwrap();
        prop_assert_eq!(digest(&recorded(&again, 9, target(id, micros + 5).recorded_at).view()), digest(&view));
    }

    #[test]
    fn an_event_of_esctl_keeps_its_digest(data in any_json(), metadata in any_metadata(), micros in 1..9_i64, other in 1..9_i64) {
        let parse = |text: &str| crate::event::JsonObject::parse(text).ok();
        let (Some(data), Some(metadata)) = (parse(&format!("{{\"a\":{data}}}")), parse(&metadata)) else { return Ok(()) };
        let new = NewEvent {
            event_id: Uuid::from_u128(7),
            event_type: EventType::parse("Placed").unwrap(),
            schema_version: 2,
            data,
            metadata,
        };
        let own = recorded(&new, 3, Timestamp::from_micros_saturating(micros));
        let copy = target(own.event_id, other);
        let at = copy.recorded_at;
        let (same, changes) = same_event(&own.view(), copy.clone()).unwrap();
        prop_assert_eq!(changes.time, at != own.recorded_at);
        prop_assert!(changes.time || same == new);
        prop_assert_eq!(digest(&recorded(&same, 3, at).view()), digest(&own.view()), "{}", same.metadata.as_str());
        let (changed, _) = copied_event(&own.view(), held_event(&own.view()).unwrap(), OWN_LAYOUT, copy).unwrap();
        prop_assert_eq!(digest(&recorded(&changed, 8, at).view()), digest(&own.view()), "{}", changed.metadata.as_str());
    }
}

#[test]
fn a_copy_names_its_original() {
    let event = RecordedEvent {
        position: Position(8),
        event_id: Uuid::from_u128(5),
        stream: "order-1".into(),
        version: Version(2),
        event_type: "Placed".into(),
        schema_version: 1,
        recorded_at: "2026-11-01T10:00:00Z".parse().unwrap(),
        data: "12345678901234567890".into(),
        metadata: r#"{"client_id":"ann","source":"web"}"#.into(),
        hash: Hash::ZERO,
        kept_content: None,
        quarantined: false,
        source: Some(r#"{"id":"k1","tenant":"t","version":1}"#.into()),
    };
    let view = event.view();
    let (copy, changes) = copied_event(&view, held_event(&view).unwrap(), "shop", target(event.event_id, 5)).unwrap();
    assert!(changes.value && changes.replaced && changes.moved && changes.time && !changes.id);
    assert_eq!(copy.data.as_str(), r#"{"value":{"$number":"12345678901234567890"}}"#);
    let source = r#"{"first_version":0,"id":"k1","layout":"shop","metadata":{"source":"web"},"position":8,"replaced":["data"],"tenant":"t","value":true,"version":1}"#;
    let expected = format!(r#"{{"client_id":"ann","original_time":"2026-11-01T10:00:00.000000Z","source":{source}}}"#);
    assert_eq!(copy.metadata.as_str(), expected);
    assert!(!is_copied(r#"{"source":{"a":1}}"#) && !is_copied(r#"{"source":"layout"}"#) && !is_copied("{}"));
}
