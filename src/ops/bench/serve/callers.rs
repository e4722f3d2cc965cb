//! Clients that send commands at a fixed rate. They do not wait for failures, so a slow server gets the same load.

use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use futures_util::SinkExt;
use futures_util::StreamExt;
use futures_util::stream::SplitSink;
use futures_util::stream::SplitStream;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::aggregate::Aggregate;
use crate::domain::resource::Resource;
use crate::ops::bench::serve::report::CommandsReport;
use crate::ops::bench::serve::settings::MAX_WAIT;
use crate::ops::bench::serve::settings::ServeBench;
use crate::ops::bench::serve::socket::Socket;
use crate::ops::bench::serve::socket::Target;
use crate::ops::bench::serve::socket::connect;
use crate::ops::bench::serve::tally::Tally;
use crate::ops::error::OpsError;

/// The number of streams with commands and without listeners.
const QUIET_STREAMS: usize = 256;
/// The interval at which due commands are sent.
const TICK: Duration = Duration::from_millis(1);

/// Returns the number of the stream of the slow client.
pub(super) fn slow_stream(input: &ServeBench) -> usize {
    input.streams + QUIET_STREAMS
}

/// Returns the stream with a number.
pub(super) fn stream_of(name: &str, number: usize) -> String {
    format!("{}-{}", Resource::CATEGORY, id_of(name, number))
}

fn id_of(name: &str, number: usize) -> String {
    format!("bench-{name}-{number}")
}

/// The failures that the server has reported.
#[derive(Default)]
struct Failures {
    failed: AtomicU64,
    first_failure: Mutex<Option<String>>,
    disconnected: AtomicU64,
}

/// Clients that send commands.
pub(super) struct Callers {
    name: String,
    sockets: Vec<AsyncMutex<SplitSink<Socket, Message>>>,
    tally: Tally,
    failures: Arc<Failures>,
    streams: usize,
    _reading: JoinSet<()>,
}

/// The commands of a part, and their results.
pub(super) struct SentCommands {
    /// The number of commands for each stream of the range.
    pub(super) by_stream: Vec<u64>,
    failed: u64,
    took: Duration,
}

impl SentCommands {
    pub(super) fn all(&self) -> u64 {
        self.by_stream.iter().sum()
    }

    /// Returns the number of commands that led to an event.
    pub(super) fn done(&self) -> u64 {
        self.all().saturating_sub(self.failed)
    }
}

impl Callers {
    /// Connects a number of clients. `tally` marks messages and counts failures.
    pub(super) async fn connect(target: &Target, input: &ServeBench, tally: Tally, count: usize) -> Result<Self, OpsError> {
        let failures = Arc::<Failures>::default();
        let (mut sockets, mut reading) = (Vec::with_capacity(count), JoinSet::new());
        for number in 0..count {
            let (sink, stream) = connect(target, input.clients + number, "", None).await?.split();
            sockets.push(AsyncMutex::new(sink));
            reading.spawn(read(stream, tally.clone(), Arc::clone(&failures)));
        }
        Ok(Self { name: input.name.clone(), sockets, tally, failures, streams: input.streams, _reading: reading })
    }

    /// Creates the resources of the commands.
    pub(super) async fn make_resources(&self) -> Result<(), OpsError> {
        let all = self.streams + QUIET_STREAMS + 1;
        for number in 0..all {
            let with = json!({
                "id": id_of(&self.name, number), "owner_id": "bench", "resource_type": "bench",
                "initial_amount": 0, "max_amount": i64::MAX,
            });
            self.command(number, "resource.create", with).await?;
            // A server may limit the rate of a client.
            if number % 256 == 255 {
                self.until_answered(number as u64 + 1, MAX_WAIT).await;
            }
        }
        self.until_answered(all as u64, MAX_WAIT).await;
        let made = self.tally.take().len();
        match self.first_failure() {
            None if made == all => Ok(()),
            failure => {
                let why = failure.map(|said| format!(": {said}")).unwrap_or_default();
                Err(OpsError::Invalid(format!("only {made} of {all} resources could be created on the server{why}")))
            }
        }
    }

    /// Sends commands to streams in turn at a rate, and waits for the failures.
    pub(super) async fn send(
        &self,
        streams: Range<usize>,
        rate: f64,
        seconds: u64,
        reason_bytes: usize,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<SentCommands, OpsError> {
        let padding = "x".repeat(reason_bytes);
        let mut by_stream = vec![0; streams.len()];
        let failed_before = self.failed();
        let (begun, mut reported_seconds, mut sent) = (Instant::now(), 0, 0_u64);
        self.tally.take();
        while reported_seconds < seconds {
            let due = (begun.elapsed().as_secs_f64().min(seconds as f64) * rate) as u64;
            while sent < due {
                let turn = (sent % by_stream.len() as u64) as usize;
                let number = streams.start + turn;
                let with = json!({
                    "id": id_of(&self.name, number), "amount": 1, "reason": format!("{}{padding}", self.tally.mark()),
                });
                self.command(number, "resource.add", with).await?;
                by_stream[turn] += 1;
                sent += 1;
            }
            tokio::time::sleep(TICK).await;
            if begun.elapsed().as_secs() > reported_seconds {
                reported_seconds += 1;
                progress(1);
            }
        }
        let took = begun.elapsed();
        self.until_answered(sent.saturating_sub(self.failed() - failed_before), MAX_WAIT).await;
        Ok(SentCommands { by_stream, failed: self.failed() - failed_before, took })
    }

    /// Sends commands to streams without listeners.
    pub(super) async fn commands(
        &self,
        input: &ServeBench,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<CommandsReport, OpsError> {
        let quiet = self.streams..self.streams + QUIET_STREAMS;
        let sent = self.send(quiet, input.rate as f64, input.seconds, 0, progress).await?;
        let answered = self.tally.counted() as u64;
        Ok(CommandsReport {
            wanted_per_second: input.rate,
            sent: sent.all(),
            failed: sent.failed,
            unanswered: sent.all().saturating_sub(answered + sent.failed),
            per_second: answered as f64 / sent.took.as_secs_f64(),
            latency: self.tally.latency(),
        })
    }

    /// Returns the first failure that the server has reported.
    pub(super) fn first_failure(&self) -> Option<String> {
        self.failures.first_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn failed(&self) -> u64 {
        self.failures.failed.load(Ordering::Relaxed)
    }

    async fn command(&self, number: usize, command: &str, with: Value) -> Result<(), OpsError> {
        let message = json!({ "type": "command", "requestId": self.tally.mark(), "command": command, "with": with });
        // Commands of one stream use one connection, so that they keep their order.
        let mut socket = self.sockets[number % self.sockets.len()].lock().await;
        let disconnected = |error| OpsError::Invalid(format!("a client that sends commands was disconnected: {error}"));
        socket.send(Message::text(message.to_string())).await.map_err(disconnected)
    }

    async fn until_answered(&self, expected: u64, at_most: Duration) {
        let begun = Instant::now();
        let all_disconnected = || self.failures.disconnected.load(Ordering::Relaxed) == self.sockets.len() as u64;
        while (self.tally.counted() as u64) < expected && begun.elapsed() < at_most && !all_disconnected() {
            tokio::time::sleep(TICK).await;
        }
    }
}

async fn read(mut socket: SplitStream<Socket>, tally: Tally, failures: Arc<Failures>) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if text.contains(r#""type":"result""#) {
            tally.count(&text);
        } else if text.contains(r#""type":"error""#) {
            failures.failed.fetch_add(1, Ordering::Relaxed);
            let mut first = failures.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| text.to_string());
        }
    }
    failures.disconnected.fetch_add(1, Ordering::Relaxed);
}
