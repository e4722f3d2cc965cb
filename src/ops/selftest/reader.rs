//! A reader that remembers nothing but the last position it has seen.

use std::time::Duration;

use tokio::sync::watch;

use crate::event::Position;
use crate::ops::error::OpsError;
use crate::ops::selftest::history::Reading;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);
/// After an answer that says to come back later.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(50);
/// How often the end is tried for before the store is given up.
const LAST_TRIES: usize = 20;
/// How often a place that is missing is asked for again before it is passed over.
const PATIENCE: usize = 5;

/// Reads until it is told to stop, and then to the end.
///
/// # Errors
/// As the store says, when the end cannot be reached.
pub(crate) async fn read_on(reader: usize, store: Store, stop: watch::Receiver<bool>) -> Result<Reading, OpsError> {
    let mut reading = Reading { reader, ..Reading::default() };
    // Some take all there is at once, some a little.
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
                    // A piece with a hole in it is not given out: from now on each event by itself.
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

/// Reads what there is from a position on, in pieces of at most so many events.
async fn look(store: &Store, reading: &mut Reading, from: &mut u64, piece: u64) -> Result<(), StoreError> {
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
