//! The read model `documents`: one row for each document, with its state after the last event. The row of a deleted
//! document is empty and not shown.

use crate::aggregate::AggregateRows;
use crate::domain::document::state::Document;

/// The rows of all documents, by id.
pub const DOCUMENTS: AggregateRows<Document> = AggregateRows::named("documents").indexed(&["client_id"]);
