//! Copying a store as it was at a moment into another store. Events keep ids and times, so the hash chain is the same.

use serde::Serialize;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::ops::error::OpsError;
use crate::ops::replay::copy_event::copy_of;
use crate::ops::replay::retime::EXTRA_BYTES;
use crate::ops::replay::retime::Retime;
use crate::store::AppendRequest;
use crate::store::Head;
use crate::store::Limits;
use crate::store::Outcome;
use crate::store::ReadQuery;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The input of a copy.
#[derive(Debug, Clone, Copy)]
pub struct CopyStore {
    /// The moment of the last event to copy; none: everything is copied.
    pub at: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
    /// True to replace times that are in the future or do not grow.
    pub retime: bool,
}

/// The outcome of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyReport {
    /// The source.
    pub from: String,
    /// The target.
    pub into: String,
    /// The moment that the copy shows.
    pub at: Timestamp,
    /// The last position of the copy.
    pub position: Position,
    /// The number of events that this run copied.
    pub events_copied: u64,
    /// The number of events that an earlier run had copied.
    pub already_there: u64,
    /// The number of events that got another time; none: times were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_retimed: Option<u64>,
    /// The hash of the last event. It equals the source's if times were kept.
    pub head_hash: Hash,
}

/// Copies a store as it was at a moment into another one. A target with the beginning of such a copy is continued.
/// `progress` gets the number of events to copy, then the number of those copied.
///
/// From a damaged source every event before the damage is copied, whatever its recorded head says.
///
/// # Errors
/// [`OpsError::Conflict`] when the target holds other or more events; then nothing is written.
/// [`StoreError::Integrity`] when the source is damaged; the message has the position of the last copied event.
pub async fn copy_store(
    source: &Store,
    target: &Store,
    input: CopyStore,
    progress: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<CopyReport, OpsError> {
    let end = end_of(source, input.at).await?;
    let mut retime = match input.retime {
        true => Some(Retime::new(source.server_clock().await?.or(target.server_clock().await?).unwrap_or(input.now))),
        false => None,
    };
    let (target, start) = match &mut retime {
        Some(retime) => (target.clone().with_limits(limits_for_retime()), retimed_start(source, target, end.last, retime).await?),
        None => (target.clone(), start_in(source, target, end.last).await?),
    };
    let target = &target;
    progress(CopyProgress::ToCopy(end.last.position.0 - start.position.0));
    let mut report = CopyReport {
        from: source.place(),
        into: target.place(),
        at: input.at.unwrap_or(if input.retime { input.now } else { input.now.max(end.last.recorded_at) }),
        position: end.last.position,
        events_copied: 0,
        already_there: start.position.0,
        events_retimed: input.retime.then_some(0),
        head_hash: end.last.hash,
    };
    let mut scan = source.scan(ReadQuery::all().beyond_head().from(start.position.next().0).to(end.last.position.0));
    let mut last = start;
    loop {
        let chunk = match scan.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return Err(stopped_at(error, last.position)),
        };
        let whole = whole_events(&mut last, chunk);
        let known = if whole == chunk.len() {
            copy_chunk(target, chunk, retime.as_mut()).await?
        } else {
            let mut part = chunk.clone();
            part.truncate(whole);
            copy_chunk(target, &part, retime.as_mut()).await?
        };
        report.already_there += known;
        report.events_copied += whole as u64 - known;
        progress(CopyProgress::Copied(whole as u64));
        if let Some(changed) = chunk.get(whole) {
            let (place, position) = (source.place(), changed.position);
            let message = format!("the event at position {position} of {place} differs from what was recorded: wrong hash");
            return Err(stopped_at(StoreError::integrity(message), last.position));
        }
    }
    if let Some(difference) = end.difference {
        return Err(stopped_at(StoreError::integrity(difference), last.position));
    }
    let end = end.last;
    let reached = if end.position == Position::ZERO { end } else { target.head().await? };
    if let Some(retime) = retime {
        (report.events_retimed, report.head_hash) = (Some(retime.changed), reached.hash);
    }
    if (reached.position, reached.hash) != (end.position, report.head_hash) {
        return Err(OpsError::Conflict(format!(
            "the target is not a copy: it ends at position {} with hash {}, the source at position {} with hash {}",
            reached.position, reached.hash, end.position, report.head_hash
        )));
    }
    Ok(report)
}

/// The progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyProgress {
    /// The number of events to copy.
    ToCopy(u64),
    /// The number of events that were copied since the last report.
    Copied(u64),
}

/// The end of a copy.
struct CopyEnd {
    /// The last event of the source to copy.
    last: Head,
    /// The difference between the recorded head of the source and its last event, if everything is copied.
    difference: Option<String>,
}

async fn end_of(source: &Store, at: Option<Timestamp>) -> Result<CopyEnd, OpsError> {
    let Some(at) = at else {
        let end = source.end().await;
        return Ok(match end {
            Ok(end) => CopyEnd { last: end.last, difference: end.difference() },
            // The head cannot be read. The events before the damage can.
            Err(StoreError::Integrity { message, .. }) => {
                let last = source.first(ReadQuery::all().beyond_head().backwards()).await?;
                let last = last.map_or_else(Head::default, |event| head_of(&event.view()));
                CopyEnd { last, difference: Some(message) }
            }
            Err(error) => return Err(error.into()),
        });
    };
    let position = source.position_at(at).await?;
    let event = source.event_at(position).await?;
    Ok(CopyEnd { last: event.map_or_else(Head::default, |event| head_of(&event.view())), difference: None })
}

fn head_of(event: &EventView<'_>) -> Head {
    Head { position: event.position, recorded_at: event.recorded_at, hash: event.hash }
}

/// Adds the last copied position to the error of a damaged source.
fn stopped_at(error: StoreError, last: Position) -> OpsError {
    match error {
        StoreError::Integrity { message, source } => {
            let copied = match last {
                Position::ZERO => "no event was copied".to_owned(),
                last => format!("the events up to position {last} were copied"),
            };
            StoreError::Integrity { message: format!("{message}; {copied}"), source }.into()
        }
        error => error.into(),
    }
}

/// Returns the head of the target if its events are the beginning of the copy.
async fn start_in(source: &Store, target: &Store, end: Head) -> Result<Head, OpsError> {
    let start = no_store_is_empty(target.head().await)?;
    if start.position == Position::ZERO {
        return Ok(start);
    }
    let place = target.place();
    let other = || {
        OpsError::Conflict(format!("{place} holds other or more events; copy into an empty store, or into a copy to continue"))
    };
    let place_in_source = ReadQuery::all().beyond_head().from(start.position.0).to(start.position.0);
    let same = source.first(place_in_source).await?.filter(|event| event.hash == start.hash).ok_or_else(other)?;
    if same.position > end.position {
        return Err(OpsError::Conflict(format!(
            "{place} holds a later copy, up to position {}; position {} was requested",
            start.position, end.position
        )));
    }
    Ok(start)
}

/// Does the work of [`start_in`] for a copy with other times, by comparing the target event by event.
async fn retimed_start(source: &Store, target: &Store, end: Head, retime: &mut Retime) -> Result<Head, OpsError> {
    let start = no_store_is_empty(target.head().await)?;
    if start.position > end.position {
        let place = target.place();
        return Err(OpsError::Conflict(format!("{place} holds more events, up to position {}", start.position)));
    }
    if start.position > Position::ZERO {
        retime.resume(source, target, start.position).await?;
    }
    match start.position {
        Position::ZERO => Ok(start),
        // The chain of the source is checked from there on.
        position => Ok(source.event_at(position).await?.map_or(start, |event| Head {
            position,
            recorded_at: event.recorded_at,
            hash: event.hash,
        })),
    }
}

/// Returns limits with space for the original time in an event of the maximum size.
fn limits_for_retime() -> Limits {
    Limits { event_bytes: Limits::default().event_bytes + EXTRA_BYTES }
}

/// Returns the number of undamaged events at the beginning of a chunk that follows `last`, and moves `last` to the end of them.
pub(in crate::ops) fn whole_events(last: &mut Head, chunk: &EventChunk) -> usize {
    let whole = chunk.iter().take_while(|event| {
        let hash = chain_hash(last.hash, event.position, event.version, event.recorded_at, event.content_hash());
        // A kept content hash replaces a payload only where its erasure is recorded.
        let fits = hash == event.hash && event.kept_content.is_none();
        if fits {
            *last = Head { position: event.position, recorded_at: event.recorded_at, hash };
        }
        fits
    });
    whole.count()
}

/// Appends a chunk in one transaction. Returns the number of its events that the target had already.
async fn copy_chunk(target: &Store, chunk: &EventChunk, mut retime: Option<&mut Retime>) -> Result<u64, OpsError> {
    if chunk.is_empty() {
        return Ok(0);
    }
    let mut requests: Vec<AppendRequest> = Vec::new();
    for event in chunk.iter() {
        let (new, recorded_at) = match &mut retime {
            Some(retime) => retime.next(&event)?,
            None => (copy_of(&event)?, event.recorded_at),
        };
        match requests.last_mut() {
            // Consecutive events of one stream have consecutive versions.
            Some(AppendRequest { stream, events, time: RecordTime::Given(times), .. }) if stream.as_str() == event.stream => {
                events.push(new);
                times.push(recorded_at);
            }
            _ => requests.push(AppendRequest {
                stream: StreamName::recorded(event.stream)?,
                expected: ExpectedVersion::Exact(Version(event.version.0.saturating_sub(1))),
                events: vec![new],
                time: RecordTime::Given(vec![recorded_at]),
            }),
        }
    }
    let mut known = 0;
    let mut hash = None;
    for answer in target.append_to_any(requests).await? {
        let appended = match answer {
            Ok(appended) => appended,
            Err(error @ (StoreError::Conflict { .. } | StoreError::IdConflict { .. } | StoreError::Invalid(_))) => {
                return Err(changed_meanwhile(target, &error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        if appended.outcome == Outcome::AlreadyApplied {
            known += appended.events.len() as u64;
        }
        hash = appended.events.last().map(|event| event.hash);
    }
    if retime.is_none() && hash != chunk.last().map(|event| event.hash) {
        return Err(changed_meanwhile(target, "the hash chains differ"));
    }
    Ok(known)
}

fn changed_meanwhile(target: &Store, reason: &str) -> OpsError {
    OpsError::Conflict(format!("{} was modified concurrently during the copy: {reason}", target.place()))
}
