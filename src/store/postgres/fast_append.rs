//! Fast path for single appends while no other writer is active.
//!
//! It uses a connection of its own, on the runtime of the caller. Beside the server's work, most of the cost of a single append
//! is waking threads, so the worker thread is not involved. All other cases go to the worker: the first appends,
//! groups, refusals, and broken connections.

use std::time::Instant;

use tokio::runtime::Handle;
use tokio::runtime::Id;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::event::Position;
use crate::store::append::Appended;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::postgres::append::AppendContext;
use crate::store::postgres::append::DOING;
use crate::store::postgres::append::UnknownOutcome;
use crate::store::postgres::append::append_group;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::lock_holder::name_holder;
use crate::store::postgres::optimistic_append::AppendTarget;
use crate::store::postgres::optimistic_append::KnownEnd;
use crate::store::postgres::optimistic_append::append_at;
use crate::store::postgres::pool::TEST_AFTER;
use crate::store::postgres::session::Session;
use crate::store::postgres::worker::Worker;
use crate::store::schema_state::SchemaState;

/// The appends of a handle, in sequence.
pub(crate) struct FastAppend {
    connector: Connector,
    callers_have_io: bool,
    remembered: Mutex<Remembered>,
}

/// The state between two appends.
#[derive(Default)]
struct Remembered {
    /// The end of the store after the last append.
    end: Option<KnownEnd>,
    session: Option<IdleSession>,
}

/// An idle connection, kept for the next append.
struct IdleSession {
    /// The runtime that opened the connection, which cannot outlive it.
    runtime: Id,
    /// The time of the last use. A connection that was idle for long may have been closed on its way.
    used: Instant,
    session: Session,
}

/// The failure of an optimistic append.
enum FastAppendFailure {
    /// Nothing was appended.
    NotAppended(SqlError),
    /// The outcome is unknown.
    Unknown(UnknownOutcome),
}

impl FastAppend {
    pub(crate) fn new(connector: Connector, callers_have_io: bool) -> Self {
        Self { connector, callers_have_io, remembered: Mutex::default() }
    }

    /// Appends a group: on this connection if that is possible, otherwise on the worker thread.
    pub(crate) async fn append(
        &self,
        worker: &Worker,
        group: Vec<BackendAppend>,
        last_seen: Option<LastSeen>,
    ) -> Result<Vec<BackendAnswer>, StoreError> {
        let mut remembered = self.remembered.lock().await;
        // The worker also needs the position of appends made here. Otherwise a repeated append whose connection breaks
        // could be reported as new.
        let seen = remembered.end.as_ref().map_or(Position::ZERO, |end| end.position);
        let mut before = AppendContext { seen, last_seen, ..AppendContext::default() };
        if let ([append], Some(end), true) = (&group[..], &remembered.end, self.callers_have_io)
            // A pooler may have few connections, so one is enough.
            && !self.connector.is_pooled()
            && let Some(target) = end.target_for(append)
        {
            match self.append_directly(&mut remembered.session, &target, append).await {
                Ok(Some(appended)) => {
                    remembered.note(append, &appended);
                    return Ok(vec![BackendAnswer::Appended(appended)]);
                }
                // The remembered end is outdated. Without a connection it would also cause a second attempt to connect for
                // each append.
                Ok(None) => remembered.end = None,
                Err(FastAppendFailure::Unknown(unknown_outcome)) => before.broken = Some(unknown_outcome),
                Err(FastAppendFailure::NotAppended(error)) => return Err(error.translate(&self.connector.url().place(), DOING)),
            }
        }
        let appending = worker.write(move |database| async move {
            let answers = append_group(&database, &group, before).await?;
            Ok((group, answers))
        });
        let (group, answers) = appending.await?;
        for (append, answer) in group.iter().zip(&answers) {
            if let BackendAnswer::Appended(appended) = answer {
                remembered.note(append, appended);
            }
        }
        Ok(answers)
    }

    /// Appends on this connection. Returns `None`, and does nothing, where the store has changed.
    async fn append_directly(
        &self,
        idle: &mut Option<IdleSession>,
        target: &AppendTarget,
        append: &BackendAppend,
    ) -> Result<Option<Appended>, FastAppendFailure> {
        let here = Handle::current().id();
        let mut session = match idle.take() {
            Some(IdleSession { runtime, used, session }) if runtime == here && used.elapsed() < TEST_AFTER => session,
            _ => match self.connector.connect(false).await {
                Ok(session) if session.found == SchemaState::Current && !session.is_pooled() => session,
                // The worker reports the reason.
                _ => return Ok(None),
            },
        };
        let asked = timeout(self.connector.patience(), append_at(&mut session.connection, target, append)).await;
        match asked.unwrap_or(Err(SqlError::Late)) {
            Err(error) if error.broken() => Err(FastAppendFailure::Unknown(UnknownOutcome { process: session.backend, error })),
            Err(error) if error.is_missing_object() => Ok(None),
            Err(error) => {
                let error = name_holder(&mut session, self.connector.url().schema(), error).await;
                *idle = Some(IdleSession { runtime: here, used: Instant::now(), session });
                Err(FastAppendFailure::NotAppended(error))
            }
            Ok(appended) => {
                *idle = Some(IdleSession { runtime: here, used: Instant::now(), session });
                Ok(appended)
            }
        }
    }
}

impl Remembered {
    fn note(&mut self, append: &BackendAppend, appended: &Appended) {
        self.end = KnownEnd::after(append, appended, self.end.take());
    }
}
