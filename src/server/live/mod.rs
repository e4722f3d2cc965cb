//! What happens, told to clients as it happens: WebSocket and SSE over one follower of the store.
//!
//! In the order of the flow: `follower` asks the store what is new → `hub` hands each event to the `topic` of its stream →
//! `subscription` gives each client each event once and in order, from the topic or, what was missed, from the store → `text` writes it
//! as that client may see it → `socket` and `sse` bring it there.

mod event;
mod follower;
mod hub;
pub(in crate::server) mod socket;
mod sse;
mod state;
mod subscription;
#[cfg(test)]
mod tests;
mod text;
mod topic;

pub(in crate::server) use sse::event_stream;
pub(in crate::server) use sse::expires;
pub(in crate::server) use sse::last_event_id;
pub(in crate::server) use sse::problem_text;
pub use sse::stream_events;
pub use sse::wants_stream;
pub use subscription::Step;
pub use subscription::Subscription;
pub use text::Form;
pub use topic::Bell;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::server::Problem;
use crate::server::Server;
use crate::server::live::hub::Hub;
use crate::server::metrics::Metrics;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Store;
use crate::store::StoreError;

/// What happens, for all clients of this process. Cheap to clone; when the last clone is gone, it stops.
#[derive(Clone)]
pub struct Live {
    hub: Arc<Hub>,
    /// How many clients are being told.
    clients: Arc<AtomicUsize>,
}

/// A client that is being told; counted until it is dropped.
pub struct Client(Arc<AtomicUsize>);

impl Live {
    /// Starts to follow a store, within a runtime. Who falls behind the newest events has so long to catch up with them.
    pub fn start(store: Store, metrics: Metrics, patience: Duration) -> Self {
        let hub = Arc::new(Hub::new(store, metrics, patience));
        tokio::spawn(follower::follow(Arc::downgrade(&hub)));
        Self { hub, clients: Arc::default() }
    }

    /// There may be news: the store is asked at once. Called too often it costs little, too seldom it costs latency.
    pub fn wake(&self) {
        self.hub.news.notify_one();
    }

    /// Says who can tell whether somebody else tells of the appends of other processes, by [`Live::wake`]. While that is so, the store
    /// is asked seldom. Said once.
    pub fn rely_on(&self, is_told: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.hub.told.set(Box::new(is_told));
    }

    /// Follows a stream after a version, whether or not the stream is there yet. The bell is rung when there is something to take.
    pub fn subscribe(&self, stream: &StreamName, after: Version, bell: Bell) -> Subscription {
        self.hub.subscribe(stream, after, bell)
    }

    /// Where the store ends, as far as is known, for those who follow all of it.
    pub fn head(&self) -> watch::Receiver<Position> {
        // Nobody has asked the store often while nobody followed anything.
        self.wake();
        self.hub.head.subscribe()
    }

    /// Counts a client in; none when there are as many as may be.
    pub fn enter(&self, most: usize) -> Option<Client> {
        let room = |clients: usize| (clients < most).then_some(clients + 1);
        let entered = self.clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        entered.ok().map(|_| Client(Arc::clone(&self.clients)))
    }
}

/// A place among those who are told, and word that this is work which is waited for when the server stops.
pub(in crate::server) type Place = (Client, TaskTrackerToken);

/// Counts a client in.
///
/// # Errors
/// The server stops, or there are as many clients as may be (503).
pub(in crate::server) fn take_place(server: &Server) -> Result<Place, Problem> {
    if server.is_stopping() {
        return Err(Problem::stopping());
    }
    let client = server.live.enter(server.settings.max_clients);
    let client = client.ok_or_else(|| Problem::unavailable("too_many_clients", "there is no room for another client"))?;
    Ok((client, server.tasks.token()))
}

impl Observer for Live {
    fn appended(&self, _: &AppendRequest, outcome: &Result<Appended, StoreError>, _: Duration) {
        if outcome.is_ok() {
            self.wake();
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
