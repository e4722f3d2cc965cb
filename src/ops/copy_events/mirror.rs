//! A mirror: a copy to which each new event of the source is added.

use std::mem;
use std::time::Duration;

use serde_json::json;

use crate::event::EventChunk;
use crate::event::OWN_LAYOUT;
use crate::event::Position;
use crate::ops::copy_events::claim::Claim;
use crate::ops::copy_events::copy::drafts;
use crate::ops::copy_events::copy::empty_report;
use crate::ops::copy_events::copy_record::check_target;
use crate::ops::copy_events::copy_record::follow_token;
use crate::ops::copy_events::copy_record::write_token;
use crate::ops::copy_events::draft::Drafting;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::report::CopyEventsReport;
use crate::ops::copy_events::writer::Writer;
use crate::ops::error::OpsError;
use crate::ops::follow_events::FollowEvents;
use crate::ops::follow_events::FollowUpdate;
use crate::ops::tail_events::Tail;
use crate::ops::tail_events::TailEvents;
use crate::ops::tail_events::TailStart;
use crate::ops::tail_events::TailUpdate;
use crate::runtime::Clock;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::follow::FollowWait;

/// The longest place of a follower that a target keeps. A store without an order has a place in each stream.
const MAX_TOKEN_BYTES: usize = 900_000;
/// The pause between two attempts to write to a target that is unavailable.
const UNAVAILABLE: Duration = Duration::from_millis(250);

/// An item of a mirror.
#[derive(Debug)]
pub enum MirrorUpdate {
    /// Events were added. The report has only these.
    Events(Box<CopyEventsReport>),
    /// Nothing new.
    Nothing,
    /// Events of the source wait for more than two seconds. Reported once for each hole.
    Waiting(FollowWait),
    /// A fact about the source, reported once.
    Note(String),
    /// The source or the target became unavailable. The mirror keeps trying.
    Unavailable(StoreError),
    /// Both are available again. No event was missed.
    Available,
}

/// The new events of a source.
enum Feed {
    Foreign(Box<FollowEvents>),
    Own(Box<Tail>),
}

/// Returns true if a target keeps the place of a follower, from which a mirror goes on without a copy before.
///
/// # Errors
/// An error of the target.
pub async fn keeps_place(target: &Store) -> Result<bool, OpsError> {
    Ok(follow_token(target).await?.is_some())
}

/// A mirror in progress.
pub struct Mirror<'i> {
    target: Store,
    input: &'i CopyEvents,
    clock: Clock,
    /// True once the target has events of this mirror.
    is_begun: bool,
    feed: Feed,
    drafting: Drafting<'i>,
    writer: Writer<'i>,
    /// The report to begin with.
    empty: CopyEventsReport,
    /// Events that could not be written yet.
    pending: Option<EventChunk>,
    unavailable: bool,
}

impl<'i> Mirror<'i> {
    /// Begins after a copy. `copied` is the last position of a source of esctl before the copy began.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] for several streams, which cannot be followed together; [`OpsError::Conflict`] when the target is another
    /// copy.
    pub async fn open(
        source: &'i Store,
        target: &Store,
        input: &'i CopyEvents,
        copied: Position,
        clock: Clock,
    ) -> Result<Self, OpsError> {
        let is_begun = check_target(target, input).await?;
        if input.streams.len() > 1 {
            return Err(OpsError::Invalid("several streams cannot be followed together; name one, a category, or none".into()));
        }
        let start = if source.abilities().dense { copied.0 } else { 0 };
        let stream = input.streams.first().cloned();
        let start = match &stream {
            Some(stream) if source.abilities().dense => source.stream_version(stream.clone()).await?.0.min(start),
            _ => start,
        };
        let tail =
            TailEvents { stream, categories: input.categories.clone(), start: TailStart::After(start), ..TailEvents::default() };
        let feed = match source.abilities().dense {
            true => Feed::Own(Box::new(Tail::open(source, &tail).await?)),
            false => {
                let token = follow_token(target).await?;
                Feed::Foreign(Box::new(FollowEvents::open(source, &tail, token, clock.clone()).await?))
            }
        };
        let last = target.head().await?.recorded_at;
        let layout = input.layout.as_deref().unwrap_or(OWN_LAYOUT);
        Ok(Self {
            target: target.clone(),
            input,
            clock,
            is_begun,
            feed,
            drafting: Drafting::new(source, input),
            writer: Writer::new(target, input, layout, last, true),
            empty: empty_report(target, input),
            pending: None,
            unavailable: false,
        })
    }

    /// Waits for the next item.
    ///
    /// # Errors
    /// An error of the source or of the target, other than [`StoreError::Unavailable`].
    pub async fn next(&mut self) -> Result<MirrorUpdate, OpsError> {
        if let Some(events) = self.pending.take() {
            tokio::time::sleep(UNAVAILABLE).await;
            return self.write(events).await;
        }
        let events = match &mut self.feed {
            Feed::Own(tail) => match tail.next().await? {
                TailUpdate::Events(events) => events.clone(),
                TailUpdate::Unavailable(error) => return Ok(MirrorUpdate::Unavailable(error)),
                TailUpdate::Available => return Ok(MirrorUpdate::Available),
                TailUpdate::Ended => return Ok(MirrorUpdate::Nothing),
            },
            Feed::Foreign(follower) => match follower.next().await? {
                FollowUpdate::Events { events, recovered, .. } => {
                    self.unavailable |= recovered;
                    events
                }
                FollowUpdate::Nothing | FollowUpdate::Ended => return Ok(MirrorUpdate::Nothing),
                FollowUpdate::Waiting(wait) => return Ok(MirrorUpdate::Waiting(wait)),
                FollowUpdate::Note(note) => return Ok(MirrorUpdate::Note(note)),
                FollowUpdate::Unavailable(error) => return Ok(MirrorUpdate::Unavailable(error)),
                FollowUpdate::Available => return Ok(MirrorUpdate::Available),
            },
        };
        self.write(events).await
    }

    /// Writes events. Those that cannot be written now are kept for the next call.
    async fn write(&mut self, events: EventChunk) -> Result<MirrorUpdate, OpsError> {
        let mut report = self.empty.clone();
        let mut written = self.try_write(&events, &mut report).await;
        if let Err(OpsError::Conflict(_)) = written {
            // Another program has appended an event to the mirror. It is found when the ends of streams are read again.
            report = self.empty.clone();
            self.writer.continue_after(self.target.head().await?.recorded_at);
            written = self.try_write(&events, &mut report).await;
        }
        match written {
            Ok(()) => {}
            Err(OpsError::Runtime(RuntimeError::Store(
                error @ (StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }),
            ))) => {
                // What was written is found by its ids.
                self.pending = Some(events);
                let is_known = mem::replace(&mut self.unavailable, true);
                return Ok(if is_known { MirrorUpdate::Nothing } else { MirrorUpdate::Unavailable(error) });
            }
            Err(error) => return Err(error),
        }
        self.unavailable = false;
        let left = report.late.events + report.not_copied.events + report.differing.events + report.refused.events;
        let is_new = report.events_copied + left > 0;
        Ok(if is_new { MirrorUpdate::Events(Box::new(report)) } else { MirrorUpdate::Nothing })
    }

    async fn try_write(&mut self, events: &EventChunk, report: &mut CopyEventsReport) -> Result<(), OpsError> {
        if self.unavailable {
            self.writer.continue_after(self.target.head().await?.recorded_at);
        }
        let drafts = drafts(&mut self.drafting, events, events.len(), true, report)?;
        if self.is_begun {
            self.writer.write(drafts, report).await?;
        } else {
            let mut claim = Claim::on(&self.target, self.input, &self.clock).await?;
            let written = match claim.renew(&self.target, self.input).await {
                Ok(()) => self.writer.write(drafts, report).await,
                Err(error) => Err(error),
            };
            claim.release(&self.target).await;
            written?;
            self.is_begun = report.events_copied > 0;
        }
        if let Feed::Foreign(follower) = &self.feed {
            // A process that is killed before this hands the events out again, and they are found by their ids.
            // Without it, another process begins with a copy: also to find the events of a stopped stream.
            let token = Some(follower.token()).filter(|token| token.len() <= MAX_TOKEN_BYTES && !self.writer.has_stopped());
            write_token(&self.target, &json!({ "token": token })).await?;
        }
        Ok(())
    }
}
