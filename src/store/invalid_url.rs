//! The error for an invalid store URL.

use crate::store::error::StoreError;
use crate::store::redact::redact_url;

/// The valid forms of a store URL, for messages.
const FORMS: &str = "sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE, \
                     mongodb://HOST/DATABASE, mongodb+srv://HOST/DATABASE";

/// Returns the error for an invalid URL, with the valid forms and without secrets.
pub(crate) fn invalid_url(text: &str, reason: &str) -> StoreError {
    StoreError::Invalid(format!("store URL \"{}\" {reason}; it may be {FORMS}", redact_url(text)))
}
