//! The connection to Redis: monitored, and reopened with growing pauses.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::AsyncConnectionConfig;
use redis::Client;
use redis::PushInfo;
use redis::PushKind;
use redis::RedisError;
use redis::Value;
use redis::aio::MultiplexedConnection;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::server::metrics::ServerMetrics;
use crate::server::notices::address::RedisUrl;
use crate::server::notices::log::Log;
use crate::server::notices::message::CHANNELS;
use crate::server::notices::message::Notice;
use crate::server::notices::message::is_own;
use crate::store::Store;

/// The pause after the first failed attempt. It doubles after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Minimum duration of a stable connection. After one, the next attempt comes soon.
const STABLE: Duration = Duration::from_secs(30);
/// Interval of pings. A host that disappears does not close its connection.
const PING_INTERVAL: Duration = Duration::from_secs(3);
/// Time limit for connecting and for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Number of notices that are sent in one step.
const BATCH: usize = 256;

/// Called when the store may have new events. Must not block.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Messages that Redis sends on its own.
type Pushes = mpsc::UnboundedReceiver<PushInfo>;

/// The reason why a connection ended.
enum Disconnect {
    /// All senders of notices are gone.
    NoSender,
    /// Redis is unavailable.
    Broken(RedisError),
    /// Redis has closed the connection.
    Closed,
}

/// The task that keeps a connection to Redis.
pub(super) struct RedisConnection {
    url: RedisUrl,
    instance: Uuid,
    log: Log,
    metrics: ServerMetrics,
    wake: Wake,
    up: Arc<AtomicBool>,
}

impl RedisConnection {
    pub(super) fn new(url: &RedisUrl, store: Store, metrics: ServerMetrics, wake: Wake, up: Arc<AtomicBool>) -> Self {
        Self { url: url.clone(), instance: Uuid::new_v4(), log: Log::new(store), metrics, wake, up }
    }

    /// Connects, serves the connection, and reconnects until all senders of notices are gone.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Notice>) {
        let (mut pause, mut connected_before, mut logged) = (FIRST_PAUSE, false, false);
        loop {
            let begun = Instant::now();
            let end = match self.connect().await {
                Ok((connection, pushes)) => {
                    self.connected(connected_before);
                    (connected_before, logged) = (true, false);
                    let end = self.talk(connection, pushes, &mut waiting).await;
                    self.disconnected();
                    end
                }
                Err(error) => Disconnect::Broken(error),
            };
            let why = match &end {
                Disconnect::NoSender => return,
                Disconnect::Broken(error) => error.to_string(),
                Disconnect::Closed => "the connection was closed".to_owned(),
            };
            // Logged once, not for each attempt.
            if !logged {
                tracing::warn!(redis = %self.url, %why, "Redis unavailable; polling the store until it is back");
                logged = true;
            }
            pause = if begun.elapsed() > STABLE { FIRST_PAUSE } else { pause };
            if !rest(jitter(pause), &mut waiting).await {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, Pushes), RedisError> {
        let (push_sender, pushes) = mpsc::unbounded_channel();
        let config = AsyncConnectionConfig::new()
            .set_push_sender(push_sender)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let client = Client::open(self.url.connection())?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.psubscribe(format!("{CHANNELS}*")).await?;
        Ok((connection, pushes))
    }

    fn connected(&self, again: bool) {
        tracing::info!(redis = %self.url, "Redis available");
        self.up.store(true, Ordering::Relaxed);
        self.metrics.bus_up(true);
        // Notices may have been lost in between, so the store is polled.
        if again {
            self.metrics.gap_filled();
        }
        (self.wake)();
    }

    fn disconnected(&self) {
        self.up.store(false, Ordering::Relaxed);
        self.metrics.bus_up(false);
        // No more notices arrive, so the store is polled.
        (self.wake)();
    }

    /// Sends notices, receives those of others, and writes the log.
    async fn talk(
        &self,
        mut connection: MultiplexedConnection,
        mut pushes: Pushes,
        waiting: &mut mpsc::Receiver<Notice>,
    ) -> Disconnect {
        let mut logging = std::pin::pin!(self.log.follow(connection.clone()));
        let mut ping = tokio::time::interval(PING_INTERVAL);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let said = tokio::select! {
                push = pushes.recv() => match push {
                    Some(push) if push.kind != PushKind::Disconnection => {
                        self.hear(&push);
                        Ok(())
                    }
                    _ => return Disconnect::Closed,
                },
                count = waiting.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return Disconnect::NoSender;
                    }
                    self.log.due();
                    self.say(&mut connection, &mut batch).await
                }
                _ = ping.tick() => redis::cmd("PING").query_async::<()>(&mut connection).await,
                error = &mut logging => Err(error),
            };
            if let Err(error) = said {
                return Disconnect::Broken(error);
            }
        }
    }

    /// Handles a message of Redis.
    fn hear(&self, push: &PushInfo) {
        // Pattern, channel and message.
        if let (PushKind::PMessage, [.., Value::BulkString(text)]) = (&push.kind, push.data.as_slice())
            && !is_own(text, self.instance)
        {
            (self.wake)();
            self.log.due();
        }
    }

    async fn say(&self, connection: &mut MultiplexedConnection, batch: &mut Vec<Notice>) -> Result<(), RedisError> {
        let mut pipeline = redis::pipe();
        for notice in batch.drain(..) {
            pipeline.publish(notice.channel(), notice.text(self.instance)).ignore();
        }
        pipeline.query_async(connection).await
    }
}

/// Waits, and drops notices in the meantime. Returns false if all senders of notices are gone.
async fn rest(pause: Duration, waiting: &mut mpsc::Receiver<Notice>) -> bool {
    let mut over = std::pin::pin!(tokio::time::sleep(pause));
    loop {
        tokio::select! {
            () = &mut over => return true,
            notice = waiting.recv() => if notice.is_none() { return false },
        }
    }
}

/// Returns a random duration between half of a pause and all of it, so that instances do not reconnect at the same
/// time.
fn jitter(pause: Duration) -> Duration {
    let half = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) / 2;
    Duration::from_millis(half + Uuid::new_v4().as_u64_pair().1 % half.max(1))
}
