//! What may be asked of a document, and how the payloads on the command bus are read.
//!
//! What comes in is brought into the form in which it would be recorded, so that two texts of one meaning are one
//! value, and what no store can hold is refused at once. Which changes are allowed is for `decide`.

use json_patch::Patch;
use json_patch::PatchOperation;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainCommand;
use crate::domain::document::patch::MAX_DOCUMENT_DEPTH;
use crate::domain::document::patch::depth_of;
use crate::domain::document::set::Assignment;
use crate::domain::excerpt::excerpt;
use crate::event::JsonError;
use crate::event::canonical_json;

/// A wish of a client.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum DocumentCommand {
    /// Make a document; also again where it was deleted.
    Create(Map<String, Value>),
    /// Let it hold this and nothing else.
    Replace(Map<String, Value>),
    /// Merge this into it (RFC 7396): null takes a member away.
    Merge(Map<String, Value>),
    /// Apply this to it (RFC 6902), all of it or nothing.
    Patch(Patch),
    /// Put these values into it, all of them or none.
    Set(Vec<Assignment>),
    /// Delete it; its history stays.
    Delete,
}

impl DocumentCommand {
    /// A document of anything that serialises to a JSON object, as it would be recorded.
    ///
    /// # Errors
    /// When it does not, or is more than a store can hold.
    pub fn document<T: Serialize + ?Sized>(value: &T) -> Result<Map<String, Value>, serde_json::Error> {
        object("document", &serde_json::to_value(value)?)
    }
}

impl DomainCommand for DocumentCommand {
    const NAMES: &'static [&'static str] =
        &["document.create", "document.replace", "document.merge", "document.patch", "document.set", "document.delete"];

    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        let whole = |payload: Whole| object("document", &payload.document);
        Some(match name {
            "document.create" => parse(payload).and_then(whole).map(DocumentCommand::Create),
            "document.replace" => parse(payload).and_then(whole).map(DocumentCommand::Replace),
            "document.merge" => parse(payload).and_then(|it: Merge| object("merge", &it.merge)).map(DocumentCommand::Merge),
            "document.patch" => parse(payload).and_then(|it: Patching| patch(&it.patch)).map(DocumentCommand::Patch),
            "document.set" => parse(payload).and_then(|it: Setting| set(&it.set)).map(DocumentCommand::Set),
            "document.delete" => parse(payload).map(|Delete { .. }| DocumentCommand::Delete),
            _ => return None,
        })
    }
}

// The payloads. `id` is taken in each because clients send it; the one that counts is the stream's.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    document: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    merge: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patching {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    patch: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    set: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
}

fn parse<T: DeserializeOwned>(payload: &Value) -> Result<T, serde_json::Error> {
    if !payload.is_object() {
        return Err(Error::custom(format_args!("wanted a JSON object, found {}", excerpt(payload))));
    }
    T::deserialize(payload)
}

/// A value as it would be recorded.
fn canonical(name: &str, value: &Value) -> Result<Value, serde_json::Error> {
    let refused = |error: JsonError| Error::custom(format_args!("{name}: {error}"));
    serde_json::from_str(&canonical_json(&value.to_string()).map_err(refused)?)
}

fn object(name: &str, value: &Value) -> Result<Map<String, Value>, serde_json::Error> {
    if !value.is_object() {
        return Err(Error::custom(format_args!("{name} is {}; wanted a JSON object like {{\"key\":1}}", excerpt(value))));
    }
    let value = canonical(name, value)?;
    if depth_of(&value) > MAX_DOCUMENT_DEPTH {
        return Err(Error::custom(format_args!("{name} is nested deeper than {MAX_DOCUMENT_DEPTH}")));
    }
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Error::custom(format_args!("{name} is {}", excerpt(&other)))),
    }
}

fn patch(value: &Value) -> Result<Patch, serde_json::Error> {
    let operations = list("patch", r#"[{"op":"replace","path":"/a","value":1}]"#, value)?;
    let read = operations.iter().enumerate().map(|(index, operation)| {
        PatchOperation::deserialize(operation)
            .map_err(|error| Error::custom(format_args!("operation {} of the patch, {}: {error}", index + 1, excerpt(operation))))
    });
    read.collect::<Result<_, _>>().map(Patch)
}

fn set(value: &Value) -> Result<Vec<Assignment>, serde_json::Error> {
    let assignments = list("set", r#"[{"path":"/a","value":1}]"#, value)?;
    if assignments.is_empty() {
        return Err(Error::custom("set is empty; wanted what to set"));
    }
    let read = assignments.iter().map(|assignment| {
        Assignment::deserialize(assignment).map_err(|error| Error::custom(format_args!("set {}: {error}", excerpt(assignment))))
    });
    read.collect()
}

fn list(name: &str, example: &str, value: &Value) -> Result<Vec<Value>, serde_json::Error> {
    match canonical(name, value)? {
        Value::Array(items) => Ok(items),
        other => Err(Error::custom(format_args!("{name} is {}; wanted a JSON array like {example}", excerpt(&other)))),
    }
}
