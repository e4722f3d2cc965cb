//! One job on a connection: with the store it needs, within its time, and once more where that is safe.

use std::cell::Cell;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::backend::Init;
use crate::store::error::StoreError;
use crate::store::postgres::catalog;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::lock_holder::name_holder;
use crate::store::postgres::peer::Found;
use crate::store::postgres::pool::Lease;
use crate::store::postgres::pool::Pool;
use crate::store::postgres::schema::identify;
use crate::store::postgres::schema::make;
use crate::store::postgres::schema::unknown_making;
use crate::store::postgres::transaction::Session;
use crate::store::schema::must_take_writes;

/// What a job is to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// It reads: needs a store, and may be done again on another connection.
    Read,
    /// It writes, and doing it twice is the same as doing it once.
    WriteAgain,
    /// As the one before, into a store that this process has seen: none is made where it is gone.
    GoOn,
    /// It writes, and whether it was done is unknown when the connection breaks.
    Write,
}

/// The database as the jobs of one store see it.
pub(crate) struct Database {
    pub(crate) pool: Pool,
    place: String,
    /// How large an event was of late: how many are asked for at once depends on it.
    pub(crate) event_bytes: Cell<usize>,
    /// The highest position that this handle has been told of: what is at or below it was there before whatever is sent next.
    seen: Cell<Position>,
    /// The schema was found to be whole: one look for each process.
    is_whole: Cell<bool>,
    /// Appends of one store come one after the other, in the order in which they were asked for: those that would wait
    /// in the server for each other must not take the connections of the readers.
    pub(crate) appending: Mutex<()>,
}

impl Database {
    pub(crate) fn new(connector: Connector) -> Self {
        let place = connector.url().place();
        Self {
            pool: Pool::new(connector),
            place,
            event_bytes: Cell::new(4096),
            seen: Cell::default(),
            is_whole: Cell::default(),
            appending: Mutex::new(()),
        }
    }

    /// The highest position that this handle has been told of.
    pub(crate) fn seen(&self) -> Position {
        self.seen.get()
    }

    /// Remembers a position that the store has told.
    pub(crate) fn note(&self, position: Option<Position>) {
        self.seen.set(self.seen.get().max(position.unwrap_or_default()));
    }

    pub(crate) fn translate(&self, error: SqlError, doing: &str) -> StoreError {
        error.translate(&self.place, doing)
    }

    /// A connection on which the store is there. One that writes makes it.
    pub(crate) async fn ready(&self, task: Task) -> Result<Lease, SqlError> {
        match self.ready_once(task).await {
            // Nothing was sent but the look at the schema.
            Err(error) if error.broken() && !matches!(error, SqlError::Late) && task != Task::Read && !self.is_whole.get() => {
                self.pool.forget_idle();
                self.ready_once(task).await
            }
            ready => ready,
        }
    }

    async fn ready_once(&self, task: Task) -> Result<Lease, SqlError> {
        let mut lease = self.pool.lease(task != Task::Read).await?;
        let good = match lease.session.found {
            Found::Current => true,
            // It may have been brought up to date since: a statement for the older version would then read too little.
            Found::Older(_) => task == Task::Read && lease.fresh,
            Found::Nothing => false,
        };
        if !good && let Err(error) = self.look_again(&mut lease, task).await {
            if matches!(error, SqlError::Store(StoreError::NoStore(_))) {
                self.end(lease).await;
            }
            return Err(error);
        }
        if task != Task::Read && !self.is_whole.get() {
            self.must_be_whole(&mut lease, task).await?;
        }
        Ok(lease)
    }

    /// Before the first write: an event could be appended twice where an index is missing.
    async fn must_be_whole(&self, lease: &mut Lease, task: Task) -> Result<(), SqlError> {
        let mut again = true;
        let faults = loop {
            let asked = timeout(self.pool.connector.patience(), catalog::faults(&mut lease.session)).await;
            match asked.unwrap_or(Err(SqlError::Late))? {
                Some(faults) => break faults,
                // It was removed since this connection was opened.
                None if again => {
                    (again, lease.fresh) = (false, false);
                    self.look_again(lease, task).await?;
                }
                None => return Err(StoreError::NoStore(self.place.clone()).into()),
            }
        };
        must_take_writes(&self.place, &faults)?;
        self.is_whole.set(true);
        Ok(())
    }

    async fn look_again(&self, lease: &mut Lease, task: Task) -> Result<(), SqlError> {
        let connector = &self.pool.connector;
        if !lease.fresh {
            let (_, found) = timeout(connector.timeout, identify(&mut lease.session.connection, &connector.wanted))
                .await
                .unwrap_or(Err(SqlError::Late))?;
            lease.session.found = found;
        }
        match (lease.session.found, task) {
            (Found::Current, _) | (Found::Older(_), Task::Read) => Ok(()),
            (Found::Nothing, Task::Read | Task::GoOn) => Err(StoreError::NoStore(self.place.clone()).into()),
            _ => {
                self.make_on(&mut lease.session).await?;
                timeout(connector.timeout, lease.session.begin(true)).await.unwrap_or(Err(SqlError::Late))
            }
        }
    }

    /// Gives back a connection with nothing to commit.
    async fn end(&self, mut lease: Lease) {
        // One that does not answer is not kept.
        let _ = timeout(self.pool.connector.timeout, lease.session.commit()).await;
        self.pool.give_back(lease);
    }

    async fn make_on(&self, session: &mut Session) -> Result<Init, SqlError> {
        let connector = &self.pool.connector;
        let making = async {
            session.begin_always().await?;
            let made = make(session, &connector.wanted).await?;
            session.commit().await?;
            Ok(made)
        };
        match timeout(connector.patience(), making).await.unwrap_or(Err(SqlError::Late)) {
            Ok(made) => {
                session.found = Found::Current;
                Ok(made)
            }
            Err(error) if error.broken() => Err(unknown_making(connector.url(), error).into()),
            Err(error) => Err(name_holder(session, connector.url().schema(), error).await),
        }
    }

    /// Asks the server for the time of its clock. Nothing is made.
    pub(crate) async fn server_clock(&self) -> Result<Timestamp, StoreError> {
        // It is asked right before an append.
        let failed = |error| self.translate(error, "cannot append to");
        let mut again = true;
        let micros = loop {
            let mut lease = self.pool.lease(false).await.map_err(failed)?;
            let asking = lease.session.query_scalar(include_str!("sql/server_clock.sql"));
            let asking = asking.fetch_one(&mut lease.session.connection);
            let asked = timeout(self.pool.connector.patience(), asking).await;
            match asked.map_or(Err(SqlError::Late), |asked| asked.map_err(SqlError::from)) {
                Ok(micros) => {
                    self.end(lease).await;
                    break micros;
                }
                // A connection that has rested may have been closed meanwhile.
                Err(error) if error.broken() && again && !matches!(error, SqlError::Late) => {
                    again = false;
                    self.pool.forget_idle();
                }
                Err(error) => return Err(failed(error)),
            }
        };
        let out_of_range = |_| StoreError::Unsupported(format!("the clock of the server {} is out of range", self.place));
        Timestamp::from_micros(micros).map_err(out_of_range)
    }

    /// Makes the store, or brings it up to date.
    pub(crate) async fn init(&self) -> Result<Init, StoreError> {
        let doing = "cannot make the store at";
        let mut lease = self.pool.lease(false).await.map_err(|error| self.translate(error, doing))?;
        if lease.session.found == Found::Current {
            // It may have been removed since this connection was opened.
            let looked = identify(&mut lease.session.connection, &self.pool.connector.wanted).await;
            lease.session.found = looked.map_err(|error| self.translate(error, doing))?.1;
        }
        let made = match lease.session.found {
            Found::Current => Init::Found,
            Found::Nothing | Found::Older(_) => {
                self.make_on(&mut lease.session).await.map_err(|error| self.translate(error, doing))?
            }
        };
        self.end(lease).await;
        Ok(made)
    }

    /// Gives back a connection whose job failed; `removed`: because the store is not there any more.
    pub(crate) fn put_aside(&self, mut lease: Lease, removed: bool) {
        if removed {
            lease.session.found = Found::Nothing;
        }
        self.pool.give_back(lease);
    }

    /// Runs a job on a connection.
    pub(crate) async fn run<T>(
        &self,
        task: Task,
        doing: &str,
        mut job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        let mut again = true;
        loop {
            let mut lease = self.ready(task).await.map_err(|error| self.translate(error, doing))?;
            let session = &mut lease.session;
            let work = async {
                let value = job(session).await?;
                session.commit().await?;
                Ok(value)
            };
            let outcome = timeout(self.pool.connector.patience(), work).await;
            let error = match outcome.unwrap_or(Err(SqlError::Late)) {
                Ok(value) => {
                    self.pool.give_back(lease);
                    return Ok(value);
                }
                Err(error) => error,
            };
            if error.broken() {
                drop(lease);
                self.pool.forget_idle();
                match task {
                    Task::Write => return Err(self.unknown(doing, error)),
                    // One that was late has had its time.
                    _ if again && !matches!(error, SqlError::Late) => {}
                    _ => return Err(self.translate(error, doing)),
                }
            } else {
                let error = name_holder(&mut lease.session, self.pool.connector.url().schema(), error).await;
                let removed = error.nothing_there();
                self.put_aside(lease, removed);
                if !removed || !again {
                    return Err(self.translate(error, doing));
                }
            }
            again = false;
        }
    }

    /// Runs a job that takes as long as it takes, on a connection of its own.
    pub(crate) async fn run_long<T>(
        &self,
        task: Task,
        doing: &str,
        mut job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        let mut lease = self.ready(task).await.map_err(|error| self.translate(error, doing))?;
        lease.session.spoiled = true;
        let run = async {
            lease.session.set("statement_timeout = 0").await?;
            let value = job(&mut lease.session).await?;
            lease.session.commit().await?;
            Ok::<_, SqlError>(value)
        };
        let error = match run.await {
            Ok(value) => return Ok(value),
            Err(error) => name_holder(&mut lease.session, self.pool.connector.url().schema(), error).await,
        };
        Err(match task {
            Task::Write if error.broken() => self.unknown(doing, error),
            _ => self.translate(error, doing),
        })
    }

    fn unknown(&self, doing: &str, error: SqlError) -> StoreError {
        let message = format!("{doing} {}: the connection broke, and whether it was done is unknown", self.place);
        StoreError::OutcomeUnknown { message, source: Some(Arc::new(error)) }
    }
}
