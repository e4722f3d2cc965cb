//! A reader that remembers only the last position that it has seen.

use std::time::Duration;

use tokio::sync::watch;

use crate::event::Position;
use crate::ops::error::OpsError;
use crate::ops::selftest::history::ReaderLog;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;

/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(2);
/// The pause after an answer that the store is unavailable.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(50);
/// Maximum number of attempts to reach the end before the run fails.
const LAST_TRIES: usize = 20;
/// The number of attempts to read a missing position before it is passed over.
const PATIENCE: usize = 5;

/// Reads until it is stopped, and then to the end.
///
/// # Errors
/// The end cannot be reached.
pub(crate) async fn read_on(reader: usize, store: Store, stop: watch::Receiver<bool>) -> Result<ReaderLog, OpsError> {
    let mut reading = ReaderLog { reader, ..ReaderLog::default() };
    // Some readers read everything at once, others a few events at a time.
    let mut piece = if reader.is_multiple_of(2) { u64::MAX } else { 7 };
    let mut from = 1;
    let (mut missing, mut failures) = (0, 0);
    loop {
        let last_look = *stop.borrow();
        match look(&store, &mut reading, &mut from, piece).await {
            Ok(()) if last_look => return Ok(reading),
            Ok(()) => {
                missing = 0;
                tokio::time::sleep(PAUSE).await;
            }
            Err(StoreError::Integrity { message, .. }) => {
                if missing == 0 {
                    reading.damage.push(message);
                }
                missing += 1;
                if missing > PATIENCE {
                    // The store returns no part of a piece with a hole, so from here events are read one by one.
                    (from, piece) = (from + 1, 1);
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                failures += usize::from(last_look);
                if failures > LAST_TRIES || !matches!(error, StoreError::Unavailable { .. }) {
                    return Err(error.into());
                }
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
            }
        }
    }
}

/// Reads from a position to the end, in pieces of a maximum number of events.
async fn look(store: &Store, reading: &mut ReaderLog, from: &mut u64, piece: u64) -> Result<(), StoreError> {
    loop {
        let mut scan = store.scan_limited(ReadQuery::all().from(*from), piece);
        let mut found = 0;
        while let Some(chunk) = scan.next().await? {
            reading.seen.extend(chunk.iter().map(|event| (event.position, event.event_id)));
            found += chunk.len() as u64;
            if let Some(&(Position(last), _)) = reading.seen.last() {
                *from = last + 1;
            }
        }
        if found < piece {
            return Ok(());
        }
    }
}
