//! The checkpoints of a store that another program wrote.

use std::time::Duration;

use crate::event::Position;
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
            Behind::Unknown => status.message = Some("it has no position and no time".to_owned()),
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
            (Some(stream), Some(version), _) => {
                let last = self.tables.last_version(stream).await?;
                if version > last {
                    return Ok(Behind::Ahead(last));
                }
                let waiting = self.tables.after_version(stream, version).await?;
                Ok(waiting.map_or(Behind::Unknown, Behind::Waiting))
            }
            (None, Some(position), _) => {
                let Some(head) = self.head else { return Ok(Behind::Unknown) };
                if position > head {
                    return Ok(Behind::Ahead(head));
                }
                if is_filtered {
                    let from = u64::try_from(position).unwrap_or(0).saturating_add(1);
                    return Ok(Behind::Waiting(self.scanned(status, ReadQuery::all().from(from)).await?));
                }
                let waiting = self.tables.after_position(position).await?;
                Ok(waiting.map_or(Behind::Unknown, Behind::Waiting))
            }
            (_, None, Some(time)) if time > self.now.plus(TOLERANCE) => Ok(Behind::Future),
            (_, None, Some(time)) => {
                if !is_filtered
                    && status.stream.is_none()
                    && let Some(waiting) = self.tables.after_time(time).await?
                {
                    return Ok(Behind::Waiting(waiting));
                }
                let later = ReadQuery::all().between(Some(time.plus(Duration::from_micros(1))), None);
                Ok(Behind::Waiting(self.scanned(status, later).await?))
            }
            (_, None, None) => Ok(Behind::Unknown),
        }
    }

    /// Reads and counts the events that a checkpoint asks for.
    async fn scanned(&self, status: &CheckpointStatus, query: ReadQuery) -> Result<Waiting, OpsError> {
        let query = query.categories(status.category.iter().cloned().collect());
        let query = query.types(status.event_type.iter().cloned().collect());
        let mut found = Waiting::default();
        let mut scan = self.store.scan(query);
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter().filter(|event| status.stream.as_deref().is_none_or(|stream| stream == event.stream)) {
                let time = event.recorded_at.is_some().then_some(event.recorded_at);
                found.first_recorded_at = if found.events == 0 { time } else { found.first_recorded_at.min(time) };
                found.events += 1;
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

fn asked_for(status: &CheckpointStatus) -> String {
    let named = [("stream", &status.stream), ("category", &status.category), ("type", &status.event_type)];
    let named = named.into_iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}")));
    named.collect::<Vec<_>>().join(" and ")
}
