//! The answer of a backend, which is pending until its work is done.

use std::pin::Pin;

use crate::store::error::StoreError;

/// The pending answer of a backend.
///
/// The work starts when the method is called, not when the answer is awaited. Dropping the answer does not stop the work: a
/// write is never cut in the middle, and a scan reads ahead while its reader works.
///
/// An append may instead progress only while it is awaited, as `Store` does until the end. Cut off, it is in the store
/// whole or not at all.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;
