//! Filters on events that a store cannot evaluate.

use crate::event::EventView;
use crate::event::nfc;
use crate::ops::condition::Condition;
use crate::ops::error::OpsError;
use crate::store::Store;

/// A filter on events. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// A condition in jq.
    condition: Option<Condition>,
    /// The client that recorded the event, in normal form C.
    by: Option<String>,
}

impl EventFilter {
    /// Returns a filter for events that meet a condition and that a client recorded.
    pub fn new(condition: Option<Condition>, by: Option<&str>) -> Self {
        Self { condition, by: by.map(|client| nfc(client).into_owned()) }
    }

    /// Returns true if the filter has no parts.
    pub fn takes_all(&self) -> bool {
        self.condition.is_none() && self.by.is_none()
    }

    /// Checks that the events of a store have what the filter compares.
    ///
    /// # Errors
    /// [`OpsError::Invalid`] if they have no client.
    pub async fn check(&self, store: &Store) -> Result<(), OpsError> {
        if self.by.is_some() && !store.has_metadata("client_id").await? {
            let message = format!("the events of {} have no client in this layout; leave out the client", store.place());
            return Err(OpsError::Invalid(message));
        }
        Ok(())
    }

    /// Returns true if an event passes the filter.
    ///
    /// # Errors
    /// [`OpsError::Condition`] when the jq program fails for the event.
    pub fn wants(&self, event: &EventView<'_>) -> Result<bool, OpsError> {
        // The cheaper test comes first.
        if !self.recorded_by(event.client_id().as_deref()) {
            return Ok(false);
        }
        self.condition.as_ref().map_or(Ok(true), |condition| condition.of_event(event))
    }

    /// Returns true if the filter accepts events of this client.
    pub fn recorded_by(&self, client: Option<&str>) -> bool {
        self.by.as_deref().is_none_or(|by| client.is_some_and(|client| nfc(client) == by))
    }
}

#[cfg(test)]
mod tests {
    use super::EventFilter;

    #[test]
    fn clients_are_compared_in_one_normal_form() {
        let filter = EventFilter::new(None, Some("Jose\u{301}"));
        assert!(filter.recorded_by(Some("Jos\u{e9}")) && filter.recorded_by(Some("Jose\u{301}")));
        assert!(!filter.recorded_by(Some("Jose")) && !filter.recorded_by(None));
        assert!(EventFilter::default().recorded_by(None) && EventFilter::default().takes_all());
    }
}
