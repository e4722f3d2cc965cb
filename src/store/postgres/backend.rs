//! The backend for PostgreSQL: each job on a connection of the worker thread.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::event::Timestamp;
use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::backend::Init;
use crate::store::error::StoreError;
use crate::store::options::OpenOptions;
use crate::store::postgres::catalog;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::database::Task;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::fast_append::FastAppend;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::session::Session;
use crate::store::postgres::url::PostgresUrl;
use crate::store::postgres::worker::Worker;
use crate::store::schema::SchemaFault;
use crate::store::schema_state::SchemaState;

/// An event store in a schema of a PostgreSQL database.
pub struct Postgres {
    pub(in crate::store::postgres) worker: Arc<Worker>,
    pub(in crate::store::postgres) fast_append: Arc<FastAppend>,
    place: String,
}

impl Postgres {
    /// Returns the store at a URL. Sends no request yet. The timeout bounds connecting, waiting for locks, and each
    /// statement.
    pub(crate) fn new(url: &PostgresUrl, options: &OpenOptions) -> Self {
        let connector = Connector::new(url, options);
        let fast_append = Arc::new(FastAppend::new(connector.clone(), options.callers_have_io));
        Self { worker: Arc::new(Worker::new(connector)), fast_append, place: url.place() }
    }

    /// Removes the schema with everything in it, if it exists.
    pub(crate) fn remove(&self) -> Answer<()> {
        self.worker.write(|database| async move {
            let schema = database.pool.connector.url().schema().to_owned();
            // As a job that reads: it does not create a missing store first.
            let removed = database
                .run_long(Task::Read, "cannot remove", async move |session: &mut Session| {
                    let sql = format!("SET LOCAL client_min_messages = warning; DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session.connection).await?;
                    Ok(())
                })
                .await;
            match removed {
                Err(StoreError::NoStore(_)) => Ok(()),
                removed => removed,
            }
        })
    }

    /// Runs a job that reads.
    pub(in crate::store::postgres) fn reading<T: Send + 'static>(
        &self,
        job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.worker.read(move |database| async move { database.run(Task::Read, "cannot read", job).await })
    }

    /// Runs a job that writes other things than events.
    pub(in crate::store::postgres) fn writing<T: Send + 'static>(
        &self,
        task: Task,
        job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.worker.write(move |database| async move { database.run(task, "cannot write to", job).await })
    }
}

impl Backend for Postgres {
    fn kind(&self) -> &'static str {
        "PostgreSQL"
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        self.worker.read(|database| async move { database.server_clock().await.map(Some) })
    }

    fn init(&self) -> Answer<Init> {
        self.worker.write(|database| async move { database.init().await })
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.reading(async |session: &mut Session| {
            let bytes: i64 = session.query_scalar(include_str!("sql/size.sql")).fetch_one(&mut session.connection).await?;
            Ok(bytes.unsigned_abs())
        })
    }

    fn may_lag(&self) -> Answer<bool> {
        self.reading(async |session: &mut Session| {
            Ok(session.query_scalar(include_str!("sql/may_lag.sql")).fetch_one(&mut session.connection).await?)
        })
    }

    fn check(&self) -> Answer<Vec<String>> {
        let job = async |session: &mut Session| {
            let sql = AssertSqlSafe(for_version(session.found, include_str!("sql/check.sql")));
            Ok(session.query_scalar(sql).fetch_all(&mut session.connection).await?)
        };
        self.worker.read(move |database| async move { database.run_long(Task::Read, "cannot check", job).await })
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.reading(async |session: &mut Session| match session.found {
            // The first write migrates an older store.
            SchemaState::Older(_) => Ok(Vec::new()),
            _ => Ok(catalog::faults(session).await?.unwrap_or_default()),
        })
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        self.worker.write(|database| async move {
            let schema = database.pool.connector.url().schema().to_owned();
            let job = async move |session: &mut Session| catalog::repair(session, &schema).await;
            database.run_long(Task::Read, "cannot repair the schema of", job).await
        })
    }
}
