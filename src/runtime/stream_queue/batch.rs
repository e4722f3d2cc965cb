//! A batch: the events of several commands on one stream, decided one after the other and appended together.

use std::iter;
use std::ops::Range;
use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::runtime::stream_state::StreamState;
use crate::store::Appended;
use crate::store::Outcome;
use crate::store::StoreError;

/// Maximum number of commands with events in one batch.
const MAX_COMMANDS: usize = 100;
/// Maximum number of events in one batch of several commands.
const MAX_EVENTS: usize = 1000;
/// Maximum size of the data and metadata in one batch of several commands, in bytes. MongoDB accepts 12 MiB in one
/// append.
const MAX_BYTES: usize = 4 << 20;

/// The commands on one stream that are decided on one evolving state, and their events.
pub(in crate::runtime) struct Batch<F> {
    stream: StreamName,
    /// The state that is in the store.
    before: StreamState<F>,
    /// The number of the round in which `before` was loaded; `None` when it was carried over from an earlier batch.
    pub(super) loaded_in: Option<u64>,
    /// The state with the events of the batch; `None` when it has to be made from `before`.
    current: Option<StreamState<F>>,
    pub(super) events: Vec<NewEvent>,
    /// The moment at which each event was decided.
    moments: Vec<Timestamp>,
    bytes: usize,
    /// Number of commands with events.
    pub(super) commands: usize,
    /// Set if the command of the batch has to be tried alone.
    alone: bool,
    full: bool,
    /// Set if a command entered after the state was loaded.
    late: bool,
    /// Set if the set of quarantined events has changed since the state was made. Nothing was appended then.
    stale: bool,
    result: Results<F>,
}

impl<F: Fold + Clone> Batch<F> {
    /// Makes an empty batch on a state.
    pub(super) fn new(stream: StreamName, before: StreamState<F>, loaded_in: Option<u64>) -> Self {
        Self {
            stream,
            before,
            loaded_in,
            current: None,
            events: Vec::new(),
            moments: Vec::new(),
            bytes: 0,
            commands: 0,
            alone: false,
            full: false,
            late: false,
            stale: false,
            result: watch::Sender::new(None),
        }
    }

    /// Returns the state that the next command is decided on.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] when an event of the batch cannot be applied.
    pub(in crate::runtime) fn state(&mut self) -> Result<&StreamState<F>, RuntimeError> {
        if self.events.is_empty() {
            return Ok(&self.before);
        }
        let current = match self.current.take() {
            Some(current) => current,
            None => {
                let mut current = self.before.clone();
                current.rehearse(&self.stream, &self.events, self.moments.iter().copied())?;
                current
            }
        };
        Ok(self.current.insert(current))
    }

    /// Adds the events of a command, decided on [`Batch::state`] at a time. `alone` keeps other commands out of the
    /// batch. `None` if there is no room; nothing was added then.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] when an event cannot be applied to the state it was decided on; nothing was added.
    pub(in crate::runtime) fn add(
        &mut self,
        events: Vec<NewEvent>,
        moment: Timestamp,
        alone: bool,
    ) -> Result<Option<Ticket<F>>, RuntimeError> {
        let bytes: usize = events.iter().map(|event| event.data.as_str().len() + event.metadata.as_str().len()).sum();
        let fits = !alone
            && !self.alone
            && self.commands < MAX_COMMANDS
            && self.events.len() + events.len() <= MAX_EVENTS
            && self.bytes + bytes <= MAX_BYTES;
        if self.commands > 0 && !fits {
            self.full = true;
            return Ok(None);
        }
        // Empty after an error or a panic. It is then made again, without these events.
        let mut current = self.current.take().unwrap_or_else(|| self.before.clone());
        current.rehearse(&self.stream, &events, iter::repeat(moment))?;
        self.current = Some(current);
        let first = self.events.len();
        self.moments.extend(iter::repeat_n(moment, events.len()));
        self.events.extend(events);
        self.bytes += bytes;
        self.commands += 1;
        self.alone = alone;
        Ok(Some(self.ticket(first..self.events.len())))
    }

    /// Returns a ticket for a command that adds nothing: its answer depends on the events before it.
    pub(in crate::runtime) fn depend(&self) -> Ticket<F> {
        self.ticket(self.events.len()..self.events.len())
    }

    fn ticket(&self, events: Range<usize>) -> Ticket<F> {
        Ticket { result: self.result.subscribe(), events }
    }

    /// Returns true if the batch has an event of this id.
    pub(in crate::runtime) fn contains(&self, event_id: Uuid) -> bool {
        self.events.iter().any(|event| event.event_id == event_id)
    }

    /// Returns true if a command waits for the answer of the batch.
    pub(super) fn has_tickets(&self) -> bool {
        self.result.receiver_count() > 0
    }

    /// Returns true if the batch accepts no more commands.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Returns the version that the stream must have when the batch is appended.
    pub(super) fn expected(&self) -> Version {
        self.before.loaded.version
    }

    /// Records that a command decides that entered in a round. Returns true if the state was loaded after it entered.
    pub(super) fn meets(&mut self, entered_in: u64) -> bool {
        let is_newer = self.loaded_in.is_some_and(|number| number > entered_in);
        self.late |= !is_newer;
        is_newer
    }

    /// Returns the version of the set of quarantined events that the state was made with; `None` if the state was
    /// loaded after every command entered.
    pub(super) fn quarantine_to_check(&self) -> Option<Version> {
        self.late.then_some(self.before.loaded.quarantine)
    }

    /// Records that the set of quarantined events has changed. Every command of the batch decides again.
    pub(super) fn set_stale(&mut self) {
        self.stale = true;
    }

    /// Returns the time of the last decision.
    pub(super) fn last_moment(&self) -> Option<Timestamp> {
        self.moments.iter().max().copied()
    }

    /// Returns the batch with the answer of the store, and the channel to the waiting commands.
    pub(super) fn committed(self, outcome: Result<Appended, StoreError>) -> (Committed<F>, Results<F>) {
        let Self { stream, before, events, commands, stale, .. } = self;
        (Committed { stream, before, events, commands, stale, outcome }, self.result)
    }
}

/// The channel through which waiting commands receive the batch.
type Results<F> = watch::Sender<Option<Arc<Committed<F>>>>;

/// A batch that was sent to the store, and the answer of the store.
pub(super) struct Committed<F> {
    stream: StreamName,
    before: StreamState<F>,
    events: Vec<NewEvent>,
    commands: usize,
    stale: bool,
    pub(super) outcome: Result<Appended, StoreError>,
}

impl<F: Fold + Clone> Committed<F> {
    /// Returns the answer of the store, if the events of the batch directly follow the state they were decided on.
    pub(super) fn applied(&self) -> Option<&Appended> {
        // An append that was repeated after a broken connection is answered as applied before.
        let follows = |appended: &&Appended| match appended.events.first() {
            Some(first) => first.version == self.before.loaded.version.next(),
            None => true,
        };
        self.outcome.as_ref().ok().filter(|_| !self.stale).filter(follows)
    }

    /// Returns true if one of several commands may have caused the failure. Each is then tried alone.
    pub(super) fn should_be_split(&self) -> bool {
        let of_one = match &self.outcome {
            Ok(_) => self.applied().is_none() && !self.stale,
            Err(error) => matches!(error, StoreError::IdConflict { .. } | StoreError::Invalid(_)),
        };
        of_one && self.commands > 1
    }

    /// Returns the state after the whole batch.
    ///
    /// # Errors
    /// As [`Committed::state_after`].
    pub(super) fn state_after_all(&self) -> Result<StreamState<F>, RuntimeError> {
        self.state_after(self.events.len())
    }

    /// Returns the state after the first `count` events of the batch, as they were recorded.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] when an event cannot be applied.
    pub(super) fn state_after(&self, count: usize) -> Result<StreamState<F>, RuntimeError> {
        let mut state = self.before.clone();
        self.advance(&mut state, 0..count)?;
        Ok(state)
    }

    fn advance(&self, state: &mut StreamState<F>, events: Range<usize>) -> Result<(), RuntimeError> {
        let recorded = self.outcome.as_ref().map(|appended| appended.events.as_slice()).unwrap_or_default();
        let recorded = recorded.iter().skip(events.start).map(|event| (event.position, event.recorded_at, event.hash));
        state.apply(&self.stream, &self.events[events], recorded)
    }
}

/// The claim of a command to the answer of its batch.
pub(in crate::runtime) struct Ticket<F> {
    result: watch::Receiver<Option<Arc<Committed<F>>>>,
    events: Range<usize>,
}

/// The answer of a batch to one of its commands.
pub(in crate::runtime) enum BatchAnswer<F> {
    /// All events up to those of the command are in the store.
    Recorded {
        /// The state after them.
        state: StreamState<F>,
        /// The version before those of the command.
        before: Version,
        /// The fold before them, where it was asked for.
        fold_before: Option<F>,
        /// Applied now, or before.
        outcome: Outcome,
        /// Time by which the clock was behind that of the store, in microseconds; 0 if it was not.
        clock_behind_micros: u64,
    },
    /// Another program has changed the stream.
    Conflict {
        /// The answer of the store.
        conflict: StoreError,
        /// Set if the command is the first one of the batch, which reports the conflict.
        first: bool,
    },
    /// Nothing was decided because of another command. The command has to decide again.
    Again {
        /// Set if it has to be alone in its batch.
        alone: bool,
    },
    /// The store failed.
    Failed(StoreError),
}

impl<F: Fold + Clone> Ticket<F> {
    /// Waits for the answer of the batch. `with_before` asks for the fold before the events of the command as well.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] when an event of the batch cannot be applied.
    pub(in crate::runtime) async fn answer(mut self, with_before: bool) -> Result<BatchAnswer<F>, RuntimeError> {
        let committed = match self.result.wait_for(Option::is_some).await {
            Ok(committed) => committed.clone(),
            Err(_) => None,
        };
        let Some(committed) = committed else {
            let message = "the task that writes this stream has ended during an append".into();
            return Ok(BatchAnswer::Failed(StoreError::OutcomeUnknown { message, source: None }));
        };
        self.judge(&committed, with_before)
    }

    fn judge(&self, committed: &Committed<F>, with_before: bool) -> Result<BatchAnswer<F>, RuntimeError> {
        if let Some(&Appended { outcome, clock_behind_micros, .. }) = committed.applied() {
            let mut state = committed.state_after(self.events.start)?;
            let before = state.loaded.version;
            let fold_before = with_before.then(|| state.fold.clone());
            committed.advance(&mut state, self.events.clone())?;
            return Ok(BatchAnswer::Recorded { state, before, fold_before, outcome, clock_behind_micros });
        }
        let first = self.events.start == 0;
        Ok(match &committed.outcome {
            _ if committed.stale => BatchAnswer::Again { alone: false },
            _ if committed.should_be_split() => BatchAnswer::Again { alone: true },
            Ok(_) => BatchAnswer::Again { alone: false },
            Err(_) if self.events.is_empty() => BatchAnswer::Again { alone: false },
            Err(conflict @ (StoreError::Conflict { .. } | StoreError::IdConflict { .. })) => {
                BatchAnswer::Conflict { conflict: conflict.clone(), first }
            }
            Err(error) => BatchAnswer::Failed(error.clone()),
        })
    }
}
