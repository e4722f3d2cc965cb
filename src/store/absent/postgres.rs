//! A build without PostgreSQL.

use crate::store::error::StoreError;
use crate::store::server_url::ServerUrl;

/// Refuses every URL of PostgreSQL.
///
/// # Errors
/// [`StoreError::Unsupported`], always.
pub(in crate::store) fn parse(_: &str) -> Result<ServerUrl, StoreError> {
    Err(StoreError::Unsupported("this build of esctl has no PostgreSQL: it was built without the feature postgres".into()))
}
