//! The records of a store.

use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::record::Record;

impl Store {
    /// Returns the records of a kind, in the order of their names.
    pub async fn records(&self, kind: &str) -> Result<Vec<Record>, StoreError> {
        self.reader.ask(self.backend.records(kind.to_owned())).await
    }

    /// Stores a record. An earlier one of the same kind and name is replaced.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a backend could not store the record.
    pub async fn put_record(&self, record: Record) -> Result<(), StoreError> {
        record.check()?;
        self.write(|backend| backend.put_record(record)).await
    }

    /// Deletes a record. Returns false where there was none.
    pub async fn delete_record(&self, kind: &str, name: &str) -> Result<bool, StoreError> {
        self.write(|backend| backend.delete_record(kind.to_owned(), name.to_owned())).await
    }
}
