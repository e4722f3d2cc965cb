//! The names of a source that esctl refuses, found before anything is written.

use std::collections::BTreeMap;

use crate::ops::copy_events::changes::Renaming;
use crate::ops::copy_events::draft::is_reserved;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::report::RefusedName;
use crate::ops::copy_events::source_events::SourceEvents;
use crate::ops::error::OpsError;
use crate::store::Store;

/// The number of names after which the search ends.
const MAX_NAMES: usize = 1000;

/// Finds the names of a source that no store of esctl accepts. Reads the whole source, unless it is a store of esctl whose names
/// stay. `progress` gets the number of events that were read since the last report.
///
/// # Errors
/// [`OpsError::Invalid`] when the program for names fails.
pub async fn refused_names(
    source: &Store,
    input: &CopyEvents,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Vec<RefusedName>, OpsError> {
    if input.layout.is_none() && input.rename.is_none() {
        return Ok(Vec::new());
    }
    let mut renaming = Renaming::new(input.rename.as_ref());
    let mut found: BTreeMap<(&'static str, String), RefusedName> = BTreeMap::new();
    let mut events = SourceEvents::names(source, input);
    // Damage is reported by the copy itself, after the events before it.
    while let Ok(Some(chunk)) = events.next().await {
        for event in chunk.iter() {
            if is_reserved(input, &event) {
                continue;
            }
            let names = renaming.names(&event)?;
            let Err((kind, reason)) = names.parse() else { continue };
            let name = if kind == "stream" { names.stream } else { names.event_type };
            let refused = RefusedName { kind, name: name.clone(), reason, events: 0 };
            found.entry((kind, name)).or_insert(refused).events += 1;
        }
        progress(chunk.len() as u64);
        if found.len() >= MAX_NAMES {
            break;
        }
    }
    Ok(found.into_values().collect())
}
