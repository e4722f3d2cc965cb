//! The outcome of a copy of events.

use serde::Serialize;

use crate::event::CopyChanges;
use crate::event::Digest;
use crate::event::EventView;
use crate::event::Position;
use crate::event::Version;

/// The number of events of each kind that a report lists.
const LISTED: usize = 100;

/// An event of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventPlace {
    /// Its stream.
    pub stream: String,
    /// Its version.
    pub version: Version,
    /// Its position.
    pub position: Position,
}

impl EventPlace {
    pub(super) fn of(event: &EventView<'_>) -> Self {
        Self { stream: event.stream.to_owned(), version: event.version, position: event.position }
    }
}

/// Events of one kind: their number, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListedEvents {
    /// Their number.
    pub events: u64,
    /// The first of them.
    pub first: Vec<EventPlace>,
}

impl ListedEvents {
    pub(super) fn add(&mut self, event: &EventView<'_>) {
        self.events += 1;
        if self.first.len() < LISTED {
            self.first.push(EventPlace::of(event));
        }
    }
}

/// The changes that were necessary to copy events. Their originals can be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChangedEvents {
    /// The data is no object: it became the member `value`.
    pub value: ListedEvents,
    /// Values that esctl cannot hold were replaced by objects.
    pub replaced: ListedEvents,
    /// Members `source` and `original_time` of the metadata were moved.
    pub moved: ListedEvents,
    /// The event has no time, or one that does not grow.
    pub time: ListedEvents,
    /// The event has an id that another event has, or none that esctl accepts.
    pub id: ListedEvents,
}

impl ChangedEvents {
    pub(super) fn add(&mut self, changes: CopyChanges, event: &EventView<'_>) {
        let CopyChanges { value, replaced, moved, time, id } = changes;
        for (happened, list) in [
            (value, &mut self.value),
            (replaced, &mut self.replaced),
            (moved, &mut self.moved),
            (time, &mut self.time),
            (id, &mut self.id),
        ] {
            if happened {
                list.add(event);
            }
        }
    }

    /// Returns the kinds of changes, with the events that were changed.
    pub fn kinds(&self) -> [(&'static str, &ListedEvents); 5] {
        [("value", &self.value), ("replaced", &self.replaced), ("moved", &self.moved), ("time", &self.time), ("id", &self.id)]
    }
}

/// A name that esctl refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedName {
    /// The kind: `stream` or `type`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The reason.
    pub reason: String,
    /// The number of events with this name.
    pub events: u64,
}

/// Events with names that esctl refuses: their number, and the first of the names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RefusedEvents {
    /// The number of events.
    pub events: u64,
    /// The first names.
    pub names: Vec<RefusedName>,
}

impl RefusedEvents {
    pub(super) fn add(&mut self, name: &RefusedName) {
        self.events += name.events;
        let has_place = self.names.len() < LISTED;
        match self.names.iter_mut().find(|known| known.kind == name.kind && known.name == name.name) {
            Some(known) => known.events += name.events,
            None if has_place => self.names.push(name.clone()),
            None => {}
        }
    }
}

/// The outcome of a copy of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyEventsReport {
    /// True if the target has exactly the events of the source.
    pub ok: bool,
    /// The source.
    pub from: String,
    /// The layout with which the source was read; null for a store of esctl.
    pub layout: Option<String>,
    /// The target.
    pub to: String,
    /// True if nothing was written.
    pub dry_run: bool,
    /// The number of events that this run copied; of a dry run, the number that it would copy.
    pub events_copied: u64,
    /// The number of events that an earlier run had copied.
    pub already_there: u64,
    /// The number of events for which the program for changes gave no result.
    pub left_out: u64,
    /// The changes to the events that this run copied.
    pub changed: ChangedEvents,
    /// Events that appeared after later events of their stream were copied.
    pub late: ListedEvents,
    /// Events that were not copied because of an earlier one of their stream: it is late, has a refused type, or is no copy.
    pub not_copied: ListedEvents,
    /// Events that were not copied because esctl refuses their names. Only of a copy that was begun without them.
    pub refused: RefusedEvents,
    /// Events of the target that are no copies: another program appended them.
    pub added: ListedEvents,
    /// Copied events that are quarantined in the source, but not in the copy of a part of it.
    pub quarantined: ListedEvents,
    /// Events that an earlier run had copied, with another content.
    pub differing: ListedEvents,
    /// The digest of the source, after the changes that were asked for.
    pub source: Digest,
    /// The digest of the target; null if nothing was written.
    pub target: Option<Digest>,
}
