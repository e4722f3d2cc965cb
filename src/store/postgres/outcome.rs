//! What became of an append whose connection broke: asked by event id on a fresh connection, after the server process
//! that may still be writing has come to its end. Nothing is guessed.

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
use crate::store::postgres::error::SqlError;
use crate::store::postgres::peer::Found;
use crate::store::postgres::peer::ServerProcess;
use crate::store::postgres::read::events_by_id;
use crate::store::postgres::session::Database;
use crate::store::postgres::transaction::Session;

/// Between two attempts to reach a server that is gone.
const PAUSE: Duration = Duration::from_millis(100);

/// An answer for each append that is in the store; `None` for one that is surely not, and will not be. What is at or
/// below the position `before` was there before the append was sent.
///
/// # Errors
/// When the store cannot be asked within the timeout.
pub(crate) async fn find_out(
    database: &Database,
    process: &ServerProcess,
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
            // A server that starts again may be there in a moment.
            Err(_) if start.elapsed() + PAUSE < limit => sleep(PAUSE).await,
            Err(error) => return Err(database.translate(error, "cannot ask")),
        }
    }
}

async fn ask(
    database: &Database,
    process: &ServerProcess,
    group: &[&BackendAppend],
    before: Position,
) -> Result<Vec<Option<BackendAnswer>>, SqlError> {
    let mut session = database.pool.connector.connect(false).await?;
    if session.found == Found::Nothing {
        return Ok(vec![None; group.len()]);
    }
    end(&mut session, process, database.pool.connector.timeout).await?;
    let ids = group.iter().flat_map(|append| append.request.events.iter().map(|event| event.event_id)).collect();
    let known = events_by_id(&mut session, ids).await?;
    Ok(group.iter().map(|append| answer(append, &known, before)).collect())
}

/// Ends the work of a server process for this program and waits until it is over.
async fn end(session: &mut Session, process: &ServerProcess, limit: Duration) -> Result<(), SqlError> {
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
        // The attempt that broke did it; or an earlier one of another handle, which comes to the same.
        Ok(Some(appended)) => Some(BackendAnswer::Appended(Appended { outcome: Outcome::Applied, ..appended })),
        Err(_) => Some(BackendAnswer::KnownId),
    }
}
