//! The outcome of an append whose connection broke.
//!
//! First the server process that may still be writing is ended. Then a fresh connection looks for the event ids. Nothing is
//! guessed.

use std::time::Duration;
use std::time::Instant;

use tokio::time::sleep;
use tokio::time::timeout;

use crate::event::Position;
use crate::event::RecordedEvent;
use crate::store::append::Appended;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::duplicate::judge;
use crate::store::error::StoreError;
use crate::store::postgres::database::Database;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::peer::DatabaseProcess;
use crate::store::postgres::read::events_by_id;
use crate::store::postgres::session::Session;
use crate::store::schema_state::SchemaState;

/// The pause between two attempts to reach an unavailable server.
const PAUSE: Duration = Duration::from_millis(100);

/// Returns an answer for each append that is in the store; `None` for one that is not and will not be. Events up to the
/// position `before` existed before the append was sent.
///
/// # Errors
/// The store did not answer within the timeout.
pub(crate) async fn determine(
    database: &Database,
    process: &DatabaseProcess,
    group: &[&BackendAppend],
    before: Position,
) -> Result<Vec<Option<BackendAnswer>>, StoreError> {
    let limit = database.pool.connector.timeout;
    let start = Instant::now();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        let asked = timeout(left, ask(database, process, group, before)).await.unwrap_or(Err(SqlError::Late));
        match asked {
            Ok(answers) => return Ok(answers),
            // A restarting server may be available in a moment.
            Err(_) if start.elapsed() + PAUSE < limit => sleep(PAUSE).await,
            Err(error) => return Err(database.translate(error, "cannot ask")),
        }
    }
}

async fn ask(
    database: &Database,
    process: &DatabaseProcess,
    group: &[&BackendAppend],
    before: Position,
) -> Result<Vec<Option<BackendAnswer>>, SqlError> {
    let mut session = database.pool.connector.connect(false).await?;
    if session.found == SchemaState::Missing {
        return Ok(vec![None; group.len()]);
    }
    end_process(&mut session, process, database.pool.connector.timeout).await?;
    let ids = group.iter().flat_map(|append| append.request.events.iter().map(|event| event.event_id)).collect();
    let known = events_by_id(&mut session, ids).await?;
    Ok(group.iter().map(|append| answer(append, &known, before)).collect())
}

/// Ends the work of a server process for this program and waits for its end.
async fn end_process(session: &mut Session, process: &DatabaseProcess, limit: Duration) -> Result<(), SqlError> {
    let millis = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX).max(1);
    let gone: Option<bool> = session
        .query_scalar(include_str!("sql/end_process.sql"))
        .bind(process.pid)
        .bind(&process.started)
        .bind(millis)
        .bind(&process.transaction)
        .fetch_optional(&mut session.connection)
        .await?;
    if gone == Some(false) { Err(SqlError::Late) } else { Ok(()) }
}

fn answer(append: &BackendAppend, known: &[RecordedEvent], before: Position) -> Option<BackendAnswer> {
    let request = &append.request;
    let own: Vec<RecordedEvent> =
        known.iter().filter(|event| request.events.iter().any(|own| own.event_id == event.event_id)).cloned().collect();
    match judge(append, &own) {
        Ok(None) => None,
        Ok(Some(known)) if known.events.first().is_some_and(|first| first.position <= before) => {
            Some(BackendAnswer::Appended(known))
        }
        // The broken attempt made the append, or an equal one of another handle did.
        Ok(Some(appended)) => Some(BackendAnswer::Appended(Appended { outcome: Outcome::Applied, ..appended })),
        Err(_) => Some(BackendAnswer::KnownId),
    }
}
