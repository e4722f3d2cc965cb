//! The document of a projection: where its read models are, how far, and which rows are still on their way.

use std::collections::HashSet;
use std::time::Duration;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::rows;
use crate::store::mongodb::schema;
use crate::store::problem::Problem;
use crate::store::problem::ProblemChanges;
use crate::store::read_model::Checkpoint;
use crate::store::read_model::KeptRecord;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;

/// A projection has three read models in one document, which may have 16 MiB.
const MAX_PROBLEM_BYTES: usize = 4 << 20;
/// Before a reader looks again.
const PAUSE: Duration = Duration::from_millis(2);

/// A read model as its projection's document tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// Where its rows are.
    pub(crate) collection: String,
    /// The number of its last commit.
    pub(crate) number: i64,
    /// The staged rows of its last commit, until they are all in their collection.
    pub(crate) pending: Option<Uuid>,
    /// The version of the logic that made its rows.
    pub(crate) logic_version: u32,
    /// How far it is.
    pub(crate) checkpoint: Checkpoint,
    /// When it last moved.
    pub(crate) updated_at: Timestamp,
    /// Whether there are rows that are compared by their texts.
    pub(crate) large: bool,
    /// Whether rows have been written, so that the collection must be there; none: an older program has not said so.
    pub(crate) written: Option<bool>,
    /// Events it cannot take in, in the order of their positions. Here, so that they move with the checkpoint.
    pub(crate) problems: Vec<Problem>,
}

/// The problems after a commit.
pub(crate) fn problems_after(before: Option<&State>, changes: &ProblemChanges) -> Vec<Problem> {
    let changed = |problem: &&Problem| {
        changes.solved.contains(&problem.event_id) || changes.put.iter().any(|put| put.event_id == problem.event_id)
    };
    let known = before.map(|before| before.problems.as_slice()).unwrap_or_default();
    let mut problems: Vec<Problem> = known.iter().filter(|problem| !changed(problem)).cloned().collect();
    problems.extend(changes.put.iter().cloned());
    problems.sort_by_key(|problem| problem.position);
    problems
}

/// A read model as it is kept; none: it does not say where its rows are. One with a value that esctl never wrote stands on no
/// event of the store.
fn state_of(part: &Document) -> Option<State> {
    let number = |field| part.get_i64(field).ok();
    let id_of = |value: &Bson| match value {
        Bson::Binary(binary) => Uuid::from_slice(&binary.bytes).ok(),
        _ => None,
    };
    let problems = match part.get("problems") {
        Some(Bson::Array(problems)) => {
            problems.iter().map(|text| Problem::kept(text.as_str().unwrap_or_default(), None, None)).collect()
        }
        Some(_) => vec![Problem::kept("", None, None)],
        None => Vec::new(),
    };
    let event_id = match part.get("event_id") {
        Some(Bson::Null) | None => Some(None),
        Some(value) => id_of(value).map(Some),
    };
    let kept = KeptRecord {
        commits: number("commit"),
        logic_version: number("logic_version"),
        position: number("position"),
        event_id,
        updated_at: number("updated_at"),
    };
    let ProjectionRecord { logic_version, commits, checkpoint, updated_at, .. } = kept.of(ReadModel::default());
    Some(State {
        problems,
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

fn part(projection: &Document, part: &str) -> Option<State> {
    projection.get_document(part).ok().and_then(state_of)
}

/// An id as BSON has it.
pub(crate) fn bson_uuid(id: Uuid) -> Bson {
    Bson::from(BsonUuid::from_bytes(id.into_bytes()))
}

/// Names of live read models, each with the collection of its rows.
pub(crate) type Live = Vec<(String, String)>;

/// The read models that projections name, whole or not.
async fn states(connection: &Connection) -> Result<Vec<(ReadModel, Option<State>)>, StoreError> {
    let failed = connection.failed("cannot read");
    let projections = connection.collection(schema::PROJECTIONS);
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

/// What is known of each read model that is whole, and where the rows of the live ones are.
pub(crate) async fn projections(connection: &Connection) -> Result<(Vec<ProjectionRecord>, Live), StoreError> {
    let mut states = states(connection).await?;
    // No read model is called so: `check` finds it.
    states.retain(|(model, _)| model.check_name().is_ok());
    let states: Vec<_> = states.into_iter().filter_map(|(model, state)| Some((model, state?))).collect();
    let names = match states.iter().all(|(_, state)| state.written == Some(false)) {
        true => HashSet::new(),
        false => collection_names(connection).await?,
    };
    let (mut records, mut live) = (Vec::new(), Vec::new());
    for (model, state) in states {
        if is_whole(connection, &model, &state, Some(&names)).await? {
            let State { collection, number, logic_version, checkpoint, updated_at, .. } = state;
            if model.part == Part::Live {
                live.push((model.name.clone(), collection));
            }
            records.push(ProjectionRecord { model, logic_version, commits: number.unsigned_abs(), checkpoint, updated_at });
        }
    }
    Ok((records, live))
}

/// Finds read models that are not whole. (Collections that no projection names are swept away by the next rebuild.)
pub(crate) async fn check(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (model, state) in states(connection).await? {
        let (name, part) = (&model.name, model.part.as_str());
        let fault = match &state {
            _ if model.check_name().is_err() => format!("no read model can be called \"{name}\""),
            None => format!("read model {name} ({part}) does not say where its rows are"),
            Some(state) if is_whole(connection, &model, state, None).await? => continue,
            Some(_) => format!("read model {name} ({part}) has a checkpoint and not all of its rows"),
        };
        // Others may have moved it meanwhile.
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

/// Whether the rows of a read model are there: their collection, where some have been written, and what is staged for its last
/// commit. `names`: the collections that there are, if they are known.
pub(crate) async fn is_whole(
    connection: &Connection,
    model: &ReadModel,
    state: &State,
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
            // They are taken away after the mark was.
            let now = self::state(connection, model).await?;
            Ok(now.is_none_or(|now| now.pending != Some(pending)))
        }
        _ => Ok(true),
    }
}

/// What is known of a read model.
pub(crate) async fn state(connection: &Connection, model: &ReadModel) -> Result<Option<State>, StoreError> {
    let projection = connection.collection(schema::PROJECTIONS).find_one(doc! { "_id": &model.name }).await;
    match projection.map_err(connection.failed("cannot read"))? {
        Some(projection) => Ok(part(&projection, model.part.as_str())),
        None => Ok(None),
    }
}

/// The collections that a projection names, as of one moment: what is looked up part by part can move from one that was
/// not yet looked at to one that was.
pub(crate) async fn collections(connection: &Connection, name: &str) -> Result<Vec<String>, StoreError> {
    let projection = connection.collection(schema::PROJECTIONS).find_one(doc! { "_id": name }).await;
    let Some(projection) = projection.map_err(connection.failed("cannot read"))? else { return Ok(Vec::new()) };
    let states = Part::ALL.into_iter().filter_map(|model| part(&projection, model.as_str()));
    Ok(states.map(|state| state.collection).collect())
}

/// A look at a read model as of one commit of it: again, where it moved meanwhile.
pub(crate) struct Look<'c> {
    connection: &'c Connection,
    model: ReadModel,
    deadline: Instant,
    /// As it was before the rows were read; `None`: there is no such read model.
    pub(crate) state: Option<State>,
}

impl<'c> Look<'c> {
    pub(crate) async fn begin(connection: &'c Connection, model: ReadModel) -> Result<Self, StoreError> {
        let deadline = Instant::now() + connection.timeout;
        let state = state(connection, &model).await?;
        Ok(Self { connection, model, deadline, state })
    }

    /// What was read, if it is of one commit; otherwise it is to be read again.
    pub(crate) async fn end<T>(&mut self, outcome: Result<T, rows::Gone>) -> Result<Option<T>, StoreError> {
        let after = state(self.connection, &self.model).await?;
        match outcome {
            Err(rows::Gone::Failed(error)) => return Err(error),
            Ok(found) if after == self.state => return Ok(Some(found)),
            _ if Instant::now() >= self.deadline => {
                let message = format!("cannot read {}: read model {} never stood still", self.connection.place, self.model.name);
                return Err(StoreError::Unavailable { message, source: None });
            }
            _ => {}
        }
        self.state = after;
        tokio::time::sleep(PAUSE).await;
        Ok(None)
    }
}

/// As [`state`] reads it.
///
/// # Errors
/// [`StoreError::Invalid`] when there are more problems than fit into a document.
pub(crate) fn document_of(state: &State) -> Result<Document, StoreError> {
    let problems = state.problems.iter().map(Problem::to_json).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = problems.iter().map(String::len).sum();
    if bytes > MAX_PROBLEM_BYTES {
        let count = problems.len();
        return Err(StoreError::Invalid(format!(
            "{count} problems of {bytes} bytes are over the {MAX_PROBLEM_BYTES} that a read model may have here"
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
    if !problems.is_empty() {
        document.insert("problems", problems);
    }
    Ok(document)
}
