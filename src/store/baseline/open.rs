//! Opens the raw database under a scratch store. The list of backends that have one.

use crate::store::baseline::contract::Baseline;
use crate::store::error::StoreError;
use crate::store::mongodb;
use crate::store::options::OpenOptions;
use crate::store::postgres;
use crate::store::sqlite;
use crate::store::url::StoreUrl;

/// Returns the raw database under a scratch store.
///
/// # Errors
/// [`StoreError::Unsupported`] for a store in memory, which no second connection can open.
pub fn open_baseline(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<Box<dyn Baseline>, StoreError> {
    let options = options.into();
    let unsupported = |reason: &str| StoreError::Unsupported(format!("cannot measure a store {reason}"));
    match url {
        StoreUrl::SqliteFile(path) => Ok(sqlite::baseline::beside(path.clone(), &options)),
        StoreUrl::SqliteMemory => Err(unsupported("in memory: no second connection can open it")),
        StoreUrl::Server(url) => {
            let postgres = postgres::baseline::beside(url, &options);
            let found = postgres.or_else(|| mongodb::baseline::beside(url, &options));
            found.ok_or_else(|| unsupported("of a backend without a baseline"))
        }
    }
}
