//! Documents: their content now and earlier, their changes, and the differences between versions.

mod changes;
mod diff;
mod get;
mod list;

pub use changes::document_changes;
pub use diff::DiffReport;
pub use diff::diff_document;
pub use get::DocumentReport;
pub use get::get_document;
pub use list::list_documents;
