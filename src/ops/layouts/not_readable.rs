//! The tables of a catalog that this user may not read, in words.

use crate::store::foreign::Catalog;

/// The maximum number of tables that are named.
const MAX_NAMES: usize = 5;

/// Returns the end of a message that names the tables; empty if this user may read all.
pub(super) fn not_readable(catalog: &Catalog) -> String {
    let names: Vec<String> = catalog.tables.iter().filter(|table| !table.readable).map(|table| table.full_name()).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    let shown = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
    match (names.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("; this user may not read {shown}"),
        (false, more) => format!("; this user may not read {shown} and {more} more"),
    }
}
