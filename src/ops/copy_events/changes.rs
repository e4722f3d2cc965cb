//! The changes that a copy was asked for: names by one jq program, types, data and metadata by another.

use serde_json::Value;

use crate::aggregate::JqEvent;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::HeldEvent;
use crate::event::JsonError;
use crate::event::JsonObject;
use crate::event::NameError;
use crate::event::StreamName;
use crate::jq::JqError;
use crate::jq::JqProgram;
use crate::jq::object;
use crate::jq::text;
use crate::jq::to_json;
use crate::ops::error::OpsError;
use crate::ops::failure::in_full;

/// The names of an event in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) stream: String,
    pub(super) event_type: String,
}

impl Names {
    /// Returns the names, if a store of esctl accepts them as they are.
    ///
    /// # Errors
    /// The reason why one is refused, with the kind of name.
    pub(super) fn parse(&self) -> Result<(StreamName, EventType), (&'static str, String)> {
        let changed = || "is not in normal form C of Unicode, in which esctl compares names".to_owned();
        let stream = StreamName::parse(&self.stream).map_err(|error| ("stream", reason(&error)))?;
        if stream.is_reserved() {
            return Err(("stream", "starts with $, which is reserved".to_owned()));
        }
        if stream.as_str() != self.stream {
            return Err(("stream", changed()));
        }
        let event_type = EventType::parse(&self.event_type).map_err(|error| ("type", reason(&error)))?;
        match event_type.as_str() == self.event_type {
            true => Ok((stream, event_type)),
            false => Err(("type", changed())),
        }
    }
}

/// Returns the reason without the name, which is shown beside it.
fn reason(error: &NameError) -> String {
    let text = error.to_string();
    text.rsplit_once("\" ").map_or(text.clone(), |(_, reason)| reason.to_owned())
}

/// Changes the names of streams and types.
pub(super) struct Renaming<'p> {
    program: Option<&'p JqProgram>,
    /// The names of the last event, before and after.
    last: Option<(Names, Names)>,
}

impl<'p> Renaming<'p> {
    pub(super) fn new(program: Option<&'p JqProgram>) -> Self {
        Self { program, last: None }
    }

    /// Returns the names of an event in the target.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] when the program fails or returns no names.
    pub(super) fn names(&mut self, event: &EventView<'_>) -> Result<Names, OpsError> {
        let before = Names { stream: event.stream.to_owned(), event_type: event.event_type.to_owned() };
        let Some(program) = self.program else { return Ok(before) };
        if let Some((known, after)) = &self.last
            && *known == before
        {
            return Ok(after.clone());
        }
        let failed = |reason: String| OpsError::Invalid(format!("the new name of stream {}: {reason}", event.stream));
        let input = object([("stream", text(event.stream)), ("type", text(event.event_type))]);
        let result = program.one(input).map_err(|error: JqError| failed(in_full(&error)))?;
        let result = to_json(&result);
        let name = |key: &str| result[key].as_str().map(str::to_owned);
        let (Some(stream), Some(event_type)) = (name("stream"), name("type")) else {
            return Err(failed(format!(
                "{} returned {result}; expected {{\"stream\":…,\"type\":…}}, for instance '.stream |= ltrimstr(\"$\")'",
                program.name()
            )));
        };
        let after = Names { stream, event_type };
        self.last = Some((before, after.clone()));
        Ok(after)
    }
}

/// The changed parts of an event: its type, if it changed, and the rest.
pub(super) type Transformed = (Option<String>, HeldEvent);

/// Runs the program for changes on an event; `None` if it gives no result.
///
/// # Errors
/// [`OpsError::Invalid`] when the program fails, or returns no event.
pub(super) fn transformed(program: &JqProgram, event: &EventView<'_>, held: &HeldEvent) -> Result<Option<Transformed>, OpsError> {
    let (stream, version, position) = (event.stream, event.version, event.position);
    let failed = |reason: String| {
        OpsError::Invalid(format!(
            "the changes to the event at position {position} (stream {stream}, version {version}): {reason}"
        ))
    };
    let input = EventView { data: held.data.as_str(), metadata: &held.metadata, ..*event };
    let input = JqEvent::read(&input).map_err(|error| failed(in_full(&error)))?;
    let result = program.at_most_one_of(&input).map_err(|error| failed(in_full(&input.failed(error))))?;
    let Some(result) = result else { return Ok(None) };
    let Value::Object(result) = to_json(&result) else {
        return Err(failed(format!("{} returned no event; expected an object with type, data and metadata", program.name())));
    };
    if result.get("stream").is_some_and(|name| name != stream) {
        return Err(failed("a transform cannot change the stream; use --rename".to_owned()));
    }
    let part = |name: &str, known: &str| -> Result<JsonObject, OpsError> {
        let text = result.get(name).map_or_else(|| known.to_owned(), Value::to_string);
        JsonObject::parse(&text).map_err(|error: JsonError| failed(format!("{name}: {error}")))
    };
    let data = part("data", held.data.as_str())?;
    let metadata = part("metadata", &held.metadata)?;
    let event_type = match result.get("type") {
        Some(Value::String(event_type)) => Some(event_type.clone()),
        Some(other) => return Err(failed(format!("type is {other}; expected a text"))),
        None => None,
    };
    Ok(Some((event_type, HeldEvent::changed(data, &metadata))))
}
