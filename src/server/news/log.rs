//! The log for consumers outside: the Redis Stream `esctl:log`, with the newest events of the store in their order.
//!
//! An entry's id is `POSITION-0`, so Redis itself refuses an event that is in it or that comes too late: several instances
//! write it, each event is in it once. Its fields: `position`, `event_id`, `stream`, `version`, `type`, `recorded_at`, and
//! `data` as any client may see it, unless it is over [`DATA_BYTES`]: whoever wants more asks the server, as somebody. It is
//! trimmed to about [`KEPT`] entries, and read in consumer groups:
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
use crate::server::sight::EventSight;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The key of the log.
pub const KEY: &str = "esctl:log";

/// About so many entries are kept.
pub const KEPT: u64 = 10_000;

/// The most bytes of `data` in an entry, so that all entries have room in memory.
pub const DATA_BYTES: usize = 8 << 10;

/// Events that are written to Redis in one step.
const BATCH: u64 = 500;

/// How often the store is looked at when nobody has said anything: other programs append as well.
const PAUSE: Duration = Duration::from_secs(1);

/// How long nothing is written after Redis has refused it.
const REFUSED: Duration = Duration::from_secs(5);

/// Writes the log from the store.
#[derive(Clone)]
pub(super) struct Log {
    store: Store,
    due: Arc<Notify>,
}

/// Why nothing could be written this time.
enum Trouble {
    Redis(RedisError),
    Store(StoreError),
}

/// Whether it is the connection that failed, not what was asked.
fn is_away(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_connection_dropped() || error.is_unrecoverable_error()
}

impl Log {
    pub(super) fn new(store: Store) -> Self {
        Self { store, due: Arc::default() }
    }

    /// There may be something to write.
    pub(super) fn due(&self) {
        self.due.notify_one();
    }

    /// Brings the log up to date, and goes on, until Redis is away.
    pub(super) async fn follow(&self, mut connection: MultiplexedConnection) -> RedisError {
        match self.is_of_this_store(&mut connection).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!("the Redis Stream {KEY} is of another store, so it is not written; DEL {KEY} begins it anew");
                return std::future::pending().await;
            }
            Err(error) if is_away(&error) => return error,
            // It is no Redis Stream, for instance.
            Err(error) => {
                tracing::error!(%error, "the key {KEY} of Redis cannot be read, so it is not written");
                return std::future::pending().await;
            }
        }
        let (mut last, mut refused) = (Position::ZERO, false);
        loop {
            match self.catch_up(&mut connection, &mut last).await {
                Ok(()) => refused = false,
                Err(Trouble::Redis(error)) if is_away(&error) => return error,
                // It has no memory left, or takes no writes: news goes on all the same.
                Err(Trouble::Redis(error)) => {
                    if !refused {
                        tracing::warn!(%error, "Redis does not take the Redis Stream {KEY}");
                    }
                    refused = true;
                    tokio::time::sleep(REFUSED).await;
                }
                // Whoever serves clients says so as well, and more often.
                Err(Trouble::Store(error)) => tracing::info!(%error, "the log cannot be brought up to date for now"),
            }
            let _ = tokio::time::timeout(PAUSE, self.due.notified()).await;
        }
    }

    /// Whether the last entry is an event of this store; an empty log is anybody's.
    async fn is_of_this_store(&self, connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
        type Entry = (String, Vec<String>);
        let newest: Vec<Entry> =
            redis::cmd("XREVRANGE").arg(KEY).arg("+").arg("-").arg("COUNT").arg(1).query_async(connection).await?;
        let Some((id, fields)) = newest.first() else { return Ok(true) };
        let position = id.split('-').next().and_then(|position| position.parse().ok()).unwrap_or(u64::MAX);
        let event_id = fields.chunks(2).find(|field| field[0] == "event_id").and_then(|field| field.get(1));
        loop {
            match self.store.event_at(Position(position)).await {
                Ok(event) => return Ok(event.is_some_and(|event| Some(&event.event_id.to_string()) == event_id)),
                Err(StoreError::NoStore(_)) => return Ok(false),
                Err(error) => tracing::info!(%error, "the log cannot be compared with the store for now"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes what is missing after `last`, which is none of the log's business but saves work.
    async fn catch_up(&self, connection: &mut MultiplexedConnection, last: &mut Position) -> Result<(), Trouble> {
        *last = (*last).max(write(connection, &[]).await.map_err(Trouble::Redis)?);
        let head = no_store_is_empty(self.store.head().await).map_err(Trouble::Store)?.position;
        while *last < head {
            // What would be trimmed at once is not written.
            let from = (last.0 + 1).max((head.0 + 1).saturating_sub(KEPT));
            let mut scan = self.store.scan_limited(ReadQuery::all().from(from).to(head.0), BATCH);
            let mut fields = Vec::new();
            while let Some(chunk) = scan.next().await.map_err(Trouble::Store)? {
                for event in chunk.iter() {
                    fields.extend([event.position.to_string(), event.event_id.to_string(), event.stream.to_owned()]);
                    fields.extend([event.version.to_string(), event.event_type.to_owned(), event.recorded_at.to_string()]);
                    fields.push(data_for_all(&event));
                }
            }
            if fields.is_empty() {
                return Ok(());
            }
            *last = write(connection, &fields).await.map_err(Trouble::Redis)?;
        }
        Ok(())
    }
}

/// What an event says, as any client may see it; empty where it is too much, or cannot be read.
fn data_for_all(event: &EventView<'_>) -> String {
    let seen = EventSight::Client.event(event).map(|seen| seen.data.get().to_owned());
    seen.ok().filter(|data| data.len() <= DATA_BYTES).unwrap_or_default()
}

/// Writes what the log has not had; where it stands then.
async fn write(connection: &mut MultiplexedConnection, fields: &[String]) -> Result<Position, RedisError> {
    let script = Script::new(include_str!("append_log.lua"));
    let last: u64 = script.key(KEY).arg(KEPT).arg(fields).invoke_async(connection).await?;
    Ok(Position(last))
}
