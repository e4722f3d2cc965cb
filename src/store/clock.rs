//! The clock of this machine and its supported range.

use std::time::UNIX_EPOCH;

use crate::event::Timestamp;
use crate::store::clock_refused::ClockRefused;
use crate::store::error::StoreError;
use crate::store::options::SystemClock;

/// The end of the supported range.
pub(crate) const TOO_LATE: Timestamp = Timestamp::END_OF_RECORDED;
/// 2106-02-07T06:28:16Z, the end of the supported range with MongoDB: its driver cannot make object ids from there on.
pub(crate) const TOO_LATE_FOR_MONGODB: Timestamp = Timestamp::from_micros_const(4_294_967_296_000_000);

/// Reads the time of a clock.
///
/// # Errors
/// [`ClockRefused::OutOfRange`] when the time is before 1970, or `end` or later.
pub(crate) fn read(clock: &SystemClock, end: Timestamp) -> Result<Timestamp, StoreError> {
    let time = clock();
    let micros = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros().max(1)).map_or(i64::MIN, |micros| -micros),
    };
    match Timestamp::from_micros(micros) {
        Ok(time) if time < end => Ok(time),
        _ => Err(ClockRefused::OutOfRange { clock: shown(micros), end }.into()),
    }
}

/// Returns a time for display, including a time that no [`Timestamp`] can hold.
fn shown(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs since 1970"), |time| format!("{time:.6}"))
}

/// Returns the time of the next event after one at `last`: `wanted`, or a microsecond after `last` where that is later.
///
/// # Errors
/// [`ClockRefused::NoTimeLeft`] when no later time can be recorded.
pub(crate) fn after(last: Timestamp, wanted: Timestamp) -> Result<Timestamp, StoreError> {
    let next = last.micros().checked_add(1).and_then(|micros| Timestamp::from_micros(micros).ok());
    Ok(wanted.max(next.ok_or(ClockRefused::NoTimeLeft { last })?))
}

/// Reads a stored time; `of` names its owner in the error.
///
/// # Errors
/// [`StoreError::Integrity`] when no store records such a time.
pub(crate) fn recorded(micros: i64, of: impl FnOnce() -> String) -> Result<Timestamp, StoreError> {
    let never_written = |error| StoreError::integrity(format!("{} has an invalid time: {error}", of()));
    Timestamp::from_micros(micros).map_err(never_written)
}
