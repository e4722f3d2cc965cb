//! How long things took, counted by many at once.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::ops::bench::Latency;

/// How the moment of sending is found in what comes back.
const MARK: &str = "sent-";

/// Times, from the moment of sending that a message carries.
#[derive(Clone)]
pub(super) struct Tally {
    begun: Instant,
    took: Arc<Mutex<Vec<Duration>>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), took: Arc::default() }
    }

    /// Another count, of the same moments.
    pub(super) fn beside(&self) -> Self {
        Self { begun: self.begun, took: Arc::default() }
    }

    /// Says now, for a message.
    pub(super) fn mark(&self) -> String {
        format!("{MARK}{}.", self.begun.elapsed().as_micros())
    }

    /// Counts a message that carries a mark; whether it does.
    pub(super) fn count(&self, message: &str) -> bool {
        let Some(sent) = moment(message) else { return false };
        let took = self.begun.elapsed().saturating_sub(sent);
        self.took.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        true
    }

    /// How many were counted.
    pub(super) fn counted(&self) -> usize {
        self.took.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The times, and begins anew.
    pub(super) fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The percentiles, and begins anew.
    pub(super) fn latency(&self) -> Option<Latency> {
        Latency::of(self.take())
    }
}

/// The moment of sending that a message carries. Looked for in the text: reading it as JSON would cost more than the rest.
fn moment(message: &str) -> Option<Duration> {
    let (_, after) = message.split_once(MARK)?;
    let (micros, _) = after.split_once('.')?;
    Some(Duration::from_micros(micros.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn what_carries_a_mark_is_counted() {
        let tally = Tally::new();
        let message = format!(r#"{{"type":"event","data":{{"reason":"{}"}}}}"#, tally.mark());
        assert!(tally.count(&message));
        assert!(!tally.count(r#"{"type":"pong"}"#));
        assert!(!tally.count("sent-x."));
        assert_eq!((tally.counted(), tally.take().len(), tally.counted()), (1, 1, 0));
    }
}
