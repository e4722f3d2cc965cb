//! The clock that decisions are made by.

use std::sync::Arc;

use crate::event::Timestamp;

/// The source of the time of decisions: the system clock, or the clock of a scenario.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Returns the system clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::MIN.plus(since_1970)
    })
}
