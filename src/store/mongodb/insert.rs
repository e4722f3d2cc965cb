//! Inserting a run of commits, and finding out what became of them when the connection breaks.
//!
//! The very same documents can be sent again and again: an `_id` is taken once, and the hash of the commit that took it
//! says whether it was this one. So nothing is repeated blindly, and an outcome stays unknown only while no server answers.
//!
//! A request is a list of updates that the server makes in their order, up to the first that fails. The first finds the
//! commit that the new ones follow on, and fails where it is not there: then the database was replaced. The others insert.

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
use crate::store::backend::Head;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::decide::Commit;
use crate::store::mongodb::decide::MAX_COMMIT_BYTES;
use crate::store::mongodb::documents::summary;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::may_pass;
use crate::store::mongodb::error::was_not_sent;
use crate::store::mongodb::schema;

/// The most commits in one request.
const MAX_COMMITS: usize = 2000;
/// Before a request that failed is sent again.
const PAUSE: Duration = Duration::from_millis(20);

/// Why a run ended before its end.
pub(crate) enum Stop {
    /// Others have appended since.
    Collided,
    /// An event of the next commit has an id that is in the store.
    KnownId,
    /// It cannot be done, or nobody knows whether it was.
    Failed(StoreError),
}

/// Commits that follow on one another.
pub(crate) struct Run {
    /// The `_id` and the hash of the commit that they follow on.
    behind: Option<(i64, Hash)>,
    documents: Vec<RawDocumentBuf>,
    heads: Vec<Head>,
    bytes: usize,
}

/// What one request came to.
enum Attempt {
    /// So many went in, and then there was this duplicate.
    Answered(usize, Option<Duplicate>),
    /// It cannot be known; not even whether it will still be done.
    Doubt(Option<Error>),
    /// Nothing reached the server.
    NotSent(Error),
    /// The server says no.
    Refused(StoreError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Duplicate {
    Place,
    EventId,
}

impl Run {
    /// An empty run behind a commit: its `_id` and its hash.
    pub(crate) fn behind(commit: Option<(i64, Hash)>) -> Self {
        // A store without events has none.
        let behind = commit.filter(|(id, _)| *id > 0);
        Self { behind, documents: Vec::new(), heads: Vec::new(), bytes: 0 }
    }

    /// Whether there is room for one more in the same request.
    pub(crate) fn takes(&self, commit: &Commit) -> bool {
        let bytes = self.bytes + commit.document.as_bytes().len();
        self.documents.is_empty() || (bytes <= MAX_COMMIT_BYTES && self.documents.len() < MAX_COMMITS)
    }

    /// Adds a commit, with the end of the store after it.
    pub(crate) fn push(&mut self, document: RawDocumentBuf, head: Head) {
        self.bytes += document.as_bytes().len();
        self.documents.push(document);
        self.heads.push(head);
    }

    /// Inserts them in their order. How many are there for certain, and why not all.
    pub(crate) async fn insert(self, connection: &Connection, deadline: Instant) -> (usize, Option<Stop>) {
        let documents = Arc::new(self.documents);
        let mut inserted = 0;
        // Whether an earlier request may have been carried out, or may be yet.
        let mut doubt = false;
        let mut last_error = None;
        while inserted < documents.len() {
            if doubt && Instant::now() >= deadline {
                return (inserted, Some(Stop::Failed(unknown(connection, last_error))));
            }
            let behind = match inserted.checked_sub(1) {
                None => self.behind,
                Some(last) => documents[last].get_i64("_id").ok().map(|id| (id, self.heads[last].hash)),
            };
            match attempt(connection, behind, &documents, inserted, deadline).await {
                Attempt::Answered(count, duplicate) => {
                    inserted += count;
                    match duplicate {
                        None => {}
                        Some(duplicate) if !doubt => return (inserted, Some(stop_of(duplicate))),
                        Some(duplicate) => {
                            match who_is_there(connection, &documents[inserted], self.heads[inserted], deadline).await {
                                Who::This => inserted += 1,
                                Who::Another => return (inserted, Some(stop_of(duplicate))),
                                // Ours cannot be elsewhere than at its place.
                                Who::Nobody if duplicate == Duplicate::EventId => return (inserted, Some(Stop::KnownId)),
                                Who::Nobody => tokio::time::sleep(PAUSE).await,
                            }
                        }
                    }
                }
                Attempt::NotSent(error) if !doubt => {
                    return (inserted, Some(Stop::Failed(connection.failed("cannot append to")(error))));
                }
                Attempt::NotSent(error) => {
                    last_error = Some(error);
                    tokio::time::sleep(PAUSE).await;
                }
                Attempt::Doubt(error) => {
                    doubt = true;
                    last_error = error.or(last_error);
                    tokio::time::sleep(PAUSE).await;
                }
                Attempt::Refused(error @ StoreError::Replaced(_)) => return (inserted, Some(Stop::Failed(error))),
                Attempt::Refused(_) if doubt => return (inserted, Some(Stop::Failed(unknown(connection, last_error)))),
                Attempt::Refused(error) => return (inserted, Some(Stop::Failed(error))),
            }
        }
        (inserted, None)
    }
}

fn stop_of(duplicate: Duplicate) -> Stop {
    match duplicate {
        Duplicate::Place => Stop::Collided,
        Duplicate::EventId => Stop::KnownId,
    }
}

fn unknown(connection: &Connection, error: Option<Error>) -> StoreError {
    let message = format!("it is not known whether the append to {} was done: the server gave no answer", connection.place);
    StoreError::OutcomeUnknown { message, source: error.map(|error| Arc::new(*error.kind) as _) }
}

/// Sends the commits from an index on. The request goes on by itself when nobody waits any longer.
async fn attempt(
    connection: &Connection,
    behind: Option<(i64, Hash)>,
    documents: &Arc<Vec<RawDocumentBuf>>,
    from: usize,
    deadline: Instant,
) -> Attempt {
    let (database, documents, timeout) = (connection.database.clone(), Arc::clone(documents), connection.timeout);
    let request = tokio::spawn(async move {
        let mut updates = RawArrayBuf::new();
        if let Some((id, hash)) = behind {
            updates.push(find_commit(id, hash));
        }
        for document in &documents[from..] {
            updates.push(insert_commit(document));
        }
        let mut command = rawdoc! { "update": schema::COMMITS, "ordered": true };
        let wait = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        command.append(cstr!("writeConcern"), rawdoc! { "w": "majority", "j": true, "wtimeout": wait });
        command.append(cstr!("updates"), updates);
        database.run_raw_command(command).await
    });
    // Long enough for any answer, and short enough to try another connection in time.
    let patience = (Instant::now() + connection.timeout / 3).min(deadline);
    match tokio::time::timeout_at(patience, request).await {
        Err(_) => Attempt::Doubt(None),
        Ok(Err(_)) => Attempt::Refused(StoreError::Bug("a task of the database has died".into())),
        Ok(Ok(Err(error))) if was_not_sent(&error) => Attempt::NotSent(error),
        Ok(Ok(Err(error))) if may_pass(&error) => Attempt::Doubt(Some(error)),
        Ok(Ok(Err(error))) => Attempt::Refused(connection.failed("cannot append to")(error)),
        Ok(Ok(Ok(answer))) => judge(connection, behind, &answer),
    }
}

/// An update that changes nothing and fails where this commit is not there.
fn find_commit(id: i64, hash: Hash) -> RawDocumentBuf {
    let mut commit = rawdoc! { "_id": id };
    commit.append(cstr!("hash"), RawBinaryRef { subtype: BinarySubtype::Generic, bytes: &hash.0 });
    // To make one with another `_id` than the one looked for is an error.
    rawdoc! { "q": commit, "u": { "$setOnInsert": { "_id": -1_i64 } }, "upsert": true }
}

/// An update that inserts a commit and fails where its place or an event id is taken.
fn insert_commit(document: &RawDocumentBuf) -> RawDocumentBuf {
    let id = document.get_i64("_id").unwrap_or_default();
    let mut content = RawDocumentBuf::new();
    content.append(cstr!("$literal"), &**document);
    // No commit matches, so none is changed.
    let none = rawdoc! { "_id": id, "count": { "$lt": 0_i64 } };
    rawdoc! { "q": none, "u": [{ "$replaceWith": content }], "upsert": true }
}

/// The server's answer to a request. (The driver's own `insert_many` keeps which index a duplicate was in from us.)
fn judge(connection: &Connection, behind: Option<(i64, Hash)>, answer: &Document) -> Attempt {
    let count = answer.get_array("upserted").map(Vec::len).unwrap_or_default();
    if let Ok(concern) = answer.get_document("writeConcernError") {
        // Done here, but not yet by most of the servers: it may be rolled back, and sending it again tells.
        tracing::debug!(code = concern.get_i32("code").unwrap_or_default(), "an append is not yet durable");
        return Attempt::Doubt(None);
    }
    let error = answer.get_array("writeErrors").ok().and_then(|errors| errors.first()).and_then(|error| error.as_document());
    let Some(error) = error else { return Attempt::Answered(count, None) };
    let found = error.get_i32("code").unwrap_or_default();
    if let Some((id, hash)) = behind.filter(|_| found == code::IMMUTABLE_FIELD && matches!(error.get_i32("index"), Ok(0))) {
        let seen = LastSeen { position: Position(id.unsigned_abs()), hash };
        return Attempt::Refused(seen.not_in(&connection.place));
    }
    if found == code::DUPLICATE_KEY {
        let of_event_id = error.get_document("keyPattern").is_ok_and(|pattern| pattern.contains_key("events.id"));
        return Attempt::Answered(count, Some(if of_event_id { Duplicate::EventId } else { Duplicate::Place }));
    }
    if code::ELSEWHERE_OR_LATER.contains(&found) {
        return Attempt::Doubt(None);
    }
    let message = error.get_str("errmsg").unwrap_or_default();
    let message = format!("cannot append to {}: the server refused ({found}: {message})", connection.place);
    Attempt::Refused(if found == code::UNAUTHORIZED {
        StoreError::NotAllowed { message, source: None }
    } else {
        StoreError::Unavailable { message, source: None }
    })
}

/// Which commit has a place.
enum Who {
    This,
    Another,
    /// None that most of the servers have.
    Nobody,
}

async fn who_is_there(connection: &Connection, document: &RawDocumentBuf, head: Head, deadline: Instant) -> Who {
    let Ok(place) = document.get_i64("_id") else { return Who::Another };
    let connection = connection.clone();
    let look = tokio::spawn(async move {
        let Ok(Some(found)) = connection.commits.find_one(doc! { "_id": place }).projection(doc! { "events": 0 }).await else {
            return Who::Nobody;
        };
        match summary(&found) {
            Ok(found) if found.hash == head.hash && connection.settle(head.position).await.is_ok() => Who::This,
            Ok(found) if found.hash == head.hash => Who::Nobody,
            _ => Who::Another,
        }
    });
    match tokio::time::timeout_at(deadline, look).await {
        Ok(Ok(who)) => who,
        _ => Who::Nobody,
    }
}
