//! Clients that only listen, each to one stream.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::ops::bench::serve::callers::stream_of;
use crate::ops::bench::serve::report::FanOutReport;
use crate::ops::bench::serve::settings::ServeBench;
use crate::ops::bench::serve::socket::Socket;
use crate::ops::bench::serve::socket::Target;
use crate::ops::bench::serve::socket::connect;
use crate::ops::bench::serve::tally::Tally;
use crate::ops::error::OpsError;

/// Maximum number of clients that connect at the same time.
const CONNECTING: usize = 64;
/// The interval at which the number of received messages is read.
const PAUSE: Duration = Duration::from_millis(20);
/// The time for a server to settle after all clients have connected.
const SETTLE: Duration = Duration::from_secs(1);

/// All listening clients. They disconnect when it is dropped.
pub(super) struct Listeners {
    tally: Tally,
    clients: usize,
    streams: usize,
    lost: Arc<AtomicUsize>,
    _listening: JoinSet<()>,
}

impl Listeners {
    /// Connects all clients and waits for the first message of each. Also returns the time that this took.
    pub(super) async fn connect(target: &Target, input: &ServeBench, tally: Tally) -> Result<(Self, Duration), OpsError> {
        let begun = Instant::now();
        let (places, lost) = (Arc::new(Semaphore::new(CONNECTING)), Arc::<AtomicUsize>::default());
        let mut connecting = JoinSet::new();
        for number in 0..input.clients {
            let (target, places, stream) = (target.clone(), Arc::clone(&places), stream_of(&input.name, number % input.streams));
            connecting.spawn(async move {
                // The semaphore is never closed.
                let _place = places.acquire().await.ok();
                let mut socket = connect(&target, number, &format!("?stream={stream}"), None).await?;
                first_message(&mut socket).await?;
                Ok::<_, OpsError>(socket)
            });
        }
        let mut listening = JoinSet::new();
        while let Some(socket) = connecting.join_next().await {
            let socket = socket.map_err(|error| OpsError::Invalid(format!("a client failed: {error}")))??;
            listening.spawn(listen(socket, tally.clone(), Arc::clone(&lost)));
        }
        let took = begun.elapsed();
        tokio::time::sleep(SETTLE).await;
        Ok((Self { tally, clients: input.clients, streams: input.streams, lost, _listening: listening }, took))
    }

    /// Returns the mean number of clients of a stream.
    pub(super) fn listeners_a_stream(&self) -> f64 {
        (self.clients as f64 / self.streams as f64).max(1.0)
    }

    /// Returns the number of messages that these numbers of events of each stream cause.
    pub(super) fn deliveries(&self, events_by_stream: &[u64]) -> u64 {
        let of_stream = |stream: usize| (self.clients / self.streams + usize::from(stream < self.clients % self.streams)) as u64;
        events_by_stream.iter().enumerate().map(|(stream, events)| events * of_stream(stream)).sum()
    }

    /// Waits until a number of messages was received, up to a maximum time.
    pub(super) async fn until_received(&self, expected: u64, at_most: Duration) {
        let begun = Instant::now();
        while (self.tally.counted() as u64) < expected && begun.elapsed() < at_most {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns the number of clients that were disconnected.
    pub(super) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns a report on the messages since the last report.
    pub(super) fn report(&self, wanted: u64, events: u64, expected: u64, took: Duration) -> FanOutReport {
        let heard = self.tally.counted() as u64;
        FanOutReport {
            wanted_per_second: wanted,
            events,
            deliveries: heard,
            deliveries_per_second: heard as f64 / took.as_secs_f64().max(1e-9),
            missing: expected.saturating_sub(heard),
            doubled: heard.saturating_sub(expected),
            latency: self.tally.latency(),
        }
    }
}

async fn first_message(socket: &mut Socket) -> Result<(), OpsError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) if text.contains(r#""type":"error""#) => {
                return Err(OpsError::Invalid(format!("the server refused a client: {text}")));
            }
            Some(Ok(Message::Text(_))) => return Ok(()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(OpsError::Invalid(format!("a client was disconnected: {error}"))),
            None => return Err(OpsError::Invalid("a client was disconnected immediately".into())),
        }
    }
}

async fn listen(mut socket: Socket, tally: Tally, lost: Arc<AtomicUsize>) {
    // The library answers pings when the next message is read.
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            tally.count(&text);
        }
    }
    lost.fetch_add(1, Ordering::Relaxed);
}
