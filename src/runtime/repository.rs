//! Typed access to the aggregates of one type: load, decide, append and retry. For applications built on this crate.

use serde_json::json;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::decided;
use crate::event::JsonObject;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::runtime::clock::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::content_of;
use crate::runtime::new_events::WriteRequest;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::stream_state::StreamState;
use crate::runtime::write_options::WriteOptions;
use crate::runtime::writer::WriteOutcome;
use crate::runtime::writer::Writer;
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
    /// Returns the aggregates of a store. A snapshot of each is taken every 100 events.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { writer: Writer::new(store, clock, SnapshotPolicy::default()) }
    }

    /// Returns the same aggregates with another snapshot policy.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: SnapshotPolicy) -> Self {
        self.writer.snapshots = snapshots;
        self
    }

    /// Returns the store.
    pub(super) fn store(&self) -> &Store {
        &self.writer.store
    }

    /// Loads the current state of an aggregate, from the newest snapshot and the events after it. A store that does not
    /// exist yet has no events.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] if an event failed to apply.
    pub async fn load(&self, id: &str) -> Result<AggregateFold<A>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        Ok(StreamState::load(self.store(), &stream, AggregateFold::new(stream.as_str())).await?.fold)
    }

    /// Executes a command: loads, decides and appends. After a conflict it loads and decides again. Returns the state
    /// after it. `who` is a client id or [`WriteOptions`], which can also expect a version or carry an idempotency key.
    ///
    /// # Errors
    /// [`RuntimeError::Decide`] for a rejection, [`RuntimeError::RetriesExhausted`] after too many conflicts, and
    /// [`RuntimeError::KeyReused`] if the idempotency key was used for another command.
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

    /// Writes as [`Repository::execute`] does, with events that a closure decides. `content` distinguishes two commands
    /// under one idempotency key.
    pub(super) async fn write(
        &self,
        id: &str,
        command: Option<&str>,
        content: String,
        options: &WriteOptions,
        mut decide: impl FnMut(&AggregateFold<A>, Timestamp) -> Result<Vec<A::Event>, RuntimeError>,
    ) -> Result<WriteOutcome<AggregateFold<A>>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        let request = WriteRequest { stream: &stream, command, content, options };
        let decide = |fold: &AggregateFold<A>, now| Ok(decided(&decide(fold, now)?)?);
        self.writer.write(&request, || AggregateFold::new(stream.as_str()), decide).await
    }
}
