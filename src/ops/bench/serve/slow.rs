//! A client that does not read: its effect on other clients, and its own end.

use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use crate::ops::bench::serve::callers::Callers;
use crate::ops::bench::serve::callers::slow_stream;
use crate::ops::bench::serve::callers::stream_of;
use crate::ops::bench::serve::listeners::Listeners;
use crate::ops::bench::serve::report::SlowClientReport;
use crate::ops::bench::serve::settings::MAX_WAIT;
use crate::ops::bench::serve::settings::ServeBench;
use crate::ops::bench::serve::socket::Socket;
use crate::ops::bench::serve::socket::Target;
use crate::ops::bench::serve::socket::connect;
use crate::ops::error::OpsError;

/// The receive buffer of the slow client in bytes. A small one fills soon, so that the server notices.
const RECEIVE_BYTES: u32 = 4096;
/// The size of the events for the slow client in bytes.
const EVENT_BYTES: usize = 16 << 10;
/// The number of these events per second.
const EVENTS_A_SECOND: f64 = 100.0;

/// Sends events to all clients, and large events to one more client that does not read.
pub(super) async fn beside_a_slow_client(
    target: &Target,
    callers: &Callers,
    listeners: &Listeners,
    input: &ServeBench,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<SlowClientReport, OpsError> {
    let number = slow_stream(input);
    let query = format!("?stream={}", stream_of(&input.name, number));
    let slow = connect(target, input.clients, &query, Some(RECEIVE_BYTES)).await?;
    let rate = input.fan_out as f64 / listeners.listeners_a_stream();
    let begun = Instant::now();
    let mut no_progress = |_| {};
    let (to_all, to_slow) = tokio::join!(
        callers.send(0..input.streams, rate, input.seconds, 0, progress),
        callers.send(number..number + 1, EVENTS_A_SECOND, input.seconds, EVENT_BYTES, &mut no_progress)
    );
    let (to_all, to_slow) = (to_all?, to_slow?);
    let expected = listeners.deliveries(&to_all.by_stream);
    listeners.until_received(expected, MAX_WAIT).await;
    let took = begun.elapsed().min(Duration::from_secs(input.seconds) + MAX_WAIT);
    let (heard, close_code) = end_of(slow).await;
    Ok(SlowClientReport {
        others: listeners.report(input.fan_out, to_all.done(), expected, took),
        events: to_slow.done(),
        heard,
        close_code,
    })
}

/// Reads the remaining messages of the slow client. Returns the number of events, and the code if the server closed the connection.
async fn end_of(mut slow: Socket) -> (u64, Option<u16>) {
    let mut heard = 0;
    // An open connection never ends by itself.
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(1), slow.next()).await {
        match message {
            Message::Text(text) if text.contains(r#""type":"event""#) => heard += 1,
            Message::Close(frame) => return (heard, frame.map(|frame| frame.code.into())),
            _ => {}
        }
    }
    (heard, None)
}
