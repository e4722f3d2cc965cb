//! A live event, serialized once for each format and visibility instead of once for each client.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::extract::ws::Utf8Bytes;

use crate::event::EventView;
use crate::event::RecordedEvent;
use crate::event::Version;
use crate::server::live::text::EventFormat;
use crate::server::live::text::write;
use crate::server::visibility::EventVisibility;
use crate::store::StoreError;

/// An event that is sent to clients.
#[derive(Debug)]
pub struct LiveEvent {
    event: RecordedEvent,
    /// The texts that were requested so far. There are few, because most clients share a format and visibility.
    texts: Mutex<Vec<(EventFormat, EventVisibility, Utf8Bytes)>>,
}

impl LiveEvent {
    /// Copies an event.
    pub fn new(event: &EventView<'_>) -> Arc<Self> {
        Arc::new(Self { event: event.to_recorded(), texts: Mutex::new(Vec::new()) })
    }

    /// Returns the version of the event in its stream.
    pub fn version(&self) -> Version {
        self.event.version
    }

    /// Returns the size of the event's data and metadata, in bytes.
    pub fn bytes(&self) -> usize {
        self.event.data.len() + self.event.metadata.len()
    }

    /// Returns the text of the event. Clients with the same format and visibility share it.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if the data or metadata is not JSON.
    pub fn text(&self, format: EventFormat, visibility: EventVisibility) -> Result<Utf8Bytes, StoreError> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, text)) = texts.iter().find(|(of, by, _)| (*of, *by) == (format, visibility)) {
            return Ok(text.clone());
        }
        let text = Utf8Bytes::from(write(format, &self.event.view(), visibility)?);
        texts.push((format, visibility, text.clone()));
        Ok(text)
    }
}
