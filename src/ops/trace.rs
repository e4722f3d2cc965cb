//! Trace of a correlation id: its events in all streams, each below its cause.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::event::EventView;
use crate::event::JsonObject;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::store::ReadQuery;
use crate::store::Store;

/// Maximum number of ids in a query.
const ASKED_AT_ONCE: usize = 500;

/// The known cause of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceCause {
    /// The event names no cause.
    None,
    /// The cause is the event above.
    Event,
    /// The cause is an event with another correlation id.
    Elsewhere,
    /// The cause is not in this store.
    Missing,
    /// The event is indirectly its own cause.
    Cycle,
}

/// An event of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceItem {
    /// The number of causes that lead to the event; 0: it is the root of a tree.
    pub depth: usize,
    /// The known cause.
    pub cause: TraceCause,
    /// The position of the event.
    pub position: Position,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The event id.
    pub event_id: Uuid,
    /// The stream of the event.
    pub stream: String,
    /// The version of the event.
    pub version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The client that caused the event.
    pub client_id: Option<String>,
    /// The command that led to the event.
    pub command: Option<String>,
    /// The correlation id of the event.
    pub correlation_id: String,
    /// The causation id of the event.
    pub causation_id: Option<String>,
}

/// Returns the events of a correlation id, or of the correlation id of an event, each after its cause. `looked_at` gets the number of
/// newly read events.
///
/// # Errors
/// [`OpsError::NotFound`] when no event has the id.
pub async fn trace(store: &Store, id: &str, looked_at: &mut dyn FnMut(u64)) -> Result<Vec<TraceItem>, OpsError> {
    store.head().await?;
    let correlation = Correlation::of(store, id).await?;
    let mut found = Vec::new();
    let mut scan = store.scan(ReadQuery::all());
    while let Some(chunk) = scan.next().await? {
        found.extend(chunk.iter().filter_map(|event| correlation.item(&event)));
        looked_at(chunk.len() as u64);
    }
    if found.is_empty() {
        if !store.has_metadata("correlation_id").await? {
            let message = format!("the events of {} have no correlation id in this layout; name an event id", store.place());
            return Err(OpsError::Invalid(message));
        }
        return Err(OpsError::NotFound { kind: "correlation", name: id.to_owned(), candidates: Vec::new() });
    }
    if !store.has_order().await? {
        found.sort_by(|a, b| (a.recorded_at, &a.stream, a.version).cmp(&(b.recorded_at, &b.stream, b.version)));
    }
    let mut trace = in_trees(found);
    find_elsewhere(store, &mut trace).await?;
    Ok(trace)
}

/// A correlation id, and the forms in which it is searched.
struct Correlation {
    /// The given id, and for a UUID also its usual form. A trace id of other programs has 32 digits without a hyphen.
    ids: Vec<String>,
    /// The forms in canonical metadata.
    needles: Vec<String>,
    /// The first event, which may have no correlation id itself.
    first: Option<Uuid>,
}

impl Correlation {
    async fn of(store: &Store, id: &str) -> Result<Self, OpsError> {
        let uuid = match Uuid::parse_str(id) {
            Ok(uuid) => Some(uuid),
            Err(_) => store.event_id_of(id.to_owned()).await?,
        };
        let mut ids = vec![id.to_owned()];
        ids.extend(Uuid::parse_str(id).map(|uuid| uuid.to_string()).ok().filter(|usual| usual != id));
        if let Some(event) = store.events_by_id(uuid.into_iter().collect()).await?.first() {
            ids = vec![text_of(&members(&event.metadata), "correlation_id").unwrap_or_else(|| event.event_id.to_string())];
        }
        let first = Uuid::parse_str(&ids[0]).ok();
        let needle =
            |id: &String| Ok(JsonObject::of(&json!({ "correlation_id": id }))?.as_str().trim_matches(['{', '}']).to_owned());
        let needles = ids.iter().map(needle).collect::<Result<_, OpsError>>()?;
        Ok(Self { ids, needles, first })
    }

    /// Returns the item of a matching event. The text is searched first, so that few events are parsed as JSON.
    fn item(&self, event: &EventView<'_>) -> Option<TraceItem> {
        let is_first = Some(event.event_id) == self.first;
        if !is_first && !self.needles.iter().any(|needle| event.metadata.contains(needle)) {
            return None;
        }
        let members = members(event.metadata);
        let correlation_id = text_of(&members, "correlation_id").or_else(|| is_first.then(|| self.ids[0].clone()))?;
        self.ids.contains(&correlation_id).then(|| TraceItem {
            depth: 0,
            cause: TraceCause::None,
            position: event.position,
            recorded_at: event.recorded_at,
            event_id: event.event_id,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            client_id: text_of(&members, "client_id"),
            command: text_of(&members, "command"),
            correlation_id,
            causation_id: text_of(&members, "causation_id"),
        })
    }
}

/// Returns the members of metadata; none if they are damaged, which `verify` reports.
fn members(metadata: &str) -> Map<String, Value> {
    serde_json::from_str(metadata).unwrap_or_default()
}

fn text_of(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().map(str::to_owned)
}

/// Orders events after their causes, otherwise by position, as they are given.
fn in_trees(items: Vec<TraceItem>) -> Vec<TraceItem> {
    let places: HashMap<String, usize> = items.iter().enumerate().map(|(at, item)| (item.event_id.to_string(), at)).collect();
    let parent = |item: &TraceItem| item.causation_id.as_ref().and_then(|id| places.get(id.to_lowercase().as_str()).copied());
    let parents: Vec<Option<usize>> = items.iter().map(parent).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(at);
        }
    }
    // Events without a path from a root form a cycle or are below one. Such a tree starts at its first event.
    let roots = (0..items.len()).filter(|at| parents[*at].is_none());
    let entries = roots.map(|at| (at, TraceCause::None)).chain((0..items.len()).map(|at| (at, TraceCause::Cycle)));
    let mut items: Vec<Option<TraceItem>> = items.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(items.len());
    for (entry, cause) in entries {
        let mut next = vec![(entry, 0, cause)];
        while let Some((at, depth, cause)) = next.pop() {
            // An event that is in the result already closes a cycle.
            let Some(mut item) = items[at].take() else { continue };
            (item.depth, item.cause) = (depth, cause);
            if cause == TraceCause::None && item.causation_id.is_some() {
                item.cause = TraceCause::Missing;
            }
            ordered.push(item);
            next.extend(children[at].iter().rev().map(|child| (*child, depth + 1, TraceCause::Event)));
        }
    }
    ordered
}

/// Marks the causes that are in the store but not in the trace.
async fn find_elsewhere(store: &Store, trace: &mut [TraceItem]) -> Result<(), OpsError> {
    let missing = trace.iter_mut().filter(|item| item.cause == TraceCause::Missing);
    let mut missing: Vec<(Uuid, &mut TraceItem)> =
        missing.filter_map(|item| Some((Uuid::parse_str(item.causation_id.as_ref()?).ok()?, item))).collect();
    for some in missing.chunks_mut(ASKED_AT_ONCE) {
        let known = store.events_by_id(some.iter().map(|(id, _)| *id).collect()).await?;
        for (id, item) in some {
            if known.iter().any(|event| event.event_id == *id) {
                item.cause = TraceCause::Elsewhere;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::TraceCause;
    use super::TraceItem;
    use super::in_trees;
    use crate::event::Position;
    use crate::event::Timestamp;
    use crate::event::Version;

    fn item(n: u128, cause: Option<u128>) -> TraceItem {
        TraceItem {
            depth: 0,
            cause: TraceCause::None,
            position: Position(1),
            recorded_at: Timestamp::MIN,
            event_id: Uuid::from_u128(n),
            stream: "a-1".into(),
            version: Version(1),
            event_type: "t".into(),
            client_id: None,
            command: None,
            correlation_id: "c".into(),
            causation_id: cause.map(|n| Uuid::from_u128(n).to_string()),
        }
    }

    fn ordered(items: Vec<TraceItem>) -> Vec<(u128, usize, TraceCause)> {
        in_trees(items).into_iter().map(|item| (item.event_id.as_u128(), item.depth, item.cause)).collect()
    }

    #[test]
    fn each_event_is_below_its_cause() {
        let items = vec![item(4, Some(1)), item(1, None), item(2, Some(1)), item(3, Some(4)), item(5, Some(99))];
        let wanted = [
            (1, 0, TraceCause::None),
            (4, 1, TraceCause::Event),
            (3, 2, TraceCause::Event),
            (2, 1, TraceCause::Event),
            (5, 0, TraceCause::Missing),
        ];
        assert_eq!(ordered(items), wanted);
    }

    #[test]
    fn a_circle_is_shown_once_with_what_hangs_on_it() {
        let items = vec![item(1, Some(2)), item(2, Some(3)), item(3, Some(1)), item(4, Some(2)), item(5, Some(5))];
        let wanted = [
            (1, 0, TraceCause::Cycle),
            (3, 1, TraceCause::Event),
            (2, 2, TraceCause::Event),
            (4, 3, TraceCause::Event),
            (5, 0, TraceCause::Cycle),
        ];
        assert_eq!(ordered(items), wanted);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain = (1..200_000).map(|n| item(n, (n > 1).then(|| n - 1))).collect();
        assert_eq!(ordered(chain).last(), Some(&(199_999, 199_998, TraceCause::Event)));
    }
}
