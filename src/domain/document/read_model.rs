//! The read model `documents`: one row for each document, its state as of its last event. The row of a deleted
//! document holds none; no answer shows it.

use crate::aggregate::AggregateRows;
use crate::domain::document::state::Document;

/// All documents, by id.
pub const DOCUMENTS: AggregateRows<Document> = AggregateRows::named("documents").indexed(&["client_id"]);
