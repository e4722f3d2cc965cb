//! Opens a database with a layout.

use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::foreign::open_foreign;
use crate::store::layout_store::opening::LayoutChoice;
use crate::store::layout_store::opening::Opening;
use crate::store::layout_store::store::LayoutStore;
use crate::store::options::OpenOptions;
use crate::store::url::StoreUrl;

/// Returns the store at a URL, read with a layout. Sends no request.
///
/// # Errors
/// [`StoreError::Invalid`] for a store in memory.
pub fn open_with_layout(url: &StoreUrl, choice: LayoutChoice, options: impl Into<OpenOptions>) -> Result<Store, StoreError> {
    let options = options.into();
    let database = open_foreign(url, &options)?;
    let opening = Opening::new(database, choice, Arc::clone(&options.warn));
    Ok(Store::new(Arc::new(LayoutStore::new(opening)), options))
}
