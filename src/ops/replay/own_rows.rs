//! Rows of the projections that the store keeps or the application has, compared with what the events make. A row may be fed by many streams, so
//! all events of its projection are folded.

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
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::rebuild::EventRef;
use crate::ops::rebuild::saved;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::report;
use crate::ops::replay::verify::Difference;
use crate::ops::replay::verify::ProjectionCompared;
use crate::ops::replay::verify::Verified;
use crate::ops::replay::verify::differences_of;
use crate::ops::replay::verify::live;
use crate::ops::row_fold::LeftOut;
use crate::ops::row_fold::RowFold;
use crate::runtime::Loaded;
use crate::runtime::apply;
use crate::runtime::check_belongs;
use crate::runtime::definitions;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::StoreError;

/// How often a read model is looked at that others keep moving.
const TRIES: usize = 10;
/// The key of events whose key cannot be told: they are in no row.
const NO_KEY: &str = "";

/// Whose rows.
pub(super) enum Whose {
    /// Those to which events of a stream go.
    Stream(StreamName),
    /// All of the projections that want events of a category.
    Category(String),
}

/// What was compared.
#[derive(Default)]
pub(super) struct OwnRows {
    pub(super) compared: Vec<ProjectionCompared>,
    pub(super) differing: Vec<DifferingRow>,
}

/// A row that is not what the events make.
pub(super) struct DifferingRow {
    key: String,
    /// The stream of the last event asked about that went to it; none: no event did.
    pub(super) last: Option<StreamName>,
    pub(super) differences: Vec<Difference>,
}

impl OwnRows {
    /// A report for the rows to which no event goes, in the name of their category.
    pub(super) fn stray(&mut self, category: &StreamName, now: Timestamp) -> Option<ReplayReport> {
        let of_none = self.differing.iter_mut().filter(|row| row.last.is_none());
        let differences: Vec<_> = of_none.flat_map(|row| std::mem::take(&mut row.differences)).collect();
        if differences.is_empty() {
            return None;
        }
        let mut stray = report(category, category.to_string(), Loaded::default(), now, Value::Null);
        let (projections, passed_over) = (self.compared.clone(), Vec::new());
        stray.verify =
            Some(Verified { ok: false, read_model: None, projections, snapshots_compared: 0, passed_over, differences });
        Some(stray)
    }
}

/// A row as its events make it.
struct Row {
    fold: RowFold,
    last: Option<(StreamName, Version)>,
}

impl Whose {
    fn category(&self) -> &str {
        match self {
            Self::Stream(stream) => stream.category(),
            Self::Category(category) => category,
        }
    }

    fn asks_about(&self, event: &EventView<'_>) -> bool {
        match self {
            Self::Stream(stream) => stream.as_str() == event.stream,
            Self::Category(category) => category == event.category(),
        }
    }

    /// The keys of the rows; none: all.
    async fn keys(&self, store: &Store, projection: &dyn Projection, to: Position) -> Result<Option<BTreeSet<String>>, OpsError> {
        let Self::Stream(stream) = self else { return Ok(None) };
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

/// Compares the rows of every projection that is not of a domain and that has a read model of today's logic: those that the store
/// keeps, and those of the application.
///
/// # Errors
/// [`StoreError::ForeignCheckpoint`] when one is not of this store, [`StoreError::Unavailable`] when others keep moving one,
/// or as the store says.
pub(super) async fn own_rows(store: &Store, whose: &Whose) -> Result<OwnRows, OpsError> {
    let mut found = OwnRows::default();
    let kept = definitions(store).await?.into_iter().flatten().filter_map(|definition| definition.projection().ok());
    let kept = kept.map(|projection| Arc::new(projection) as Arc<dyn Projection>);
    for projection in domain::projections_of_application().into_iter().chain(kept) {
        let categories = projection.categories();
        if categories.is_empty() || categories.iter().any(|wanted| wanted == whose.category()) {
            compare_all(store, &*projection, whose, &mut found).await?;
        }
    }
    Ok(found)
}

async fn compare_all(store: &Store, projection: &dyn Projection, whose: &Whose, found: &mut OwnRows) -> Result<(), OpsError> {
    let name = projection.name();
    for _ in 0..TRIES {
        let record = live(store, projection).await?.filter(|record| record.logic_version == projection.version());
        let Some(record) = record else { return Ok(()) };
        check_belongs(store, name, record.checkpoint).await?;
        let position = record.checkpoint.position;
        let keys = whose.keys(store, projection, position).await?;
        if keys.as_ref().is_some_and(BTreeSet::is_empty) {
            return Ok(());
        }
        // Only what is kept must stand still; the events up to there do not change, however long they take.
        let kept = kept(store, name, keys.as_ref()).await?;
        let left_out = LeftOut::of(store.problems(record.model.clone()).await?);
        let now = live(store, projection).await?;
        if now.is_none_or(|now| (now.commits, now.updated_at) != (record.commits, record.updated_at)) {
            // A row may be of before or after.
            continue;
        }
        let rows = fold(store, projection, whose, keys.as_ref(), position, &left_out).await?;
        let (compared, mut differing) = compare(projection, rows, kept)?;
        explain(store, projection, position, &mut differing).await?;
        found.compared.push(ProjectionCompared { name: name.to_owned(), position, rows: compared });
        found.differing.extend(differing);
        return Ok(());
    }
    let message = format!("read model {name} could not be compared: it never stood still");
    Err(StoreError::Unavailable { message, source: None }.into())
}

/// The rows of these keys as they are kept; none: all.
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

/// The rows of these keys as the events up to the checkpoint make them.
async fn fold(
    store: &Store,
    projection: &dyn Projection,
    whose: &Whose,
    keys: Option<&BTreeSet<String>>,
    to: Position,
    left_out: &LeftOut,
) -> Result<BTreeMap<String, Row>, OpsError> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let wanted = ReadQuery::all().categories(projection.categories()).to(to.0);
    let mut scan = store.scan(wanted);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let Some(key) = projection.key(&event) else { continue };
            if key == NO_KEY || keys.is_some_and(|keys| !keys.contains(&*key)) {
                continue;
            }
            let new = || Row { fold: RowFold::new(projection.row(&key)), last: None };
            let row = rows.entry(key.clone().into_owned()).or_insert_with(new);
            row.fold.apply(projection, &key, &event, left_out)?;
            if whose.asks_about(&event) {
                row.last = Some((event.stream.parse()?, event.version));
            }
        }
    }
    Ok(rows)
}

/// Compares rows with those that are kept; how many, and what differs.
fn compare(
    projection: &dyn Projection,
    mut rows: BTreeMap<String, Row>,
    kept: BTreeMap<String, String>,
) -> Result<(u64, Vec<DifferingRow>), OpsError> {
    let name = projection.name();
    let (mut compared, mut differing) = (0, Vec::new());
    let mut judge = |key: &str, row: Row, kept: Option<&str>| -> Result<(), OpsError> {
        // What events of other categories alone have made is not asked about.
        if row.last.is_none() && !row.fold.is_empty() {
            return Ok(());
        }
        compared += 1;
        let (last, version) = row.last.unzip();
        let kept_as = format!("row {key} of read model {name}");
        let differences = differences_of(&kept_as, version.unwrap_or(Version::ZERO), row.fold.verdict(kept)?);
        if !differences.is_empty() {
            differing.push(DifferingRow { key: key.to_owned(), last, differences });
        }
        Ok(())
    };
    for (key, text) in kept {
        let row = rows.remove(&key).unwrap_or_else(|| Row { fold: RowFold::new(projection.row(&key)), last: None });
        judge(&key, row, Some(&text))?;
    }
    for (key, row) in rows {
        judge(&key, row, None)?;
    }
    Ok((compared, differing))
}

/// Finds the last event that changed each place where a row differs, where it is not known why, by folding these rows once more.
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
            // What cannot be taken in changes nothing.
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
