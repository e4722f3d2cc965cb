//! The state of a stream at a version.

use crate::aggregate::Fold;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::Loaded;
use crate::runtime::load::apply;
use crate::runtime::load::load;
use crate::store::Store;
use crate::store::StoreError;

/// A state, and the version and position of its last event.
#[derive(Clone)]
pub(super) struct StreamState<F> {
    /// The state.
    pub(super) fold: F,
    /// The version and position of its last event.
    pub(super) loaded: Loaded,
}

impl<F: Fold> StreamState<F> {
    /// Loads the current state of a stream into an empty fold. A store that does not exist yet has no events.
    ///
    /// # Errors
    /// As [`load`].
    pub(super) async fn load(store: &Store, stream: &StreamName, mut empty: F) -> Result<Self, RuntimeError> {
        let loaded = none_when_no_store(load(store, stream, &mut empty, LoadOptions::default()).await)?;
        Ok(Self { fold: empty, loaded })
    }

    /// Applies new events, each with its position, time and hash.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] if an event failed to apply. The events before it are applied.
    pub(super) fn apply(
        &mut self,
        stream: &StreamName,
        events: &[NewEvent],
        recorded: impl IntoIterator<Item = (Position, Timestamp, Hash)>,
    ) -> Result<(), RuntimeError> {
        for (event, (position, recorded_at, hash)) in events.iter().zip(recorded) {
            let version = self.loaded.version.next();
            let view = EventView {
                position,
                event_id: event.event_id,
                stream: stream.as_str(),
                version,
                event_type: event.event_type.as_str(),
                schema_version: event.schema_version,
                recorded_at,
                data: event.data.as_str(),
                metadata: event.metadata.as_str(),
                hash,
                kept_content: None,
                quarantined: false,
                source: None,
            };
            apply(&mut self.fold, &view)?;
            let loaded = &mut self.loaded;
            (loaded.version, loaded.position, loaded.recorded_at, loaded.hash) = (version, position, recorded_at, hash);
        }
        Ok(())
    }

    /// Applies events that are not recorded yet, each as if recorded at its time.
    ///
    /// # Errors
    /// As [`StreamState::apply`].
    pub(super) fn rehearse(
        &mut self,
        stream: &StreamName,
        events: &[NewEvent],
        moments: impl IntoIterator<Item = Timestamp>,
    ) -> Result<(), RuntimeError> {
        self.apply(stream, events, moments.into_iter().map(|moment| (Position::ZERO, moment, Hash::ZERO)))
    }
}

/// Treats a store that does not exist yet as one without events. A write creates it.
pub(super) fn none_when_no_store(result: Result<Loaded, RuntimeError>) -> Result<Loaded, RuntimeError> {
    match result {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Ok(Loaded::default()),
        result => result,
    }
}
