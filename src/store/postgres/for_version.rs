//! Statements that also read stores of older schema versions.

use crate::store::schema_state::SchemaState;

/// Returns a statement that reads a store of this schema version. The columns that an older version lacks are empty.
pub(crate) fn for_version(found: SchemaState, sql: &str) -> String {
    match found {
        SchemaState::Older(_) => {
            let sql = sql.replace("NULL::bytea AS content_hash", "NULL::bytea AS kept").replace("store_head", "head");
            sql.replace("content_hash", "NULL::bytea").replace("left_out", "'[]'")
        }
        SchemaState::Current | SchemaState::Missing => sql.to_owned(),
    }
}
