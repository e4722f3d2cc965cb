//! The follower of the store: reads new events once for all clients.

use std::mem;
use std::mem::Discriminant;
use std::sync::Weak;
use std::time::Duration;

use crate::event::Position;
use crate::server::live::hub::Hub;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Interval of polling the store without notices.
const POLL: Duration = Duration::from_millis(50);
/// Interval of polling the store if notices arrive or if nothing is followed.
const SLOW_POLL: Duration = Duration::from_secs(1);
/// Minimum time between two reads. Events that are appended in between are read together.
const MIN_PAUSE: Duration = Duration::from_millis(2);

/// Follows the store until the hub is dropped.
pub(super) async fn follow(hub: Weak<Hub>) {
    let mut follower = Follower::default();
    let mut woken = true;
    while let Some(hub) = hub.upgrade() {
        let answer = follower.poll(&hub).await;
        if matches!(answer, Ok(true)) && !woken && hub.has_notices() {
            hub.metrics.gap_filled();
        }
        let failing = answer.as_ref().err().map(mem::discriminant);
        if failing != follower.failing {
            follower.failing = failing;
            match &answer {
                Err(error) => tracing::error!(%error, "failed to read new events"),
                Ok(_) => tracing::info!("reading new events again"),
            }
            // While a store is being restored, it may fail with other errors first.
            if let Err(StoreError::Replaced(_)) = answer {
                hub.wake_all();
            }
        }
        tokio::time::sleep(MIN_PAUSE).await;
        let seldom = failing.is_some() || hub.has_notices() || hub.is_idle();
        // A wake-up in the meantime is kept, and ends this wait at once.
        woken = tokio::time::timeout(if seldom { SLOW_POLL } else { POLL }, hub.wakeup.notified()).await.is_ok();
    }
}

#[derive(Default)]
pub(super) struct Follower {
    /// The position up to which events were published or not needed. `None` if unknown.
    seen: Option<Position>,
    /// The kind of the error that the last read ended with.
    failing: Option<Discriminant<StoreError>>,
}

impl Follower {
    /// Publishes new events. Returns true if there were any that a client may need.
    pub(super) async fn poll(&mut self, hub: &Hub) -> Result<bool, StoreError> {
        let head = head(&hub.store).await?;
        hub.head.send_if_modified(|known| mem::replace(known, head) != head);
        let seen = match self.seen {
            Some(seen) if seen <= head => seen,
            lost => {
                if let Some(seen) = lost {
                    tracing::warn!(%seen, %head, "the head of the store is behind its last known position");
                }
                self.seen = Some(head);
                // Events may have been appended between the subscription of a client and now.
                hub.reset();
                return Ok(false);
            }
        };
        if seen == head || hub.while_idle(|| self.seen = Some(head)) {
            return Ok(false);
        }
        let mut scan = hub.store.scan(ReadQuery::all().from(seen.0 + 1).to(head.0));
        while let Some(chunk) = scan.next().await? {
            hub.publish(chunk);
            if let Some(last) = chunk.last() {
                self.seen = Some(last.position);
            }
        }
        Ok(true)
    }
}

async fn head(store: &Store) -> Result<Position, StoreError> {
    Ok(no_store_is_empty(store.head().await)?.position)
}
