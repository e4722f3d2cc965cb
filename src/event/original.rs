//! The original of an event: the event as it was before it was copied.
//!
//! A copied event has `metadata.source`, an object with a `layout`, and `metadata.original_time` where its time is another one.
//!
//! | member of `source` | meaning |
//! | --- | --- |
//! | `layout` | the layout with which the store was read; `esctl` for a store of esctl |
//! | `version`, `first_version` | the original version, and the version of the first event of a stream if it is not 1 |
//! | `position` | the original position |
//! | `id` | the original id if it is not the event id; null if there is none |
//! | `value` | true if the original data is the member `value` of the data |
//! | `replaced` | the parts, `data` or `metadata`, in which objects replace values that esctl cannot hold |
//! | `metadata` | members of the original metadata that have the names of those of a copy |

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::value::RawValue;

use crate::event::envelope::EventView;
use crate::event::held_json::no_json;
use crate::event::held_json::restored;
use crate::event::json::JsonError;
use crate::event::json_members::JsonMembers;
use crate::event::time::Timestamp;

/// The member of the metadata that names the original of a copied event.
pub const COPY_SOURCE: &str = "source";
/// The member of the metadata with the original time of an event.
pub const ORIGINAL_TIME: &str = "original_time";

/// The original of an event.
#[derive(Debug, Clone)]
pub struct Original<'e> {
    /// The stream.
    pub stream: &'e str,
    /// The version from 1, if the original has one.
    pub version: Option<u64>,
    /// The type.
    pub event_type: &'e str,
    /// The id as its store has it, if the original has one.
    pub id: Option<Cow<'e, str>>,
    /// The time, if the original has one.
    pub time: Option<Timestamp>,
    /// The data, JSON of any kind.
    pub data: Cow<'e, str>,
    /// The metadata, a JSON object.
    pub metadata: Cow<'e, str>,
}

/// A name and a value of a JSON object.
pub(super) type Member<'e> = (Cow<'e, str>, &'e RawValue);

/// The member `source` of the metadata of a copied event.
pub(super) struct Mark<'e>(Vec<Member<'e>>);

impl<'e> Mark<'e> {
    fn get(&self, name: &str) -> Option<&'e RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.get().parse().ok()
    }

    fn has_replaced(&self, part: &str) -> bool {
        let parts = self.get("replaced").and_then(|parts| serde_json::from_str::<Vec<Cow<'_, str>>>(parts.get()).ok());
        parts.is_some_and(|parts| parts.iter().any(|replaced| replaced == part))
    }
}

/// Returns true for the metadata of an event that was copied from the store of another program.
pub fn is_copied(metadata: &str) -> bool {
    // The text is canonical. Most metadata have no such member.
    metadata.contains("\"source\":{") && members(metadata).is_ok_and(|members| mark(&members).is_some())
}

/// Returns the members of a JSON object.
pub(super) fn members(json: &str) -> Result<Vec<Member<'_>>, JsonError> {
    let JsonMembers(members) = serde_json::from_str(json).map_err(no_json)?;
    Ok(members)
}

/// Returns the mark of a copied event: a `source` with the text `layout`, which no other program writes.
pub(super) fn mark<'e>(of: &[Member<'e>]) -> Option<Mark<'e>> {
    let (_, source) = of.iter().find(|(name, _)| name == COPY_SOURCE)?;
    let mark = Mark(members(source.get()).ok()?);
    mark.get("layout")?.get().starts_with('"').then_some(mark)
}

/// Returns the time in a member of metadata.
pub(super) fn time_of(value: &RawValue) -> Option<Timestamp> {
    Timestamp::from_str(&serde_json::from_str::<Cow<'_, str>>(value.get()).ok()?).ok()
}

/// The coordinates of an event in its store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Coordinates {
    /// The version as its store has it, as JSON.
    pub version: Option<String>,
    /// The position as its store has it, as JSON.
    pub position: Option<String>,
}

impl Coordinates {
    /// Returns the coordinates of an event to copy. Those of a copy are its original ones.
    pub fn of(event: &EventView<'_>) -> Self {
        if event.source.is_none()
            && let Some(original) = Self::of_copy(event)
        {
            return original;
        }
        let source = Mark(event.source.and_then(|source| members(source).ok()).unwrap_or_default());
        let number = |name: &str, is_some: bool, shown: u64| {
            is_some.then(|| source.number(name).map_or_else(|| shown.to_string(), |number| number.to_string()))
        };
        let version = number("version", event.version.is_some(), event.version.0);
        Self {
            version: Some(version.unwrap_or_else(|| "null".to_owned())),
            position: number("position", event.position.is_some(), event.position.0),
        }
    }

    /// Returns the coordinates that a copied event names; `None` for an event without a mark.
    pub fn of_copy(event: &EventView<'_>) -> Option<Self> {
        let members = members(event.metadata).ok()?;
        let mark = mark(&members)?;
        let text = |name| mark.get(name).map(|value| value.get().to_owned());
        Some(Self { version: text("version"), position: text("position") })
    }
}

impl<'e> Original<'e> {
    /// Returns the original of an event.
    ///
    /// # Errors
    /// The metadata or the data are no JSON of a copy.
    pub fn of(event: &EventView<'e>) -> Result<Self, JsonError> {
        if let Some(source) = event.source {
            return Self::of_foreign(event, source);
        }
        let mut original = Self {
            stream: event.stream,
            version: Some(event.version.0),
            event_type: event.event_type,
            id: Some(Cow::Owned(event.event_id.to_string())),
            time: Some(event.recorded_at),
            data: Cow::Borrowed(event.data),
            metadata: Cow::Borrowed(event.metadata),
        };
        if !event.metadata.contains("\"source\":{") && !event.metadata.contains("\"original_time\":") {
            return Ok(original);
        }
        let plain = original.clone();
        let mut members = members(event.metadata)?;
        let mark = mark(&members);
        let time = members.iter().position(|(name, _)| name == ORIGINAL_TIME);
        if let Some(place) = time {
            match (time_of(members[place].1), members[place].1.get(), &mark) {
                (Some(time), ..) => original.time = Some(time),
                (None, "null", Some(_)) => original.time = None,
                // A member that no copy wrote.
                _ => return Ok(original.unmark(members, mark).unwrap_or(plain)),
            }
            members.remove(place);
        }
        // What cannot be taken back was written by no copy.
        Ok(original.unmark(members, mark).unwrap_or(plain))
    }

    fn of_foreign(event: &EventView<'e>, source: &str) -> Result<Self, JsonError> {
        let source = Mark(members(source)?);
        Ok(Self {
            stream: event.stream,
            version: event.version.is_some().then_some(event.version.0),
            event_type: event.event_type,
            id: id_of(source.get("id"), event)?,
            time: event.recorded_at.is_some().then_some(event.recorded_at),
            data: Cow::Borrowed(event.data),
            metadata: Cow::Borrowed(event.metadata),
        })
    }

    /// Takes back what a copy changed. `members` are those of the metadata, without the original time.
    fn unmark(mut self, mut members: Vec<Member<'e>>, mark: Option<Mark<'e>>) -> Result<Self, JsonError> {
        let Some(mark) = mark else {
            self.metadata = Cow::Owned(object(&members)?);
            return Ok(self);
        };
        members.retain(|(name, _)| name != COPY_SOURCE);
        if let Some(moved) = mark.get("metadata") {
            members.extend(self::members(moved.get())?);
        }
        self.metadata = Cow::Owned(object(&members)?);
        if mark.get("version").is_some() {
            let from_one = |version: i64| version.checked_sub(mark.number("first_version").unwrap_or(1))?.checked_add(1);
            self.version = mark.number("version").and_then(from_one).and_then(|version| u64::try_from(version).ok());
        }
        if let Some(id) = mark.get("id") {
            self.id = serde_json::from_str::<Option<String>>(&restored(id.get())?).map_err(no_json)?.map(Cow::Owned);
        }
        if mark.get("value").is_some_and(|value| value.get() == "true") {
            let data = self::members(&self.data)?;
            let value = data.iter().find(|(name, _)| name == "value").map(|(_, value)| value.get().to_owned());
            self.data = Cow::Owned(value.ok_or_else(|| JsonError::new("the data has no value"))?);
        }
        if mark.has_replaced("data") {
            self.data = Cow::Owned(restored(&self.data)?);
        }
        if mark.has_replaced("metadata") {
            self.metadata = Cow::Owned(restored(&self.metadata)?);
        }
        Ok(self)
    }
}

/// Returns the source of an event of another program that has no id of its own.
pub fn source_without_id(source: &str) -> String {
    match members(source) {
        Ok(known) if known.is_empty() => r#"{"id":null}"#.to_owned(),
        Ok(known) if !known.iter().any(|(name, _)| name == "id") => format!(r#"{{"id":null,{}"#, &source[1..]),
        _ => source.to_owned(),
    }
}

/// Returns the original id of an event of another program: that of its source, null for none, or the event id.
fn id_of<'e>(id: Option<&RawValue>, event: &EventView<'_>) -> Result<Option<Cow<'e, str>>, JsonError> {
    match id {
        Some(id) => Ok(serde_json::from_str::<Option<String>>(id.get()).map_err(no_json)?.map(Cow::Owned)),
        None => Ok(Some(Cow::Owned(event.event_id.to_string()))),
    }
}

/// Returns an object with these members.
pub(super) fn object(members: &[Member<'_>]) -> Result<String, JsonError> {
    let mut text = String::from("{");
    for (number, (name, value)) in members.iter().enumerate() {
        text.push_str(if number > 0 { "," } else { "" });
        text.push_str(&serde_json::to_string(name).map_err(no_json)?);
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(text)
}
