//! The one who asks the store what is new, for everybody.

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

/// How often a store is asked for news when nobody else tells of it.
const ASK: Duration = Duration::from_millis(50);
/// How often, as a safety net, when somebody does, or when nobody follows anything.
const ASK_SELDOM: Duration = Duration::from_secs(1);
/// After news, the least time to the next question: what comes meanwhile is read at once.
const GATHER: Duration = Duration::from_millis(2);

/// Follows the store for as long as there is somebody to tell.
pub(super) async fn follow(hub: Weak<Hub>) {
    let mut follower = Follower::default();
    let mut rung = true;
    while let Some(hub) = hub.upgrade() {
        let answer = follower.ask(&hub).await;
        if matches!(answer, Ok(true)) && !rung && hub.is_told() {
            hub.metrics.gap_filled();
        }
        let failing = answer.as_ref().err().map(mem::discriminant);
        if failing != follower.failing {
            follower.failing = failing;
            match &answer {
                Err(error) => tracing::error!(%error, "what is new in the store cannot be read"),
                Ok(_) => tracing::info!("what is new in the store can be read again"),
            }
            // A store that is put back may fail in other ways first, for as long as that takes.
            if let Err(StoreError::Replaced(_)) = answer {
                hub.tell_all();
            }
        }
        tokio::time::sleep(GATHER).await;
        let seldom = failing.is_some() || hub.is_told() || hub.is_idle();
        // Whoever rang meanwhile has left a mark: the wait is then over at once.
        rung = tokio::time::timeout(if seldom { ASK_SELDOM } else { ASK }, hub.news.notified()).await.is_ok();
    }
}

#[derive(Default)]
pub(super) struct Follower {
    /// Everything up to here was handed on, or nobody wanted it; none: not known yet.
    seen: Option<Position>,
    /// The kind of error that the last question ended with.
    failing: Option<Discriminant<StoreError>>,
}

impl Follower {
    /// Hands on what is new; whether there was something that somebody may want.
    pub(super) async fn ask(&mut self, hub: &Hub) -> Result<bool, StoreError> {
        let head = head(&hub.store).await?;
        hub.head.send_if_modified(|known| mem::replace(known, head) != head);
        let seen = match self.seen {
            Some(seen) if seen <= head => seen,
            lost => {
                if let Some(seen) = lost {
                    tracing::warn!(%seen, %head, "the store is not as far as it was");
                }
                self.seen = Some(head);
                // Between the moment when somebody came and now there may have been events.
                hub.lose_place();
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
