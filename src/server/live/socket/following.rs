//! The streams that one client follows.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::CURSOR_BEYOND_END;
use crate::ops::OpsError;
use crate::runtime::RuntimeError;
use crate::server::Problem;
use crate::server::Server;
use crate::server::live::Bell;
use crate::server::live::Form;
use crate::server::live::Step;
use crate::server::live::Subscription;
use crate::server::live::socket::close::End;
use crate::server::live::socket::messages::Told;
use crate::server::live::socket::messages::refusal;
use crate::server::live::socket::out::Out;
use crate::server::live::state::SeenState;
use crate::server::live::state::state_of;
use crate::server::sight::Sight;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// How many streams one client may follow.
const MOST: usize = 100;
/// When a store that was not reachable is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The streams that one client follows.
#[derive(Default)]
pub(super) struct Following {
    /// Rung when there is something to tell.
    pub(super) bell: Bell,
    /// When to look again although it was not rung: the store was away.
    pub(super) again: Option<Instant>,
    streams: Vec<Followed>,
}

/// A stream that is followed.
struct Followed {
    subscription: Subscription,
    sight: Sight,
    server: Server,
    /// Set where the client's state may be another one by a quarantine or a release; sent as soon as no event is left.
    restate: bool,
    /// What the client calls its wish, until it is live.
    request_id: Option<Value>,
    /// Whether it is still told what it had missed, and has to hear that this was all.
    replaying: bool,
}

impl Following {
    /// Begins to follow a stream: with its state, or after an event that the client has seen. Whoever follows it already
    /// begins anew.
    pub(super) async fn begin(
        &mut self,
        server: &Server,
        out: &mut Out,
        stream: StreamName,
        last_event_id: Option<Version>,
        sight: Sight,
        request_id: Option<Value>,
    ) -> Result<Result<(), Problem>, End> {
        self.end(stream.as_str());
        if self.streams.len() >= MOST {
            let message = format!("one client can follow {MOST} streams");
            return Ok(Err(Problem::bad_request("too_many_subscriptions", message).with("limit", MOST)));
        }
        let after = last_event_id.unwrap_or(Version::ZERO);
        let mut subscription = server.live.subscribe(&stream, after, self.bell.clone());
        let mut restate = false;
        match last_event_id {
            Some(last_event_id) => {
                // While the client was away an event may have been quarantined or released.
                restate = match no_store_is_empty(server.store.quarantine().await) {
                    Ok(quarantine) => quarantine.has_concerned(stream.as_str()),
                    Err(error) => return Ok(Err(error.into())),
                };
                out.say(&Told::ReplayStart { stream: stream.as_str(), last_event_id }).await?;
            }
            None => {
                let found = match state_of(&server.store, &stream, &sight, (server.clock)(), None).await {
                    Ok(found) => found,
                    Err(error) => return Ok(Err(error.into())),
                };
                let SeenState { version, state, left_out } = found;
                out.say(&Told::State { stream: stream.as_str(), event_id: version, state, left_out }).await?;
                subscription.begin_after(version);
            }
        }
        let replaying = last_event_id.is_some();
        self.streams.push(Followed { subscription, sight, server: server.clone(), restate, request_id, replaying });
        self.bell.notify_one();
        Ok(Ok(()))
    }

    /// Follows a stream no longer.
    pub(super) fn end(&mut self, stream: &str) {
        self.streams.retain(|followed| followed.subscription.stream().as_str() != stream);
    }

    /// Tells the client what there is, of each stream a part; rings the bell if there may be more.
    pub(super) async fn tell(&mut self, out: &mut Out) -> Result<(), End> {
        self.again = None;
        let mut more = false;
        let mut index = 0;
        while let Some(followed) = self.streams.get_mut(index) {
            match followed.tell(out).await? {
                Progress::All => {}
                Progress::Part => more = true,
                Progress::Later => self.again = Some(Instant::now() + AGAIN),
                Progress::Failed(problem) => {
                    let followed = self.streams.remove(index);
                    let stream = followed.subscription.stream().as_str();
                    out.say(&refusal(followed.request_id.as_ref(), Some(stream), &problem)).await?;
                    continue;
                }
            }
            index += 1;
        }
        if more {
            self.bell.notify_one();
        }
        out.flush().await
    }
}

/// What became of telling.
enum Progress {
    All,
    Part,
    Later,
    Failed(Problem),
}

impl Followed {
    async fn tell(&mut self, out: &mut Out) -> Result<Progress, End> {
        let step = match self.subscription.step().await {
            Err(StoreError::Unavailable { .. }) => return Ok(Progress::Later),
            Err(error) => return Ok(Progress::Failed(error.into())),
            Ok(step) => step,
        };
        match step {
            Step::Idle => self.tell_restated(out).await,
            Step::TooSlow => Err(End::TooSlow),
            Step::NeverWas => Ok(Progress::Failed(self.never_was())),
            Step::CaughtUp => {
                if std::mem::take(&mut self.replaying) {
                    let (stream, event_id) = (self.subscription.stream().as_str(), self.subscription.seen());
                    out.say(&Told::ReplayComplete { stream, event_id }).await?;
                }
                self.request_id = None;
                Ok(Progress::Part)
            }
            Step::Events(events) => {
                for event in &events {
                    match event.text(Form::Message, self.sight.events()) {
                        Ok(text) => out.put(text).await?,
                        Err(error) => return Ok(Progress::Failed(error.into())),
                    }
                    // Counted one by one: a replay that is cut has been sent as far as it went.
                    self.server.metrics.resent(u64::from(self.replaying));
                }
                Ok(Progress::Part)
            }
        }
    }

    /// Sends the state again where an event that it is made of was quarantined or released. It is of the version that the
    /// client has seen, so no event is missed or doubled by it.
    async fn tell_restated(&mut self, out: &mut Out) -> Result<Progress, End> {
        self.restate |= self.subscription.take_restated();
        if !self.restate {
            return Ok(Progress::All);
        }
        let (server, stream, seen) = (&self.server, self.subscription.stream(), self.subscription.seen());
        match state_of(&server.store, stream, &self.sight, (server.clock)(), Some(seen)).await {
            Ok(SeenState { version, state, left_out }) => {
                out.say(&Told::State { stream: stream.as_str(), event_id: version, state, left_out }).await?;
            }
            Err(OpsError::Runtime(RuntimeError::Store(StoreError::Unavailable { .. }))) => return Ok(Progress::Later),
            // The events go on; a state that cannot be made is said to be none.
            Err(error) => out.say(&refusal(None, Some(stream.as_str()), &error.into())).await?,
        }
        self.restate = false;
        Ok(Progress::Part)
    }

    fn never_was(&self) -> Problem {
        let (stream, version) = (self.subscription.stream(), self.subscription.seen());
        let message = format!("lastEventId {version} is beyond the end of stream {stream}: the store is older than the client");
        Problem::not_found(CURSOR_BEYOND_END, message).hint("leave lastEventId out: the state comes first then")
    }
}
