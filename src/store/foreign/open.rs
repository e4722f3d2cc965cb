//! Opens databases of other programs. The list of backends that have no server; a server URL knows its own backend.

use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::foreign::database::ForeignDatabase;
use crate::store::options::OpenOptions;
use crate::store::sqlite;
use crate::store::url::StoreUrl;

/// Returns the database at a URL, over connections that cannot write. Sends no request.
///
/// # Errors
/// [`StoreError::Invalid`] for a store in memory, which no other program can have written.
pub fn open_foreign(url: &StoreUrl, options: &OpenOptions) -> Result<Arc<dyn ForeignDatabase>, StoreError> {
    match url {
        StoreUrl::SqliteFile(path) => Ok(Arc::new(sqlite::ForeignFile::new(path.clone(), options))),
        StoreUrl::SqliteMemory => Err(StoreError::Invalid("a store in memory was written by no other program".into())),
        StoreUrl::Server(url) => Ok(url.open_foreign(options)),
    }
}
