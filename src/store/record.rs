//! A small catalog beside the events: settings of operators, such as a projection of their own or a paused projection. The
//! last write of a record counts.

use serde::Serialize;

use crate::store::error::StoreError;

/// The longest kind or name, in bytes.
const MAX_NAME_BYTES: usize = 200;
/// The longest value, in bytes.
const MAX_VALUE_BYTES: usize = 1 << 20;

/// An entry of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The kind of the record: `projection`.
    pub kind: String,
    /// The name within the kind.
    pub name: String,
    /// The JSON value. It is returned as it was stored.
    pub value: String,
}

impl Record {
    /// Returns a record.
    pub fn new(kind: &str, name: &str, value: &serde_json::Value) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), value: value.to_string() }
    }

    /// Checks that every backend can store the record.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        for text in [&self.kind, &self.name] {
            if text.is_empty() || text.len() > MAX_NAME_BYTES || text.contains('\0') {
                let rule = format!("expected 1 to {MAX_NAME_BYTES} bytes without NUL");
                return Err(StoreError::Invalid(format!("{text:?} is not a valid name of a record: {rule}")));
            }
        }
        if self.value.len() > MAX_VALUE_BYTES {
            let bytes = self.value.len();
            return Err(StoreError::Invalid(format!("a record of {bytes} bytes exceeds the limit of {MAX_VALUE_BYTES} bytes")));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(&self.value)
            .map(|_| ())
            .map_err(|error| StoreError::Invalid(format!("the value of record {:?} is not JSON: {error}", self.name)))
    }
}
