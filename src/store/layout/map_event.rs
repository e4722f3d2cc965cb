//! Maps a row to an event. Pure: what a row lacks is absent, never invented.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;
use thiserror::Error;

use crate::event::JsonMembers;
use crate::event::Timestamp;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::ForeignValue;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::map_time::time_of;
use crate::store::layout::map_value::data_of;
use crate::store::layout::map_value::text_of;
use crate::store::layout::model::ConditionTest;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::Layout;
use crate::store::layout::model::Payload;
use crate::store::layout::model::StreamKey;
use crate::store::layout::plan::EventPlan;
use crate::store::layout::table_name::TableName;

/// An event of another program, as its layout maps it.
#[derive(Debug, Clone, Serialize)]
pub struct MappedEvent<'r> {
    /// The position from 1, if the store has an order over all streams.
    pub position: Option<i64>,
    /// The stream, if the store has streams.
    pub stream: Option<Cow<'r, str>>,
    /// The version from 1, if the rows have one.
    pub version: Option<i64>,
    /// The type.
    #[serde(rename = "type")]
    pub event_type: Cow<'r, str>,
    /// The time, if the rows have one.
    pub recorded_at: Option<Timestamp>,
    /// The id as the store has it.
    pub original_id: Option<Cow<'r, str>>,
    /// The data.
    pub data: Cow<'r, RawValue>,
    /// The metadata, an object, with correlation id, causation id and client where the rows have them.
    pub metadata: Cow<'r, RawValue>,
    /// Further columns.
    pub source: BTreeMap<String, Option<String>>,
    /// True if the store hides the event.
    pub hidden: bool,
}

impl MappedEvent<'_> {
    /// Returns the event with all its texts.
    pub fn into_owned(self) -> MappedEvent<'static> {
        let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let json = |json: Cow<'_, RawValue>| Cow::Owned(json.into_owned());
        MappedEvent {
            position: self.position,
            stream: self.stream.map(text),
            version: self.version,
            event_type: text(self.event_type),
            recorded_at: self.recorded_at,
            original_id: self.original_id.map(text),
            data: json(self.data),
            metadata: json(self.metadata),
            source: self.source,
            hidden: self.hidden,
        }
    }
}

/// The reason why a row is no event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{column} {reason}")]
pub struct MapError {
    /// The column.
    pub column: String,
    /// The reason.
    pub reason: String,
}

/// Maps the rows of a plan.
pub struct EventMapper<'a> {
    layout: &'a Layout,
    plan: &'a EventPlan,
}

impl<'a> EventMapper<'a> {
    /// Returns the mapper of a layout for the rows of a plan.
    pub fn new(layout: &'a Layout, plan: &'a EventPlan) -> Self {
        Self { layout, plan }
    }

    /// Returns the name of a row for messages: its position, or its stream and version. `None` if it has none of them.
    pub fn name(&self, row: &[ForeignValue]) -> Option<String> {
        let events = &self.layout.events;
        if let Some(position) = events.position.as_ref().and_then(|column| text_of(self.value(row, column))) {
            return Some(format!("position {position}"));
        }
        let stream = self.stream(row).ok().flatten()?;
        let version = events.version.as_ref().and_then(|version| text_of(self.value(row, version.column.as_ref()?)));
        Some(version.map_or_else(|| format!("stream {stream}"), |version| format!("stream {stream}, version {version}")))
    }

    /// Maps a row. `place` is its place in the array of a document, from 0.
    ///
    /// # Errors
    /// The first column with a value that is not of its form.
    pub fn map<'r>(&self, row: &'r [ForeignValue], place: Option<usize>) -> Result<MappedEvent<'r>, MapError> {
        let events = &self.layout.events;
        let text = |column: &ColumnRef| text_of(self.value(row, column));
        let extra = events.extra.iter().map(|(key, column)| (key.clone(), text(column).map(Cow::into_owned)));
        let mut source: BTreeMap<String, Option<String>> = extra.collect();
        if self.is_no_json(row, &events.data) {
            source.entry("data".to_owned()).or_insert_with(|| Some("text".to_owned()));
        }
        let recorded_at = self.time(row)?;
        if let (None, Some(time)) = (recorded_at, &events.time)
            && time.path.is_empty()
            && let Some(text) = text_of(self.value(row, &time.column))
        {
            // A time before 1970.
            source.entry("time".to_owned()).or_insert(Some(text.into_owned()));
        }
        Ok(MappedEvent {
            position: events.position.as_ref().map(|column| self.position(row, column)).transpose()?,
            stream: self.stream(row)?,
            version: self.version(row, place)?,
            event_type: self.event_type(row)?,
            recorded_at,
            original_id: events.id.as_ref().and_then(text),
            data: self.payload(row, &events.data)?,
            metadata: self.metadata(row)?,
            source,
            hidden: self.hidden(row),
        })
    }

    /// Returns the name of a stream from the values of its columns; `None` if one has no value.
    pub(crate) fn stream_name(&self, parts: &[ForeignValue]) -> Option<String> {
        let stream = self.layout.events.stream.as_ref()?;
        let parts: Vec<Cow<'_, str>> = parts.iter().map(text_of).collect::<Option<_>>()?;
        Some(self.joined(stream, &parts))
    }

    /// Returns the stream and version of a row for an error, as far as they can be read.
    pub(crate) fn name_of(&self, row: &[ForeignValue], place: Option<usize>) -> String {
        let stream = self.stream(row).ok().flatten().map(|stream| format!("stream {stream}"));
        let version = self.version(row, place).ok().flatten().map(|version| format!("version {version}"));
        let position = self.layout.events.position.as_ref().and_then(|column| self.whole(row, column).ok());
        let position = position.map(|position| format!("position {position}"));
        let named: Vec<String> = [stream, version, position].into_iter().flatten().collect();
        if named.is_empty() { "a row".to_owned() } else { named.join(", ") }
    }

    /// Maps a row whose position and version the database orders as numbers.
    ///
    /// # Errors
    /// As [`EventMapper::map`]; the column of the position or version whose value is text, which is in another order.
    pub fn map_in_order<'r>(&self, row: &'r [ForeignValue], place: Option<usize>) -> Result<MappedEvent<'r>, MapError> {
        let event = self.map(row, place)?;
        let events = &self.layout.events;
        let version = events.version.as_ref().and_then(|version| version.column.as_ref());
        let text = |column: &&ColumnRef| matches!(self.value(row, column), ForeignValue::Text(_));
        match events.position.iter().chain(version).find(text) {
            Some(column) => Err(wrong(column, "is text, which is in another order than numbers")),
            None => Ok(event),
        }
    }

    /// Returns the position of a row; `None` if it has none that can be read.
    pub(crate) fn position_in(&self, row: &[ForeignValue]) -> Option<i64> {
        self.position(row, self.layout.events.position.as_ref()?).ok()
    }

    fn value<'r>(&self, row: &'r [ForeignValue], column: &ColumnRef) -> &'r ForeignValue {
        self.plan.place(column, false).and_then(|place| row.get(place)).unwrap_or(&ForeignValue::Null)
    }

    fn whole(&self, row: &[ForeignValue], column: &ColumnRef) -> Result<i64, MapError> {
        whole_of(self.value(row, column), column)
    }

    fn stream<'r>(&self, row: &'r [ForeignValue]) -> Result<Option<Cow<'r, str>>, MapError> {
        let Some(stream) = &self.layout.events.stream else { return Ok(None) };
        let part = |column: &ColumnRef| {
            let value = self.plan.place(column, true).and_then(|place| row.get(place));
            value.and_then(text_of).ok_or_else(|| wrong(column, "has no value, so the event has no stream"))
        };
        if let ([column], None) = (stream.parts.as_slice(), &stream.prefix) {
            return part(column).map(Some);
        }
        let parts: Vec<Cow<'_, str>> = stream.parts.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Some(self.joined(stream, &parts).into()))
    }

    /// Returns the name of a stream from its parts.
    fn joined(&self, stream: &StreamKey, parts: &[Cow<'_, str>]) -> String {
        let name = parts.join(&stream.separator);
        match stream.prefix.clone() {
            Some(prefix) => format!("{}{name}", TableName::new(prefix).with(self.plan.captured.as_deref())),
            None => name,
        }
    }

    fn position(&self, row: &[ForeignValue], column: &ColumnRef) -> Result<i64, MapError> {
        let (found, first) = (self.whole(row, column)?, self.layout.events.first_position);
        match found.checked_sub(first).and_then(|position| position.checked_add(1)) {
            Some(position) if position >= 1 => Ok(position),
            Some(_) if found == 0 => {
                let help = format!("a layout with position = {{ column = \"{column}\", first = 0 }} starts at 0");
                Err(wrong(column, &format!("is 0, and the first position is 1; {help}")))
            }
            Some(_) => Err(wrong(column, &format!("is {found}, and the first position is {first}"))),
            None => Err(wrong(column, &format!("is out of range: {found}"))),
        }
    }

    /// Returns the version of a row; `None` if rows have none.
    ///
    /// # Errors
    /// The value is no version.
    pub(crate) fn version(&self, row: &[ForeignValue], place: Option<usize>) -> Result<Option<i64>, MapError> {
        let Some(version) = &self.layout.events.version else { return Ok(None) };
        let Some(column) = &version.column else { return Ok(place.and_then(|place| i64::try_from(place + 1).ok())) };
        self.version_of(self.value(row, column))
    }

    /// Returns the version of a value of its column; `None` if rows have none.
    ///
    /// # Errors
    /// The value is no version.
    pub(crate) fn version_of(&self, value: &ForeignValue) -> Result<Option<i64>, MapError> {
        let Some((version, column)) =
            self.layout.events.version.as_ref().and_then(|version| Some((version, version.column.as_ref()?)))
        else {
            return Ok(None);
        };
        let found = whole_of(value, column)?;
        match found.checked_sub(version.first).and_then(|version| version.checked_add(1)) {
            Some(number) if number >= 1 => Ok(Some(number)),
            Some(_) => Err(wrong(column, &format!("is {found}, and the first version is {}", version.first))),
            None => Err(wrong(column, &format!("is out of range: {found}"))),
        }
    }

    fn event_type<'r>(&self, row: &'r [ForeignValue]) -> Result<Cow<'r, str>, MapError> {
        let form = &self.layout.events.type_name;
        let value = self.value(row, &form.column);
        if form.json.is_none() && !form.key {
            let text = text_of(value).ok_or_else(|| wrong(&form.column, "has no value, so the event has no type"))?;
            let after = form.after.as_deref().and_then(|separator| text.split_once(separator));
            return Ok(after.map(|(_, after)| after.to_owned().into()).unwrap_or(text));
        }
        let json = data_of(value, DataForm::Json).map_err(|reason| wrong(&form.column, &reason))?;
        let no_object = |_| wrong(&form.column, "is no JSON object, so the event has no type");
        match &form.json {
            Some(key) => {
                let members: JsonMembers<'_> = serde_json::from_str(json.get()).map_err(no_object)?;
                let found = members.0.into_iter().find(|(name, _)| name == key);
                let text = found.and_then(|(_, value)| serde_json::from_str::<String>(value.get()).ok());
                text.map(Cow::Owned)
                    .ok_or_else(|| wrong(&form.column, &format!("has no text \"{key}\", so the event has no type")))
            }
            None => match only_member(&json) {
                Some((name, _)) => Ok(name.into()),
                None => Err(wrong(&form.column, "has not one key, and the type is the only key")),
            },
        }
    }

    fn time(&self, row: &[ForeignValue]) -> Result<Option<Timestamp>, MapError> {
        let Some(time) = &self.layout.events.time else { return Ok(None) };
        time_of(self.value(row, &time.column), time.form, &time.path).map_err(|reason| wrong(&time.column, &reason))
    }

    fn payload<'r>(&self, row: &'r [ForeignValue], payload: &Payload) -> Result<Cow<'r, RawValue>, MapError> {
        let read =
            |column: &ColumnRef, form: DataForm| data_of(self.value(row, column), form).map_err(|reason| wrong(column, &reason));
        if payload.is_object {
            let mut members = BTreeMap::new();
            for column in &payload.columns {
                // The text of a column is JSON only if its type says so.
                let is_json = payload.form != DataForm::Json || self.plan.class(column) == Some(ColumnClass::Json);
                let value = read(column, if is_json { payload.form } else { DataForm::Bson })?;
                if value.get() != "null" {
                    members.insert(column.name.clone(), value);
                }
            }
            return raw(&members);
        }
        let Some(column) = payload.columns.first() else { return raw(&()) };
        let value = read(column, payload.form)?;
        if !payload.unwrap {
            return Ok(value);
        }
        match only_member(&value) {
            Some((_, Some(value))) => Ok(Cow::Owned(value)),
            // A variant without fields is only its name.
            Some((_, None)) => raw(&BTreeMap::<String, Value>::new()),
            None => Err(wrong(column, "has not one key, and the data is the value of the only key")),
        }
    }

    /// Returns true for text that is no JSON, which is shown as the value of a key.
    fn is_no_json(&self, row: &[ForeignValue], payload: &Payload) -> bool {
        if payload.is_object || !matches!(payload.form, DataForm::Text | DataForm::Bytes) {
            return false;
        }
        let text = match payload.columns.first().map(|column| self.value(row, column)) {
            Some(ForeignValue::Text(text)) => text.as_str(),
            Some(ForeignValue::Bytes(bytes)) if payload.form == DataForm::Text => std::str::from_utf8(bytes).unwrap_or("null"),
            _ => return false,
        };
        serde_json::from_str::<IgnoredAny>(text.trim()).is_err()
    }

    fn metadata<'r>(&self, row: &'r [ForeignValue]) -> Result<Cow<'r, RawValue>, MapError> {
        let events = &self.layout.events;
        let columns = [
            ("correlation_id", &events.correlation_id),
            ("causation_id", &events.causation_id),
            ("client_id", &events.client_id),
        ];
        let mut added = Vec::new();
        for (name, column) in columns {
            if let Some(text) = column.as_ref().and_then(|column| text_of(self.value(row, column))) {
                added.push((name, raw(&text)?));
            }
        }
        let value = events.metadata.as_ref().map(|metadata| self.payload(row, &metadata.payload)).transpose()?;
        // Most stores have no metadata for most events.
        let value = value.filter(|value| !matches!(value.get(), "null" | "{}"));
        let keys = events.metadata.as_ref().map(|metadata| {
            [
                ("correlation_id", &metadata.correlation_id),
                ("causation_id", &metadata.causation_id),
                ("client_id", &metadata.client_id),
            ]
        });
        let text = value.as_ref().map_or("{}", |value| value.get());
        let members = match serde_json::from_str::<JsonMembers<'_>>(text) {
            Ok(JsonMembers(members)) => Some(members),
            Err(_) => None,
        };
        let renamed =
            keys.into_iter().flatten().filter_map(|(name, key)| Some((name, key.as_deref().filter(|key| *key != name)?)));
        let is_there = |key: &str| members.iter().flatten().any(|(name, _)| name == key);
        let renamed: Vec<(&str, &str)> = renamed.filter(|(_, key)| is_there(key)).collect();
        let is_unchanged = added.is_empty() && renamed.is_empty() && members.as_ref().is_some_and(|members| are_unique(members));
        if is_unchanged {
            return value.map_or_else(|| raw(&BTreeMap::<String, Value>::new()), Ok);
        }
        let mut changed: BTreeMap<&str, &RawValue> = match &members {
            Some(members) => members.iter().map(|(name, value)| (&**name, *value)).collect(),
            None => value.as_deref().map(|value| ("value", value)).into_iter().collect(),
        };
        for (name, key) in renamed {
            if let Some(value) = changed.remove(key) {
                changed.insert(name, value);
            }
        }
        changed.extend(added.iter().map(|(name, value)| (*name, &**value)));
        raw(&changed)
    }

    fn hidden(&self, row: &[ForeignValue]) -> bool {
        let Some(hidden) = &self.layout.events.hidden else { return false };
        let value = self.value(row, &hidden.column);
        let is = |expected: &Value| match (value, expected) {
            (ForeignValue::Boolean(found), Value::Bool(expected)) => found == expected,
            (ForeignValue::Integer(found), Value::Bool(expected)) => (*found != 0) == *expected,
            (ForeignValue::Integer(found), Value::Number(expected)) => Some(*found) == expected.as_i64(),
            (found, Value::String(expected)) => text_of(found).as_deref() == Some(expected),
            _ => false,
        };
        match &hidden.test {
            ConditionTest::Is(expected) => is(expected),
            ConditionTest::IsNot(expected) => !is(expected),
            ConditionTest::In(expected) => expected.iter().any(is),
            ConditionTest::SameAs(column) => value == self.value(row, column),
        }
    }
}

/// Returns a value as a whole number.
pub(crate) fn whole_of(value: &ForeignValue, column: &ColumnRef) -> Result<i64, MapError> {
    match value {
        ForeignValue::Integer(number) => Ok(*number),
        ForeignValue::Null => Err(wrong(column, "has no value")),
        ForeignValue::Text(text) | ForeignValue::Number(text) => {
            // A numeric column may have digits after the point.
            let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
            let digits = whole.map_or(text.as_str(), |(digits, _)| digits);
            digits.parse().map_err(|_| wrong(column, &format!("is no whole number of 64 bits: {text}")))
        }
        _ => Err(wrong(column, "is no whole number")),
    }
}

/// Returns true if each name is there once.
fn are_unique(members: &[(Cow<'_, str>, &RawValue)]) -> bool {
    members.iter().enumerate().all(|(place, (name, _))| members[..place].iter().all(|(earlier, _)| earlier != name))
}

/// Returns the only member of an object, or a text as a member without a value; `None` for other JSON.
fn only_member(json: &RawValue) -> Option<(String, Option<Box<RawValue>>)> {
    if let Ok(name) = serde_json::from_str::<String>(json.get()) {
        return Some((name, None));
    }
    let JsonMembers(members) = serde_json::from_str(json.get()).ok()?;
    match members.as_slice() {
        [(name, value)] => Some((name.clone().into_owned(), Some((*value).to_owned()))),
        _ => None,
    }
}

fn raw<'v, T: Serialize>(value: &T) -> Result<Cow<'v, RawValue>, MapError> {
    to_raw_value(value).map(Cow::Owned).map_err(|error| MapError { column: "the row".into(), reason: error.to_string() })
}

fn wrong(column: &ColumnRef, reason: &str) -> MapError {
    MapError { column: column.to_string(), reason: reason.to_owned() }
}
