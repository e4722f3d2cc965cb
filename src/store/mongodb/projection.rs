//! The document of a projection: where its read models are, how far, and which rows are still on their way.

use std::time::Duration;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::rows;
use crate::store::mongodb::schema;
use crate::store::problem::Problem;
use crate::store::problem::ProblemChanges;
use crate::store::read_model::Checkpoint;
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

fn state_of(part: &Document) -> Option<State> {
    let number = |field| part.get_i64(field).ok();
    let uuid = |field| match part.get(field) {
        Some(Bson::Binary(binary)) => binary.bytes.as_slice().try_into().ok().map(Uuid::from_bytes),
        _ => None,
    };
    let problems = match part.get("problems") {
        Some(problems) => {
            problems.as_array()?.iter().map(|text| Problem::from_json(text.as_str()?).ok()).collect::<Option<_>>()?
        }
        None => Vec::new(),
    };
    Some(State {
        problems,
        large: part.get_bool("large").unwrap_or_default(),
        collection: part.get_str("collection").ok()?.to_owned(),
        number: number("commit")?,
        pending: uuid("pending"),
        logic_version: u32::try_from(number("logic_version")?).ok()?,
        checkpoint: Checkpoint { position: Position(u64::try_from(number("position")?).ok()?), event_id: uuid("event_id") },
        updated_at: Timestamp::from_micros_saturating(number("updated_at")?),
    })
}

fn part(projection: &Document, part: &str) -> Result<Option<State>, StoreError> {
    let Ok(part) = projection.get_document(part) else { return Ok(None) };
    state_of(part).map(Some).ok_or_else(|| StoreError::integrity("a projection has a value that was never written there"))
}

/// An id as BSON has it.
pub(crate) fn bson_uuid(id: Uuid) -> Bson {
    Bson::from(BsonUuid::from_bytes(id.into_bytes()))
}

/// What is known of each read model.
pub(crate) async fn projections(connection: &Connection) -> Result<Vec<ProjectionRecord>, StoreError> {
    let failed = connection.failed("cannot read");
    let projections = connection.collection(schema::PROJECTIONS);
    let mut cursor = projections.find(doc! {}).sort(doc! { "_id": 1 }).await.map_err(&failed)?;
    let mut records = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let projection = cursor.deserialize_current().map_err(&failed)?;
        let name = projection.get_str("_id").unwrap_or_default();
        for model in Part::ALL.map(|part| ReadModel { name: name.to_owned(), part }) {
            if let Some(State { number, logic_version, checkpoint, updated_at, .. }) = part(&projection, model.part.as_str())? {
                records.push(ProjectionRecord { model, logic_version, commits: number.unsigned_abs(), checkpoint, updated_at });
            }
        }
    }
    Ok(records)
}

/// What is known of a read model.
pub(crate) async fn state(connection: &Connection, model: &ReadModel) -> Result<Option<State>, StoreError> {
    let projection = connection.collection(schema::PROJECTIONS).find_one(doc! { "_id": &model.name }).await;
    match projection.map_err(connection.failed("cannot read"))? {
        Some(projection) => part(&projection, model.part.as_str()),
        None => Ok(None),
    }
}

/// The collections that a projection names, as of one moment: what is looked up part by part can move from one that was
/// not yet looked at to one that was.
pub(crate) async fn collections(connection: &Connection, name: &str) -> Result<Vec<String>, StoreError> {
    let projection = connection.collection(schema::PROJECTIONS).find_one(doc! { "_id": name }).await;
    let Some(projection) = projection.map_err(connection.failed("cannot read"))? else { return Ok(Vec::new()) };
    let states = Part::ALL.into_iter().filter_map(|model| part(&projection, model.as_str()).transpose());
    states.map(|state| state.map(|state| state.collection)).collect()
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
    if state.large {
        document.insert("large", true);
    }
    if !problems.is_empty() {
        document.insert("problems", problems);
    }
    Ok(document)
}
