//! The part of a backend that stores records.

use crate::store::answer::Answer;
use crate::store::record::Record;

/// The records of one database: small values of esctl under a kind and a name.
///
/// A record is replaced as a whole: a reader sees the value before or the value after. No method reads or changes an event.
pub trait Records: Send + Sync {
    /// Returns the records of a kind, in the order of their names.
    fn records(&self, kind: String) -> Answer<Vec<Record>>;

    /// Stores a record. An earlier one of the same kind and name is replaced.
    fn put_record(&self, record: Record) -> Answer<()>;

    /// Deletes a record. Returns false where there was none.
    fn delete_record(&self, kind: String, name: String) -> Answer<bool>;
}
