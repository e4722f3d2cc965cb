//! Waiting for writes in flight after a signal.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::cli::app::App;
use crate::cli::shutdown_hold::ShutdownHold;
use crate::cli::signals::nth;

/// The maximum wait for a write in flight after a signal; less if the store must answer sooner.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The interval between two checks for writes in flight.
const TICK: Duration = Duration::from_millis(1);

/// Continues a command after a signal while one of its writes is in flight, for a bounded time or until the next signal.
pub(super) async fn await_write_in_flight(app: &App, mut command: Pin<&mut impl Future>) {
    if !app.record.is_in_flight() {
        return;
    }
    let answered = poll_fn(|context| {
        let ended = command.as_mut().poll(context).is_ready();
        if ended || !app.record.is_in_flight() { Poll::Ready(()) } else { Poll::Pending }
    });
    bounded(app, answered).await;
}

/// Waits after a signal until no write of a task is in flight, for a bounded time or until the next signal.
pub(super) async fn await_writes_of_tasks(app: &App) {
    let answered = async {
        while app.record.is_in_flight() {
            tokio::time::sleep(TICK).await;
        }
    };
    bounded(app, answered).await;
}

async fn bounded(app: &App, answered: impl Future<Output = ()>) {
    let _hold = ShutdownHold::begin();
    tokio::select! {
        biased;
        _ = nth(2) => {}
        () = answered => {}
        () = tokio::time::sleep(app.timeout().min(LONGEST_WAIT)) => {}
    }
}
