//! The events of a commit, which are read before they are applied so that their rows are read together.

use crate::event::EventChunk;
use crate::store::Scan;
use crate::store::StoreError;

/// The size of the texts of events that ends a batch, in bytes.
const BATCH_BYTES: usize = 16 << 20;

/// The events of a scan in batches of several chunks.
pub(super) struct EventBatch {
    scan: Scan,
    /// The chunks of the batch, then buffers that are used again.
    chunks: Vec<EventChunk>,
    /// The error after the events of the batch.
    error_after: Option<StoreError>,
}

impl EventBatch {
    pub(super) fn new(scan: Scan) -> Self {
        Self { scan, chunks: Vec::new(), error_after: None }
    }

    /// Returns the next chunks: at least one, and as many as have a number of events. None after the last.
    ///
    /// # Errors
    /// As for [`Scan::next`], after the events before the error.
    pub(super) async fn next(&mut self, events: usize) -> Result<Option<&[EventChunk]>, StoreError> {
        if let Some(error) = self.error_after.take() {
            return Err(error);
        }
        let (mut used, mut found, mut bytes) = (0, 0, 0);
        loop {
            if self.chunks.len() == used {
                self.chunks.push(EventChunk::default());
            }
            match self.scan.next_into(&mut self.chunks[used]).await {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) if used == 0 => return Err(error),
                Err(error) => {
                    self.error_after = Some(error);
                    break;
                }
            }
            let chunk = &self.chunks[used];
            (used, found, bytes) = (used + 1, found + chunk.len(), bytes + chunk.text_bytes());
            if found >= events || bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok((used > 0).then_some(&self.chunks[..used]))
    }
}
