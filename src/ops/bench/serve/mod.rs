//! Benchmark of a server: clients that listen, events to all of them, commands, and a slow client.
//!
//! The server is another process, so that its costs can be separated from those of the clients. Everything uses WebSockets.

mod callers;
mod listeners;
mod report;
mod settings;
mod slow;
mod socket;
mod tally;

pub use report::CommandsReport;
pub use report::FanOutReport;
pub use report::ServeReport;
pub use report::SlowClientReport;
pub use settings::ServeBench;
pub use socket::Target;

use std::time::Duration;
use std::time::Instant;

use crate::ops::bench::memory::memory_bytes;
use crate::ops::bench::memory::peak_memory_bytes_of;
use crate::ops::bench::serve::callers::Callers;
use crate::ops::bench::serve::listeners::Listeners;
use crate::ops::bench::serve::settings::MAX_WAIT;
use crate::ops::bench::serve::tally::Tally;
use crate::ops::error::OpsError;

/// The number of connections that send commands. A server handles the commands of a connection one after the other.
const CALLERS: usize = 64;
/// Connects clients, sends events to them, sends commands, and repeats both beside a slow client. `progress` is called after each
/// second.
///
/// # Errors
/// [`OpsError::Invalid`] when the server cannot be reached or gives an unexpected answer.
pub async fn bench_serve(
    target: &Target,
    input: &ServeBench,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<ServeReport, OpsError> {
    let begun = Instant::now();
    let tally = Tally::new();
    let callers = Callers::connect(target, input, tally.beside(), CALLERS).await?;
    callers.make_resources().await?;
    let before = target.process.and_then(memory_bytes);
    let (listeners, connecting) = Listeners::connect(target, input, tally).await?;
    let idle_bytes_per_client = per_client(before, target.process.and_then(memory_bytes), input.clients);
    let fan_out = fan_out(&callers, &listeners, input, progress).await?;
    let commands = callers.commands(input, progress).await?;
    let slow_client = slow::beside_a_slow_client(target, &callers, &listeners, input, progress).await?;
    Ok(ServeReport {
        what: "serve",
        clients: input.clients,
        streams: input.streams,
        connect_seconds: connecting.as_secs_f64(),
        clients_lost: listeners.lost(),
        first_failure: callers.first_failure(),
        idle_bytes_per_client,
        fan_out,
        commands,
        slow_client,
        server_peak_memory_bytes: target.process.and_then(peak_memory_bytes_of),
        store: String::new(),
        seconds: begun.elapsed().as_secs_f64(),
    })
}

fn per_client(before: Option<u64>, after: Option<u64>, clients: usize) -> Option<u64> {
    Some(after?.saturating_sub(before?) / clients.max(1) as u64)
}

/// Sends events to streams with listeners, and waits until all have arrived.
async fn fan_out(
    callers: &Callers,
    listeners: &Listeners,
    input: &ServeBench,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<FanOutReport, OpsError> {
    let rate = input.fan_out as f64 / listeners.listeners_a_stream();
    let begun = Instant::now();
    let sent = callers.send(0..input.streams, rate, input.seconds, 0, progress).await?;
    let expected = listeners.deliveries(&sent.by_stream);
    listeners.until_received(expected, MAX_WAIT).await;
    let took = begun.elapsed().min(Duration::from_secs(input.seconds) + MAX_WAIT);
    Ok(listeners.report(input.fan_out, sent.done(), expected, took))
}
