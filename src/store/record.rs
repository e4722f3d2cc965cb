//! A small catalog beside the events: what people have told the programs that work on a store, such as a projection
//! of their own or that one is paused. Last word counts.

use serde::Serialize;

use crate::store::error::StoreError;

/// The longest kind or name, in bytes.
const MAX_NAME_BYTES: usize = 200;
/// The longest value, in bytes.
const MAX_VALUE_BYTES: usize = 1 << 20;

/// An entry of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// What it is: `projection`.
    pub kind: String,
    /// Which of its kind.
    pub name: String,
    /// JSON; comes back as it was put.
    pub value: String,
}

impl Record {
    /// An entry.
    pub fn new(kind: &str, name: &str, value: &serde_json::Value) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), value: value.to_string() }
    }

    /// Whether every backend can keep it.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        for text in [&self.kind, &self.name] {
            if text.is_empty() || text.len() > MAX_NAME_BYTES || text.contains('\0') {
                let rule = format!("1 to {MAX_NAME_BYTES} bytes without NUL are wanted");
                return Err(StoreError::Invalid(format!("{text:?} cannot name a record: {rule}")));
            }
        }
        if self.value.len() > MAX_VALUE_BYTES {
            let bytes = self.value.len();
            return Err(StoreError::Invalid(format!("a record of {bytes} bytes is over the limit of {MAX_VALUE_BYTES} bytes")));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(&self.value)
            .map(|_| ())
            .map_err(|error| StoreError::Invalid(format!("the value of record {:?} is no JSON: {error}", self.name)))
    }
}
