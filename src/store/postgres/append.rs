//! Appends: a group in one statement, and the recovery when the connection breaks meanwhile.
//!
//! A single event of the only writer takes the fast path in `fast_append.rs`.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::PgRow;
use tokio::time::timeout;
use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::chain_hash;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::append::RecordTime;
use crate::store::clock::recorded;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::postgres::database::Database;
use crate::store::postgres::database::Task;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Ids;
use crate::store::postgres::lock_holder::name_holder;
use crate::store::postgres::outcome::determine;
use crate::store::postgres::peer::DatabaseProcess;
use crate::store::postgres::session::Session;

pub(crate) const DOING: &str = "cannot append to";
/// The outcome code for a store that lacks the last event that this process has seen.
const REPLACED: i32 = 4;

/// The facts that are known before a group is appended.
#[derive(Default)]
pub(crate) struct AppendContext {
    /// The highest position that this handle has seen.
    pub(crate) seen: Position,
    /// The newest event that this process knows. A store without it was replaced.
    pub(crate) last_seen: Option<LastSeen>,
    /// Set if the group was sent already, on a connection that broke.
    pub(crate) broken: Option<UnknownOutcome>,
}

/// A group that was sent and whose outcome is unknown.
pub(crate) struct UnknownOutcome {
    /// The server process that was writing.
    pub(crate) process: DatabaseProcess,
    pub(crate) error: SqlError,
}

/// Appends a group. After a broken connection the outcome is determined, and appends that were not made are tried once
/// more.
pub(crate) async fn append_group(
    database: &Database,
    group: &[BackendAppend],
    before: AppendContext,
) -> Result<Vec<BackendAnswer>, StoreError> {
    let _turn = database.appending.lock().await;
    let mut open: Vec<(usize, &BackendAppend)> = group.iter().enumerate().collect();
    let mut answers: Vec<Option<BackendAnswer>> = vec![None; group.len()];
    let mut breaks = 0;
    database.note(Some(before.seen));
    let (seen, last_seen, mut broken) = (database.seen(), before.last_seen, before.broken);
    if broken.is_some() {
        database.pool.forget_idle();
    }
    while !open.is_empty() {
        let asked: Vec<&BackendAppend> = open.iter().map(|(_, append)| *append).collect();
        let tried = match broken.take() {
            Some(unknown_outcome) => Err(AppendFailure::Unknown(unknown_outcome)),
            None => try_once(database, &asked, last_seen).await,
        };
        let found = match tried {
            Ok(found) => found.into_iter().map(Some).collect(),
            Err(AppendFailure::NotAppended(error)) if breaks == 0 => return Err(error),
            // A part of the group was appended before the connection broke.
            Err(AppendFailure::NotAppended(error)) => return Err(group_error(&answers, error)),
            Err(AppendFailure::Unknown(UnknownOutcome { process, error })) => {
                breaks += 1;
                let known = determine(database, &process, &asked, seen).await.map_err(|cause| unknown(database, cause))?;
                if breaks > 1 && known.iter().all(Option::is_none) {
                    return Err(group_error(&answers, broke_again(database, error)));
                }
                known
            }
        };
        for ((place, _), answer) in open.iter().zip(found) {
            if let Some(BackendAnswer::Appended(appended)) = &answer {
                database.note(appended.events.last().map(|last| last.position));
            }
            answers[*place] = answer;
        }
        open.retain(|(place, _)| answers[*place].is_none());
    }
    Ok(answers.into_iter().flatten().collect())
}

fn unknown(database: &Database, cause: StoreError) -> StoreError {
    let place = database.pool.connector.url().place();
    let message = format!("the connection to {place} broke after an append was sent, and its outcome cannot be determined");
    StoreError::OutcomeUnknown { message, source: Some(Arc::new(cause)) }
}

fn broke_again(database: &Database, error: SqlError) -> StoreError {
    let place = database.pool.connector.url().place();
    let message = format!("{DOING} {place}: the connection broke twice; nothing was appended");
    StoreError::Unavailable { message, source: Some(Arc::new(error)) }
}

/// Returns the error for a whole group. It does not claim that nothing was appended where something was.
fn group_error(answers: &[Option<BackendAnswer>], error: StoreError) -> StoreError {
    if answers.iter().all(Option::is_none) {
        return error;
    }
    let message = "the connection broke during a group of appends, and the outcome of some is unknown".into();
    StoreError::OutcomeUnknown { message, source: Some(Arc::new(error)) }
}

enum AppendFailure {
    /// Nothing was appended.
    NotAppended(StoreError),
    /// The outcome is unknown.
    Unknown(UnknownOutcome),
}

async fn try_once(
    database: &Database,
    group: &[&BackendAppend],
    last_seen: Option<LastSeen>,
) -> Result<Vec<BackendAnswer>, AppendFailure> {
    let place = database.pool.connector.url().place();
    let not_appended = |error: SqlError| match (error, last_seen) {
        (SqlError::Store(StoreError::NoStore(_)), Some(seen)) => AppendFailure::NotAppended(seen.not_in(&place)),
        (error, _) => AppendFailure::NotAppended(database.translate(error, DOING)),
    };
    let task = if last_seen.is_some() { Task::WriteToKnown } else { Task::WriteAgain };
    for last in [false, true] {
        let mut lease = database.ready(task).await.map_err(not_appended)?;
        let session = &mut lease.session;
        let sending = async {
            let answers = send(session, group, last_seen, &place).await?;
            session.commit().await?;
            Ok(answers)
        };
        match timeout(database.pool.connector.patience(), sending).await.unwrap_or(Err(SqlError::Late)) {
            Ok(answers) => {
                database.pool.give_back(lease);
                return Ok(answers);
            }
            Err(error) if error.broken() => {
                let process = lease.session.backend.clone();
                drop(lease);
                database.pool.forget_idle();
                return Err(AppendFailure::Unknown(UnknownOutcome { process, error }));
            }
            Err(error) => {
                let error = name_holder(&mut lease.session, database.pool.connector.url().schema(), error).await;
                let removed = error.is_missing_object();
                database.give_back_failed(lease, removed);
                if !removed || last {
                    return Err(not_appended(error));
                }
            }
        }
    }
    Err(AppendFailure::NotAppended(StoreError::Bug("an append was not tried".into())))
}

/// The arguments of the statement: arrays with an element for each append, then with an element for each event.
#[derive(Default)]
struct Arguments<'g> {
    streams: Vec<&'g str>,
    expected: Vec<i64>,
    sizes: Vec<i32>,
    clocks: Vec<Option<i64>>,
    earlier: Vec<i32>,
    ids: Vec<Uuid>,
    owners: Vec<i32>,
    types: Vec<&'g str>,
    schema_versions: Vec<i32>,
    given: Vec<Option<i64>>,
    data: Vec<&'g str>,
    metadata: Vec<&'g str>,
    content: Vec<&'g [u8]>,
}

impl<'g> Arguments<'g> {
    fn of(group: &[&'g BackendAppend]) -> Result<Self, SqlError> {
        let mut arguments = Self::default();
        let mut last_of_stream: HashMap<&StreamName, i32> = HashMap::new();
        for append in group {
            let request = &append.request;
            let number = int(arguments.streams.len() + 1)?;
            arguments.streams.push(request.stream.as_str());
            arguments.expected.push(match request.expected {
                ExpectedVersion::Any => -1,
                ExpectedVersion::Exists => -2,
                ExpectedVersion::NoStream => 0,
                // No stream is at a higher version.
                ExpectedVersion::Exact(version) => i64::try_from(version.0).unwrap_or(i64::MAX),
            });
            arguments.sizes.push(int(request.events.len())?);
            arguments.clocks.push(match &request.time {
                RecordTime::Clock(moment) => Some(moment.micros()),
                RecordTime::StoreClock | RecordTime::Given(_) => None,
            });
            arguments.earlier.push(last_of_stream.insert(&request.stream, number).unwrap_or(0));
            for (index, (event, content)) in request.events.iter().zip(append.content.iter()).enumerate() {
                arguments.ids.push(event.event_id);
                arguments.owners.push(number);
                arguments.types.push(event.event_type.as_str());
                arguments.schema_versions.push(event.schema_version.cast_signed());
                arguments.given.push(match &request.time {
                    RecordTime::Given(times) => times.get(index).map(|time| time.micros()),
                    RecordTime::StoreClock | RecordTime::Clock(_) => None,
                });
                arguments.data.push(event.data.as_str());
                arguments.metadata.push(event.metadata.as_str());
                arguments.content.push(&content.0);
            }
        }
        Ok(arguments)
    }

    fn repeats(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.ids.len());
        self.streams.len() > 1 && !self.ids.iter().all(|id| seen.insert(id))
    }
}

fn int(number: usize) -> Result<i32, SqlError> {
    let too_many = |_| StoreError::Invalid("too many events for one append".into());
    Ok(i32::try_from(number).map_err(too_many)?)
}

async fn send(
    session: &mut Session,
    group: &[&BackendAppend],
    last_seen: Option<LastSeen>,
    place: &str,
) -> Result<Vec<BackendAnswer>, SqlError> {
    let arguments = Arguments::of(group)?;
    let repeats = arguments.repeats();
    let rows = session
        .query(include_str!("sql/append.sql"))
        .bind(arguments.streams)
        .bind(arguments.expected)
        .bind(arguments.sizes)
        .bind(arguments.clocks)
        .bind(arguments.earlier)
        .bind(Ids(arguments.ids))
        .bind(arguments.owners)
        .bind(arguments.types)
        .bind(arguments.schema_versions)
        .bind(arguments.given)
        .bind(arguments.data)
        .bind(arguments.metadata)
        .bind(arguments.content)
        .bind(repeats)
        .bind(last_seen.map(|seen| seen.position.0.cast_signed()))
        .bind(last_seen.map(|seen| seen.hash.0.to_vec()))
        .fetch_all(&mut session.connection)
        .await?;
    if rows.len() != group.len() {
        return Err(StoreError::integrity("the store did not answer every append").into());
    }
    if let (Some(row), Some(seen)) = (rows.first(), last_seen)
        && row.try_get::<i32, _>(0)? == REPLACED
    {
        return Err(seen.not_in(place).into());
    }
    rows.iter().zip(group).map(|(row, append)| answer(row, append)).collect()
}

fn answer(row: &PgRow, append: &BackendAppend) -> Result<BackendAnswer, SqlError> {
    let version = Version(row.try_get::<i64, _>(2)?.unsigned_abs());
    let time = recorded(row.try_get(3)?, || "the last event of the store".into())?;
    match row.try_get::<i32, _>(0)? {
        0 => {}
        1 => return Ok(BackendAnswer::WrongVersion(version)),
        2 => return Ok(BackendAnswer::KnownId),
        _ => return Ok(BackendAnswer::TimeGoesBack(time)),
    }
    let request = &append.request;
    let mut place = (Position(row.try_get::<i64, _>(1)?.unsigned_abs()), version);
    let mut hash = Hash(row.try_get(4)?);
    let mut events = Vec::with_capacity(request.events.len());
    for (index, content) in append.content.iter().enumerate() {
        place = (place.0.next(), place.1.next());
        let recorded_at = match &request.time {
            RecordTime::Given(times) => times.get(index).copied().unwrap_or(time),
            // From the first event on they are a microsecond apart, because all have the same clock.
            RecordTime::StoreClock | RecordTime::Clock(_) => {
                let micros = time.micros().saturating_add_unsigned(index as u64);
                recorded(micros, || format!("the event at position {}", place.0))?
            }
        };
        hash = chain_hash(hash, place.0, place.1, recorded_at, *content);
        events.push(AppendedEvent { position: place.0, version: place.1, recorded_at, hash });
    }
    let clock_behind_micros = match request.time {
        RecordTime::StoreClock => row.try_get::<i64, _>(5)?.unsigned_abs(),
        RecordTime::Clock(_) | RecordTime::Given(_) => 0,
    };
    Ok(BackendAnswer::Appended(Appended { outcome: Outcome::Applied, events, clock_behind_micros }))
}
