//! Opens connections: directly to a server, or through a pooler.
//!
//! A server accepts the settings of a session when a connection starts. A pooler refuses or drops them, so reading them
//! back reveals it. Through a pooler every job is a transaction with settings of its own.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::ConnectOptions;
use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;

use crate::store::error::StoreError;
use crate::store::options::OpenOptions;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::peer::DatabaseProcess;
use crate::store::postgres::peer::Wanted;
use crate::store::postgres::schema::identify;
use crate::store::postgres::server;
use crate::store::postgres::session::Session;
use crate::store::postgres::settings::SessionSettings;
use crate::store::postgres::url::PostgresUrl;
use crate::store::schema_state::SchemaState;

/// The extra time that the client waits for an answer beyond the timeout of the server.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// The address of a store and the way to connect to it. Clones share the knowledge of a pooler.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) wanted: Arc<Wanted>,
    pub(crate) timeout: Duration,
    /// True for a database of another program: no store is looked for.
    foreign: bool,
    pooled: Arc<AtomicBool>,
}

impl Connector {
    /// Returns a connector to a store. Sends no request.
    pub(crate) fn new(url: &PostgresUrl, options: &OpenOptions) -> Self {
        Self::with(url, options, SessionSettings::new(url.schema(), options.timeout), false)
    }

    /// Returns a connector to a database of another program, for reading only. Sends no request.
    pub(crate) fn read_only(url: &PostgresUrl, options: &OpenOptions) -> Self {
        Self::with(url, options, SessionSettings::read_only(options.timeout), true)
    }

    fn with(url: &PostgresUrl, options: &OpenOptions, settings: SessionSettings, foreign: bool) -> Self {
        let wanted = Wanted { url: url.clone(), settings, accept_server: options.accept_server };
        Self { wanted: Arc::new(wanted), timeout: options.timeout, foreign, pooled: Arc::default() }
    }

    /// Returns the URL of the store.
    pub(crate) fn url(&self) -> &PostgresUrl {
        &self.wanted.url
    }

    /// Returns the location for display, without secrets.
    pub(crate) fn place(&self) -> String {
        if self.foreign { self.url().place_of_database() } else { self.url().place() }
    }

    /// Returns true for a database of another program.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// Returns the longest wait for an answer.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.saturating_add(GRACE)
    }

    /// Returns true once a pooler was found before the server.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.load(Ordering::Relaxed)
    }

    /// Opens a connection and identifies the server and the store, if there is to be one. Through a pooler a transaction has
    /// begun on it, as after [`Session::begin`].
    pub(crate) async fn connect(&self, writes: bool) -> Result<Session, SqlError> {
        let opened = async { if self.foreign { self.open_any().await } else { self.open(writes).await } };
        timeout(self.timeout, opened).await.unwrap_or(Err(SqlError::Late))
    }

    /// Opens a connection with the settings of this connector, and looks for no store.
    async fn open_any(&self) -> Result<Session, SqlError> {
        let straight = async {
            let options = self.options()?.options(self.wanted.settings.each());
            let mut connection = PgConnection::connect_with(&options).await?;
            self.check_product(&mut connection).await?;
            let mut session = Session::straight(connection, DatabaseProcess::default(), SchemaState::Current);
            self.check_settings(&mut session).await?;
            Ok::<_, SqlError>(session)
        };
        match straight.await {
            Err(error) if error.refuses_settings() => {}
            opened => return opened,
        }
        let mut session = self.begin_pooled(false).await?;
        session.found = SchemaState::Current;
        self.check_settings(&mut session).await?;
        Ok(session)
    }

    async fn check_settings(&self, session: &mut Session) -> Result<(), SqlError> {
        let sql = format!("SELECT CASE WHEN {} THEN 'yes' ELSE 'no' END", self.wanted.settings.in_force());
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut session.connection).await?;
        if row.try_get::<&str, _>(0)? == "yes" { Ok(()) } else { Err(SqlError::SettingsLost) }
    }

    async fn open(&self, writes: bool) -> Result<Session, SqlError> {
        if !self.is_pooled() {
            match self.open_straight().await {
                Err(error) if error.refuses_settings() => {}
                opened => return opened,
            }
        }
        let opened = self.open_pooled(writes).await?;
        self.pooled.store(true, Ordering::Relaxed);
        Ok(opened)
    }

    fn options(&self) -> Result<PgConnectOptions, SqlError> {
        let options = self.url().options().map_err(|()| StoreError::Invalid("the store URL cannot be read".into()))?;
        Ok(options.application_name("esctl").extra_float_digits(None::<i8>).disable_statement_logging())
    }

    async fn open_straight(&self) -> Result<Session, SqlError> {
        let options = self.options()?.options(self.wanted.settings.each());
        let mut connection = PgConnection::connect_with(&options).await?;
        match identify(&mut connection, &self.wanted).await {
            Ok((backend, found)) => Ok(Session::straight(connection, backend, found)),
            // A server of another product may fail at a query before it is recognised by an answer.
            Err(error @ SqlError::Sql(_)) => {
                self.check_product(&mut connection).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn check_product(&self, connection: &mut PgConnection) -> Result<(), SqlError> {
        let row = sqlx::raw_sql("SELECT version()").fetch_one(connection).await?;
        Ok(server::check(&self.url().place(), row.try_get(0)?, None, self.wanted.accept_server)?)
    }

    async fn open_pooled(&self, writes: bool) -> Result<Session, SqlError> {
        let mut session = match self.begin_pooled(writes).await {
            // A single failure may be accidental: a connection can break at any time.
            Err(SqlError::NoTransactions) => self.begin_pooled(writes).await?,
            begun => begun?,
        };
        // In a request of its own, which shows whether the settings of the previous request are still in force.
        session.found = identify(&mut session.connection, &self.wanted).await?.1;
        Ok(session)
    }

    /// Connects without settings and begins a transaction. A statement outside a transaction comes first: where only that
    /// one is answered, the pooler allows no transactions.
    async fn begin_pooled(&self, writes: bool) -> Result<Session, SqlError> {
        let options = self.options()?;
        let mut connection = match PgConnection::connect_with(&options).await.map_err(SqlError::from) {
            // The driver sends the variable PGOPTIONS as a parameter of the connection.
            Err(SqlError::Sql(error)) if options.get_options().is_some() => return Err(SqlError::WithOptions(error)),
            connected => connected?,
        };
        self.check_product(&mut connection).await?;
        let mut session = Session::pooled(connection, Arc::clone(&self.wanted));
        match session.begin(writes).await {
            Err(error) if error.violates_protocol() => Err(SqlError::NoTransactions),
            begun => begun.map(|()| session),
        }
    }
}
