//! The comparison of this machine's clock with a reference, before an append.
//!
//! The reference is the clock of the database server. An embedded store has no server: its reference is the time of the
//! last event. A long-running process compares the clock with the time that has passed since, so an append needs no further
//! request.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::backend::Backend;
use crate::store::clock::read;
use crate::store::clock_refused::ClockReference;
use crate::store::clock_refused::ClockRefused;
use crate::store::error::StoreError;
use crate::store::error::no_store_is_empty;
use crate::store::options::OpenOptions;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A moment at which the clock was found right.
#[derive(Debug, Clone, Copy)]
struct CheckedClock {
    clock: Timestamp,
    monotonic: Instant,
    /// Time since the machine was started, with the time in which it was suspended. Known on Linux only.
    uptime: Option<Duration>,
}

impl CheckedClock {
    fn at(clock: Timestamp) -> Self {
        Self { clock, monotonic: Instant::now(), uptime: uptime() }
    }

    /// Returns the expected time of the clock by the monotonic clock.
    fn expected(&self) -> Timestamp {
        self.clock.plus(self.monotonic.elapsed())
    }

    /// Returns the expected time of the clock, including the time in which the machine was suspended.
    fn expected_after_sleep(&self) -> Timestamp {
        let slept = uptime().zip(self.uptime).and_then(|(now, then)| now.checked_sub(then));
        slept.map_or_else(|| self.expected(), |passed| self.clock.plus(passed))
    }
}

fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    Duration::try_from_secs_f64(text.split(' ').next()?.parse().ok()?).ok()
}

/// A comparison of the clock with a reference.
struct Comparison {
    clock: Timestamp,
    reference: ClockReference,
    time: Timestamp,
    /// The smallest difference that causes a warning.
    warned: Duration,
    /// The smallest difference that is refused, and its description.
    refused: (Duration, &'static str),
}

impl Comparison {
    fn with_server(clock: Timestamp, time: Timestamp) -> Self {
        Self { clock, reference: ClockReference::Server, time, warned: MINUTE, refused: (HOUR, "1 hour") }
    }

    fn with_passed_time(clock: Timestamp, time: Timestamp) -> Self {
        Self { clock, reference: ClockReference::PassedTime, time, warned: MINUTE, refused: (HOUR, "1 hour") }
    }

    /// Compares with the last event. A store may rest for a year; a clock that goes back is warned about with each append.
    fn with_last_event(clock: Timestamp, time: Timestamp) -> Self {
        let (warned, refused) = if clock > time {
            (DAY * 30, (DAY * 365, "365 days after the last event"))
        } else {
            (DAY * 30, (DAY * 30, "30 days before the last event"))
        };
        Self { clock, reference: ClockReference::LastEvent, time, warned, refused }
    }

    fn difference(&self) -> Duration {
        Duration::from_micros(self.clock.micros().abs_diff(self.time.micros()))
    }
}

/// The check of the clock before an append.
pub(crate) struct ClockCheck {
    options: OpenOptions,
    checked: Mutex<Option<CheckedClock>>,
    warned: AtomicBool,
}

impl ClockCheck {
    pub(crate) fn new(options: OpenOptions) -> Self {
        Self { options, checked: Mutex::default(), warned: AtomicBool::new(false) }
    }

    /// Checks the clock before an append: against the reference the first time, later against the time that has passed.
    ///
    /// # Errors
    /// [`StoreError::ClockRefused`] when the clock is out of range or differs too much from the reference.
    pub(crate) async fn check(&self, backend: &dyn Backend) -> Result<(), StoreError> {
        let clock = read(&self.options.clock, backend.end_of_time())?;
        let checked = *self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.is_some_and(|checked| clock.micros().abs_diff(checked.expected().micros()) < MINUTE.as_micros() as u64) {
            return Ok(());
        }
        let compared = match self.compare_with_server(backend).await? {
            Some(compared) => Some(compared),
            None => match checked {
                Some(checked) => Some(Comparison::with_passed_time(clock, checked.expected_after_sleep())),
                None => self.compare_with_last_event(backend, clock).await?,
            },
        };
        if let Some(compared) = compared {
            self.judge(&compared)?;
        }
        let clock = read(&self.options.clock, backend.end_of_time())?;
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(CheckedClock::at(clock));
        Ok(())
    }

    /// Compares with the server's clock. The server read it at an unknown moment of the request, so the duration of the
    /// request is not counted.
    async fn compare_with_server(&self, backend: &dyn Backend) -> Result<Option<Comparison>, StoreError> {
        let end = backend.end_of_time();
        let before = read(&self.options.clock, end)?;
        // Not within a deadline of this runtime, which may have no timers: the backend bounds its answers itself.
        let Some(server) = backend.server_clock().await? else { return Ok(None) };
        let after = read(&self.options.clock, end)?.max(before);
        Ok(Some(Comparison::with_server(server.clamp(before, after), server)))
    }

    async fn compare_with_last_event(&self, backend: &dyn Backend, clock: Timestamp) -> Result<Option<Comparison>, StoreError> {
        let head = no_store_is_empty(backend.end().await)?.head;
        Ok((head.position > Position::ZERO).then(|| Comparison::with_last_event(clock, head.recorded_at)))
    }

    fn judge(&self, compared: &Comparison) -> Result<(), StoreError> {
        let (difference, &Comparison { clock, reference, time, refused: (most, limit), .. }) = (compared.difference(), compared);
        if difference > most && !self.options.accept_clock {
            return Err(ClockRefused::Differs { clock, reference, time, limit }.into());
        }
        if difference > compared.warned && !self.warned.swap(true, Ordering::Relaxed) {
            (self.options.warn)(&format!("the clock of this machine says {clock}, {reference} {time}"));
        }
        Ok(())
    }
}
