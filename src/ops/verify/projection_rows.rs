//! Verification of the rows of stored projections and of the application's projections. Many streams may go to one row, so all
//! events of a projection are folded.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::verify::comparison::Difference;
use crate::ops::verify::comparison::EventRef;
use crate::ops::verify::comparison::saved;
use crate::ops::verify::row_fold::LeftOutEvents;
use crate::ops::verify::row_fold::RowFold;
use crate::ops::verify::row_record::is_unchanged;
use crate::ops::verify::row_record::live_record;
use crate::ops::verify::verified::ProjectionCompared;
use crate::runtime::apply;
use crate::runtime::check_belongs;
use crate::runtime::definitions;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::StoreError;

/// Maximum number of attempts to compare a read model while runners commit to it.
const TRIES: usize = 10;
/// The key of events without a usable key: they are in no row.
pub(super) const NO_KEY: &str = "";

/// The scope of a comparison of rows.
pub(in crate::ops) enum RowScope {
    /// The rows that get events of a stream.
    Stream(StreamName),
    /// All rows of the projections that apply events of a category.
    Category(String),
    /// The rows with these keys. What an operator has left out of them is no difference.
    Keys(BTreeSet<String>),
}

/// The rows that were compared.
#[derive(Default)]
pub(in crate::ops) struct ComparedRows {
    pub(in crate::ops) compared: Vec<ProjectionCompared>,
    pub(in crate::ops) differing: Vec<DifferingRow>,
}

/// A row that differs from what the events make.
pub(in crate::ops) struct DifferingRow {
    pub(in crate::ops) key: String,
    /// The stream of the last event in scope that went to the row; none: the row has no events.
    pub(in crate::ops) last: Option<StreamName>,
    pub(in crate::ops) differences: Vec<Difference>,
}

impl ComparedRows {
    /// Removes and returns the differences of the rows without events.
    pub(in crate::ops) fn take_orphans(&mut self) -> Vec<Difference> {
        let orphans = self.differing.iter_mut().filter(|row| row.last.is_none());
        orphans.flat_map(|row| std::mem::take(&mut row.differences)).collect()
    }
}

/// A row that its events make.
struct FoldedRow {
    fold: RowFold,
    /// The last event in scope.
    last: Option<(StreamName, Version)>,
}

impl RowScope {
    /// Returns true if a projection may apply events in scope.
    pub(super) fn meets(&self, projection: &dyn Projection) -> bool {
        let applies = |category: &str| {
            let categories = projection.categories();
            categories.is_empty() || categories.iter().any(|applied| applied == category)
        };
        match self {
            Self::Stream(stream) => applies(stream.category()),
            Self::Category(category) => applies(category),
            Self::Keys(_) => true,
        }
    }

    fn contains(&self, event: &EventView<'_>) -> bool {
        match self {
            Self::Stream(stream) => stream.as_str() == event.stream,
            Self::Category(category) => category == event.category(),
            Self::Keys(_) => true,
        }
    }

    /// Returns the keys of the rows; none: all rows.
    pub(super) async fn keys(
        &self,
        store: &Store,
        projection: &dyn Projection,
        to: Position,
    ) -> Result<Option<BTreeSet<String>>, OpsError> {
        let stream = match self {
            Self::Stream(stream) => stream,
            Self::Category(_) => return Ok(None),
            Self::Keys(keys) => return Ok(Some(keys.clone())),
        };
        let mut keys = BTreeSet::new();
        let mut scan = store.scan(ReadQuery::stream(stream.clone()));
        while let Some(chunk) = scan.next().await? {
            let events = chunk.iter().take_while(|event| event.position <= to);
            keys.extend(events.filter_map(|event| projection.key(&event).map(Into::into)));
        }
        keys.remove(NO_KEY);
        Ok(Some(keys))
    }
}

/// Compares the rows of the stored projections and of the application's projections that have a read model of the current logic.
///
/// # Errors
/// [`StoreError::ForeignCheckpoint`] when a checkpoint is not of this store; [`StoreError::Unavailable`] when runners kept
/// committing to a read model.
pub(in crate::ops) async fn compare_projections(store: &Store, scope: &RowScope) -> Result<ComparedRows, OpsError> {
    let mut found = ComparedRows::default();
    for projection in domain::projections_of_application().into_iter().chain(stored_projections(store).await?) {
        compare_rows(store, &*projection, scope, &mut found).await?;
    }
    Ok(found)
}

/// Returns the projections whose definitions are in a store and can be read.
pub(super) async fn stored_projections(store: &Store) -> Result<Vec<Arc<dyn Projection>>, OpsError> {
    let definitions = definitions(store).await?.into_iter().flatten();
    let projections = definitions.filter_map(|definition| definition.projection().ok());
    Ok(projections.map(|projection| Arc::new(projection) as Arc<dyn Projection>).collect())
}

/// Compares the rows of one projection, if it has a read model of the current logic.
pub(super) async fn compare_rows(
    store: &Store,
    projection: &dyn Projection,
    scope: &RowScope,
    found: &mut ComparedRows,
) -> Result<(), OpsError> {
    let name = projection.name();
    if !scope.meets(projection) {
        return Ok(());
    }
    for _ in 0..TRIES {
        let record = live_record(store, name).await?.filter(|record| record.logic_version == projection.version());
        let Some(record) = record else { return Ok(()) };
        check_belongs(store, name, record.checkpoint).await?;
        let position = record.checkpoint.position;
        let keys = scope.keys(store, projection, position).await?;
        if keys.as_ref().is_some_and(BTreeSet::is_empty) {
            return Ok(());
        }
        // Only the kept rows may change meanwhile. The events up to the checkpoint do not.
        let kept = kept(store, name, keys.as_ref()).await?;
        let left_out = LeftOutEvents::of(store.failed_events(record.model.clone()).await?);
        if !is_unchanged(live_record(store, name).await?.as_ref(), &record) {
            continue;
        }
        let rows = fold(store, projection, scope, keys.as_ref(), position, &left_out).await?;
        let (compared, mut differing) = compare(projection, scope, rows, kept)?;
        explain(store, projection, position, &mut differing).await?;
        found.compared.push(ProjectionCompared { name: name.to_owned(), position, rows: compared });
        found.differing.extend(differing);
        return Ok(());
    }
    let message = format!("read model {name} could not be compared: it changed during each of {TRIES} attempts");
    Err(StoreError::Unavailable { message, source: None }.into())
}

/// Returns the kept rows of these keys; none: all rows.
async fn kept(store: &Store, name: &str, keys: Option<&BTreeSet<String>>) -> Result<BTreeMap<String, String>, OpsError> {
    let Some(keys) = keys else {
        let mut kept = BTreeMap::new();
        let mut pages = Pages::of(store, RowQuery { name: name.to_owned(), ..RowQuery::default() });
        while let Some((key, row)) = pages.next().await? {
            kept.insert(key, row);
        }
        return Ok(kept);
    };
    let keys: Vec<String> = keys.iter().cloned().collect();
    let rows = store.rows(ReadModel::live(name), keys.clone()).await?;
    Ok(keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))).collect())
}

/// Returns the rows of these keys that the events up to the checkpoint make.
async fn fold(
    store: &Store,
    projection: &dyn Projection,
    scope: &RowScope,
    keys: Option<&BTreeSet<String>>,
    to: Position,
    left_out: &LeftOutEvents,
) -> Result<BTreeMap<String, FoldedRow>, OpsError> {
    let mut rows: BTreeMap<String, FoldedRow> = BTreeMap::new();
    let wanted = ReadQuery::all().categories(projection.categories()).to(to.0);
    let mut scan = store.scan(wanted);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let Some(key) = projection.key(&event) else { continue };
            if key == NO_KEY || keys.is_some_and(|keys| !keys.contains(&*key)) {
                continue;
            }
            let new = || FoldedRow { fold: RowFold::new(projection.row(&key)), last: None };
            let row = rows.entry(key.clone().into_owned()).or_insert_with(new);
            row.fold.apply(projection, &key, &event, left_out)?;
            if scope.contains(&event) {
                row.last = Some((event.stream.parse()?, event.version));
            }
        }
    }
    Ok(rows)
}

/// Compares folded rows with the kept ones. Returns their number and those that differ.
fn compare(
    projection: &dyn Projection,
    scope: &RowScope,
    mut rows: BTreeMap<String, FoldedRow>,
    kept: BTreeMap<String, String>,
) -> Result<(u64, Vec<DifferingRow>), OpsError> {
    let name = projection.name();
    let (mut compared, mut differing) = (0, Vec::new());
    let mut compare_row = |key: &str, row: FoldedRow, kept: Option<&str>| -> Result<(), OpsError> {
        // A row that only events of other categories make is out of scope.
        if row.last.is_none() && !row.fold.is_empty() {
            return Ok(());
        }
        compared += 1;
        if matches!(scope, RowScope::Keys(_)) && row.fold.is_without_left_out(kept)? {
            return Ok(());
        }
        let (last, version) = row.last.unzip();
        let kept_as = format!("row {key} of read model {name}");
        let differences = row.fold.compare(kept)?.into_differences(&kept_as, version.unwrap_or(Version::ZERO));
        if !differences.is_empty() {
            differing.push(DifferingRow { key: key.to_owned(), last, differences });
        }
        Ok(())
    };
    for (key, text) in kept {
        let row = rows.remove(&key).unwrap_or_else(|| FoldedRow { fold: RowFold::new(projection.row(&key)), last: None });
        compare_row(&key, row, Some(&text))?;
    }
    for (key, row) in rows {
        compare_row(&key, row, None)?;
    }
    Ok((compared, differing))
}

/// Finds the last event that changed each place that differs, by folding the rows again. Rows whose cause is known stay.
async fn explain(store: &Store, projection: &dyn Projection, to: Position, rows: &mut [DifferingRow]) -> Result<(), OpsError> {
    let unexplained = |row: &&mut DifferingRow| row.differences.iter().any(|it| it.event.is_none()) && row.last.is_some();
    let mut folds: BTreeMap<String, (Box<dyn Fold>, Value, &mut DifferingRow)> =
        rows.iter_mut().filter(unexplained).map(|row| (row.key.clone(), (projection.row(&row.key), Value::Null, row))).collect();
    if folds.is_empty() {
        return Ok(());
    }
    let mut scan = store.scan(ReadQuery::all().categories(projection.categories()).to(to.0));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let Some(key) = projection.key(&event) else { continue };
            let Some((fold, before, row)) = folds.get_mut(&*key) else { continue };
            // An event that fails to apply changes nothing.
            if apply(&mut **fold, &event).is_err() {
                continue;
            }
            let after = saved(&**fold)?;
            for difference in &mut row.differences {
                if before.pointer(&difference.path) != after.pointer(&difference.path) {
                    difference.event = Some(EventRef::of(&event));
                }
            }
            *before = after;
        }
    }
    Ok(())
}
