//! A store that takes long to answer: a follower reports it while the answer is still awaited.

use std::pin::Pin;
use std::time::Duration;

use crate::store::Head;
use crate::store::Store;
use crate::store::StoreError;

/// The time that a follower waits for an answer before it reports that there is none. Some drivers wait by themselves for a
/// server that is gone, for as long as the timeout of the store allows.
const LATE: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<Head, StoreError>> + Send>>;

/// A question for the head of a store that is not lost when its answer comes late.
#[derive(Default)]
pub(crate) struct HeadQuestion(Option<Answer>);

impl HeadQuestion {
    /// Asks, or goes on with the question that has no answer yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no answer yet: the next call goes on to wait for it. Or as [`Store::head`].
    pub(crate) async fn ask(&mut self, store: &Store) -> Result<Head, StoreError> {
        let asked = self.0.get_or_insert_with(|| {
            let store = store.clone();
            Box::pin(async move { store.head().await })
        });
        match tokio::time::timeout(LATE, asked).await {
            Ok(answer) => {
                self.0 = None;
                answer
            }
            Err(_) => {
                let message = format!("{} has not answered for {LATE:?}", store.place());
                Err(StoreError::Unavailable { message, source: None })
            }
        }
    }
}
