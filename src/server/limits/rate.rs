//! How often a client may ask.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use governor::DefaultKeyedRateLimiter;
use governor::Quota;
use governor::RateLimiter;
use governor::clock::Clock;
use governor::clock::DefaultClock;

use crate::server::admit::Sender;

/// After so many requests those are forgotten that have not asked for long.
const TIDY_EVERY: u32 = 10_000;

/// Requests and messages in a second, for each client alike.
pub(in crate::server) struct Rate {
    limiter: Option<DefaultKeyedRateLimiter<Sender>>,
    clock: DefaultClock,
    taken: AtomicU32,
}

impl Rate {
    /// So many in a second, and as many at once; 0: no limit.
    pub(in crate::server) fn new(per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|rate| RateLimiter::keyed(Quota::per_second(rate)));
        Self { limiter, clock: DefaultClock::default(), taken: AtomicU32::new(0) }
    }

    /// Counts one.
    ///
    /// # Errors
    /// Too many; how long to wait.
    pub(in crate::server) fn take(&self, sender: &Sender) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.taken.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(sender).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use crate::server::admit::Sender;

    #[test]
    fn one_client_that_asks_too_often_costs_the_others_nothing() {
        let rate = Rate::new(5);
        let (ann, bob) = (Sender::Client("ann".into()), Sender::Client("bob".into()));
        assert_eq!((0..20).filter(|_| rate.take(&ann).is_ok()).count(), 5);
        assert!(rate.take(&ann).is_err_and(|wait| wait.as_millis() <= 200));
        assert!(rate.take(&bob).is_ok());
    }

    #[test]
    fn no_limit_is_none() {
        let rate = Rate::new(0);
        assert!((0..10_000).all(|_| rate.take(&Sender::Client("ann".into())).is_ok()));
    }
}
