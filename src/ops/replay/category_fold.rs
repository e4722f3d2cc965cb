//! The states of the streams of a category, folded in one pass over the store.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::reducer::Reducer;
use crate::runtime::AllStates;
use crate::runtime::Loaded;
use crate::runtime::RunOptions;
use crate::runtime::RuntimeError;
use crate::runtime::Spill;
use crate::runtime::SpillingMap;
use crate::runtime::apply;
use crate::store::Quarantine;
use crate::store::ReadQuery;
use crate::store::SnapshotQuery;
use crate::store::Store;
use crate::store::StoreError;

/// The streams to fold.
pub(super) struct CategoryStreams<'a> {
    pub(super) category: &'a str,
    pub(super) reducer: &'a Reducer,
    /// Returns true for the name of a stream that is left out.
    pub(super) is_replayed: &'a (dyn Fn(&str) -> bool + Sync),
    /// The rule for streams of another program; none for those of esctl.
    pub(super) foreign: Option<ForeignRule>,
    /// The last position.
    pub(super) to: Position,
    /// True if snapshots may replace events.
    pub(super) snapshots: bool,
}

/// The part of a stream of another program that is folded.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForeignRule {
    /// A stream ends before its first event after this moment.
    pub(super) until: Option<Timestamp>,
}

/// A stream at the last position.
pub(super) struct FoldedStream {
    pub(super) stream: StreamName,
    pub(super) loaded: Loaded,
    /// The state; none if the stream must be loaded by itself, since it has snapshots or an event failed to apply.
    pub(super) fold: Option<Box<dyn Fold>>,
}

/// The states of many streams, in the order of their names.
pub(super) struct FoldedStreams {
    states: SpillingMap<PassState>,
    all: AllStates,
    part: VecDeque<(String, String)>,
    reducer: Reducer,
    quarantine: Arc<Quarantine>,
}

/// The state of a stream during the pass.
struct PassState {
    fold: Option<Box<dyn Fold>>,
    loaded: Loaded,
    /// The version that was seen last in a store of another program.
    seen: Version,
    /// True after the first event that is too late.
    ended: bool,
}

impl Spill for PassState {
    type Error = OpsError;

    fn save(&self) -> Result<Option<String>, OpsError> {
        let save = |fold: &dyn Fold| Ok((fold.version().name, fold.save()?));
        let state = self.fold.as_deref().map(save).transpose().map_err(RuntimeError::State)?;
        let Loaded { version, position, recorded_at, events_applied, .. } = &self.loaded;
        let micros = recorded_at.is_some().then(|| recorded_at.micros());
        let saved = (version.0, position.0, micros, events_applied, state, self.seen.0, self.ended);
        Ok(Some(serde_json::to_string(&saved).map_err(|error| RuntimeError::State(FoldError::Reducer(error.to_string())))?))
    }
}

impl PassState {
    fn restore(stream: &StreamName, saved: &str, reducer: &Reducer) -> Result<Self, OpsError> {
        let damaged = |error: serde_json::Error| RuntimeError::State(FoldError::Reducer(error.to_string()));
        type Saved = (u64, u64, Option<i64>, u64, Option<(String, String)>, u64, bool);
        let (version, position, micros, events_applied, state, seen, ended): Saved =
            serde_json::from_str(saved).map_err(damaged)?;
        let recorded_at = micros.map_or(Timestamp::NONE, Timestamp::from_micros_saturating);
        let (version, position, seen) = (Version(version), Position(position), Version(seen));
        let loaded = Loaded { version, position, recorded_at, events_applied, ..Loaded::default() };
        let Some((name, state)) = state else { return Ok(Self { fold: None, loaded, seen, ended }) };
        // The events before have decided whether the domain folds the stream.
        let mut fold = match reducer {
            Reducer::Own => Reducer::Named(name).fold(stream)?,
            reducer => reducer.fold(stream)?,
        };
        fold.restore(&state).map_err(RuntimeError::State)?;
        let fold = Some(fold);
        Ok(Self { fold, loaded, seen, ended })
    }

    /// Applies an event of another program. A stream is only folded here while its versions have no holes and each comes once:
    /// otherwise they have another order than the positions, or two streams are shown with one name.
    fn apply_foreign(&mut self, event: &EventView<'_>, rule: ForeignRule) {
        let is_next = event.version.is_some() && event.version.0 == self.seen.0 + 1;
        let has_time = rule.until.is_none() || self.ended || event.recorded_at.is_some();
        if !is_next || !has_time {
            self.fold = None;
            return;
        }
        self.seen = event.version;
        self.ended |= rule.until.is_some_and(|until| event.recorded_at > until);
        if !self.ended {
            self.apply(event);
        }
    }

    fn apply(&mut self, event: &EventView<'_>) {
        if let Some(fold) = &mut self.fold {
            match apply(fold, event) {
                Ok(()) => self.loaded.events_applied += u64::from(!event.quarantined),
                // Loading the stream by itself reports the event.
                Err(_) => self.fold = None,
            }
        }
        (self.loaded.version, self.loaded.position) = (event.version, event.position);
        self.loaded.recorded_at = event.recorded_at;
    }
}

impl FoldedStreams {
    /// Folds the streams.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if an event of the store cannot be read.
    pub(super) async fn fold(store: &Store, input: CategoryStreams<'_>) -> Result<Self, OpsError> {
        let alone = if input.snapshots { with_snapshots(store, input.category).await? } else { HashSet::new() };
        let mut states: SpillingMap<PassState> = SpillingMap::new();
        let mut scan = store.scan(ReadQuery::all().categories(vec![input.category.to_owned()]).to(input.to.0));
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter().filter(|event| !(input.is_replayed)(event.stream)) {
                if !states.held().contains_key(event.stream) {
                    let stream = recorded(event.stream)?;
                    let state = match states.spilled(event.stream)? {
                        Some(saved) => PassState::restore(&stream, saved.as_str(), input.reducer)?,
                        None => {
                            let fold = (!alone.contains(event.stream)).then(|| input.reducer.fold(&stream)).transpose()?;
                            PassState { fold, loaded: Loaded::default(), seen: Version::ZERO, ended: false }
                        }
                    };
                    states.insert(event.stream.to_owned(), state);
                }
                if let Some(state) = states.held_mut().get_mut(event.stream) {
                    match input.foreign {
                        Some(rule) => state.apply_foreign(&event, rule),
                        None => state.apply(&event),
                    }
                }
                states.grew(event.data.len());
            }
            states.bound(RunOptions::MEMORY)?;
        }
        let quarantine = scan.quarantine().cloned().unwrap_or_default();
        let all = states.all()?;
        Ok(Self { states, all, part: VecDeque::new(), reducer: input.reducer.clone(), quarantine })
    }

    /// Returns the next stream; none after the last.
    pub(super) fn next(&mut self) -> Result<Option<FoldedStream>, OpsError> {
        let (stream, PassState { fold, mut loaded, .. }) = match self.states.take_next(&mut self.all) {
            Some((name, state)) => (recorded(&name)?, state),
            None => {
                if self.part.is_empty() {
                    self.part = self.states.next(&mut self.all)?.into();
                }
                let Some((name, saved)) = self.part.pop_front() else { return Ok(None) };
                let stream = recorded(&name)?;
                let state = PassState::restore(&stream, &saved, &self.reducer)?;
                (stream, state)
            }
        };
        loaded.left_out = self.quarantine.of_stream(stream.as_str(), loaded.version);
        Ok(Some(FoldedStream { stream, loaded, fold }))
    }
}

/// Returns the checked name of a stream of the store.
fn recorded(name: &str) -> Result<StreamName, StoreError> {
    StreamName::recorded(name).map_err(|error| StoreError::integrity(format!("a stream has an invalid name: {error}")))
}

/// Returns the names of the streams of a category that have snapshots.
async fn with_snapshots(store: &Store, category: &str) -> Result<HashSet<String>, OpsError> {
    let (mut pages, mut streams) = (Pages::of(store, SnapshotQuery::default()), HashSet::new());
    while let Some(info) = pages.next().await? {
        if info.stream.category() == category {
            streams.insert(info.stream.to_string());
        }
    }
    Ok(streams)
}
