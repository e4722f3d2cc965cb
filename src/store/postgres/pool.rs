//! The connections of a store: few, opened on demand, kept while they work.
//!
//! The pool of the driver is not used. It does not show the server process of a connection, without which the end of a
//! write on a broken connection cannot be ensured.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use sqlx::Connection;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::store::postgres::connector::Connector;
use crate::store::postgres::connector::GRACE;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::session::Session;

/// The largest number of connections of one store. Appends use one at a time.
const MAX_CONNECTIONS: usize = 4;
/// The idle time after which a connection is tested before it is used.
pub(crate) const TEST_AFTER: Duration = Duration::from_secs(1);

/// A borrowed connection. It is closed unless it is given back.
pub(crate) struct Lease {
    pub(crate) session: Session,
    /// True for a connection that was just opened.
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

    /// Returns the most recently used connection, which is the likeliest to work, or a new one. Through a pooler a
    /// transaction has begun on it. One that `writes` has a number, by which its outcome can be determined.
    pub(crate) async fn lease(&self, writes: bool) -> Result<Lease, SqlError> {
        let permit = timeout(self.connector.timeout, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(SqlError::Late) };
        loop {
            let idle = self.idle.borrow_mut().pop();
            let Some(mut session) = idle else { break };
            if self.is_good(&mut session, writes).await? {
                return Ok(Lease { session, fresh: false, _permit: permit });
            }
        }
        Ok(Lease { session: self.connector.connect(writes).await?, fresh: true, _permit: permit })
    }

    /// Tests an idle connection; through a pooler by beginning a transaction.
    async fn is_good(&self, session: &mut Session, writes: bool) -> Result<bool, SqlError> {
        if !session.is_pooled() {
            let fresh = session.used.elapsed() < TEST_AFTER;
            return Ok(fresh || matches!(timeout(GRACE, session.connection.ping()).await, Ok(Ok(()))));
        }
        // The pooler may have to wait for a connection to the server.
        match timeout(self.connector.timeout, session.begin(writes)).await.unwrap_or(Err(SqlError::Late)) {
            Ok(()) => Ok(true),
            Err(SqlError::Late) => Err(SqlError::Late),
            Err(error) if error.broken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps a connection for the next job, unless the job changed its state.
    pub(crate) fn give_back(&self, lease: Lease) {
        let Lease { mut session, .. } = lease;
        if !session.unusable && !session.in_transaction() {
            session.used = Instant::now();
            self.idle.borrow_mut().push(session);
        }
    }

    /// Closes the idle connections: one has just broken, so the others may be broken, too.
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
