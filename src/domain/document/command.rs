//! The commands of a document, and parsing of their payloads.
//!
//! A payload is converted to the form in which it is recorded. So two texts with the same meaning are one value, and a
//! value that no store can hold is refused at once. `decide` checks the changes.

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
use crate::domain::truncate::truncate;
use crate::event::JsonError;
use crate::event::canonical_json;

/// A command of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum DocumentCommand {
    /// Creates a document, also after a deletion.
    Create(Map<String, Value>),
    /// Replaces the content.
    Replace(Map<String, Value>),
    /// Merges a value into the content (RFC 7396). A null removes a member.
    Merge(Map<String, Value>),
    /// Applies a patch (RFC 6902), completely or not at all.
    Patch(Patch),
    /// Sets values, all of them or none.
    Set(Vec<Assignment>),
    /// Deletes the document. Its history remains.
    Delete,
}

impl DocumentCommand {
    /// Returns the document of a value, as it would be recorded.
    ///
    /// # Errors
    /// An error if the value does not serialize to a JSON object, or is one that a store cannot hold.
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

// The payloads. Clients may send `id`, which is ignored: the id of the stream is used.

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
        return Err(Error::custom(format_args!("expected a JSON object, found {}", truncate(payload))));
    }
    T::deserialize(payload)
}

/// Returns a value as it would be recorded.
fn canonical(name: &str, value: &Value) -> Result<Value, serde_json::Error> {
    let refused = |error: JsonError| Error::custom(format_args!("{name}: {error}"));
    serde_json::from_str(&canonical_json(&value.to_string()).map_err(refused)?)
}

fn object(name: &str, value: &Value) -> Result<Map<String, Value>, serde_json::Error> {
    if !value.is_object() {
        return Err(Error::custom(format_args!("{name} is {}; expected a JSON object like {{\"key\":1}}", truncate(value))));
    }
    let value = canonical(name, value)?;
    if depth_of(&value) > MAX_DOCUMENT_DEPTH {
        return Err(Error::custom(format_args!("{name} is nested deeper than {MAX_DOCUMENT_DEPTH}")));
    }
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Error::custom(format_args!("{name} is {}", truncate(&other)))),
    }
}

fn patch(value: &Value) -> Result<Patch, serde_json::Error> {
    let operations = list("patch", r#"[{"op":"replace","path":"/a","value":1}]"#, value)?;
    let read = operations.iter().enumerate().map(|(index, operation)| {
        PatchOperation::deserialize(operation).map_err(|error| {
            Error::custom(format_args!("operation {} of the patch, {}: {error}", index + 1, truncate(operation)))
        })
    });
    read.collect::<Result<_, _>>().map(Patch)
}

fn set(value: &Value) -> Result<Vec<Assignment>, serde_json::Error> {
    let assignments = list("set", r#"[{"path":"/a","value":1}]"#, value)?;
    if assignments.is_empty() {
        return Err(Error::custom("set is empty; expected at least one assignment"));
    }
    let read = assignments.iter().map(|assignment| {
        Assignment::deserialize(assignment).map_err(|error| Error::custom(format_args!("set {}: {error}", truncate(assignment))))
    });
    read.collect()
}

fn list(name: &str, example: &str, value: &Value) -> Result<Vec<Value>, serde_json::Error> {
    match canonical(name, value)? {
        Value::Array(items) => Ok(items),
        other => Err(Error::custom(format_args!("{name} is {}; expected a JSON array like {example}", truncate(&other)))),
    }
}
