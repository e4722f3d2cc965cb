//! Folding many streams in one pass over the store.

use std::collections::HashMap;

use crate::aggregate::Fold;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::apply;
use crate::store::ReadQuery;
use crate::store::Store;

/// Folds every stream that a query reads. `start` makes the empty state of a stream.
///
/// One pass in the order of positions, as fast as the store can be read. All states are held in memory. `progress` gets
/// the number of further events.
///
/// # Errors
/// [`RuntimeError::Fold`] if an event failed to apply.
pub async fn replay_all<F: Fold>(
    store: &Store,
    query: ReadQuery,
    start: impl Fn(&str) -> F,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<HashMap<String, F>, RuntimeError> {
    let mut folds: HashMap<String, F> = HashMap::new();
    let mut scan = store.scan(query);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            match folds.get_mut(event.stream) {
                Some(fold) => apply(fold, &event)?,
                None => {
                    let mut fold = start(event.stream);
                    apply(&mut fold, &event)?;
                    folds.insert(event.stream.to_owned(), fold);
                }
            }
        }
        progress(chunk.len() as u64);
    }
    Ok(folds)
}
