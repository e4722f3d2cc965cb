//! Runs jobs on connections: with the store that they need, within the time limit, and once more where that is safe.

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
use crate::store::postgres::pool::Lease;
use crate::store::postgres::pool::Pool;
use crate::store::postgres::schema::create;
use crate::store::postgres::schema::identify;
use crate::store::postgres::schema::unknown_creation;
use crate::store::postgres::session::Session;
use crate::store::schema::check_writable;
use crate::store::schema_state::SchemaState;

/// The kind of a job, which decides on creating the store and on a second attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A job that reads. It needs a store, and may run again on another connection.
    Read,
    /// A job that writes. Running it twice has the same effect as once.
    WriteAgain,
    /// A job as [`Task::WriteAgain`], into a store that this process has seen. A missing store is not created again.
    WriteToKnown,
    /// A job that writes. The outcome is unknown when the connection breaks.
    Write,
}

/// The database of a store, shared by its jobs.
pub(crate) struct Database {
    pub(crate) pool: Pool,
    place: String,
    /// The recent average size of an event, from which the number of requested rows follows.
    pub(crate) event_bytes: Cell<usize>,
    /// The highest position that this handle has seen. Events up to there existed before the next request is sent.
    seen: Cell<Position>,
    /// True once the schema was found complete, which is checked once in a process.
    schema_checked: Cell<bool>,
    /// The lock that serialises the appends of one store, in the order of the requests. Appends that would wait for each
    /// other in the server must not occupy the connections of the readers.
    pub(crate) appending: Mutex<()>,
}

impl Database {
    pub(crate) fn new(connector: Connector) -> Self {
        let place = connector.place();
        Self {
            pool: Pool::new(connector),
            place,
            event_bytes: Cell::new(4096),
            seen: Cell::default(),
            schema_checked: Cell::default(),
            appending: Mutex::new(()),
        }
    }

    /// Returns the highest position that this handle has seen.
    pub(crate) fn seen(&self) -> Position {
        self.seen.get()
    }

    /// Remembers a position that the store has returned.
    pub(crate) fn note(&self, position: Option<Position>) {
        self.seen.set(self.seen.get().max(position.unwrap_or_default()));
    }

    pub(crate) fn translate(&self, error: SqlError, doing: &str) -> StoreError {
        error.translate(&self.place, doing)
    }

    /// Returns a connection on which the store exists. A job that writes creates it.
    pub(crate) async fn ready(&self, task: Task) -> Result<Lease, SqlError> {
        match self.try_ready(task).await {
            // Only the check of the schema was sent.
            Err(error)
                if error.broken() && !matches!(error, SqlError::Late) && task != Task::Read && !self.schema_checked.get() =>
            {
                self.pool.forget_idle();
                self.try_ready(task).await
            }
            ready => ready,
        }
    }

    async fn try_ready(&self, task: Task) -> Result<Lease, SqlError> {
        let mut lease = self.pool.lease(task != Task::Read).await?;
        let good = match lease.session.found {
            SchemaState::Current => true,
            // The store may have been migrated since. A statement for the older version would then miss data.
            SchemaState::Older(_) => task == Task::Read && lease.fresh,
            SchemaState::Missing => false,
        };
        if !good && let Err(error) = self.identify_again(&mut lease, task).await {
            if matches!(error, SqlError::Store(StoreError::NoStore(_))) {
                self.finish(lease).await;
            }
            return Err(error);
        }
        if task != Task::Read && !self.schema_checked.get() {
            self.check_schema(&mut lease, task).await?;
        }
        Ok(lease)
    }

    /// Checks the schema before the first write: without an index an event could be appended twice.
    async fn check_schema(&self, lease: &mut Lease, task: Task) -> Result<(), SqlError> {
        let mut again = true;
        let faults = loop {
            let asked = timeout(self.pool.connector.patience(), catalog::faults(&mut lease.session)).await;
            match asked.unwrap_or(Err(SqlError::Late))? {
                Some(faults) => break faults,
                // The store was removed since this connection was opened.
                None if again => {
                    (again, lease.fresh) = (false, false);
                    self.identify_again(lease, task).await?;
                }
                None => return Err(StoreError::NoStore(self.place.clone()).into()),
            }
        };
        check_writable(&self.place, &faults)?;
        self.schema_checked.set(true);
        Ok(())
    }

    async fn identify_again(&self, lease: &mut Lease, task: Task) -> Result<(), SqlError> {
        let connector = &self.pool.connector;
        if !lease.fresh {
            let (_, found) = timeout(connector.timeout, identify(&mut lease.session.connection, &connector.wanted))
                .await
                .unwrap_or(Err(SqlError::Late))?;
            lease.session.found = found;
        }
        match (lease.session.found, task) {
            (SchemaState::Current, _) | (SchemaState::Older(_), Task::Read) => Ok(()),
            (SchemaState::Missing, Task::Read | Task::WriteToKnown) => Err(StoreError::NoStore(self.place.clone()).into()),
            _ => {
                self.create_on(&mut lease.session).await?;
                timeout(connector.timeout, lease.session.begin(true)).await.unwrap_or(Err(SqlError::Late))
            }
        }
    }

    /// Returns a connection to the pool; there is nothing to commit.
    async fn finish(&self, mut lease: Lease) {
        // A connection that does not answer is not kept.
        let _ = timeout(self.pool.connector.timeout, lease.session.commit()).await;
        self.pool.give_back(lease);
    }

    async fn create_on(&self, session: &mut Session) -> Result<Init, SqlError> {
        let connector = &self.pool.connector;
        let making = async {
            session.begin_always().await?;
            let made = create(session, &connector.wanted).await?;
            session.commit().await?;
            Ok(made)
        };
        match timeout(connector.patience(), making).await.unwrap_or(Err(SqlError::Late)) {
            Ok(made) => {
                session.found = SchemaState::Current;
                Ok(made)
            }
            Err(error) if error.broken() => Err(unknown_creation(connector.url(), error).into()),
            Err(error) => Err(name_holder(session, connector.url().schema(), error).await),
        }
    }

    /// Asks the server for the time of its clock. Creates nothing.
    pub(crate) async fn server_clock(&self) -> Result<Timestamp, StoreError> {
        // The clock is asked directly before an append.
        let failed = |error| self.translate(error, "cannot append to");
        let mut again = true;
        let micros = loop {
            let mut lease = self.pool.lease(false).await.map_err(failed)?;
            let asking = lease.session.query_scalar(include_str!("sql/server_clock.sql"));
            let asking = asking.fetch_one(&mut lease.session.connection);
            let asked = timeout(self.pool.connector.patience(), asking).await;
            match asked.map_or(Err(SqlError::Late), |asked| asked.map_err(SqlError::from)) {
                Ok(micros) => {
                    self.finish(lease).await;
                    break micros;
                }
                // An idle connection may have been closed meanwhile.
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

    /// Creates the store, or migrates it.
    pub(crate) async fn init(&self) -> Result<Init, StoreError> {
        let doing = "cannot create the store at";
        let mut lease = self.pool.lease(false).await.map_err(|error| self.translate(error, doing))?;
        if lease.session.found == SchemaState::Current {
            // The store may have been removed since this connection was opened.
            let identified = identify(&mut lease.session.connection, &self.pool.connector.wanted).await;
            lease.session.found = identified.map_err(|error| self.translate(error, doing))?.1;
        }
        let made = match lease.session.found {
            SchemaState::Current => Init::Found,
            SchemaState::Missing | SchemaState::Older(_) => {
                self.create_on(&mut lease.session).await.map_err(|error| self.translate(error, doing))?
            }
        };
        self.finish(lease).await;
        Ok(made)
    }

    /// Returns a connection whose job failed to the pool; `removed` if the store no longer exists.
    pub(crate) fn give_back_failed(&self, mut lease: Lease, removed: bool) {
        if removed {
            lease.session.found = SchemaState::Missing;
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
            if error.broken() || (task == Task::Read && error.is_stale_statement()) {
                drop(lease);
                self.pool.forget_idle();
                match task {
                    Task::Write => return Err(self.unknown(doing, error)),
                    // A job that was late has used up its time.
                    _ if again && !matches!(error, SqlError::Late) => {}
                    _ => return Err(self.translate(error, doing)),
                }
            } else {
                let error = name_holder(&mut lease.session, self.pool.connector.url().schema(), error).await;
                let removed = error.is_missing_object() && !self.pool.connector.is_foreign();
                self.give_back_failed(lease, removed);
                if !removed || !again {
                    return Err(self.translate(error, doing));
                }
            }
            again = false;
        }
    }

    /// Runs a job without a time limit, on a connection of its own.
    pub(crate) async fn run_long<T>(
        &self,
        task: Task,
        doing: &str,
        mut job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError>,
    ) -> Result<T, StoreError> {
        let mut lease = self.ready(task).await.map_err(|error| self.translate(error, doing))?;
        lease.session.unusable = true;
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
        let message = format!("{doing} {}: the connection broke; the write may or may not have been applied", self.place);
        StoreError::OutcomeUnknown { message, source: Some(Arc::new(error)) }
    }
}
