//! Queries that a store answers slowly. A follower reports the delay and keeps the query.

use std::pin::Pin;
use std::time::Duration;

use crate::store::Head;
use crate::store::Store;
use crate::store::StoreError;

/// The time after which a follower reports that there is no answer. Some drivers wait for an unreachable server as long as the
/// timeout of the store allows.
const SLOW: Duration = Duration::from_secs(2);

type PendingHead = Pin<Box<dyn Future<Output = Result<Head, StoreError>> + Send>>;

/// A query for the head of a store that is kept when its answer is late.
#[derive(Default)]
pub(crate) struct HeadQuery(Option<PendingHead>);

impl HeadQuery {
    /// Sends the query, or waits again for the one in progress.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no answer yet. The next call waits for the same answer.
    pub(crate) async fn ask(&mut self, store: &Store) -> Result<Head, StoreError> {
        let asked = self.0.get_or_insert_with(|| {
            let store = store.clone();
            Box::pin(async move { store.head().await })
        });
        match tokio::time::timeout(SLOW, asked).await {
            Ok(answer) => {
                self.0 = None;
                answer
            }
            Err(_) => {
                let message = format!("{} has not answered for {SLOW:?}", store.place());
                Err(StoreError::Unavailable { message, source: None })
            }
        }
    }
}
