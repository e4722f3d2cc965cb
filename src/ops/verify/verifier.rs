//! A verification in progress: the store, and the report so far.

use crate::ops::error::OpsError;
use crate::ops::verify::report::VerifyReport;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;

/// A verification in progress.
pub(super) struct Verifier<'a> {
    pub(super) store: &'a Store,
    pub(super) report: VerifyReport,
}

impl Verifier<'_> {
    /// Returns the value of a result. Damage is added to the report, and there is no value.
    pub(super) fn check<T>(&mut self, kind: &'static str, result: Result<T, impl Into<OpsError>>) -> Result<Option<T>, OpsError> {
        match damage(result)? {
            Ok(value) => Ok(Some(value)),
            Err(message) => {
                self.report.add(kind, None, message);
                Ok(None)
            }
        }
    }
}

/// Returns the message of an error that reports damage to the store. Any other error is returned as it is.
pub(super) fn damage<T>(result: Result<T, impl Into<OpsError>>) -> Result<Result<T, String>, OpsError> {
    match result.map_err(Into::into) {
        Ok(value) => Ok(Ok(value)),
        // Names come from the store here, so a refused name is damage as well.
        Err(OpsError::Runtime(RuntimeError::Store(StoreError::Integrity { message, .. } | StoreError::Invalid(message)))) => {
            Ok(Err(message))
        }
        Err(error) => Err(error),
    }
}
