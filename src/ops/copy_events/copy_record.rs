//! The record in a target of a copy: its source, and what is copied of it. Only the same copy goes on in it.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::event::Position;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::error::OpsError;
use crate::store::Record;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The kind and the name of the record.
pub(super) const KIND: &str = "copy";
const NAME: &str = "source";
/// The name of the record with the place of a follower.
const TOKEN: &str = "token";

/// Returns the description of a copy.
pub(super) fn description(input: &CopyEvents) -> Value {
    // The order in which parts are named has no meaning.
    let streams: BTreeSet<&str> = input.streams.iter().map(|stream| stream.as_str()).collect();
    let categories: BTreeSet<&String> = input.categories.iter().collect();
    json!({
        "from": input.from,
        "layout": input.layout,
        "streams": streams,
        "categories": categories,
        "transform": input.transform.as_ref().map(|program| program.hash()),
        "rename": input.rename.as_ref().map(|program| program.hash()),
        "retime": input.retime,
    })
}

/// Checks that a target is empty, or the beginning of the same copy. Returns true if it has events.
///
/// # Errors
/// [`OpsError::Conflict`] when the target has other events, or is another copy.
pub(super) async fn check_target(target: &Store, input: &CopyEvents) -> Result<bool, OpsError> {
    let known = known(target).await?;
    let place = target.place();
    if !has_events(target).await? {
        // Whatever was tried before, nothing of it is there.
        return Ok(false);
    }
    let Some(known) = known else {
        return Err(OpsError::Conflict(format!("{place} has events and is no copy; copy into an empty store")));
    };
    match difference(&known, &description(input)) {
        Some(differs) => Err(OpsError::Conflict(format!(
            "{place} is another copy: {differs}; copy into an empty store, or repeat the first command"
        ))),
        None => Ok(true),
    }
}

/// Returns the first difference between the descriptions of two copies, in words.
pub(super) fn difference(known: &Value, asked: &Value) -> Option<String> {
    let differs = asked.as_object().into_iter().flatten().find(|(key, value)| known.get(key.as_str()) != Some(value));
    let (key, value) = differs?;
    let before = known.get(key.as_str()).unwrap_or(&Value::Null);
    Some(format!("{key} was {before}, and {value} is requested"))
}

/// Returns true if a target has events of a copy or of another program.
///
/// # Errors
/// An error of the target.
pub async fn has_events(target: &Store) -> Result<bool, OpsError> {
    Ok(no_store_is_empty(target.head().await)?.position > Position::ZERO)
}

/// Returns true if the record of a target is that of a copy.
pub(super) async fn is_of(target: &Store, input: &CopyEvents) -> Result<bool, OpsError> {
    Ok(known(target).await? == Some(description(input)))
}

async fn known(target: &Store) -> Result<Option<Value>, OpsError> {
    record(target, NAME).await
}

/// Returns the place of the follower of the source that a target keeps.
pub(super) async fn follow_token(target: &Store) -> Result<Option<String>, OpsError> {
    let token = record(target, TOKEN).await?;
    Ok(token.and_then(|token| token["token"].as_str().map(str::to_owned)))
}

/// Keeps the place of the follower of the source in a target.
pub(super) async fn write_token(target: &Store, token: &Value) -> Result<(), OpsError> {
    Ok(target.put_record(Record::new(KIND, TOKEN, token)).await?)
}

/// Forgets the place of the follower of the source, so that a mirror begins with a copy again.
pub(super) async fn forget_token(target: &Store) -> Result<(), OpsError> {
    match follow_token(target).await? {
        Some(_) => write_token(target, &json!({ "token": null })).await,
        None => Ok(()),
    }
}

async fn record(target: &Store, name: &str) -> Result<Option<Value>, OpsError> {
    let records = no_store_is_empty(target.records(KIND).await)?;
    let record = records.into_iter().find(|record| record.name == name);
    let read = |record: Record| {
        serde_json::from_str(&record.value).map_err(|error| {
            OpsError::from(StoreError::integrity(format!("the record of the copy in {} is no JSON: {error}", target.place())))
        })
    };
    record.map(read).transpose()
}

/// Writes the record into a target that is claimed, before its first event.
pub(super) async fn write_record(target: &Store, input: &CopyEvents) -> Result<(), OpsError> {
    target.put_record(Record::new(KIND, NAME, &description(input))).await?;
    // The place of a copy that wrote nothing is not that of this one.
    forget_token(target).await
}
