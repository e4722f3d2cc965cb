//! The form of events in jq programs, which is the event JSON of the command line.

use std::sync::OnceLock;

use serde::de::IgnoredAny;

use crate::aggregate::fold_error::FoldError;
use crate::event::EventView;
use crate::jq::JqValue;
use crate::jq::Lazy;
use crate::jq::LazyJson;
use crate::jq::LazyObject;
use crate::jq::RunError;
use crate::jq::from_text;
use crate::jq::integer;
use crate::jq::made_once;
use crate::jq::object;
use crate::jq::text;

/// Returns a value that an event of another program may lack.
fn known(is_some: bool, value: impl FnOnce() -> JqValue) -> JqValue {
    if is_some { value() } else { JqValue::Null }
}

fn position(event: &EventView<'_>) -> JqValue {
    known(event.position.is_some(), || integer(event.position.0))
}

fn version(event: &EventView<'_>) -> JqValue {
    known(event.version.is_some(), || integer(event.version.0))
}

fn recorded_at(event: &EventView<'_>) -> JqValue {
    known(event.recorded_at.is_some(), || text(event.recorded_at.to_string()))
}

fn schema_version(event: &EventView<'_>) -> JqValue {
    known(event.source.is_none(), || integer(event.schema_version.into()))
}

fn hash(event: &EventView<'_>) -> JqValue {
    known(event.source.is_none(), || text(event.hash.to_string()))
}

fn source(event: &EventView<'_>) -> Result<Option<JqValue>, serde_json::Error> {
    event.source.map(from_text).transpose()
}

fn whole(event: &EventView<'_>, data: JqValue, metadata: JqValue) -> Result<JqValue, serde_json::Error> {
    let members = [
        ("position", position(event)),
        ("event_id", text(event.event_id.to_string())),
        ("stream", text(event.stream)),
        ("version", version(event)),
        ("type", text(event.event_type)),
        ("schema_version", schema_version(event)),
        ("recorded_at", recorded_at(event)),
        ("data", data),
        ("metadata", metadata),
        ("hash", hash(event)),
    ];
    Ok(object(members.into_iter().chain(source(event)?.map(|source| ("source", source)))))
}

/// An event for jq programs whose fields are made when a program uses them.
pub struct JqEvent<'e> {
    event: &'e EventView<'e>,
    data: LazyJson<'e>,
    metadata: OnceLock<LazyJson<'e>>,
    whole: OnceLock<JqValue>,
}

impl<'e> JqEvent<'e> {
    /// Reads an event. Fields of data and metadata are read when a program uses them; of
    /// others only the syntax is checked.
    ///
    /// # Errors
    /// [`FoldError::Data`] when its data or metadata do not have the syntax of JSON.
    pub fn read(event: &'e EventView<'e>) -> Result<Self, FoldError> {
        let read = |json| LazyJson::read(json).map_err(|error| FoldError::data(event.event_type, error));
        let (data, metadata, whole) = (read(event.data)?, OnceLock::new(), OnceLock::new());
        // Few programs use the metadata, so they are only checked.
        if serde_json::from_str::<IgnoredAny>(event.metadata).is_err() {
            read(event.metadata)?;
        }
        Ok(Self { event, data, metadata, whole })
    }

    /// Returns the reason why a program failed for this event.
    pub fn failed(&self, error: RunError) -> FoldError {
        match error {
            RunError::Input(error) => FoldError::data(self.event.event_type, error),
            RunError::Program(error) => FoldError::Program(error),
        }
    }

    fn metadata(&self) -> Result<&LazyJson<'e>, serde_json::Error> {
        made_once(&self.metadata, || LazyJson::read(self.event.metadata))
    }
}

impl LazyObject for JqEvent<'_> {
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error> {
        let event = self.event;
        Ok(Lazy::Owned(match name {
            "data" => return Ok(self.data.value()),
            "metadata" => return self.metadata().map(LazyJson::value),
            "position" => position(event),
            "event_id" => text(event.event_id.to_string()),
            "stream" => text(event.stream),
            "version" => version(event),
            "type" => text(event.event_type),
            "schema_version" => schema_version(event),
            "recorded_at" => recorded_at(event),
            "hash" => hash(event),
            "source" => source(event)?.unwrap_or(JqValue::Null),
            _ => JqValue::Null,
        }))
    }

    fn whole(&self) -> Result<JqValue, serde_json::Error> {
        let made = made_once(&self.whole, || whole(self.event, self.data.whole()?, self.metadata()?.whole()?));
        made.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::JqEvent;
    use crate::event::EventView;
    use crate::event::Hash;
    use crate::event::Position;
    use crate::event::Timestamp;
    use crate::event::Version;
    use crate::jq::JqProgram;
    use crate::jq::JqValue;
    use crate::jq::LazyObject;
    use crate::jq::on_a_large_stack;

    fn event<'e>(data: &'e str, metadata: &'e str) -> EventView<'e> {
        EventView {
            position: Position(7),
            event_id: uuid::Uuid::from_u128(1),
            stream: "order-1",
            version: Version(2),
            event_type: "order.paid",
            schema_version: 1,
            recorded_at: Timestamp::from_micros_saturating(1_700_000_000_000_001),
            data,
            metadata,
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: None,
        }
    }

    #[test]
    fn each_member_is_that_of_the_whole_event() {
        let view = event(r#"{"a":{"b":[1,2.50]},"a":3}"#, r#"{"client_id":"ann"}"#);
        let event = JqEvent::read(&view).unwrap();
        let JqValue::Obj(members) = event.whole().unwrap() else { panic!("an event is an object") };
        assert_eq!(members.len(), 10);
        // It is made once.
        assert!(matches!(event.whole().unwrap(), JqValue::Obj(again) if std::ptr::eq(&*members, &*again)));
        for (name, value) in members.iter() {
            let JqValue::TStr(text) = name else { panic!("{name:?}") };
            let found = match event.member(std::str::from_utf8(text).unwrap()).unwrap() {
                crate::jq::Lazy::Object(object) => object.whole().unwrap(),
                crate::jq::Lazy::Shared(value) => value.clone(),
                crate::jq::Lazy::Owned(value) => value,
            };
            assert_eq!(format!("{found:?}"), format!("{value:?}"), "{name:?}");
        }
    }

    #[test]
    fn a_field_that_cannot_be_read_matters_where_it_is_used() {
        let view = event(r#"{"good":1,"bad":1e999}"#, r#"{"bad":"\ud800"}"#);
        let run = |program: &str| {
            on_a_large_stack(|| {
                let event = JqEvent::read(&view).unwrap();
                JqProgram::compile("p", program).unwrap().one_of(&event).map(|value| value.to_string()).ok()
            })
            .unwrap()
        };
        assert_eq!(run(".data.good").as_deref(), Some("1"));
        assert_eq!(run(".data.bad"), None);
        assert_eq!(run(".metadata.bad"), None);
        assert_eq!(run(". | length"), None);
        assert!(JqEvent::read(&event("{", "{}")).is_err() && JqEvent::read(&event("{}", "{")).is_err());
    }
}
