//! The substitute for the baseline of a backend that this build does not have.

use crate::store::baseline::Baseline;
use crate::store::options::OpenOptions;
use crate::store::server_url::ServerUrl;

/// Returns none: no URL is of this backend.
pub(crate) fn beside(_: &ServerUrl, _: &OpenOptions) -> Option<Box<dyn Baseline>> {
    None
}
