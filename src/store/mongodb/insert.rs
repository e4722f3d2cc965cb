//! Inserts a run of commits, and determines the outcome when the connection breaks.
//!
//! The same documents can be sent repeatedly: an `_id` is taken only once, and the hash of the stored commit shows whether
//! it is this one. So nothing is repeated blindly, and an outcome stays unknown only while no server answers.
//!
//! A request is a list of updates that the server makes in their order, up to the first failure. The first update looks for
//! the preceding commit and fails where it is missing: then the database was replaced. The others insert.

use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::Document;
use mongodb::bson::RawArrayBuf;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::cstr;
use mongodb::bson::doc;
use mongodb::bson::raw::RawBinaryRef;
use mongodb::bson::rawdoc;
use mongodb::bson::spec::BinarySubtype;
use mongodb::error::Error;
use tokio::time::Instant;

use crate::event::Hash;
use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::identity::LastSeen;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::decide::Commit;
use crate::store::mongodb::decide::MAX_COMMIT_BYTES;
use crate::store::mongodb::documents::summary;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::may_pass;
use crate::store::mongodb::error::was_not_sent;

/// The largest number of commits in one request.
const MAX_COMMITS: usize = 2000;
/// The pause before a failed request is sent again.
const PAUSE: Duration = Duration::from_millis(20);

/// The reason for which a run ended early.
pub(crate) enum StopReason {
    /// Others have appended since.
    Collided,
    /// An event of the next commit has an id that is in the store.
    KnownId,
    /// The insert failed, or its outcome is unknown.
    Failed(StoreError),
}

/// Consecutive commits.
pub(crate) struct CommitRun {
    /// The `_id` and the hash of the preceding commit.
    after: Option<(i64, Hash)>,
    documents: Vec<RawDocumentBuf>,
    heads: Vec<Head>,
    bytes: usize,
}

/// The result of one request.
enum RequestOutcome {
    /// This many commits were inserted; a duplicate stopped the others.
    Answered(usize, Option<Duplicate>),
    /// The outcome is unknown, and the request may still be carried out.
    Unknown(Option<Error>),
    /// Nothing reached the server.
    NotSent(Error),
    /// The server refused the request.
    Refused(StoreError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Duplicate {
    /// The position of the commit, or the version in its stream.
    Position,
    /// An event id.
    EventId,
}

impl CommitRun {
    /// Returns an empty run after a commit, given by its `_id` and its hash.
    pub(crate) fn after(commit: Option<(i64, Hash)>) -> Self {
        // A store without events has no preceding commit.
        let after = commit.filter(|(id, _)| *id > 0);
        Self { after, documents: Vec::new(), heads: Vec::new(), bytes: 0 }
    }

    /// Returns true if the same request has room for another commit.
    pub(crate) fn has_room_for(&self, commit: &Commit) -> bool {
        let bytes = self.bytes + commit.document.as_bytes().len();
        self.documents.is_empty() || (bytes <= MAX_COMMIT_BYTES && self.documents.len() < MAX_COMMITS)
    }

    /// Adds a commit, with the end of the store after it.
    pub(crate) fn push(&mut self, document: RawDocumentBuf, head: Head) {
        self.bytes += document.as_bytes().len();
        self.documents.push(document);
        self.heads.push(head);
    }

    /// Inserts the commits in their order. Returns the number of stored commits, and the reason for which the others are
    /// not stored.
    pub(crate) async fn insert(self, connection: &Connection, deadline: Instant) -> (usize, Option<StopReason>) {
        let documents = Arc::new(self.documents);
        let mut inserted = 0;
        // True if an earlier request may have been carried out, or may still be.
        let mut uncertain = false;
        let mut last_error = None;
        while inserted < documents.len() {
            if uncertain && Instant::now() >= deadline {
                return (inserted, Some(StopReason::Failed(unknown(connection, last_error))));
            }
            let after = match inserted.checked_sub(1) {
                None => self.after,
                Some(last) => documents[last].get_i64("_id").ok().map(|id| (id, self.heads[last].hash)),
            };
            match attempt(connection, after, &documents, inserted, deadline).await {
                RequestOutcome::Answered(count, duplicate) => {
                    inserted += count;
                    match duplicate {
                        None => {}
                        Some(duplicate) if !uncertain => return (inserted, Some(stop_reason(duplicate))),
                        Some(duplicate) => {
                            match find_occupant(connection, &documents[inserted], self.heads[inserted], deadline).await {
                                Occupant::This => inserted += 1,
                                Occupant::Other => return (inserted, Some(stop_reason(duplicate))),
                                // This commit can be stored only at its own position.
                                Occupant::None if duplicate == Duplicate::EventId => {
                                    return (inserted, Some(StopReason::KnownId));
                                }
                                Occupant::None => tokio::time::sleep(PAUSE).await,
                            }
                        }
                    }
                }
                RequestOutcome::NotSent(error) if !uncertain => {
                    return (inserted, Some(StopReason::Failed(connection.failed("cannot append to")(error))));
                }
                RequestOutcome::NotSent(error) => {
                    last_error = Some(error);
                    tokio::time::sleep(PAUSE).await;
                }
                RequestOutcome::Unknown(error) => {
                    uncertain = true;
                    last_error = error.or(last_error);
                    tokio::time::sleep(PAUSE).await;
                }
                RequestOutcome::Refused(error @ StoreError::Replaced(_)) => return (inserted, Some(StopReason::Failed(error))),
                RequestOutcome::Refused(_) if uncertain => {
                    return (inserted, Some(StopReason::Failed(unknown(connection, last_error))));
                }
                RequestOutcome::Refused(error) => return (inserted, Some(StopReason::Failed(error))),
            }
        }
        (inserted, None)
    }
}

fn stop_reason(duplicate: Duplicate) -> StopReason {
    match duplicate {
        Duplicate::Position => StopReason::Collided,
        Duplicate::EventId => StopReason::KnownId,
    }
}

fn unknown(connection: &Connection, error: Option<Error>) -> StoreError {
    let message = format!(
        "outcome unknown: the append to {} may or may not have been applied; the server gave no answer",
        connection.place
    );
    StoreError::OutcomeUnknown { message, source: error.map(|error| Arc::new(*error.kind) as _) }
}

/// Sends the commits from an index on. The request continues when the caller no longer waits.
async fn attempt(
    connection: &Connection,
    after: Option<(i64, Hash)>,
    documents: &Arc<Vec<RawDocumentBuf>>,
    from: usize,
    deadline: Instant,
) -> RequestOutcome {
    let (database, documents, timeout) = (connection.database.clone(), Arc::clone(documents), connection.timeout);
    let request = tokio::spawn(async move {
        let mut updates = RawArrayBuf::new();
        if let Some((id, hash)) = after {
            updates.push(find_commit(id, hash));
        }
        for document in &documents[from..] {
            updates.push(insert_commit(document));
        }
        let mut command = rawdoc! { "update": collections::COMMITS, "ordered": true };
        let wait = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        command.append(cstr!("writeConcern"), rawdoc! { "w": "majority", "j": true, "wtimeout": wait });
        command.append(cstr!("updates"), updates);
        database.run_raw_command(command).await
    });
    // Long enough for any answer, and short enough to try another connection in time.
    let patience = (Instant::now() + connection.timeout / 3).min(deadline);
    match tokio::time::timeout_at(patience, request).await {
        Err(_) => RequestOutcome::Unknown(None),
        Ok(Err(_)) => RequestOutcome::Refused(StoreError::Bug("a task of the database has died".into())),
        Ok(Ok(Err(error))) if was_not_sent(&error) => RequestOutcome::NotSent(error),
        Ok(Ok(Err(error))) if may_pass(&error) => RequestOutcome::Unknown(Some(error)),
        Ok(Ok(Err(error))) => RequestOutcome::Refused(connection.failed("cannot append to")(error)),
        Ok(Ok(Ok(answer))) => judge(connection, after, &answer),
    }
}

/// Returns an update that changes nothing and fails where this commit is missing.
fn find_commit(id: i64, hash: Hash) -> RawDocumentBuf {
    let mut commit = rawdoc! { "_id": id };
    commit.append(cstr!("hash"), RawBinaryRef { subtype: BinarySubtype::Generic, bytes: &hash.0 });
    // Inserting with another `_id` than the one in the filter is an error.
    rawdoc! { "q": commit, "u": { "$setOnInsert": { "_id": -1_i64 } }, "upsert": true }
}

/// Returns an update that inserts a commit and fails where its position or an event id is taken.
fn insert_commit(document: &RawDocumentBuf) -> RawDocumentBuf {
    let id = document.get_i64("_id").unwrap_or_default();
    let mut content = RawDocumentBuf::new();
    content.append(cstr!("$literal"), &**document);
    // No commit matches, so none is changed.
    let none = rawdoc! { "_id": id, "count": { "$lt": 0_i64 } };
    rawdoc! { "q": none, "u": [{ "$replaceWith": content }], "upsert": true }
}

/// Interprets the server's answer to a request. The driver's own `insert_many` does not show the index of a duplicate.
fn judge(connection: &Connection, after: Option<(i64, Hash)>, answer: &Document) -> RequestOutcome {
    let count = answer.get_array("upserted").map(Vec::len).unwrap_or_default();
    if let Ok(concern) = answer.get_document("writeConcernError") {
        // The primary has the commits, but not yet a majority. They may be rolled back; sending them again determines the
        // outcome.
        tracing::debug!(code = concern.get_i32("code").unwrap_or_default(), "an append is not yet durable");
        return RequestOutcome::Unknown(None);
    }
    let error = answer.get_array("writeErrors").ok().and_then(|errors| errors.first()).and_then(|error| error.as_document());
    let Some(error) = error else { return RequestOutcome::Answered(count, None) };
    let found = error.get_i32("code").unwrap_or_default();
    if let Some((id, hash)) = after.filter(|_| found == code::IMMUTABLE_FIELD && matches!(error.get_i32("index"), Ok(0))) {
        let seen = LastSeen { position: Position(id.unsigned_abs()), hash };
        return RequestOutcome::Refused(seen.not_in(&connection.place));
    }
    if found == code::DUPLICATE_KEY {
        let of_event_id = error.get_document("keyPattern").is_ok_and(|pattern| pattern.contains_key("events.id"));
        return RequestOutcome::Answered(count, Some(if of_event_id { Duplicate::EventId } else { Duplicate::Position }));
    }
    if code::ELSEWHERE_OR_LATER.contains(&found) {
        return RequestOutcome::Unknown(None);
    }
    let message = error.get_str("errmsg").unwrap_or_default();
    let message = format!("cannot append to {}: the server refused the append ({found}: {message})", connection.place);
    RequestOutcome::Refused(if found == code::UNAUTHORIZED {
        StoreError::NotAllowed { message, source: None }
    } else {
        StoreError::Unavailable { message, source: None }
    })
}

/// The commit that has a position.
enum Occupant {
    /// The same commit.
    This,
    /// Another commit.
    Other,
    /// No commit that a majority of the servers has.
    None,
}

async fn find_occupant(connection: &Connection, document: &RawDocumentBuf, head: Head, deadline: Instant) -> Occupant {
    let Ok(place) = document.get_i64("_id") else { return Occupant::Other };
    let connection = connection.clone();
    let search = tokio::spawn(async move {
        let Ok(Some(found)) = connection.commits.find_one(doc! { "_id": place }).projection(doc! { "events": 0 }).await else {
            return Occupant::None;
        };
        match summary(&found) {
            Ok(found) if found.hash == head.hash && connection.settle(head.position).await.is_ok() => Occupant::This,
            Ok(found) if found.hash == head.hash => Occupant::None,
            _ => Occupant::Other,
        }
    });
    match tokio::time::timeout_at(deadline, search).await {
        Ok(Ok(occupant)) => occupant,
        _ => Occupant::None,
    }
}
