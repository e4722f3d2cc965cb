//! Makes the copy of an event: one that a store of esctl can hold, and that names its original.

use std::borrow::Cow;

use uuid::Uuid;

use crate::event::envelope::EventView;
use crate::event::envelope::NewEvent;
use crate::event::held_json::held;
use crate::event::held_json::no_json;
use crate::event::json::JsonError;
use crate::event::json::JsonObject;
use crate::event::name::EventType;
use crate::event::original::COPY_SOURCE;
use crate::event::original::Member;
use crate::event::original::ORIGINAL_TIME;
use crate::event::original::mark;
use crate::event::original::members;
use crate::event::original::object;
use crate::event::original::time_of;
use crate::event::time::Timestamp;

/// The layout of a store of esctl in the source of a copied event.
pub const OWN_LAYOUT: &str = "esctl";
/// The members of the source of a copied event that no column of another program may have.
const RESERVED: [&str; 5] = ["layout", "first_version", "value", "replaced", "metadata"];

/// The changes that were necessary to copy an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyChanges {
    /// The data is no object: it became the member `value`.
    pub value: bool,
    /// Values that esctl cannot hold were replaced.
    pub replaced: bool,
    /// Members of the metadata with the names of those of a copy were moved.
    pub moved: bool,
    /// The event got another time.
    pub time: bool,
    /// The event got another id.
    pub id: bool,
}

/// The values that an event gets in a copy.
#[derive(Debug, Clone)]
pub struct CopyTarget {
    /// The id.
    pub event_id: Uuid,
    /// The type.
    pub event_type: EventType,
    /// The time.
    pub recorded_at: Timestamp,
}

/// The parts of an event that its copy can hold, and the changes that were necessary.
#[derive(Debug, Clone)]
pub struct HeldEvent {
    /// The data.
    pub data: JsonObject,
    /// The metadata, without those of a copy.
    pub metadata: String,
    /// The changes.
    pub changes: CopyChanges,
    replaced: [bool; 2],
}

impl HeldEvent {
    /// Returns parts that are no longer those of an event of another program, so that there is no other original.
    pub fn changed(data: JsonObject, metadata: &JsonObject) -> Self {
        let (changes, replaced) = Default::default();
        Self { data, metadata: metadata.as_str().to_owned(), changes, replaced }
    }
}

/// Returns the parts of an event that a store of esctl can hold.
///
/// # Errors
/// The data or the metadata are no JSON.
pub fn held_event(event: &EventView<'_>) -> Result<HeldEvent, JsonError> {
    let (data, value, replaced_data) = held_data(event.data)?;
    let (metadata, replaced_metadata) = match JsonObject::parse(event.metadata) {
        Ok(_) => (event.metadata.to_owned(), false),
        Err(_) => (held(event.metadata)?, true),
    };
    let replaced = [replaced_data, replaced_metadata];
    let changes = CopyChanges { value, replaced: replaced_data || replaced_metadata, ..CopyChanges::default() };
    Ok(HeldEvent { data, metadata, changes, replaced })
}

/// Returns data as an object, true if it is the member `value` of it, and true if values in it were replaced.
fn held_data(data: &str) -> Result<(JsonObject, bool, bool), JsonError> {
    if let Ok(object) = JsonObject::parse(data) {
        return Ok((object, false, false));
    }
    if data.trim_start().starts_with('{') {
        return Ok((JsonObject::parse(&held(data)?)?, false, true));
    }
    match JsonObject::parse(&format!("{{\"value\":{data}}}")) {
        Ok(object) => Ok((object, true, false)),
        Err(_) => Ok((JsonObject::parse(&format!("{{\"value\":{}}}", held(data)?))?, true, true)),
    }
}

/// Returns the copy of an event as it is, and the changes. Only a time that differs is added to its metadata.
///
/// # Errors
/// The data or the metadata are no JSON objects.
pub fn same_event(event: &EventView<'_>, target: CopyTarget) -> Result<(NewEvent, CopyChanges), JsonError> {
    let changes = CopyChanges { time: target.recorded_at != event.recorded_at, ..CopyChanges::default() };
    let mut metadata = Cow::Borrowed(event.metadata);
    if changes.time {
        let known = members(event.metadata)?;
        match known.iter().find(|(name, _)| name == ORIGINAL_TIME) {
            // An event that was copied before keeps its first original time.
            Some((_, time)) if time_of(time).is_some() || mark(&known).is_some() => {}
            Some(_) => return copied_event(event, held_event(event)?, OWN_LAYOUT, target),
            None => metadata = Cow::Owned(with_members(&known, &[(ORIGINAL_TIME, quoted(&event.recorded_at.to_string())?)])?),
        }
    }
    let (data, metadata) = (JsonObject::parse(event.data)?, JsonObject::parse(&metadata)?);
    let CopyTarget { event_id, event_type, .. } = target;
    Ok((NewEvent { event_id, event_type, schema_version: event.schema_version, data, metadata }, changes))
}

/// Returns the copy of an event with the name of its original, and the changes.
///
/// # Errors
/// The metadata or the source are no JSON objects.
pub fn copied_event(
    event: &EventView<'_>,
    held: HeldEvent,
    layout: &str,
    target: CopyTarget,
) -> Result<(NewEvent, CopyChanges), JsonError> {
    let HeldEvent { data, metadata, mut changes, replaced } = held;
    let known = members(&metadata)?;
    let is_foreign = event.source.is_some();
    let own_time = known.iter().any(|(name, time)| !is_foreign && name == ORIGINAL_TIME && time_of(time).is_some());
    changes.time = event.recorded_at != target.recorded_at;
    changes.id = event.event_id != target.event_id;
    let metadata = if !is_foreign && mark(&known).is_some() {
        // The source of a copy of a copy is the first one.
        let time = (changes.time && !known.iter().any(|(name, _)| name == ORIGINAL_TIME))
            .then(|| Ok::<_, JsonError>((ORIGINAL_TIME, quoted(&event.recorded_at.to_string())?)));
        with_members(&known, &time.into_iter().collect::<Result<Vec<_>, _>>()?)?
    } else {
        let is_moved = |name: &str| name == COPY_SOURCE || (name == ORIGINAL_TIME && !own_time);
        let (moved, kept): (Vec<Member<'_>>, Vec<Member<'_>>) = known.into_iter().partition(|(name, _)| is_moved(name));
        changes.moved = !moved.is_empty();
        let mut added = vec![(COPY_SOURCE, source(event, layout, changes, replaced, &moved)?)];
        if !event.recorded_at.is_some() {
            added.push((ORIGINAL_TIME, "null".to_owned()));
        } else if changes.time && !own_time {
            added.push((ORIGINAL_TIME, quoted(&event.recorded_at.to_string())?));
        }
        with_members(&kept, &added)?
    };
    let CopyTarget { event_id, event_type, .. } = target;
    let metadata = JsonObject::parse(&metadata)?;
    Ok((NewEvent { event_id, event_type, schema_version: event.schema_version, data, metadata }, changes))
}

/// Returns the source of a copied event: its original coordinates, and the changes that hide its original content.
fn source(
    event: &EventView<'_>,
    layout: &str,
    changes: CopyChanges,
    replaced: [bool; 2],
    moved: &[Member<'_>],
) -> Result<String, JsonError> {
    let of_store = held(event.source.unwrap_or("{}"))?;
    let of_store = members(&of_store)?;
    // A column of the other program is text; the coordinates are numbers.
    let number = |name: &str| {
        let found = of_store.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.get().parse::<i64>().ok())
    };
    let mut made: Vec<(String, String)> = vec![("layout".into(), quoted(layout)?)];
    match event.version.is_some() {
        true => {
            let shown = i64::try_from(event.version.0).unwrap_or(i64::MAX);
            let version = number("version").unwrap_or(shown);
            made.push(("version".into(), version.to_string()));
            let first = version - shown + 1;
            made.extend((first != 1).then(|| ("first_version".into(), first.to_string())));
        }
        false => made.push(("version".into(), "null".into())),
    }
    if event.position.is_some() {
        let position = number("position").map_or_else(|| event.position.to_string(), |position| position.to_string());
        made.push(("position".into(), position));
    }
    let has_id = of_store.iter().any(|(name, _)| name == "id");
    made.extend((changes.id && !has_id).then(|| ("id".to_owned(), format!("\"{}\"", event.event_id))));
    made.extend(changes.value.then(|| ("value".to_owned(), "true".to_owned())));
    let parts: Vec<&str> =
        ["\"data\"", "\"metadata\""].into_iter().zip(replaced).filter(|part| part.1).map(|part| part.0).collect();
    made.extend((!parts.is_empty()).then(|| ("replaced".to_owned(), format!("[{}]", parts.join(",")))));
    made.extend((!moved.is_empty()).then(|| object(moved)).transpose()?.map(|moved| ("metadata".to_owned(), moved)));
    for (name, value) in &of_store {
        let is_coordinate = ["version", "position"].contains(&&**name);
        if is_coordinate && number(name).is_some() {
            continue;
        }
        let name = if is_coordinate || RESERVED.contains(&&**name) { format!("extra_{name}") } else { name.to_string() };
        made.push((name, value.get().to_owned()));
    }
    let made: Vec<(&str, String)> = made.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    with_members(&[], &made)
}

fn quoted(text: &str) -> Result<String, JsonError> {
    serde_json::to_string(text).map_err(no_json)
}

/// Returns an object with known members and further ones.
fn with_members(known: &[Member<'_>], added: &[(&str, String)]) -> Result<String, JsonError> {
    let mut text = object(known)?;
    text.pop();
    for (name, value) in added {
        text.push_str(if text.len() > 1 { "," } else { "" });
        text.push_str(&quoted(name)?);
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    Ok(text)
}
