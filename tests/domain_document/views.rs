//! The shown state of a document, its stored state, and its read model.

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateFold;
use esctl::aggregate::Fold;
use esctl::domain::document::Document;
use esctl::event::EventView;
use esctl::event::Hash;
use esctl::event::Position;
use esctl::event::Version;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::domain_document::support::Plan;
use crate::domain_document::support::created;
use crate::domain_document::support::deleted;
use crate::domain_document::support::given;
use crate::domain_document::support::second;

#[test]
fn a_document_shows_what_it_holds_since_when_and_by_whom() {
    let updated =
        ("document.updated", json!({"patch": [{"op": "remove", "path": "/b"}, {"op": "add", "path": "/a", "value": 1}]}));
    let fold = given(&[created(json!({"b": 1, "c": {"z": 1, "y": 2}})), updated]);
    let shown = fold.show(second(99)).to_string();
    let last_updated = second(2);
    let wanted = r#"{"id":"plan","version":2,"document":{"a":1,"c":{"y":2,"z":1}},"last_updated":"#;
    assert_eq!(shown, format!("{wanted}\"{last_updated}\",\"client_id\":\"ann\"}}"));
    assert_eq!(given(&[]).show(second(0)), Value::Null);
    let gone = given(&[created(json!({})), deleted()]);
    assert_eq!(gone.show(second(99)), Value::Null);
    assert!(gone.state().is_deleted() && !fold.state().is_deleted() && !given(&[]).state().is_deleted());
}

#[test]
fn the_kept_state_is_a_flat_object_and_comes_back() {
    for fold in [given(&[created(json!({"a": {"id": 5, "version": "x"}}))]), given(&[created(json!({})), deleted()])] {
        let saved = fold.save().unwrap();
        let row: Value = serde_json::from_str(&saved).unwrap();
        let names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["id", "version", "document", "last_updated", "client_id", "created_at"]);
        let mut restored: Plan = AggregateFold::new("document-plan");
        restored.restore(&saved).unwrap();
        assert_eq!((restored.state(), restored.save().unwrap()), (fold.state(), saved));
    }
}

#[test]
fn the_read_model_takes_the_events_of_documents() {
    let domain = esctl::domain::of_category(Document::CATEGORY).unwrap();
    let documents = domain.projection.unwrap();
    assert_eq!((documents.name(), documents.version(), documents.categories()), ("documents", 1, vec!["document".to_owned()]));
    for (stream, key) in [("document-a-b", Some("a-b")), ("document-", None), ("document", None), ("documents-a", None)] {
        let event = EventView {
            position: Position(9),
            event_id: Uuid::nil(),
            stream,
            version: Version(9),
            event_type: "document.deleted",
            schema_version: 1,
            recorded_at: second(0),
            data: "{}",
            metadata: "{}",
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: None,
        };
        assert_eq!(documents.key(&event).as_deref(), key, "{stream}");
    }
}
