//! Counting of messages and their latencies, from several tasks.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::ops::bench::report::Latency;

/// The text before the time of sending in a message.
const MARK: &str = "sent-";

/// The latencies of messages with a mark.
#[derive(Clone)]
pub(super) struct Tally {
    begun: Instant,
    took: Arc<Mutex<Vec<Duration>>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), took: Arc::default() }
    }

    /// Returns another tally with the same clock.
    pub(super) fn beside(&self) -> Self {
        Self { begun: self.begun, took: Arc::default() }
    }

    /// Returns a mark with the current time.
    pub(super) fn mark(&self) -> String {
        format!("{MARK}{}.", self.begun.elapsed().as_micros())
    }

    /// Counts a message with a mark. Returns false if it has none.
    pub(super) fn count(&self, message: &str) -> bool {
        let Some(sent) = moment(message) else { return false };
        let took = self.begun.elapsed().saturating_sub(sent);
        self.took.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        true
    }

    /// Returns the number of counted messages.
    pub(super) fn counted(&self) -> usize {
        self.took.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Removes and returns all latencies.
    pub(super) fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Removes all latencies and returns their percentiles.
    pub(super) fn latency(&self) -> Option<Latency> {
        Latency::of(self.take())
    }
}

/// Returns the time in the mark of a message. It is found in the text, as parsing JSON would cost more than everything else.
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
