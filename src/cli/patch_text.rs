//! Patches as text for tables.

use json_patch::Patch;
use json_patch::PatchOperation;

/// Returns a patch in words: `amount=900 -lock_reason`.
pub(super) fn in_words(patch: &Patch) -> String {
    let words = patch.iter().map(|operation| {
        let path = operation.path().to_string();
        let name = if path.is_empty() { "(the whole)" } else { path.trim_start_matches('/') };
        match operation {
            PatchOperation::Add(add) => format!("{name}={}", add.value),
            PatchOperation::Replace(replace) => format!("{name}={}", replace.value),
            PatchOperation::Remove(_) => format!("-{name}"),
            other => other.to_string(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
