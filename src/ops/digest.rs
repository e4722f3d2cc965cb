//! The digest of a store, a stream or a category: the proof that a copy has the same events.

use serde::Serialize;

use crate::event::Digest;
use crate::event::EventView;
use crate::event::JsonError;
use crate::event::Original;
use crate::event::StreamName;
use crate::event::digest_hash;
use crate::event::source_without_id;
use crate::ops::error::OpsError;
use crate::ops::not_found::must_exist;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;

/// The input of a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestEvents {
    /// The stream; none: all streams.
    pub stream: Option<StreamName>,
    /// The categories; none: all.
    pub categories: Vec<String>,
}

/// The digest of events of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestReport {
    /// The place of the store.
    pub store: String,
    /// The stream, if only one was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The categories, if only some were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The number of events, and the sum of their hashes.
    #[serde(flatten)]
    pub digest: Digest,
}

/// Computes the digest of events in one pass. `progress` gets the number of events that were read since the last report.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`StoreError::Integrity`] when an event is damaged.
pub async fn digest_events(
    store: &Store,
    input: &DigestEvents,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<DigestReport, OpsError> {
    let query = match &input.stream {
        Some(stream) => {
            must_exist(store, stream.clone()).await?;
            ReadQuery::stream(stream.clone())
        }
        None => ReadQuery::all().categories(input.categories.clone()),
    };
    let mut digest = Digest::default();
    let mut scan = store.scan(query);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let source = source_of(store, &event);
            let event = EventView { source: source.as_deref().or(event.source), ..event };
            let hash = Original::of(&event).and_then(|original| digest_hash(&original));
            digest.add(hash.map_err(|error| no_original(&event, &error))?);
        }
        progress(chunk.len() as u64);
    }
    let (stream, categories) = (input.stream.as_ref().map(ToString::to_string), input.categories.clone());
    Ok(DigestReport { store: store.place(), stream, categories, digest })
}

/// Returns the source of an event of another program that has no id of its own; `None` for other events.
pub(super) fn source_of(store: &Store, event: &EventView<'_>) -> Option<String> {
    event.source.filter(|_| store.derives_id(event)).map(source_without_id)
}

/// Returns the error for an event whose original cannot be read.
pub(super) fn no_original(event: &EventView<'_>, error: &JsonError) -> OpsError {
    let (stream, version, position) = (event.stream, event.version, event.position);
    StoreError::integrity(format!("the event at position {position} (stream {stream}, version {version}): {error}")).into()
}
