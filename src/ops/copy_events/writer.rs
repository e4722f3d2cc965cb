//! Writes drafts into the target: those that it lacks, with times that grow and ids that are unique.

use std::collections::HashMap;
use std::collections::HashSet;
use std::time::Duration;

use uuid::Uuid;

use crate::event::Coordinates;
use crate::event::CopyTarget;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::ExpectedVersion;
use crate::event::NewEvent;
use crate::event::Original;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::copied_event;
use crate::event::digest_hash;
use crate::event::same_event;
use crate::ops::copy_events::draft::Draft;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::copy_events::input::LatePolicy;
use crate::ops::copy_events::report::CopyEventsReport;
use crate::ops::digest::no_original;
use crate::ops::error::OpsError;
use crate::store::AppendRequest;
use crate::store::Limits;
use crate::store::ReadQuery;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The largest event that every backend keeps, in bytes.
const MAX_EVENT_BYTES: usize = 11 << 20;
/// The size of an append after which the next event begins another one. MongoDB keeps an append in one document.
const APPEND_BYTES: usize = 1 << 20;
/// The number of streams whose end is remembered.
const MAX_ENDS: usize = 50_000;
/// The namespace of the ids of events whose own id another event has.
const COPY_IDS: Uuid = Uuid::from_u128(0x6b0d_58a1_2c7e_4f95_a3d4_90e1_7b6c_28f7);

/// A place of the source: the original version and position of an event.
type Place = (Option<u64>, Option<i64>);

/// The end of a stream in the target.
#[derive(Clone, Copy, Default)]
struct StreamEnd {
    /// The place of its last event, as far as late events are found by it.
    place: Place,
    /// Its version in the target.
    version: u64,
}

/// Writes into the target.
pub(super) struct Writer<'i> {
    target: Store,
    input: &'i CopyEvents,
    layout: &'i str,
    /// The time of the last event of the target.
    last: Timestamp,
    /// The ends of streams.
    ends: HashMap<StreamName, StreamEnd>,
    /// True if a stream without a known end may have events in the target.
    asks_for_ends: bool,
    /// The place of the last event that was written or found.
    last_place: LastPlace,
    /// Streams that are not copied any more.
    stopped: HashSet<StreamName>,
}

/// A place in the source, and the ids of the events with it so far. A store without a unique index may have several, one after the
/// other.
#[derive(Clone, Default)]
struct LastPlace {
    stream: String,
    place: Option<Coordinates>,
    ids: Vec<Uuid>,
}

impl LastPlace {
    /// Goes on to an event. Returns the number of events before it with the same place, and true if one of them has the same id.
    fn repeats(&mut self, draft: &Draft) -> (usize, bool) {
        let view = draft.event.view();
        let place = Some(Coordinates::of(&view));
        if self.stream != view.stream || self.place != place {
            *self = Self { stream: view.stream.to_owned(), place, ids: Vec::new() };
        }
        let of_before = (self.ids.len(), self.ids.contains(&view.event_id));
        self.ids.push(view.event_id);
        of_before
    }
}

/// The decision on the id of a draft.
enum Known {
    /// The target has the event.
    Yes(Box<RecordedEvent>),
    /// The target lacks the event, which gets this id.
    No(Uuid),
}

impl<'i> Writer<'i> {
    pub(super) fn new(target: &Store, input: &'i CopyEvents, layout: &'i str, last: Timestamp, has_events: bool) -> Self {
        let target = target.clone().with_limits(Limits { event_bytes: MAX_EVENT_BYTES });
        let last_place = LastPlace::default();
        let (ends, stopped) = (HashMap::new(), HashSet::new());
        Self { target, input, layout, last, ends, asks_for_ends: has_events, last_place, stopped }
    }

    /// Continues after the last event of the target, which may be one whose append had an unknown outcome, or one of another program.
    pub(super) fn continue_after(&mut self, last: Timestamp) {
        self.last = last;
        // The ends after events that were not written.
        self.ends.clear();
        self.asks_for_ends = true;
    }

    /// Returns true if there are streams that are not copied any more.
    pub(super) fn has_stopped(&self) -> bool {
        !self.stopped.is_empty()
    }

    /// Appends the drafts that the target lacks, in one transaction.
    ///
    /// # Errors
    /// [`OpsError::Conflict`] when the target was modified concurrently; [`OpsError::Invalid`] for an event that is too large.
    pub(super) async fn write(&mut self, drafts: Vec<Draft>, report: &mut CopyEventsReport) -> Result<(), OpsError> {
        // Here the target has all events so far.
        if self.ends.len() >= MAX_ENDS {
            self.ends.clear();
            self.asks_for_ends = true;
        }
        // Kept at the end: a write that fails is repeated with the same drafts.
        let mut last_place = self.last_place.clone();
        let known = self.known(&drafts, &mut last_place).await?;
        let mut requests: Vec<AppendRequest> = Vec::new();
        let (mut copied, mut bytes) = (0, 0);
        for (draft, known) in drafts.into_iter().zip(known) {
            let view = draft.event.view();
            let id = match known {
                Known::No(id) => id,
                Known::Yes(found) => {
                    report.already_there += 1;
                    if hash_of(&found)? != draft.hash {
                        report.differing.add(&view);
                    }
                    continue;
                }
            };
            let Some(event_type) = draft.event_type.clone() else {
                // Later events of the stream would miss this one.
                self.stopped.insert(draft.stream);
                continue;
            };
            let Some(version) = self.version_before(&draft, report).await? else { continue };
            let (new, time, size) = self.new_event(&draft, event_type, id, report)?;
            copied += 1;
            let joins = requests.last().is_some_and(|last| last.stream == draft.stream) && bytes + size <= APPEND_BYTES;
            bytes = if joins { bytes + size } else { size };
            match requests.last_mut() {
                Some(AppendRequest { events, time: RecordTime::Given(times), .. }) if joins => {
                    events.push(new);
                    times.push(time);
                }
                _ => requests.push(request(draft, version, new, time)),
            }
        }
        if !self.input.dry_run && !requests.is_empty() {
            self.append(requests).await?;
        }
        self.last_place = last_place;
        report.events_copied += copied;
        Ok(())
    }

    /// Finds the drafts that the target has. Decides on the ids of the others.
    async fn known(&self, drafts: &[Draft], last_place: &mut LastPlace) -> Result<Vec<Known>, OpsError> {
        let ids = drafts.iter().map(|draft| draft.event.event_id).filter(|id| !id.is_nil()).collect();
        let mut found = self.by_id(ids).await?;
        let (mut used, mut derived) = (HashSet::new(), DerivedIds { layout: self.layout, ids: Vec::new() });
        let mut known = Vec::with_capacity(drafts.len());
        for (number, draft) in drafts.iter().enumerate() {
            let id = draft.event.event_id;
            let (repeats, has_id_of_before) = last_place.repeats(draft);
            match found.remove(&id) {
                Some(event) if is_copy_of(&event, draft) && !has_id_of_before => {
                    used.insert(id);
                    known.push(Known::Yes(Box::new(event)));
                }
                // The id of another event.
                Some(event) => {
                    found.insert(id, event);
                    derived.add(number, &draft.event.view(), repeats);
                    known.push(Known::No(id));
                }
                None => {
                    if id.is_nil() || !used.insert(id) {
                        derived.add(number, &draft.event.view(), repeats);
                    }
                    known.push(Known::No(id));
                }
            }
        }
        let derived = derived.ids;
        if derived.is_empty() {
            return Ok(known);
        }
        let mut found = self.by_id(derived.iter().map(|(_, id)| *id).collect()).await?;
        for (number, id) in derived {
            known[number] = match found.remove(&id) {
                Some(event) => Known::Yes(Box::new(event)),
                None => Known::No(id),
            };
        }
        Ok(known)
    }

    async fn by_id(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, RecordedEvent>, OpsError> {
        let found = no_store_is_empty(self.target.events_by_id(ids).await)?;
        Ok(found.into_iter().map(|event| (event.event_id, event)).collect())
    }

    /// Returns the version of the stream in the target before an event; `None` if the event is not copied, since it or an earlier one of
    /// its stream is late, or the stream has an event that is no copy.
    ///
    /// # Errors
    /// [`OpsError::Conflict`] when the target has another event in place of one that is copied as it is.
    async fn version_before(&mut self, draft: &Draft, report: &mut CopyEventsReport) -> Result<Option<u64>, OpsError> {
        let view = draft.event.view();
        if self.stopped.contains(&draft.stream) {
            self.pass_over(draft, report);
            return Ok(None);
        }
        let end = match self.ends.get(&draft.stream) {
            Some(end) => *end,
            None if !self.asks_for_ends => StreamEnd::default(),
            None => {
                let query = ReadQuery::stream(draft.stream.clone()).backwards();
                match no_store_is_empty(self.target.first(query).await)? {
                    None => StreamEnd::default(),
                    Some(last) if draft.held.is_some() && Coordinates::of_copy(&last.view()).is_none() => {
                        report.added.add(&last.view());
                        return Ok(self.stop(draft, report));
                    }
                    Some(last) => StreamEnd { place: place_of_copy(&last)?, version: last.version.0 },
                }
            }
        };
        if draft.held.is_none() && end.version >= view.version.0 {
            return Err(OpsError::Conflict(format!(
                "{} has version {} of stream {} already, with another event than the source; copy into an empty store",
                self.target.place(),
                view.version,
                draft.stream
            )));
        }
        let place = place(&view);
        let is_late = self.is_late(end.place, place);
        if is_late && self.input.late == LatePolicy::Stop {
            self.ends.insert(draft.stream.clone(), end);
            return Ok(self.stop(draft, report));
        }
        if is_late {
            report.late.add(&view);
        }
        let place = if is_late { end.place } else { place };
        self.ends.insert(draft.stream.clone(), StreamEnd { place, version: end.version + 1 });
        Ok(Some(end.version))
    }

    /// Stops the copy of a stream before an event.
    fn stop(&mut self, draft: &Draft, report: &mut CopyEventsReport) -> Option<u64> {
        self.stopped.insert(draft.stream.clone());
        self.pass_over(draft, report);
        None
    }

    /// Adds an event of a stream that is not copied any more. Late ones are counted on.
    fn pass_over(&mut self, draft: &Draft, report: &mut CopyEventsReport) {
        let view = draft.event.view();
        if let Some(mut end) = self.ends.get(&draft.stream).copied() {
            let place = place(&view);
            if self.is_late(end.place, place) {
                report.late.add(&view);
            } else {
                end.place = place;
                self.ends.insert(draft.stream.clone(), end);
            }
        }
        report.not_copied.add(&view);
    }

    /// Returns true for an event whose place is before the end of its stream.
    fn is_late(&self, end: Place, place: Place) -> bool {
        // Streams that were renamed to one have versions of their own.
        let by_version = self.input.rename.is_none();
        let is_before = |end: Option<i64>, place: Option<i64>| matches!((end, place), (Some(end), Some(place)) if end > place);
        let number = |version: Option<u64>| version.and_then(|version| i64::try_from(version).ok());
        is_before(end.1, place.1) || (by_version && is_before(number(end.0), number(place.0)))
    }

    /// Returns the event to append, its time and its size.
    fn new_event(
        &mut self,
        draft: &Draft,
        event_type: EventType,
        event_id: Uuid,
        report: &mut CopyEventsReport,
    ) -> Result<(NewEvent, Timestamp, usize), OpsError> {
        let view = draft.event.view();
        let recorded_at = self.time_of(view.recorded_at);
        let target = CopyTarget { event_id, event_type, recorded_at };
        let made = match &draft.held {
            None => same_event(&view, target),
            Some(held) => copied_event(&view, held.clone(), self.layout, target),
        };
        let (new, changes) = made.map_err(|error| no_original(&view, &error))?;
        let size = new.data.as_str().len() + new.metadata.as_str().len();
        if size > MAX_EVENT_BYTES {
            let (stream, version, position) = (view.stream, view.version, view.position);
            return Err(OpsError::Invalid(format!(
                "the event at position {position} (stream {stream}, version {version}) has {size} bytes, and a store keeps at most {MAX_EVENT_BYTES}; \
                 make it smaller with --transform"
            )));
        }
        report.changed.add(changes, &view);
        self.last = recorded_at;
        Ok((new, recorded_at, size))
    }

    /// Returns the time of the next event: its own if it is later than that of the event before.
    fn time_of(&self, original: Timestamp) -> Timestamp {
        let next = self.last.plus(Duration::from_micros(1));
        let is_future = self.input.retime && original > self.input.now;
        match original.is_some() && original < Timestamp::END_OF_RECORDED && !is_future {
            true => next.max(original),
            false if is_future && self.last == Timestamp::MIN => self.input.now,
            false => next,
        }
    }

    async fn append(&self, requests: Vec<AppendRequest>) -> Result<(), OpsError> {
        let changed = |error: &StoreError| {
            OpsError::Conflict(format!("{} was modified concurrently during the copy: {error}", self.target.place()))
        };
        for answer in self.target.append_to_any(requests).await? {
            match answer {
                Ok(_) => {}
                Err(error @ (StoreError::Conflict { .. } | StoreError::IdConflict { .. } | StoreError::Invalid(_))) => {
                    return Err(changed(&error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn request(draft: Draft, version: u64, new: NewEvent, time: Timestamp) -> AppendRequest {
    // The versions of a store of esctl are dense, and stay.
    let version = if draft.held.is_none() { draft.event.version.0.saturating_sub(1) } else { version };
    let expected = ExpectedVersion::Exact(Version(version));
    AppendRequest { stream: draft.stream, expected, events: vec![new], time: RecordTime::Given(vec![time]) }
}

/// Returns true if an event of the target is the copy of a draft.
fn is_copy_of(found: &RecordedEvent, draft: &Draft) -> bool {
    if found.stream != draft.stream.as_str() {
        return false;
    }
    match draft.held {
        None => found.version == draft.event.version,
        Some(_) => Coordinates::of_copy(&found.view()) == Some(Coordinates::of(&draft.event.view())),
    }
}

/// The ids of drafts whose own ids cannot be used, with the numbers of the drafts.
struct DerivedIds<'l> {
    layout: &'l str,
    ids: Vec<(usize, Uuid)>,
}

impl DerivedIds<'_> {
    /// Adds the id of an event. Events of the same place, which a store without a unique index may have, get different ones.
    fn add(&mut self, number: usize, event: &EventView<'_>, repeats: usize) {
        let Coordinates { version, position } = Coordinates::of(event);
        let (version, position) = (version.unwrap_or_default(), position.unwrap_or_default());
        let again = "\0".repeat(repeats);
        let mut text = format!("{}\0{}\0{version}\0{position}{again}", self.layout, event.stream);
        loop {
            let id = Uuid::new_v5(&COPY_IDS, text.as_bytes());
            if !self.ids.iter().any(|(_, known)| *known == id) {
                return self.ids.push((number, id));
            }
            text.push('\0');
        }
    }
}

fn hash_of(found: &RecordedEvent) -> Result<crate::event::Hash, OpsError> {
    let view = found.view();
    Original::of(&view).and_then(|original| digest_hash(&original)).map_err(|error| no_original(&view, &error))
}

/// Returns the place of an event of the source.
fn place(event: &EventView<'_>) -> Place {
    // Of a copy, the original one, as in the target.
    let version = Original::of(event).ok().and_then(|original| original.version);
    (version, Coordinates::of(event).position.and_then(|position| position.parse().ok()))
}

/// Returns the original place of an event of the target.
fn place_of_copy(found: &RecordedEvent) -> Result<Place, OpsError> {
    let view = found.view();
    let original = Original::of(&view).map_err(|error| no_original(&view, &error))?;
    let position = Coordinates::of_copy(&view).and_then(|coordinates| coordinates.position);
    Ok((original.version, position.and_then(|position| position.parse().ok())))
}
