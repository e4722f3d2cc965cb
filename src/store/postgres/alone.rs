//! Single appends of a program that is alone: on a connection of its own, from where the caller runs.
//!
//! What a single append costs beside the work of the server is mostly the waking of threads, so the thread of the other
//! connections is left alone. Whatever is not plain goes there: the first appends, groups, refusals, what broke.

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
use crate::store::postgres::append::Before;
use crate::store::postgres::append::DOING;
use crate::store::postgres::append::Perhaps;
use crate::store::postgres::append::append_group;
use crate::store::postgres::behind::End;
use crate::store::postgres::behind::Place;
use crate::store::postgres::behind::append_at;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::lock_holder::name_holder;
use crate::store::postgres::peer::Found;
use crate::store::postgres::pool::TRY_AFTER;
use crate::store::postgres::transaction::Session;
use crate::store::postgres::worker::Worker;

/// The appends of a handle, one after the other.
pub(crate) struct Alone {
    connector: Connector,
    callers_have_io: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where the store ended after the last append.
    end: Option<End>,
    session: Option<Kept>,
}

/// A connection, kept for the next append.
struct Kept {
    /// It lives as long as the runtime that opened it.
    runtime: Id,
    /// One that has rested for long may have been closed on its way.
    used: Instant,
    session: Session,
}

/// How an attempt to append at a place failed.
enum Failed {
    Surely(SqlError),
    Perhaps(Perhaps),
}

impl Alone {
    pub(crate) fn new(connector: Connector, callers_have_io: bool) -> Self {
        Self { connector, callers_have_io, state: Mutex::default() }
    }

    /// Appends a group: here if that is possible, else on the thread of the other connections.
    pub(crate) async fn append(
        &self,
        worker: &Worker,
        group: Vec<BackendAppend>,
        last_seen: Option<LastSeen>,
    ) -> Result<Vec<BackendAnswer>, StoreError> {
        let mut state = self.state.lock().await;
        // What was appended here is known also where this append goes the other way: should it break there, and was it made
        // before, it is not taken for one that was made only now.
        let seen = state.end.as_ref().map_or(Position::ZERO, |end| end.position);
        let mut before = Before { seen, last_seen, ..Before::default() };
        if let ([append], Some(end), true) = (&group[..], &state.end, self.callers_have_io)
            // A pooler may have few connections to share: one is enough.
            && !self.connector.is_pooled()
            && let Some(place) = end.place_for(append)
        {
            match self.append_here(&mut state.session, &place, append).await {
                Ok(Some(appended)) => {
                    state.note(append, &appended);
                    return Ok(vec![BackendAnswer::Appended(appended)]);
                }
                // What is remembered is of no use: while there is no connection it would be asked for one twice.
                Ok(None) => state.end = None,
                Err(Failed::Perhaps(perhaps)) => before.broken = Some(perhaps),
                Err(Failed::Surely(error)) => return Err(error.translate(&self.connector.url().place(), DOING)),
            }
        }
        let appending = worker.write(move |database| async move {
            let answers = append_group(&database, &group, before).await?;
            Ok((group, answers))
        });
        let (group, answers) = appending.await?;
        for (append, answer) in group.iter().zip(&answers) {
            if let BackendAnswer::Appended(appended) = answer {
                state.note(append, appended);
            }
        }
        Ok(answers)
    }

    /// `None`, and nothing is done, where the store is not as it was.
    async fn append_here(
        &self,
        kept: &mut Option<Kept>,
        place: &Place,
        append: &BackendAppend,
    ) -> Result<Option<Appended>, Failed> {
        let here = Handle::current().id();
        let mut session = match kept.take() {
            Some(Kept { runtime, used, session }) if runtime == here && used.elapsed() < TRY_AFTER => session,
            _ => match self.connector.connect(false).await {
                Ok(session) if session.found == Found::Current && !session.is_pooled() => session,
                // The other way says why.
                _ => return Ok(None),
            },
        };
        let asked = timeout(self.connector.patience(), append_at(&mut session.connection, place, append)).await;
        match asked.unwrap_or(Err(SqlError::Late)) {
            Err(error) if error.broken() => Err(Failed::Perhaps(Perhaps { process: session.backend, error })),
            Err(error) if error.nothing_there() => Ok(None),
            Err(error) => {
                let error = name_holder(&mut session, self.connector.url().schema(), error).await;
                *kept = Some(Kept { runtime: here, used: Instant::now(), session });
                Err(Failed::Surely(error))
            }
            Ok(appended) => {
                *kept = Some(Kept { runtime: here, used: Instant::now(), session });
                Ok(appended)
            }
        }
    }
}

impl State {
    fn note(&mut self, append: &BackendAppend, appended: &Appended) {
        self.end = End::after(append, appended, self.end.take());
    }
}
