//! Parsers for the values of arguments that several commands share.

use std::str::FromStr;

use bytesize::ByteSize;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::is_unsafe;

/// Returns the names of all values of an argument, as help and errors list them: `table, json or csv`.
pub(super) fn value_names<T: ValueEnum>() -> String {
    let values: Vec<_> = T::value_variants().iter().filter_map(T::to_possible_value).collect();
    let mut names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let last = names.pop().unwrap_or_default();
    format!("{} or {last}", names.join(", "))
}

/// Parses an amount, for clap. 0 and less parse, so that the domain rejects them.
pub(super) fn amount(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("expected a whole number up to {}", i64::MAX))
}

/// Parses a version or a position from 1, for clap.
pub(super) fn place(text: &str) -> Result<u64, String> {
    match text.parse::<i64>() {
        Ok(place) if place >= 1 => Ok(place.unsigned_abs()),
        _ => Err("expected a whole number from 1".into()),
    }
}

/// Parses a cursor, for clap: the version or position seen last; 0 is the beginning.
pub(super) fn cursor(text: &str) -> Result<u64, String> {
    match text.parse::<i64>() {
        Ok(place) if place >= 0 => Ok(place.unsigned_abs()),
        _ => Err("expected a whole number from 0".into()),
    }
}

/// Parses a version from 0, for clap.
pub(super) fn version(text: &str) -> Result<Version, String> {
    match text.parse::<i64>() {
        Ok(version) if version >= 0 => Ok(Version(version.unsigned_abs())),
        _ => Err("expected a version: 0, 1, 2 …".into()),
    }
}

/// Parses a number from 1, for clap.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    match text.parse::<u32>() {
        Ok(limit) if limit >= 1 => Ok(limit as usize),
        _ => Err("expected a whole number from 1".into()),
    }
}

/// Parses a size of memory in bytes, for clap.
pub(super) fn size(text: &str) -> Result<usize, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size >= ByteSize::mib(1) => Ok(usize::try_from(size.as_u64()).unwrap_or(usize::MAX)),
        _ => Err("expected a size from 1MiB: 64MiB, 2GiB".into()),
    }
}

/// Parses the name of a stream, for clap.
pub(super) fn stream(text: &str) -> Result<StreamName, String> {
    StreamName::parse(text).map_err(|error| error.to_string())
}

/// Parses an expected version, for clap.
pub(super) fn expected(text: &str) -> Result<ExpectedVersion, String> {
    ExpectedVersion::from_str(text).map_err(|error| error.to_string())
}

/// Parses the id of an event, for clap.
pub(super) fn event_id(text: &str) -> Result<Uuid, String> {
    match Uuid::parse_str(text) {
        Ok(id) if id.is_nil() => Err("the nil UUID is not an event id".into()),
        Ok(id) => Ok(id),
        Err(_) => Err("expected a UUID like 018c2f5e-7a00-7000-8000-000000000001".into()),
    }
}

/// The size limit of an idempotency key or client id. Both are recorded with every event.
const MAX_ID_BYTES: usize = 1024;

/// Parses an idempotency key or client id, for clap.
pub(super) fn token(text: &str) -> Result<String, String> {
    match text {
        text if text.trim().is_empty() => Err("it is empty".into()),
        text if text.len() > MAX_ID_BYTES => Err(format!("it has {} bytes; at most {MAX_ID_BYTES} are allowed", text.len())),
        text => match text.chars().find(|c| is_unsafe(*c)) {
            Some(bad) => Err(format!("it contains U+{:04X}, which is not printable", u32::from(bad))),
            None => Ok(text.to_owned()),
        },
    }
}

/// Parses a JSON object, for clap.
pub(super) fn json_object(text: &str) -> Result<Map<String, Value>, String> {
    let canonical = crate::event::JsonObject::parse(text).map_err(|error| error.to_string())?;
    serde_json::from_str(canonical.as_str()).map_err(|error| error.to_string())
}
