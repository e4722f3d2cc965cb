//! How much a server carries: clients that only listen, events to all of them, commands, and one client that is slow.
//!
//! The server is another process, so that what it costs can be told from what asking it costs. Everything goes over
//! WebSockets, as clients do it.

mod audience;
mod callers;
mod report;
mod slow;
mod socket;
mod tally;

pub use report::CommandsReport;
pub use report::FanOutReport;
pub use report::ServeReport;
pub use report::SlowClientReport;
pub use socket::Target;

use std::time::Duration;
use std::time::Instant;

use crate::ops::bench::memory::memory_bytes;
use crate::ops::bench::memory::peak_memory_bytes_of;
use crate::ops::bench::serve::audience::Audience;
use crate::ops::bench::serve::callers::Callers;
use crate::ops::bench::serve::tally::Tally;
use crate::ops::error::OpsError;

/// Connections that send commands. A server does those of one connection one after the other.
const CALLERS: usize = 64;
/// How long what is under way may take to arrive when a part is over.
const REST: Duration = Duration::from_secs(5);

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeBench {
    /// How many clients listen.
    pub clients: usize,
    /// To how many streams, each to one.
    pub streams: usize,
    /// Events that reach clients in a second, all clients together.
    pub fan_out: u64,
    /// Commands in a second, to streams that nobody listens to.
    pub rate: u64,
    /// How long each part takes, in seconds.
    pub seconds: u64,
    /// What tells this run's resources from those of others on the same server.
    pub name: String,
}

impl ServeBench {
    /// Parts whose seconds are counted in `progress`.
    pub const PARTS: u64 = 3;
}

/// Connects clients, sends events to them, sends commands, and does both beside a client that is slow. `progress` is told
/// of each second that is over.
///
/// # Errors
/// [`OpsError::Invalid`] when the server cannot be reached, or says what it should not.
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
    let (audience, connecting) = Audience::connect(target, input, tally).await?;
    let idle_bytes_per_client = per_client(before, target.process.and_then(memory_bytes), input.clients);
    let fan_out = fan_out(&callers, &audience, input, progress).await?;
    let commands = callers.commands(input, progress).await?;
    let slow_client = slow::beside_a_slow_client(target, &callers, &audience, input, progress).await?;
    Ok(ServeReport {
        what: "serve",
        clients: input.clients,
        streams: input.streams,
        connect_seconds: connecting.as_secs_f64(),
        clients_lost: audience.lost(),
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

/// Sends events to streams that are listened to, and waits until all have arrived.
async fn fan_out(
    callers: &Callers,
    audience: &Audience,
    input: &ServeBench,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<FanOutReport, OpsError> {
    let rate = input.fan_out as f64 / audience.listeners_a_stream();
    let begun = Instant::now();
    let sent = callers.send(0..input.streams, rate, input.seconds, 0, progress).await?;
    let expected = audience.deliveries(&sent.by_stream);
    audience.until_heard(expected, REST).await;
    let took = begun.elapsed().min(Duration::from_secs(input.seconds) + REST);
    Ok(audience.report(input.fan_out, sent.done(), expected, took))
}
