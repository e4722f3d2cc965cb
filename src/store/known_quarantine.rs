//! The newest known set of quarantined events of a store.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::event::EventChunk;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::error::StoreError;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::quarantine::Quarantine;
use crate::store::read::ReadQuery;
use crate::store::reader::Reader;

/// The number of events of the reserved stream in one page.
const PAGE_EVENTS: usize = 1000;

/// The newest known set of quarantined events of a store.
#[derive(Default)]
pub(crate) struct KnownQuarantine(Mutex<Arc<Quarantine>>);

impl KnownQuarantine {
    /// Returns the set at a version of the reserved stream, and reads it where it has changed.
    pub(crate) async fn at(&self, reader: &Reader, version: Version) -> Result<Arc<Quarantine>, StoreError> {
        let known = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let mut read = Quarantine::default();
        let stream = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        let mut query = ReadQuery::stream(stream).to(version.0);
        let mut buffer = EventChunk::default();
        while read.version < version {
            let page = reader.ask(reader.log.read(query.clone(), PAGE_EVENTS, buffer)).await?;
            page.events.iter().try_for_each(|event| read.apply(&event))?;
            if page.events.is_empty() {
                let message = format!("the reserved stream {QUARANTINE_STREAM} has fewer events than its version says");
                return Err(StoreError::integrity(message));
            }
            query = query.from(read.version.next().0);
            buffer = page.events;
            buffer.clear();
        }
        let read = Arc::new(read);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}
