//! The forms of the values of a table.

use crate::store::layout::model::DataForm;
use crate::store::layout::model::TimeForm;

/// The forms of the values of a table.
pub(super) struct Forms {
    pub(super) first: i64,
    /// The lowest position.
    pub(super) first_position: i64,
    pub(super) time: Option<TimeForm>,
    pub(super) data: DataForm,
    pub(super) metadata: DataForm,
    /// The key of the data that names the type, where no column does; an empty text for the only key.
    pub(super) type_in_data: Option<String>,
    /// The keys of the metadata for correlation id, causation id and client.
    pub(super) metadata_keys: Vec<(&'static str, String)>,
}
