//! New times for a copy of events that a wrong clock recorded. Times that are past and grow stay. Every other event gets the time
//! of the event before it plus a microsecond, and keeps the original time in its metadata.

use serde_json::Map;
use serde_json::Value;

use crate::event::EventView;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::ORIGINAL_TIME;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::replay::copy_event::copy_of;
use crate::store::ReadQuery;
use crate::store::Store;

/// Maximum size of that member in bytes.
pub(super) const EXTRA_BYTES: usize = 64;

/// The state of giving times to the events of a copy.
pub(super) struct Retime {
    now: Timestamp,
    /// The time of the last event of the copy.
    last: Timestamp,
    /// The number of events that got another time.
    pub(super) changed: u64,
}

impl Retime {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, last: Timestamp::MIN, changed: 0 }
    }

    /// Returns the next event of the copy and its time.
    pub(super) fn next(&mut self, event: &EventView<'_>) -> Result<(NewEvent, Timestamp), OpsError> {
        let mut new = copy_of(event)?;
        let stays = event.recorded_at > self.last && event.recorded_at <= self.now;
        let time = match self.last {
            _ if stays => event.recorded_at,
            // There is no earlier event.
            Timestamp::MIN => self.now,
            last => last.plus(std::time::Duration::from_micros(1)),
        };
        if !stays {
            new.metadata = with_original(event)?;
            self.changed += 1;
        }
        self.last = time;
        Ok((new, time))
    }

    /// Continues an interrupted copy.
    ///
    /// # Errors
    /// [`OpsError::Conflict`] when the target is not the beginning of such a copy.
    pub(super) async fn resume(&mut self, source: &Store, target: &Store, end: Position) -> Result<(), OpsError> {
        let mut copied = target.scan(ReadQuery::all().to(end.0));
        let mut originals = source.scan(ReadQuery::all().to(end.0));
        let mut waiting: std::collections::VecDeque<RecordedEvent> = std::collections::VecDeque::new();
        while let Some(chunk) = copied.next().await? {
            for copy in chunk.iter() {
                if waiting.is_empty()
                    && let Some(chunk) = originals.next().await?
                {
                    waiting.extend(chunk.iter().map(|event| event.to_recorded()));
                }
                let original = waiting.pop_front();
                if !original.is_some_and(|original| is_copy(&copy, &original)) {
                    let message = format!(
                        "{} holds other events: position {} is not a copy of the same position of {}",
                        target.place(),
                        copy.position,
                        source.place()
                    );
                    return Err(OpsError::Conflict(message));
                }
                self.last = copy.recorded_at;
            }
        }
        Ok(())
    }
}

fn with_original(event: &EventView<'_>) -> Result<JsonObject, OpsError> {
    let unreadable = |error: serde_json::Error| OpsError::Invalid(format!("metadata at position {}: {error}", event.position));
    let mut metadata: Map<String, Value> = serde_json::from_str(event.metadata).map_err(unreadable)?;
    // An event that was copied this way before keeps its first original time.
    metadata.entry(ORIGINAL_TIME).or_insert_with(|| event.recorded_at.to_string().into());
    Ok(JsonObject::of(&metadata)?)
}

/// Returns true if an event is a copy of another one, with the same time or a new one.
fn is_copy(copy: &EventView<'_>, original: &RecordedEvent) -> bool {
    let same = copy.event_id == original.event_id
        && copy.stream == original.stream
        && copy.version == original.version
        && copy.event_type == original.event_type
        && copy.schema_version == original.schema_version
        && copy.data == original.data;
    let original = original.view();
    let metadata = if copy.recorded_at == original.recorded_at {
        Some(original.metadata.to_owned())
    } else {
        with_original(&original).ok().map(|metadata| metadata.as_str().to_owned())
    };
    same && metadata.as_deref() == Some(copy.metadata)
}
