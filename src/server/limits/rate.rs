//! Limit on the rate of requests and messages of a client.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use governor::DefaultKeyedRateLimiter;
use governor::Quota;
use governor::RateLimiter;
use governor::clock::Clock;
use governor::clock::DefaultClock;

use crate::server::Caller;

/// The shortest wait in the answer to a refused client.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// Number of requests after which idle clients are removed.
const TIDY_EVERY: u32 = 10_000;

/// The key under which requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::server) enum RateKey {
    /// The client that a valid token names.
    Client(String),
    /// The address of a caller without a valid token.
    Address(IpAddr),
}

impl RateKey {
    /// Returns the key of a caller. Without a token its name is not verified, so the key is the address.
    pub(in crate::server) fn of(caller: &Caller, peer: IpAddr) -> Self {
        if caller.authenticated { Self::Client(caller.client_id.clone()) } else { Self::Address(peer) }
    }
}

/// The number of requests and messages per second, counted for each client.
pub(in crate::server) struct Rate {
    limiter: Option<DefaultKeyedRateLimiter<RateKey>>,
    clock: DefaultClock,
    taken: AtomicU32,
}

impl Rate {
    /// Creates a limit per second, which is also the maximum burst. 0 disables it.
    pub(in crate::server) fn new(per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|rate| RateLimiter::keyed(Quota::per_second(rate)));
        Self { limiter, clock: DefaultClock::default(), taken: AtomicU32::new(0) }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The time to wait, if the client exceeds its rate.
    pub(in crate::server) fn take(&self, rate_key: &RateKey) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.taken.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
        }
        // The moment may have come since; a refused client still has to wait.
        limiter.check_key(rate_key).map_err(|until| until.wait_time_from(self.clock.now()).max(SHORTEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use super::RateKey;

    #[test]
    fn one_client_that_asks_too_often_costs_the_others_nothing() {
        let rate = Rate::new(5);
        let (ann, bob) = (RateKey::Client("ann".into()), RateKey::Client("bob".into()));
        assert_eq!((0..20).filter(|_| rate.take(&ann).is_ok()).count(), 5);
        assert!(rate.take(&ann).is_err_and(|wait| wait.as_millis() <= 200));
        assert!(rate.take(&bob).is_ok());
    }

    #[test]
    fn no_limit_is_none() {
        let rate = Rate::new(0);
        assert!((0..10_000).all(|_| rate.take(&RateKey::Client("ann".into())).is_ok()));
    }
}
