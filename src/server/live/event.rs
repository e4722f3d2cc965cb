//! An event on its way to clients: written as text once for each view of it, not once for each client.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::extract::ws::Utf8Bytes;

use crate::event::EventView;
use crate::event::RecordedEvent;
use crate::event::Version;
use crate::server::live::text::Form;
use crate::server::live::text::write;
use crate::server::sight::EventSight;
use crate::store::StoreError;

/// An event on its way to clients.
#[derive(Debug)]
pub struct LiveEvent {
    event: RecordedEvent,
    /// As it was written for those who have asked: few, since most see the same.
    texts: Mutex<Vec<(Form, EventSight, Utf8Bytes)>>,
}

impl LiveEvent {
    /// A copy of an event that nobody has asked for yet.
    pub fn new(event: &EventView<'_>) -> Arc<Self> {
        Arc::new(Self { event: event.to_recorded(), texts: Mutex::new(Vec::new()) })
    }

    /// Its place in its stream.
    pub fn version(&self) -> Version {
        self.event.version
    }

    /// Bytes of text in it.
    pub fn bytes(&self) -> usize {
        self.event.data.len() + self.event.metadata.len()
    }

    /// The text that tells somebody of it; all who see the same share it.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when it is no JSON.
    pub fn text(&self, form: Form, sight: EventSight) -> Result<Utf8Bytes, StoreError> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, text)) = texts.iter().find(|(of, by, _)| (*of, *by) == (form, sight)) {
            return Ok(text.clone());
        }
        let text = Utf8Bytes::from(write(form, &self.event.view(), sight)?);
        texts.push((form, sight, text.clone()));
        Ok(text)
    }
}
