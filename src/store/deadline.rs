//! The time limit of an answer.

use std::time::Duration;

use crate::store::answer::Answer;
use crate::store::error::StoreError;

/// Awaits an answer until the timeout passes.
///
/// # Errors
/// [`StoreError::Unavailable`] when the timeout passes, or the error of the answer.
pub(crate) async fn within<T>(place: &str, timeout: Duration, answer: Answer<T>) -> Result<T, StoreError> {
    let late = || format!("{place} gave no answer within {timeout:?}");
    let unavailable = |_| Err(StoreError::Unavailable { message: late(), source: None });
    tokio::time::timeout(timeout, answer).await.unwrap_or_else(unavailable)
}
