//! Typed load, decide, append, retry for one aggregate: what a program built on this crate uses.

use serde_json::json;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::decided;
use crate::event::JsonObject;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::content_of;
use crate::runtime::new_events::Wish;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::stream_state::StreamState;
use crate::runtime::write_options::WriteOptions;
use crate::runtime::writer::Writer;
use crate::runtime::writer::Written;
use crate::store::Store;

/// The aggregates of one type in a store. Cheap to clone.
pub struct Repository<A> {
    writer: Writer<AggregateFold<A>>,
}

impl<A> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self { writer: self.writer.clone() }
    }
}

impl<A: Aggregate> Repository<A> {
    /// The aggregates of a store; a snapshot of each is taken every 100 events.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { writer: Writer::new(store, clock, SnapshotPolicy::default()) }
    }

    /// The same, with another policy for snapshots.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: SnapshotPolicy) -> Self {
        self.writer.snapshots = snapshots;
        self
    }

    /// The store they are in.
    pub(super) fn store(&self) -> &Store {
        &self.writer.store
    }

    /// Its state as it is now, from the newest snapshot and the events after it.
    ///
    /// # Errors
    /// As the store says, or when an event cannot be read. A store that is not there yet has no events.
    pub async fn load(&self, id: &str) -> Result<AggregateFold<A>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        Ok(StreamState::load(self.store(), &stream, AggregateFold::new(stream.as_str())).await?.fold)
    }

    /// Loads, decides and appends; after a conflict loads and decides again. Returns the state after it. `who` is a client id,
    /// or [`WriteOptions`], which can also expect a version or carry an idempotency key.
    ///
    /// # Errors
    /// A rejection ([`RuntimeError::Decide`]), [`RuntimeError::RetriesExhausted`], [`RuntimeError::KeyReused`] for another
    /// command under the same idempotency key, or as the store says.
    pub async fn execute(
        &self,
        id: &str,
        command: &A::Command,
        who: impl Into<WriteOptions>,
    ) -> Result<AggregateFold<A>, RuntimeError> {
        let options = who.into();
        let content = match options.idempotency_key {
            Some(_) => content_of("", JsonObject::of(&json!({ "command": command }))?.as_str()),
            None => String::new(),
        };
        let decide = |fold: &AggregateFold<A>, now| {
            let events = fold.state().decide(fold.id(), command, now);
            Ok(events.map_err(|no| DecideError::Rejected(no.into()))?)
        };
        let written = self.write(id, None, content, &options, decide).await?;
        Ok(written.fold)
    }

    /// As [`Repository::execute`], where the events are decided by a closure. `content` tells two wishes under one
    /// idempotency key apart.
    pub(super) async fn write(
        &self,
        id: &str,
        command: Option<&str>,
        content: String,
        options: &WriteOptions,
        mut decide: impl FnMut(&AggregateFold<A>, Timestamp) -> Result<Vec<A::Event>, RuntimeError>,
    ) -> Result<Written<AggregateFold<A>>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        let wish = Wish { stream: &stream, command, content, options };
        let decide = |fold: &AggregateFold<A>, now| Ok(decided(&decide(fold, now)?)?);
        self.writer.write(&wish, || AggregateFold::new(stream.as_str()), decide).await
    }
}
