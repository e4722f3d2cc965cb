//! The check that the source and the target of a copy are different stores.

use std::fs;

use crate::store::Store;
use crate::store::StoreUrl;

/// Returns true if both are the same file, whatever its path, or the same database.
pub(super) fn is_same(source: &Store, target: &Store, url: &StoreUrl) -> bool {
    // Each store in memory is a store of its own.
    if *url == StoreUrl::SqliteMemory {
        return false;
    }
    place(source) == place(target)
}

/// Returns the place of a store, the same whatever path leads to its file.
pub(super) fn place(store: &Store) -> String {
    fs::canonicalize(store.place()).map_or_else(|_| store.place(), |path| path.display().to_string())
}
