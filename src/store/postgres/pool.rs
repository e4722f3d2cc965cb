//! The connections of a store: few, opened when needed, kept while good.
//!
//! Not the driver's pool: that one does not tell which server process a connection belongs to, and without it nobody
//! can make sure that a write on a broken connection has come to its end.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use sqlx::ConnectOptions;
use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::schema::Found;
use crate::store::postgres::schema::identify;
use crate::store::postgres::url::PostgresUrl;

/// At most so many connections of one store. Appends use one at a time.
const MAX_CONNECTIONS: usize = 4;
/// A connection that was idle for so long is tried before it is used.
pub(crate) const TRY_AFTER: Duration = Duration::from_secs(1);
/// How much later than the server this side gives up waiting for an answer.
const GRACE: Duration = Duration::from_secs(2);

/// Where a store is and how long it may take.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) url: PostgresUrl,
    pub(crate) timeout: Duration,
}

impl Connector {
    fn options(&self) -> Result<PgConnectOptions, SqlError> {
        let options = self.url.options().map_err(|()| StoreError::Invalid("the store URL cannot be read".into()))?;
        let limit = self.timeout.as_millis().clamp(1, 2_000_000_000);
        let settings = [
            ("search_path", self.url.schema().to_owned()),
            ("statement_timeout", limit.to_string()),
            // Before the statement's own: then the server can say that it was the lock.
            ("lock_timeout", (limit - limit / 10).max(1).to_string()),
            ("synchronous_commit", "on".into()),
            ("default_transaction_isolation", "read committed".into()),
            ("standard_conforming_strings", "on".into()),
            // Every statement is served by an index. A plan made while a table was small must not stay a scan.
            ("enable_seqscan", "off".into()),
            ("enable_bitmapscan", "off".into()),
            ("enable_sort", "off".into()),
            ("plan_cache_mode", "force_generic_plan".into()),
            ("max_parallel_workers_per_gather", "0".into()),
            ("jit", "off".into()),
        ];
        Ok(options.application_name("esctl").options(settings).disable_statement_logging())
    }

    /// How long an answer is waited for.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.saturating_add(GRACE)
    }

    /// A new connection, and what is at its other end.
    pub(crate) async fn connect(&self) -> Result<Session, SqlError> {
        let options = self.options()?;
        let opening = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            let (backend, found) = identify(&mut connection, &self.url).await?;
            Ok(Session { connection, backend, found, used: Instant::now(), spoiled: false })
        };
        timeout(self.timeout, opening).await.unwrap_or(Err(SqlError::Late))
    }
}

/// A server process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerProcess {
    pub(crate) pid: i32,
    pub(crate) started: String,
}

/// An open connection.
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    pub(crate) backend: ServerProcess,
    pub(crate) found: Found,
    used: Instant,
    /// Not to be used again: set up in a way of its own, or with a long answer that nobody reads to its end.
    pub(crate) spoiled: bool,
}

/// A connection on loan; one that is not given back is closed.
pub(crate) struct Lease {
    pub(crate) session: Session,
    /// Opened just now.
    pub(crate) fresh: bool,
    _permit: OwnedSemaphorePermit,
}

pub(crate) struct Pool {
    pub(crate) connector: Connector,
    idle: RefCell<Vec<Session>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, idle: RefCell::default(), permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)) }
    }

    /// The connection used last, which is the one most surely good, or a new one.
    pub(crate) async fn lease(&self) -> Result<Lease, SqlError> {
        let permit = timeout(self.connector.timeout, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(SqlError::Late) };
        loop {
            let idle = self.idle.borrow_mut().pop();
            let Some(mut session) = idle else { break };
            let good =
                session.used.elapsed() < TRY_AFTER || matches!(timeout(GRACE, session.connection.ping()).await, Ok(Ok(())));
            if good {
                return Ok(Lease { session, fresh: false, _permit: permit });
            }
        }
        Ok(Lease { session: self.connector.connect().await?, fresh: true, _permit: permit })
    }

    pub(crate) fn give_back(&self, lease: Lease) {
        let Lease { mut session, .. } = lease;
        if !session.spoiled {
            session.used = Instant::now();
            self.idle.borrow_mut().push(session);
        }
    }

    /// Forgets the connections at rest: one has just broken, so they may have, too.
    pub(crate) fn forget_idle(&self) {
        self.idle.borrow_mut().clear();
    }

    pub(crate) async fn close(&self) {
        let sessions = std::mem::take(&mut *self.idle.borrow_mut());
        for session in sessions {
            let _ = timeout(GRACE, session.connection.close()).await;
        }
    }
}
