//! The subscriptions of one WebSocket client.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::CURSOR_BEYOND_END;
use crate::ops::OpsError;
use crate::runtime::RuntimeError;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::live::socket::close::CloseReason;
use crate::server::live::socket::messages::ServerMessage;
use crate::server::live::socket::messages::error_message;
use crate::server::live::socket::outgoing::Outgoing;
use crate::server::live::state::LiveState;
use crate::server::live::state::state_of;
use crate::server::live::subscription::Delivery;
use crate::server::live::subscription::Subscription;
use crate::server::live::text::EventFormat;
use crate::server::live::topic::Notifier;
use crate::server::visibility::Visibility;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Maximum number of streams that a client may follow.
const MAX_STREAMS: usize = 100;
/// Delay before an unavailable store is read again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The subscriptions of a client.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// Notified if there is something to send.
    pub(super) notifier: Notifier,
    /// The time at which the store is read again after it was unavailable.
    pub(super) retry_at: Option<Instant>,
    streams: Vec<FollowedStream>,
}

/// A followed stream.
struct FollowedStream {
    subscription: Subscription,
    visibility: Visibility,
    server: Server,
    /// Set if a quarantine or release may have changed the state. It is sent when no event is left.
    restate: bool,
    /// The client's id of the request, until the subscription is live.
    request_id: Option<Value>,
    /// Set while missed events are sent. The client is informed when they are complete.
    replaying: bool,
}

impl Subscriptions {
    /// Follows a stream: with its state, or after an event that the client has seen. A stream that is followed already
    /// starts over.
    pub(super) async fn begin(
        &mut self,
        server: &Server,
        out: &mut Outgoing,
        stream: StreamName,
        last_event_id: Option<Version>,
        visibility: Visibility,
        request_id: Option<Value>,
    ) -> Result<Result<(), HttpProblem>, CloseReason> {
        self.end(stream.as_str());
        if self.streams.len() >= MAX_STREAMS {
            let message = format!("a client may follow at most {MAX_STREAMS} streams");
            return Ok(Err(HttpProblem::bad_request("too_many_subscriptions", message).with("limit", MAX_STREAMS)));
        }
        let after = last_event_id.unwrap_or(Version::ZERO);
        let mut subscription = server.live.subscribe(&stream, after, self.notifier.clone());
        let mut restate = false;
        match last_event_id {
            Some(last_event_id) => {
                // An event may have been quarantined or released while the client was disconnected.
                restate = match no_store_is_empty(server.store.quarantine().await) {
                    Ok(quarantine) => quarantine.has_concerned(stream.as_str()),
                    Err(error) => return Ok(Err(error.into())),
                };
                out.send(&ServerMessage::ReplayStart { stream: stream.as_str(), last_event_id }).await?;
            }
            None => {
                let found = match state_of(&server.store, &stream, &visibility, (server.clock)(), None).await {
                    Ok(found) => found,
                    Err(error) => return Ok(Err(error.into())),
                };
                let LiveState { version, state, left_out } = found;
                out.send(&ServerMessage::State { stream: stream.as_str(), event_id: version, state, left_out }).await?;
                subscription.begin_after(version);
            }
        }
        let replaying = last_event_id.is_some();
        self.streams.push(FollowedStream { subscription, visibility, server: server.clone(), restate, request_id, replaying });
        self.notifier.notify_one();
        Ok(Ok(()))
    }

    /// Stops following a stream.
    pub(super) fn end(&mut self, stream: &str) {
        self.streams.retain(|followed| followed.subscription.stream().as_str() != stream);
    }

    /// Sends what there is, a part of each stream at a time. Notifies itself if there may be more.
    pub(super) async fn send(&mut self, out: &mut Outgoing) -> Result<(), CloseReason> {
        self.retry_at = None;
        let mut more = false;
        let mut index = 0;
        while let Some(followed) = self.streams.get_mut(index) {
            match followed.send(out).await? {
                Progress::All => {}
                Progress::Part => more = true,
                Progress::Later => self.retry_at = Some(Instant::now() + RETRY_DELAY),
                Progress::Failed(problem) => {
                    let followed = self.streams.remove(index);
                    let stream = followed.subscription.stream().as_str();
                    out.send(&error_message(followed.request_id.as_ref(), Some(stream), &problem)).await?;
                    continue;
                }
            }
            index += 1;
        }
        if more {
            self.notifier.notify_one();
        }
        out.flush().await
    }
}

/// The result of sending.
enum Progress {
    All,
    Part,
    Later,
    Failed(HttpProblem),
}

impl FollowedStream {
    async fn send(&mut self, out: &mut Outgoing) -> Result<Progress, CloseReason> {
        let step = match self.subscription.step().await {
            Err(StoreError::Unavailable { .. }) => return Ok(Progress::Later),
            Err(error) => return Ok(Progress::Failed(error.into())),
            Ok(step) => step,
        };
        match step {
            Delivery::Idle => self.send_restated(out).await,
            Delivery::TooSlow => Err(CloseReason::TooSlow),
            Delivery::BeyondEnd => Ok(Progress::Failed(self.beyond_end())),
            Delivery::CaughtUp => {
                if std::mem::take(&mut self.replaying) {
                    let (stream, event_id) = (self.subscription.stream().as_str(), self.subscription.seen());
                    out.send(&ServerMessage::ReplayComplete { stream, event_id }).await?;
                }
                self.request_id = None;
                Ok(Progress::Part)
            }
            Delivery::Events(events) => {
                for event in &events {
                    match event.text(EventFormat::Message, self.visibility.events()) {
                        Ok(text) => out.queue(text).await?,
                        Err(error) => return Ok(Progress::Failed(error.into())),
                    }
                    // Counted one by one, because an interrupted replay has sent a part of them.
                    self.server.metrics.resent(u64::from(self.replaying));
                }
                Ok(Progress::Part)
            }
        }
    }

    /// Sends the state again after an event of it was quarantined or released. It is at the version that the client has
    /// seen, so no event is missed or duplicated.
    async fn send_restated(&mut self, out: &mut Outgoing) -> Result<Progress, CloseReason> {
        self.restate |= self.subscription.take_restated();
        if !self.restate {
            return Ok(Progress::All);
        }
        let (server, stream, seen) = (&self.server, self.subscription.stream(), self.subscription.seen());
        match state_of(&server.store, stream, &self.visibility, (server.clock)(), Some(seen)).await {
            Ok(LiveState { version, state, left_out }) => {
                out.send(&ServerMessage::State { stream: stream.as_str(), event_id: version, state, left_out }).await?;
            }
            Err(OpsError::Runtime(RuntimeError::Store(StoreError::Unavailable { .. }))) => return Ok(Progress::Later),
            // The events continue. The client is informed that there is no state.
            Err(error) => out.send(&error_message(None, Some(stream.as_str()), &error.into())).await?,
        }
        self.restate = false;
        Ok(Progress::Part)
    }

    fn beyond_end(&self) -> HttpProblem {
        let (stream, version) = (self.subscription.stream(), self.subscription.seen());
        let message = format!("lastEventId {version} is beyond the end of stream {stream}: the store is older than the client");
        HttpProblem::not_found(CURSOR_BEYOND_END, message).hint("omit lastEventId to start with the state")
    }
}
