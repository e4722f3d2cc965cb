//! Replay of a category: the state of each of its streams at a moment, one after the other.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::VecDeque;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::nfc;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::reducer::Reducer;
use crate::ops::replay::category_fold::CategoryStreams;
use crate::ops::replay::category_fold::FoldedStream;
use crate::ops::replay::category_fold::FoldedStreams;
use crate::ops::replay::category_fold::ForeignRule;
use crate::ops::replay::category_foreign::foreign_reducer;
use crate::ops::replay::category_foreign::replay_foreign;
use crate::ops::replay::category_foreign::with_broken;
use crate::ops::replay::point_in_time::PointInTime;
use crate::ops::replay::stream::Replay;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::replay_to;
use crate::ops::replay::stream::report;
use crate::ops::verify::chain::broken_streams;
use crate::ops::verify::orphan_rows::orphan_rows;
use crate::ops::verify::projection_rows::ComparedRows;
use crate::ops::verify::projection_rows::RowScope;
use crate::ops::verify::projection_rows::compare_projections;
use crate::ops::verify::stream::verify_stream;
use crate::runtime::RuntimeError;
use crate::runtime::version_at;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamQuery;

/// The number of streams that are replayed one by one. Where more are wanted, the store is read once for all others.
const FEW_STREAMS: usize = 200;

/// The input of a replay of a category.
#[derive(Debug, Clone)]
pub struct ReplayCategory {
    /// The category.
    pub category: String,
    /// The end of the replay: everything, a moment or a position.
    pub until: PointInTime,
    /// The reducer that makes the states.
    pub reducer: Reducer,
    /// True if snapshots may replace the events before them.
    pub snapshots: bool,
    /// True to compare the states with snapshots and read models.
    pub verify: bool,
    /// The moment that states are shown for if everything is replayed.
    pub now: Timestamp,
}

impl ReplayCategory {
    /// Returns the input of the replay of one stream.
    fn of_stream(&self, stream: StreamName) -> Replay {
        let Self { until, snapshots, now, .. } = *self;
        Replay { stream, until, diff: None, reducer: self.reducer.clone(), snapshots, now }
    }
}

/// A replay of a category in progress, in the order of the names of streams.
pub struct CategoryReplay {
    store: Store,
    input: ReplayCategory,
    /// The last position. Streams without an event up to it are left out.
    position: Option<Position>,
    streams: Pages<StreamQuery>,
    /// The number of streams that were replayed, and the name of the last one.
    replayed: usize,
    last: String,
    /// The names of the streams of another program that were replayed one by one: they are not in the order of names. None for a
    /// store of esctl.
    foreign: Option<HashSet<String>>,
    /// The streams after the first few, folded in one pass.
    folded: Option<FoldedStreams>,
    /// The number of rows of the read model that were compared.
    rows: u64,
    /// The compared rows of stored projections. All are compared at once, since many streams may go to one row.
    projection_rows: Option<ComparedRows>,
    /// Streams with an event that differs from what was recorded, each with a message on the first such event.
    broken: BTreeMap<String, String>,
    /// Reports on rows whose streams have no events, after the search for them.
    orphans: Option<VecDeque<ReplayReport>>,
}

/// Returns the report on a stream that failed to replay. Any other error ends the replay.
fn broken(input: &Replay, version: Version, error: OpsError) -> Result<ReplayReport, OpsError> {
    with_broken(input, version, BrokenStream::of(&input.stream, error)?)
}

impl CategoryReplay {
    /// Begins before the first stream.
    ///
    /// # Errors
    /// [`OpsError::NotThere`] when the position is beyond the head; [`OpsError::Invalid`] for a version, which only a single
    /// stream has.
    pub async fn open(store: &Store, mut input: ReplayCategory) -> Result<Self, OpsError> {
        input.category = nfc(&input.category).into_owned();
        if let PointInTime::Version(_) = input.until {
            return Err(OpsError::Invalid("a version belongs to one stream, not to a category".into()));
        }
        store.head().await?;
        let is_foreign = !store.abilities().dense;
        let position = if is_foreign {
            let ReplayCategory { category, until, verify, reducer, .. } = &input;
            input.reducer = foreign_reducer(store, category, *until, *verify, reducer).await?;
            None
        } else {
            input.until.position(store).await?
        };
        let of_category = StreamQuery { category: Some(input.category.clone()), ..StreamQuery::default() };
        let streams = Pages::of(store, of_category);
        let broken = match input.verify {
            true => broken_streams(store, |event| event.category() == input.category).await?,
            false => BTreeMap::new(),
        };
        Ok(Self {
            store: store.clone(),
            input,
            position,
            streams,
            replayed: 0,
            last: String::new(),
            foreign: is_foreign.then(HashSet::new),
            folded: None,
            rows: 0,
            projection_rows: None,
            broken,
            orphans: None,
        })
    }

    /// Replays the next stream with events; none after the last.
    ///
    /// # Errors
    /// Those of [`replay`](crate::ops::replay::replay).
    pub async fn next(&mut self) -> Result<Option<ReplayReport>, OpsError> {
        if self.replayed == FEW_STREAMS && !self.input.verify {
            self.folded = self.fold().await?;
        }
        self.replayed += 1;
        if self.folded.is_some() {
            return self.next_folded().await;
        }
        while let Some(info) = self.streams.next().await? {
            self.last.clone_from(&info.stream);
            let stream = info.name()?;
            if let Some(replayed) = &mut self.foreign {
                if replayed.len() <= FEW_STREAMS {
                    replayed.insert(info.stream.clone());
                }
                let input = self.input.of_stream(stream);
                if let Some(report) = replay_foreign(&self.store, &self.input.category, &input, info.version).await? {
                    return Ok(Some(report));
                }
                continue;
            }
            let up_to = match self.position {
                Some(position) if info.last_position > position => version_at(&self.store, &stream, position).await?,
                _ => info.version,
            };
            if up_to == Version::ZERO {
                continue;
            }
            let input = self.input.of_stream(stream);
            let replayed = match self.broken.remove(input.stream.as_str()) {
                Some(message) => Err(StoreError::integrity(message).into()),
                None if self.input.verify => verify_stream(&self.store, &input).await,
                None => replay_to(&self.store, &input, up_to).await,
            };
            let mut report = match replayed {
                Ok(report) => report,
                Err(error) => return Ok(Some(broken(&input, up_to, error)?)),
            };
            if !self.input.verify {
                return Ok(Some(report));
            }
            let rows = self.projection_rows().await?;
            if let Some(verify) = &mut report.verify {
                verify.projections.clone_from(&rows.compared);
                let of_stream = rows.differing.iter_mut().filter(|row| row.last.as_ref() == Some(&input.stream));
                verify.add(of_stream.flat_map(|row| std::mem::take(&mut row.differences)));
            }
            let read_model = report.verify.as_ref().and_then(|verify| verify.read_model.as_ref());
            self.rows += u64::from(read_model.is_some_and(|read_model| read_model.has_row));
            return Ok(Some(report));
        }
        self.next_orphan().await
    }

    /// Folds the streams after the last replayed one. None if an event cannot be read: the streams are then replayed one by
    /// one, so that only those that are damaged are missing.
    async fn fold(&mut self) -> Result<Option<FoldedStreams>, OpsError> {
        let ReplayCategory { category, reducer, snapshots, .. } = &self.input;
        if self.foreign.is_some() && !self.store.has_whole_streams_in_order().await? {
            return Ok(None);
        }
        let to = match self.position {
            Some(position) => position,
            None if self.foreign.is_some() => Position(i64::MAX.unsigned_abs()),
            None => self.store.head().await?.position,
        };
        let (last, names) = (self.last.as_str(), self.foreign.as_ref());
        let is_replayed = |name: &str| names.map_or(name <= last, |names| names.contains(name));
        let foreign = names.map(|_| ForeignRule { until: self.input.until.time() });
        let streams = CategoryStreams { category, reducer, is_replayed: &is_replayed, foreign, to, snapshots: *snapshots };
        match FoldedStreams::fold(&self.store, streams).await {
            Ok(folded) => Ok(Some(folded)),
            Err(OpsError::Runtime(RuntimeError::Store(error))) if error.is_damage() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn next_folded(&mut self) -> Result<Option<ReplayReport>, OpsError> {
        let ReplayCategory { until, now, .. } = self.input;
        while let Some(next) = self.folded.as_mut().map(FoldedStreams::next).transpose()?.flatten() {
            let FoldedStream { stream, loaded, fold } = next;
            if let Some(fold) = fold {
                // At an earlier moment, a stream of another program may have no event yet.
                if loaded.version > Version::ZERO {
                    let at = until.moment(now, loaded.recorded_at);
                    let mut report = report(&stream, fold.version().name, loaded, at, fold.show(at));
                    report.category.clone_from(&self.input.category);
                    return Ok(Some(report));
                }
                continue;
            }
            if let Some(report) = self.replay_alone(stream, loaded.version).await? {
                return Ok(Some(report));
            }
        }
        Ok(None)
    }

    /// Replays a stream that the pass did not fold.
    async fn replay_alone(&mut self, stream: StreamName, version: Version) -> Result<Option<ReplayReport>, OpsError> {
        let input = self.input.of_stream(stream);
        if self.foreign.is_some() {
            return replay_foreign(&self.store, &self.input.category, &input, version).await;
        }
        match replay_to(&self.store, &input, version).await {
            Ok(report) => Ok(Some(report)),
            Err(error) => Ok(Some(broken(&input, version, error)?)),
        }
    }

    /// Returns the compared rows of stored projections.
    async fn projection_rows(&mut self) -> Result<&mut ComparedRows, OpsError> {
        let rows = match self.projection_rows.take() {
            Some(rows) => rows,
            None => compare_projections(&self.store, &RowScope::Category(self.input.category.clone())).await?,
        };
        Ok(self.projection_rows.insert(rows))
    }

    async fn next_orphan(&mut self) -> Result<Option<ReplayReport>, OpsError> {
        // At an earlier moment, or with a named reducer, not every row was compared.
        let all_compared = self.input.verify && self.position.is_none() && self.input.reducer == Reducer::Own;
        if self.orphans.is_none() && all_compared {
            let (store, category) = (self.store.clone(), self.input.category.clone());
            let (compared, now) = (self.rows, self.input.now);
            let orphans = orphan_rows(&store, &category, compared, self.projection_rows().await?, now).await?;
            self.orphans = Some(orphans.into());
        }
        Ok(self.orphans.as_mut().and_then(VecDeque::pop_front))
    }
}
