//! The log for other consumers: the Redis Stream `esctl:log` with the newest events of the store, in order.
//!
//! The id of an entry is `POSITION-0`. Redis refuses an id that is not greater than the last one, so several instances
//! can write the log and each event is in it once. The fields are `position`, `event_id`, `stream`, `version`, `type`,
//! `recorded_at` and `data`. `data` is what any client may see. It is empty if it exceeds [`DATA_BYTES`]; a consumer
//! can then read the event from the server. The log is trimmed to about [`KEPT`] entries and read in consumer groups:
//!
//! ```text
//! XGROUP CREATE esctl:log shop 0 MKSTREAM
//! XREADGROUP GROUP shop worker-1 COUNT 100 BLOCK 5000 STREAMS esctl:log >
//! XACK esctl:log shop 17-0
//! ```

use std::sync::Arc;
use std::time::Duration;

use redis::RedisError;
use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::sync::Notify;

use crate::event::EventView;
use crate::event::Position;
use crate::server::visibility::EventVisibility;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The key of the log.
pub const KEY: &str = "esctl:log";

/// Approximate number of entries that are kept.
pub const KEPT: u64 = 10_000;

/// Maximum size of `data` in an entry, in bytes. It bounds the memory of Redis.
pub const DATA_BYTES: usize = 8 << 10;

/// Number of events that are written to Redis in one step.
const BATCH: u64 = 500;

/// Interval of polling the store without notices, because other programs append as well.
const PAUSE: Duration = Duration::from_secs(1);

/// Pause after Redis has refused a write.
const REFUSED: Duration = Duration::from_secs(5);

/// Writes the log from the store.
#[derive(Clone)]
pub(super) struct Log {
    store: Store,
    due: Arc<Notify>,
}

/// The reason of a failed write.
enum LogError {
    Redis(RedisError),
    Store(StoreError),
}

/// Returns true if the connection failed, and not the command.
fn is_connection_error(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_connection_dropped() || error.is_unrecoverable_error()
}

impl Log {
    pub(super) fn new(store: Store) -> Self {
        Self { store, due: Arc::default() }
    }

    /// Requests a write of new events.
    pub(super) fn due(&self) {
        self.due.notify_one();
    }

    /// Writes new events to the log until the connection fails.
    pub(super) async fn follow(&self, mut connection: MultiplexedConnection) -> RedisError {
        match self.is_of_this_store(&mut connection).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!(
                    "the Redis Stream {KEY} belongs to another store and is not written; run 'DEL {KEY}' in Redis to start a new one"
                );
                return std::future::pending().await;
            }
            Err(error) if is_connection_error(&error) => return error,
            // The key may hold another type than a Redis Stream, for example.
            Err(error) => {
                tracing::error!(%error, "failed to read the Redis key {KEY}; it is not written");
                return std::future::pending().await;
            }
        }
        let (mut last, mut refused) = (Position::ZERO, false);
        loop {
            match self.catch_up(&mut connection, &mut last).await {
                Ok(()) => refused = false,
                Err(LogError::Redis(error)) if is_connection_error(&error) => return error,
                // Redis may be out of memory or read-only. Notices are still sent.
                Err(LogError::Redis(error)) => {
                    if !refused {
                        tracing::warn!(%error, "Redis refused a write to the Redis Stream {KEY}; retrying");
                    }
                    refused = true;
                    tokio::time::sleep(REFUSED).await;
                }
                // The follower of the store reports the same error, and more often.
                Err(LogError::Store(error)) => tracing::info!(%error, "failed to read events for the Redis Stream; retrying"),
            }
            let _ = tokio::time::timeout(PAUSE, self.due.notified()).await;
        }
    }

    /// Returns true if the last entry is an event of this store, or if the log is empty.
    async fn is_of_this_store(&self, connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
        type LogEntry = (String, Vec<String>);
        let newest: Vec<LogEntry> =
            redis::cmd("XREVRANGE").arg(KEY).arg("+").arg("-").arg("COUNT").arg(1).query_async(connection).await?;
        let Some((id, fields)) = newest.first() else { return Ok(true) };
        let position = id.split('-').next().and_then(|position| position.parse().ok()).unwrap_or(u64::MAX);
        let event_id = fields.chunks(2).find(|field| field[0] == "event_id").and_then(|field| field.get(1));
        loop {
            match self.store.event_at(Position(position)).await {
                Ok(event) => return Ok(event.is_some_and(|event| Some(&event.event_id.to_string()) == event_id)),
                Err(StoreError::NoStore(_)) => return Ok(false),
                Err(error) => tracing::info!(%error, "failed to compare the Redis Stream with the store; retrying"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes the events after the last entry. `last` saves reading it from Redis when nothing is new.
    async fn catch_up(&self, connection: &mut MultiplexedConnection, last: &mut Position) -> Result<(), LogError> {
        *last = (*last).max(write(connection, &[]).await.map_err(LogError::Redis)?);
        let head = no_store_is_empty(self.store.head().await).map_err(LogError::Store)?.position;
        while *last < head {
            // Entries that would be trimmed at once are not written.
            let from = (last.0 + 1).max((head.0 + 1).saturating_sub(KEPT));
            let mut scan = self.store.scan_limited(ReadQuery::all().from(from).to(head.0), BATCH);
            let mut fields = Vec::new();
            while let Some(chunk) = scan.next().await.map_err(LogError::Store)? {
                for event in chunk.iter() {
                    fields.extend([event.position.to_string(), event.event_id.to_string(), event.stream.to_owned()]);
                    fields.extend([event.version.to_string(), event.event_type.to_owned(), event.recorded_at.to_string()]);
                    fields.push(public_data(&event));
                }
            }
            if fields.is_empty() {
                return Ok(());
            }
            *last = write(connection, &fields).await.map_err(LogError::Redis)?;
        }
        Ok(())
    }
}

/// Returns the data that any client may see; empty if it is too large or malformed.
fn public_data(event: &EventView<'_>) -> String {
    let seen = EventVisibility::Client.event(event).map(|seen| seen.data.get().to_owned());
    seen.ok().filter(|data| data.len() <= DATA_BYTES).unwrap_or_default()
}

/// Writes events that are not yet in the log, and returns its last position.
async fn write(connection: &mut MultiplexedConnection, fields: &[String]) -> Result<Position, RedisError> {
    let script = Script::new(include_str!("append_log.lua"));
    let last: u64 = script.key(KEY).arg(KEPT).arg(fields).invoke_async(connection).await?;
    Ok(Position(last))
}
