//! The events of a target that are no copies.

use std::collections::HashSet;

use uuid::Uuid;

use crate::event::Coordinates;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::report::ListedEvents;
use crate::ops::error::OpsError;
use crate::store::ReadQuery;
use crate::store::Store;

/// Finds the events of a target that another program appended. Reads the whole target.
pub(super) async fn added_events(source: &Store, target: &Store, input: &CopyEvents) -> Result<ListedEvents, OpsError> {
    let mut found = ListedEvents::default();
    let mut scan = target.scan(ReadQuery::all());
    while let Some(chunk) = scan.next().await? {
        let unmarked = chunk.iter().filter(|event| Coordinates::of_copy(event).is_none()).map(|event| event.event_id);
        let unmarked: Vec<Uuid> = unmarked.collect();
        // An event of a store of esctl is copied as it is.
        let known = match input.layout {
            None if !unmarked.is_empty() => source.events_by_id(unmarked.clone()).await?,
            _ => Vec::new(),
        };
        let known: HashSet<Uuid> = known.into_iter().map(|event| event.event_id).collect();
        let added: HashSet<Uuid> = unmarked.into_iter().filter(|id| !known.contains(id)).collect();
        chunk.iter().filter(|event| added.contains(&event.event_id)).for_each(|event| found.add(&event));
    }
    Ok(found)
}
