//! Opens stores. The list of backends that have no server; a server URL knows its own backend.

use std::sync::Arc;

use crate::store::backend::Backend;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::options::OpenOptions;
use crate::store::sqlite;
use crate::store::url::StoreUrl;

/// Returns the store at a URL. Sends no request: the first read looks for the store, and the first write creates it.
///
/// # Errors
/// [`StoreError::ClockRefused`] when the clock of this machine is out of range.
pub fn open(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<Store, StoreError> {
    let options = options.into();
    let backend: Arc<dyn Backend> = match url {
        StoreUrl::SqliteFile(path) => Arc::new(sqlite::Sqlite::file(path.clone(), &options)),
        StoreUrl::SqliteMemory => Arc::new(sqlite::Sqlite::memory(&options)),
        StoreUrl::Server(url) => url.open(&options),
    };
    clock::read(&options.clock, backend.end_of_time())?;
    Ok(Store::new(backend, options))
}
