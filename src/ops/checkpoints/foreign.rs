//! The checkpoints of a store that another program wrote.

use std::time::Duration;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::checkpoints::status::CheckpointState;
use crate::ops::checkpoints::status::CheckpointStatus;
use crate::ops::error::OpsError;
use crate::runtime::RuntimeError;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamQuery;
use crate::store::layout_store::ForeignCheckpoint;
use crate::store::layout_store::LayoutTables;
use crate::store::layout_store::Waiting;

/// The permitted difference between clocks.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Reads the checkpoints of a store that another program wrote, and true if there are more; `None` if the store has no table of
/// checkpoints.
///
/// # Errors
/// [`OpsError::Invalid`] if the layout names no table of checkpoints.
pub async fn foreign_checkpoints(
    tables: &LayoutTables,
    store: &Store,
    now: Timestamp,
) -> Result<Option<(Vec<CheckpointStatus>, bool)>, OpsError> {
    let parts = tables.parts().await?;
    if !parts.has_checkpoints {
        return Err(OpsError::Invalid(format!("layout {} names no table of checkpoints", parts.layout)));
    }
    // Checkpoints are read before the head, so a reader may look behind, but never ahead.
    let Some((checkpoints, more)) = tables.checkpoints().await? else { return Ok(None) };
    let head = tables.last_position().await?;
    let mut found = Vec::with_capacity(checkpoints.len());
    for checkpoint in checkpoints {
        found.push(Reader { tables, store, head, now }.status(checkpoint).await?);
    }
    Ok(Some((found, more)))
}

struct Reader<'a> {
    tables: &'a LayoutTables,
    store: &'a Store,
    head: Option<i64>,
    now: Timestamp,
}

/// The events that wait behind a checkpoint.
enum Behind {
    /// The place is beyond the last event, at this version or position.
    Ahead(i64),
    /// The place is a time in the future.
    Future,
    Waiting(Waiting),
    /// The layout does not say which events come after the place.
    Unknown,
}

impl Reader<'_> {
    async fn status(&self, checkpoint: ForeignCheckpoint) -> Result<CheckpointStatus, OpsError> {
        let place = |number: i64| u64::try_from(number).unwrap_or(0);
        let ForeignCheckpoint { name, position, time, stream, category, event_type, damage } = checkpoint;
        let of_stream = stream.is_some();
        let mut status = CheckpointStatus {
            name,
            state: CheckpointState::Unreadable,
            position: position.filter(|_| !of_stream).map(|position| Position(place(position))),
            version: position.filter(|_| of_stream).map(|version| Version(place(version))),
            head: self.head.map(|head| Position(place(head))),
            lag_events: None,
            lag_seconds: None,
            time,
            stream,
            category,
            event_type,
            message: damage,
        };
        if status.message.is_some() {
            return Ok(status);
        }
        match self.fill(&mut status, position).await {
            Err(OpsError::Runtime(RuntimeError::Store(
                error @ (StoreError::Integrity { .. } | StoreError::ForeignDamaged { .. }),
            ))) => {
                status.state = CheckpointState::Unreadable;
                status.message = Some(format!("the events that wait cannot be counted: {error}"));
            }
            filled => filled?,
        }
        Ok(status)
    }

    /// Adds the state and the lag.
    ///
    /// # Errors
    /// Damage of an event that would have to be counted.
    async fn fill(&self, status: &mut CheckpointStatus, position: Option<i64>) -> Result<(), OpsError> {
        let of_stream = status.stream.is_some();
        match self.behind(status, position).await? {
            Behind::Ahead(last) => {
                status.state = CheckpointState::Ahead;
                let what = if of_stream { "version" } else { "position" };
                status.message = Some(format!("beyond the last event, which has {what} {last}"));
            }
            Behind::Future => {
                status.state = CheckpointState::Ahead;
                status.message = Some("its time is in the future".to_owned());
            }
            Behind::Unknown => status.message = Some("the events that wait cannot be counted: they have no order".to_owned()),
            Behind::Waiting(waiting) => {
                status.lag_events = Some(waiting.events);
                status.lag_seconds = match (waiting.events, waiting.first_recorded_at) {
                    (0, _) => Some(0.0),
                    (_, first) => first.map(|first| self.now.micros_since(first) as f64 / 1e6),
                };
                status.state = match (waiting.events, self.is_behind_head(position)) {
                    (1.., _) => CheckpointState::Behind,
                    (0, _) if !self.is_addressed(status).await? => CheckpointState::Unaddressed,
                    (0, true) if !of_stream => CheckpointState::Idle,
                    (0, _) => CheckpointState::Current,
                };
                if status.state == CheckpointState::Unaddressed {
                    status.message = Some(format!("the store has no event of {}", asked_for(status)));
                }
            }
        }
        Ok(())
    }

    /// Returns the events that wait behind a checkpoint.
    async fn behind(&self, status: &CheckpointStatus, position: Option<i64>) -> Result<Behind, OpsError> {
        let is_filtered = status.category.is_some() || status.event_type.is_some();
        match (&status.stream, position, status.time) {
            (Some(stream), Some(version), _) => self.behind_version(stream, version).await,
            (None, Some(position), _) => {
                let Some(head) = self.head else { return Ok(Behind::Unknown) };
                if position > head {
                    return Ok(Behind::Ahead(head));
                }
                if !is_filtered && let Some(waiting) = self.tables.after_position(position).await? {
                    return Ok(Behind::Waiting(waiting));
                }
                let from = u64::try_from(position).unwrap_or(0).saturating_add(1);
                Ok(Behind::Waiting(self.scanned(status, ReadQuery::all().from(from)).await?))
            }
            (_, None, Some(time)) if time > self.now.plus(TOLERANCE) => Ok(Behind::Future),
            (stream, None, time) => {
                if !is_filtered && stream.is_none() {
                    let waiting = match time {
                        Some(time) => self.tables.after_time(time).await?,
                        // A reader that has not begun.
                        None => self.tables.all_events().await?,
                    };
                    if let Some(waiting) = waiting {
                        return Ok(Behind::Waiting(waiting));
                    }
                }
                let later = time.map(|time| time.plus(Duration::from_micros(1)));
                Ok(Behind::Waiting(self.scanned(status, ReadQuery::all().between(later, None)).await?))
            }
        }
    }

    /// Returns the events of a stream that wait behind a version.
    async fn behind_version(&self, stream: &str, version: i64) -> Result<Behind, OpsError> {
        let last = self.tables.last_version(stream).await?;
        if version > last {
            return Ok(Behind::Ahead(last));
        }
        if let Some(waiting) = self.tables.after_version(stream, version).await? {
            return Ok(Behind::Waiting(waiting));
        }
        let Ok(stream) = StreamName::recorded(stream) else { return Ok(Behind::Unknown) };
        let from = u64::try_from(version).unwrap_or(0).saturating_add(1);
        let mut found = Waiting::default();
        let mut scan = self.store.scan(ReadQuery::stream(stream).from(from));
        while let Some(chunk) = scan.next().await? {
            chunk.iter().for_each(|event| count(&mut found, event.recorded_at));
        }
        Ok(Behind::Waiting(found))
    }

    /// Reads and counts the events that a checkpoint asks for.
    async fn scanned(&self, status: &CheckpointStatus, query: ReadQuery) -> Result<Waiting, OpsError> {
        let query = query.categories(status.category.iter().cloned().collect());
        let query = query.types(status.event_type.iter().cloned().collect());
        let mut found = Waiting::default();
        let mut scan = self.store.scan(query);
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter().filter(|event| status.stream.as_deref().is_none_or(|stream| stream == event.stream)) {
                count(&mut found, event.recorded_at);
            }
        }
        Ok(found)
    }

    fn is_behind_head(&self, position: Option<i64>) -> bool {
        self.head.zip(position).is_some_and(|(head, position)| position < head)
    }

    /// Returns true if the store has an event that the reader asks for, or if it asks for all.
    async fn is_addressed(&self, status: &CheckpointStatus) -> Result<bool, OpsError> {
        if let Some(stream) = &status.stream {
            return Ok(self.tables.last_version(stream).await? > 0);
        }
        let (category, types) = (status.category.clone(), status.event_type.clone());
        if types.is_some() {
            let query = ReadQuery::all().types(types.into_iter().collect()).categories(category.into_iter().collect());
            return Ok(self.store.first(query).await?.is_some());
        }
        if category.is_some() {
            let query = StreamQuery { category, limit: 1, ..StreamQuery::default() };
            return Ok(!self.store.streams(query).await?.is_empty());
        }
        Ok(true)
    }
}

/// Adds an event to those that wait.
fn count(waiting: &mut Waiting, recorded_at: Timestamp) {
    let time = recorded_at.is_some().then_some(recorded_at);
    waiting.first_recorded_at = if waiting.events == 0 { time } else { waiting.first_recorded_at.min(time) };
    waiting.events += 1;
}

fn asked_for(status: &CheckpointStatus) -> String {
    let named = [("stream", &status.stream), ("category", &status.category), ("type", &status.event_type)];
    let named = named.into_iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}")));
    named.collect::<Vec<_>>().join(" and ")
}
