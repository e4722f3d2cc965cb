//! The connection to Redis: kept, watched, and made anew with longer and longer pauses.

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

use crate::server::metrics::Metrics;
use crate::server::news::RedisUrl;
use crate::server::news::Wake;
use crate::server::news::log::Log;
use crate::server::news::message::Announcement;
use crate::server::news::message::CHANNELS;
use crate::server::news::message::is_own;
use crate::store::Store;

/// The pause before the second attempt; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A connection that has lasted so long was a good one: the next attempt comes soon.
const GOOD: Duration = Duration::from_secs(30);
/// How often Redis is asked whether it is there. A host that is gone closes nothing.
const BEAT: Duration = Duration::from_secs(3);
/// How long it may take to connect, and to answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Announcements that are sent in one step.
const BATCH: usize = 256;

/// What is sent by Redis without having been asked for.
type Pushes = mpsc::UnboundedReceiver<PushInfo>;

/// How a conversation with Redis ends.
enum End {
    /// Nobody is left who could say something.
    Alone,
    /// Redis is away.
    Broken(RedisError),
    /// Redis has closed the connection.
    Closed,
}

/// Keeps a connection.
pub(super) struct Link {
    url: RedisUrl,
    instance: Uuid,
    log: Log,
    metrics: Metrics,
    wake: Wake,
    up: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn new(url: &RedisUrl, store: Store, metrics: Metrics, wake: Wake, up: Arc<AtomicBool>) -> Self {
        Self { url: url.clone(), instance: Uuid::new_v4(), log: Log::new(store), metrics, wake, up }
    }

    /// Connects, talks, and after an end connects again, until nobody is left who could say something.
    pub(super) async fn keep(self, mut waiting: mpsc::Receiver<Announcement>) {
        let (mut pause, mut connected_before, mut told) = (FIRST_PAUSE, false, false);
        loop {
            let begun = Instant::now();
            let end = match self.connect().await {
                Ok((connection, pushes)) => {
                    self.is_there(connected_before);
                    (connected_before, told) = (true, false);
                    let end = self.talk(connection, pushes, &mut waiting).await;
                    self.is_away();
                    end
                }
                Err(error) => End::Broken(error),
            };
            let why = match &end {
                End::Alone => return,
                End::Broken(error) => error.to_string(),
                End::Closed => "the connection was closed".to_owned(),
            };
            // Once: it is tried again and again.
            if !told {
                tracing::warn!(redis = %self.url, %why, "Redis is away; the store is asked more often until it is back");
                told = true;
            }
            pause = if begun.elapsed() > GOOD { FIRST_PAUSE } else { pause };
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
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT));
        let client = Client::open(self.url.connection())?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.psubscribe(format!("{CHANNELS}*")).await?;
        Ok((connection, pushes))
    }

    fn is_there(&self, again: bool) {
        tracing::info!(redis = %self.url, "Redis is there");
        self.up.store(true, Ordering::Relaxed);
        self.metrics.bus_up(true);
        // What was said before nobody has heard: the store knows.
        if again {
            self.metrics.gap_filled();
        }
        (self.wake)();
    }

    fn is_away(&self) {
        self.up.store(false, Ordering::Relaxed);
        self.metrics.bus_up(false);
        // From now on nothing is heard.
        (self.wake)();
    }

    /// Says what is to be said, hears what others say, and writes the log.
    async fn talk(
        &self,
        mut connection: MultiplexedConnection,
        mut pushes: Pushes,
        waiting: &mut mpsc::Receiver<Announcement>,
    ) -> End {
        let mut logging = std::pin::pin!(self.log.follow(connection.clone()));
        let mut beat = tokio::time::interval(BEAT);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let said = tokio::select! {
                push = pushes.recv() => match push {
                    Some(push) if push.kind != PushKind::Disconnection => {
                        self.hear(&push);
                        Ok(())
                    }
                    _ => return End::Closed,
                },
                count = waiting.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return End::Alone;
                    }
                    self.log.due();
                    self.say(&mut connection, &mut batch).await
                }
                _ = beat.tick() => redis::cmd("PING").query_async::<()>(&mut connection).await,
                error = &mut logging => Err(error),
            };
            if let Err(error) = said {
                return End::Broken(error);
            }
        }
    }

    /// Somebody has said something.
    fn hear(&self, push: &PushInfo) {
        // pattern, channel, message
        if let (PushKind::PMessage, [.., Value::BulkString(text)]) = (&push.kind, push.data.as_slice())
            && !is_own(text, self.instance)
        {
            (self.wake)();
            self.log.due();
        }
    }

    async fn say(&self, connection: &mut MultiplexedConnection, batch: &mut Vec<Announcement>) -> Result<(), RedisError> {
        let mut pipeline = redis::pipe();
        for announcement in batch.drain(..) {
            pipeline.publish(announcement.channel(), announcement.text(self.instance)).ignore();
        }
        pipeline.query_async(connection).await
    }
}

/// Waits, and lets go what is announced meanwhile; `false`: nobody is left who could.
async fn rest(pause: Duration, waiting: &mut mpsc::Receiver<Announcement>) -> bool {
    let mut over = std::pin::pin!(tokio::time::sleep(pause));
    loop {
        tokio::select! {
            () = &mut over => return true,
            announcement = waiting.recv() => if announcement.is_none() { return false },
        }
    }
}

/// Between half of a pause and all of it, so that not all instances come back at the same moment.
fn jitter(pause: Duration) -> Duration {
    let half = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) / 2;
    Duration::from_millis(half + Uuid::new_v4().as_u64_pair().1 % half.max(1))
}
