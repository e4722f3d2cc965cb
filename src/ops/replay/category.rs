//! The state of every stream of a category as it was, one after the other.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde_json::Value;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::nfc;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::reducer::Reducer;
use crate::ops::replay::own_rows::OwnRows;
use crate::ops::replay::own_rows::Whose;
use crate::ops::replay::own_rows::own_rows;
use crate::ops::replay::stray_rows::stray_rows;
use crate::ops::replay::stream::Replay;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::replay_to;
use crate::ops::replay::stream::report;
use crate::ops::replay::until::Until;
use crate::ops::replay::verify::verify_stream;
use crate::ops::verify::broken_streams;
use crate::runtime::Loaded;
use crate::runtime::version_at;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamQuery;

/// What to replay.
#[derive(Debug, Clone)]
pub struct ReplayCategory {
    /// Which category.
    pub category: String,
    /// Up to where: everything, a moment or a position.
    pub until: Until,
    /// What makes the states.
    pub reducer: Reducer,
    /// Whether snapshots may spare the events before them.
    pub snapshots: bool,
    /// Whether to compare with what is kept.
    pub verify: bool,
    /// What the states are shown for where everything is replayed.
    pub now: Timestamp,
}

/// A replay of a category under way, in the order of the names.
pub struct CategoryReplay {
    store: Store,
    input: ReplayCategory,
    /// Streams without an event up to here were not there yet.
    position: Option<Position>,
    streams: Pages<StreamQuery>,
    /// How many rows of the read model were compared.
    rows: u64,
    /// Rows of projections that the store keeps, once they have been compared: all at once, since many streams may feed one.
    own: Option<OwnRows>,
    /// Streams with an event that is not what was recorded, and the first such event.
    broken: BTreeMap<String, String>,
    /// Rows that no stream stands behind, once they have been looked for.
    stray: Option<VecDeque<ReplayReport>>,
}

/// Returns the report on a stream whose state cannot be made; any other error ends the replay.
fn broken(input: &Replay, version: Version, error: OpsError) -> Result<ReplayReport, OpsError> {
    let found = BrokenStream::of(&input.stream, error)?;
    let reducer = input.reducer.fold(&input.stream)?.version().name;
    let loaded = Loaded { version, position: found.position.unwrap_or_default(), ..Loaded::default() };
    Ok(ReplayReport { broken: Some(found), ..report(&input.stream, reducer, loaded, input.now, Value::Null) })
}

impl CategoryReplay {
    /// Begins before the first stream.
    ///
    /// # Errors
    /// [`OpsError::NotThere`] when the store does not reach that far, [`OpsError::Invalid`] for a version, which is
    /// of one stream, or as the store says.
    pub async fn open(store: &Store, mut input: ReplayCategory) -> Result<Self, OpsError> {
        input.category = nfc(&input.category).into_owned();
        if let Until::Version(_) = input.until {
            return Err(OpsError::Invalid("a version is of one stream, not of a category".into()));
        }
        store.head().await?;
        let position = input.until.position(store).await?;
        let of_category = StreamQuery { category: Some(input.category.clone()), ..StreamQuery::default() };
        let streams = Pages::of(store, of_category);
        let broken = match input.verify {
            true => broken_streams(store, |event| event.category() == input.category).await?,
            false => BTreeMap::new(),
        };
        Ok(Self { store: store.clone(), input, position, streams, rows: 0, own: None, broken, stray: None })
    }

    /// The next stream that was there; none after the last.
    ///
    /// # Errors
    /// As [`replay`](crate::ops::replay::replay).
    pub async fn next(&mut self) -> Result<Option<ReplayReport>, OpsError> {
        while let Some(info) = self.streams.next().await? {
            let stream = info.name()?;
            let up_to = match self.position {
                Some(position) if info.last_position > position => version_at(&self.store, &stream, position).await?,
                _ => info.version,
            };
            if up_to == Version::ZERO {
                continue;
            }
            let ReplayCategory { until, snapshots, now, .. } = self.input;
            let input = Replay { stream, until, diff: None, reducer: self.input.reducer.clone(), snapshots, now };
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
            let own = self.own_rows().await?;
            if let Some(verify) = &mut report.verify {
                verify.projections.clone_from(&own.compared);
                let of_it = own.differing.iter_mut().filter(|row| row.last.as_ref() == Some(&input.stream));
                verify.add(of_it.flat_map(|row| std::mem::take(&mut row.differences)));
            }
            let read_model = report.verify.as_ref().and_then(|verify| verify.read_model.as_ref());
            self.rows += u64::from(read_model.is_some_and(|read_model| read_model.has_row));
            return Ok(Some(report));
        }
        self.next_stray().await
    }

    /// What was compared of the projections that the store keeps.
    async fn own_rows(&mut self) -> Result<&mut OwnRows, OpsError> {
        let own = match self.own.take() {
            Some(own) => own,
            None => own_rows(&self.store, &Whose::Category(self.input.category.clone())).await?,
        };
        Ok(self.own.insert(own))
    }

    async fn next_stray(&mut self) -> Result<Option<ReplayReport>, OpsError> {
        // At an earlier moment, or with a reducer by name, not every row was met.
        let all_met = self.input.verify && self.position.is_none() && self.input.reducer == Reducer::Own;
        if self.stray.is_none() && all_met {
            let (category, now) = (&self.input.category, self.input.now);
            let mut stray = stray_rows(&self.store, category, self.rows, now).await?;
            let category = StreamName::parse(category)?;
            stray.extend(self.own_rows().await?.stray(&category, now));
            self.stray = Some(stray.into());
        }
        Ok(self.stray.as_mut().and_then(VecDeque::pop_front))
    }
}
