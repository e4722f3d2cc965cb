//! Checking events with the fold of their stream's domain before they are appended.

use crate::domain;
use crate::event::EventView;
use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::failure::in_full;
use crate::runtime::LoadOptions;
use crate::runtime::Loaded;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Checks that the domain of a stream can apply events. Returns the version that the stream must have for this to hold.
///
/// # Errors
/// [`OpsError::DoesNotApply`] when an event cannot be applied.
pub(super) async fn must_apply(
    store: &Store,
    stream: &StreamName,
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Result<ExpectedVersion, OpsError> {
    let Some(domain) = domain::of_category(stream.category()) else { return Ok(expected) };
    let mut fold = (domain.aggregate)(stream.as_str());
    let loaded = match load(store, stream, &mut *fold, LoadOptions::default()).await {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Loaded::default(),
        loaded => loaded?,
    };
    // The store reports another version or known events by itself.
    let ids = events.iter().map(|event| event.event_id).collect();
    if !expected.holds(loaded.version) || !no_store_is_empty(store.events_by_id(ids).await)?.is_empty() {
        return Ok(expected);
    }
    let own_prefix = format!("{}.", domain.category);
    for (number, (event, version)) in (1..).zip(events.iter().zip(loaded.version.0 + 1..)) {
        let event_type = event.event_type.as_str();
        let refused = |reason: String| {
            let stream = stream.to_string();
            Err(OpsError::DoesNotApply { number, event_type: event_type.to_owned(), stream, reason })
        };
        if event_type.starts_with(&own_prefix) && !(domain.knows_event)(event_type) {
            return refused(format!("the {} domain has no such event", domain.category));
        }
        let view = EventView {
            position: Position::ZERO,
            event_id: event.event_id,
            stream: stream.as_str(),
            version: Version(version),
            event_type,
            schema_version: event.schema_version,
            recorded_at: loaded.recorded_at,
            data: event.data.as_str(),
            metadata: event.metadata.as_str(),
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: None,
        };
        if let Err(error) = fold.apply(&view) {
            return refused(in_full(&error));
        }
    }
    Ok(match expected {
        ExpectedVersion::Any | ExpectedVersion::Exists => ExpectedVersion::Exact(loaded.version),
        exact => exact,
    })
}
