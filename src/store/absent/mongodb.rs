//! The substitute for MongoDB in a build without it.

#[cfg(feature = "bench")]
#[path = "baseline.rs"]
pub(crate) mod baseline;

use crate::store::error::StoreError;
use crate::store::server_url::ServerUrl;

/// Refuses every URL of MongoDB with [`StoreError::Unsupported`].
pub(crate) fn parse(_: &str) -> Result<ServerUrl, StoreError> {
    Err(StoreError::Unsupported("this build of esctl has no MongoDB: it was built without the feature mongodb".into()))
}
