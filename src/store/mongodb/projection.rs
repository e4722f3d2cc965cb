//! The document of a projection: the collections and checkpoints of its read models, and the staged rows of their last
//! commits.

use std::collections::HashSet;
use std::time::Duration;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::failed_event::FailedEventChanges;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::read_model_state::ReadModelState;
use crate::store::mongodb::rows;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::StoredRecord;

/// The largest size of the failed events of a read model. A projection has three read models in one document of at most 16
/// MiB.
const MAX_FAILED_EVENT_BYTES: usize = 4 << 20;
/// The field of a projection that names the collection of a load.
pub(crate) const LOADING: &str = "loading";
/// The pause before a reader tries again.
const PAUSE: Duration = Duration::from_millis(2);

/// Returns the failed events after a commit.
pub(crate) fn failed_events_after(before: Option<&ReadModelState>, changes: &FailedEventChanges) -> Vec<FailedEvent> {
    let changed = |failed: &&FailedEvent| {
        changes.solved.contains(&failed.event_id) || changes.put.iter().any(|put| put.event_id == failed.event_id)
    };
    let known = before.map(|before| before.failed_events.as_slice()).unwrap_or_default();
    let mut failed: Vec<FailedEvent> = known.iter().filter(|failed| !changed(failed)).cloned().collect();
    failed.extend(changes.put.iter().cloned());
    failed.sort_by_key(|failed| failed.position);
    failed
}

/// Reads the state of a read model; `None` where it does not name a collection. With a value that esctl never wrote, the
/// checkpoint belongs to no store.
fn state_of(part: &Document) -> Option<ReadModelState> {
    let number = |field| part.get_i64(field).ok();
    let id_of = |value: &Bson| match value {
        Bson::Binary(binary) => Uuid::from_slice(&binary.bytes).ok(),
        _ => None,
    };
    let failed_events = match part.get("problems") {
        Some(Bson::Array(texts)) => {
            texts.iter().map(|text| FailedEvent::stored(text.as_str().unwrap_or_default(), None, None)).collect()
        }
        Some(_) => vec![FailedEvent::stored("", None, None)],
        None => Vec::new(),
    };
    let event_id = match part.get("event_id") {
        Some(Bson::Null) | None => Some(None),
        Some(value) => id_of(value).map(Some),
    };
    let kept = StoredRecord {
        commits: number("commit"),
        logic_version: number("logic_version"),
        position: number("position"),
        event_id,
        updated_at: number("updated_at"),
    };
    let ProjectionRecord { logic_version, commits, checkpoint, updated_at, .. } = kept.of(ReadModel::default());
    Some(ReadModelState {
        failed_events,
        large: part.get_bool("large").unwrap_or_default(),
        written: part.get_bool("written").ok(),
        collection: part.get_str("collection").ok()?.to_owned(),
        number: commits.cast_signed(),
        pending: part.get("pending").and_then(id_of),
        logic_version,
        checkpoint,
        updated_at,
    })
}

fn part(projection: &Document, part: &str) -> Option<ReadModelState> {
    projection.get_document(part).ok().and_then(state_of)
}

/// Returns an id as BSON.
pub(crate) fn bson_uuid(id: Uuid) -> Bson {
    Bson::from(BsonUuid::from_bytes(id.into_bytes()))
}

/// The names of live read models, each with the collection of its rows.
pub(crate) type Live = Vec<(String, String)>;

/// Returns the read models that projections name, complete or not.
async fn states(connection: &Connection) -> Result<Vec<(ReadModel, Option<ReadModelState>)>, StoreError> {
    let failed = connection.failed("cannot read");
    let projections = connection.collection(collections::PROJECTIONS);
    let mut cursor = projections.find(doc! {}).sort(doc! { "_id": 1 }).await.map_err(&failed)?;
    let mut states = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let projection = cursor.deserialize_current().map_err(&failed)?;
        let name = projection.get_str("_id").unwrap_or_default();
        for model in Part::ALL.map(|part| ReadModel { name: name.to_owned(), part }) {
            if projection.contains_key(model.part.as_str()) {
                let state = part(&projection, model.part.as_str());
                states.push((model, state));
            }
        }
    }
    Ok(states)
}

/// Returns the records of the complete read models, and the collections of the live ones.
pub(crate) async fn projections(connection: &Connection) -> Result<(Vec<ProjectionRecord>, Live), StoreError> {
    let mut states = states(connection).await?;
    // No read model can have such a name: `check` reports it.
    states.retain(|(model, _)| model.check_name().is_ok());
    let states: Vec<_> = states.into_iter().filter_map(|(model, state)| Some((model, state?))).collect();
    let names = match states.iter().all(|(_, state)| state.written == Some(false)) {
        true => HashSet::new(),
        false => collection_names(connection).await?,
    };
    let (mut records, mut live) = (Vec::new(), Vec::new());
    for (model, state) in states {
        if is_complete(connection, &model, &state, Some(&names)).await? {
            let ReadModelState { collection, number, logic_version, checkpoint, updated_at, .. } = state;
            if model.part == Part::Live {
                live.push((model.name.clone(), collection));
            }
            records.push(ProjectionRecord { model, logic_version, commits: number.unsigned_abs(), checkpoint, updated_at });
        }
    }
    Ok((records, live))
}

/// Finds incomplete read models. (The next rebuild removes collections that no projection names.)
pub(crate) async fn check(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (model, state) in states(connection).await? {
        let (name, part) = (&model.name, model.part.as_str());
        let fault = match &state {
            _ if model.check_name().is_err() => format!("\"{name}\" is not a valid name of a read model"),
            None => format!("read model {name} ({part}) names no collection"),
            Some(state) if is_complete(connection, &model, state, None).await? => continue,
            Some(_) => format!("read model {name} ({part}) has a checkpoint and not all of its rows"),
        };
        // Others may have changed it meanwhile.
        if self::state(connection, &model).await? == state {
            found.push(fault);
        }
    }
    Ok(found)
}

async fn collection_names(connection: &Connection) -> Result<HashSet<String>, StoreError> {
    let names = connection.database.list_collection_names().await.map_err(connection.failed("cannot read"))?;
    Ok(names.into_iter().collect())
}

/// Returns true if the rows of a read model are complete: its collection, if rows have been written, and the staged rows of
/// its last commit. `names` are the existing collections, if they are known.
pub(crate) async fn is_complete(
    connection: &Connection,
    model: &ReadModel,
    state: &ReadModelState,
    names: Option<&HashSet<String>>,
) -> Result<bool, StoreError> {
    if state.written != Some(false) {
        let there = match names {
            Some(names) => names.contains(&state.collection),
            None => collection_names(connection).await?.contains(&state.collection),
        };
        if !there {
            return Ok(false);
        }
    }
    match state.pending {
        Some(pending) if !rows::are_staged(connection, state, pending).await? => {
            // Staged rows are removed after the mark was.
            let now = self::state(connection, model).await?;
            Ok(now.is_none_or(|now| now.pending != Some(pending)))
        }
        _ => Ok(true),
    }
}

/// Returns the state of a read model.
pub(crate) async fn state(connection: &Connection, model: &ReadModel) -> Result<Option<ReadModelState>, StoreError> {
    let projection = connection.collection(collections::PROJECTIONS).find_one(doc! { "_id": &model.name }).await;
    match projection.map_err(connection.failed("cannot read"))? {
        Some(projection) => Ok(part(&projection, model.part.as_str())),
        None => Ok(None),
    }
}

/// Returns the collections that a projection names, as of one moment. Read part by part, a collection could move between
/// parts meanwhile.
pub(crate) async fn collections(connection: &Connection, name: &str) -> Result<Vec<String>, StoreError> {
    let projection = connection.collection(collections::PROJECTIONS).find_one(doc! { "_id": name }).await;
    let Some(projection) = projection.map_err(connection.failed("cannot read"))? else { return Ok(Vec::new()) };
    let states = Part::ALL.into_iter().filter_map(|model| part(&projection, model.as_str()));
    let loading = projection.get_str(LOADING).ok().map(str::to_owned);
    Ok(states.map(|state| state.collection).chain(loading).collect())
}

/// A consistent read of a read model, as of one commit. It is repeated where the read model has changed meanwhile.
pub(crate) struct ConsistentRead<'c> {
    connection: &'c Connection,
    model: ReadModel,
    deadline: Instant,
    /// The state before the rows were read; `None` where there is no such read model.
    pub(crate) state: Option<ReadModelState>,
}

impl<'c> ConsistentRead<'c> {
    pub(crate) async fn begin(connection: &'c Connection, model: ReadModel) -> Result<Self, StoreError> {
        let deadline = Instant::now() + connection.timeout;
        let state = state(connection, &model).await?;
        Ok(Self { connection, model, deadline, state })
    }

    /// Returns the result if it is of one commit; otherwise the read must be repeated.
    pub(crate) async fn end<T>(&mut self, outcome: Result<T, rows::ReadRowsError>) -> Result<Option<T>, StoreError> {
        let after = state(self.connection, &self.model).await?;
        match outcome {
            Err(rows::ReadRowsError::Failed(error)) => return Err(error),
            Ok(found) if after == self.state => return Ok(Some(found)),
            _ if Instant::now() >= self.deadline => {
                let message = format!(
                    "cannot read {}: read model {} was modified during every attempt",
                    self.connection.place, self.model.name
                );
                return Err(StoreError::Unavailable { message, source: None });
            }
            _ => {}
        }
        self.state = after;
        tokio::time::sleep(PAUSE).await;
        Ok(None)
    }
}

/// Returns the document of a state, as [`state`] reads it.
///
/// # Errors
/// [`StoreError::Invalid`] when the failed events do not fit into a document.
pub(crate) fn document_of(state: &ReadModelState) -> Result<Document, StoreError> {
    let failed = state.failed_events.iter().map(FailedEvent::to_json).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = failed.iter().map(String::len).sum();
    if bytes > MAX_FAILED_EVENT_BYTES {
        let count = failed.len();
        return Err(StoreError::Invalid(format!(
            "{count} failed events of {bytes} bytes exceed the limit of {MAX_FAILED_EVENT_BYTES} bytes for a read model"
        )));
    }
    let mut document = doc! {
        "collection": &state.collection,
        "commit": state.number,
        "logic_version": i64::from(state.logic_version),
        "position": state.checkpoint.position.0.cast_signed(),
        "event_id": state.checkpoint.event_id.map_or(Bson::Null, bson_uuid),
        "updated_at": state.updated_at.micros(),
    };
    if let Some(pending) = state.pending {
        document.insert("pending", bson_uuid(pending));
    }
    if let Some(written) = state.written {
        document.insert("written", written);
    }
    if state.large {
        document.insert("large", true);
    }
    if !failed.is_empty() {
        document.insert("problems", failed);
    }
    Ok(document)
}
