//! A state rebuilt from the first event, compared with what is kept: snapshots and the read model.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::error::OpsError;
use crate::ops::rebuild::EventRef;
use crate::ops::rebuild::KeptRow;
use crate::ops::rebuild::Question;
use crate::ops::rebuild::Verdict;
use crate::ops::rebuild::explain;
use crate::ops::rebuild::rebuild;
use crate::ops::replay::own_rows::Whose;
use crate::ops::replay::own_rows::own_rows;
use crate::ops::replay::stream::Replay;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::replay_to;
use crate::ops::replay::stream::report;
use crate::ops::replay::until::Until;
use crate::ops::row_fold::LeftOut;
use crate::ops::row_fold::RowFold;
use crate::ops::snapshots::SnapshotPages;
use crate::ops::verify::must_be_recorded;
use crate::runtime::PassedOver;
use crate::runtime::check_belongs;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;

/// What the comparison has found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Verified {
    /// Whether nothing differs.
    pub ok: bool,
    /// The read model whose row was compared.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub read_model: Option<ReadModelCompared>,
    /// Projections that the store keeps and whose rows were compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<ProjectionCompared>,
    /// How many snapshots were compared.
    pub snapshots_compared: u64,
    /// Snapshots that another version of the reducer made: not compared, and not used either.
    pub passed_over: Vec<PassedOver>,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// A read model whose row was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReadModelCompared {
    /// Its name.
    pub name: String,
    /// How far it is; what came later is not in it yet, and no difference.
    pub position: Position,
    /// The version of the stream it shows.
    pub version: Version,
    /// Whether there is a row; a stream that is newer than the read model has none yet.
    #[serde(skip)]
    pub has_row: bool,
}

/// A projection that the store keeps and whose rows were compared: those to which events of the stream go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProjectionCompared {
    /// Its name.
    pub name: String,
    /// How far it is; what came later is not in it yet, and no difference.
    pub position: Position,
    /// How many rows were compared.
    pub rows: u64,
}

/// A place where what is kept is not what the events make.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Difference {
    /// What is kept: `snapshot`, `read model NAME`, or `row KEY of read model NAME`; `state` where the events make a state
    /// that breaks a rule of its domain.
    pub kept: String,
    /// The version of the stream it stands for.
    pub version: Version,
    /// In which way it differs.
    pub reason: String,
    /// Where, as a JSON pointer; empty: the whole.
    pub path: String,
    /// What the events make.
    #[cfg_attr(feature = "server", schema(required = true, value_type = Value))]
    pub expected: Option<Value>,
    /// What is kept.
    #[cfg_attr(feature = "server", schema(required = true, value_type = Value))]
    pub found: Option<Value>,
    /// The event that was left out, where that is why; else the last one up to that version that changed this place.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub event: Option<EventRef>,
}

/// The read model that shows a stream, and under which key.
struct Kept {
    projection: Arc<dyn Projection>,
    key: String,
    checkpoint: Position,
    has_row: bool,
}

/// Rebuilds a stream in memory, without any snapshot, and compares all of it with what is kept. The state in
/// the report is the one that was asked for.
///
/// # Errors
/// [`StoreError::Integrity`] when an event of it is not what was recorded;
/// As [`replay`](crate::ops::replay::replay); [`StoreError::ForeignCheckpoint`] when one is not of this store.
pub async fn replay_and_verify(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    must_be_recorded(store, &input.stream).await?;
    let mut replayed = verify_stream(store, input).await?;
    let rows = own_rows(store, &Whose::Stream(input.stream.clone())).await?;
    if let Some(verify) = &mut replayed.verify {
        verify.projections = rows.compared;
        verify.add(rows.differing.into_iter().flat_map(|row| row.differences));
    }
    Ok(replayed)
}

impl Verified {
    /// Adds what was found elsewhere.
    pub(super) fn add(&mut self, differences: impl IntoIterator<Item = Difference>) {
        self.differences.extend(differences);
        self.ok = self.differences.is_empty();
    }
}

/// As [`replay_and_verify`], without the projections that the store keeps.
pub(super) async fn verify_stream(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    let stream = &input.stream;
    let up_to = input.until.existing_version(store, stream).await?;
    let mut fold = input.reducer.fold(stream)?;
    let reducer = fold.version().name;
    let snapshots = SnapshotPages::all_of(store, stream, &reducer).await?;
    let (kept, row) = kept_row(store, stream, &reducer).await?.unzip();
    let rebuilt = rebuild(store, stream, &mut *fold, &snapshots, row).await?;

    let (mut differences, mut passed_over, mut snapshots_compared) = (Vec::new(), Vec::new(), 0);
    for (info, verdict) in rebuilt.snapshots {
        match verdict {
            Verdict::PassedOver(reason) => passed_over.push(PassedOver { version: info.version, reason }),
            verdict => {
                snapshots_compared += 1;
                differences.extend(differences_of("snapshot", info.version, verdict));
            }
        }
    }
    explain_all(store, stream, &mut *input.reducer.fold(stream)?, &mut differences).await?;
    differences.extend(rebuilt.violations.into_iter().map(|(rule, event)| Difference {
        kept: "state".into(),
        version: event.version,
        reason: rule,
        path: String::new(),
        expected: None,
        found: None,
        event: Some(event),
    }));
    let mut read_model = None;
    if let (Some(kept), Some((version, verdict))) = (kept, rebuilt.row) {
        let name = kept.projection.name().to_owned();
        let mut of_row = differences_of(&format!("read model {name}"), version, verdict);
        explain_all(store, stream, &mut *kept.projection.row(&kept.key), &mut of_row).await?;
        differences.append(&mut of_row);
        read_model = Some(ReadModelCompared { name, position: kept.checkpoint, version, has_row: kept.has_row });
    }

    let mut replayed = if input.until == Until::Head && input.diff.is_none() {
        let at = input.until.moment(input.now, rebuilt.loaded.recorded_at);
        report(stream, fold.version().name, rebuilt.loaded, at, fold.show(at))
    } else {
        replay_to(store, &Replay { snapshots: false, ..input.clone() }, up_to).await?
    };
    let ok = differences.is_empty();
    let projections = Vec::new();
    replayed.verify = Some(Verified { ok, read_model, projections, snapshots_compared, passed_over, differences });
    Ok(replayed)
}

/// The row that a stream has in its domain's read model, where there is one that today's logic made.
async fn kept_row(store: &Store, stream: &StreamName, reducer: &str) -> Result<Option<(Kept, KeptRow)>, OpsError> {
    // Only the domain's own state is what its read model shows.
    let Some(domain) = domain::of_category(stream.category()).filter(|domain| domain.category == reducer) else {
        return Ok(None);
    };
    let Some(projection) = domain.projection else { return Ok(None) };
    let first = store.first(ReadQuery::stream(stream.clone())).await?;
    let Some(key) = first.and_then(|first| projection.key(&first.view()).map(Cow::into_owned)) else {
        return Ok(None);
    };
    let mut record = live(store, &*projection).await?;
    loop {
        let Some(before) = record.filter(|record| record.logic_version == projection.version()) else {
            return Ok(None);
        };
        let rows = store.rows(ReadModel::live(projection.name()), vec![key.clone()]).await?;
        let problems = store.problems(ReadModel::live(projection.name())).await?;
        record = live(store, &*projection).await?;
        // Else a runner has moved on between the two, and the row may be of either.
        if record.as_ref().is_some_and(|now| (now.commits, now.updated_at) == (before.commits, before.updated_at)) {
            check_belongs(store, projection.name(), before.checkpoint).await?;
            let (checkpoint, fold) = (before.checkpoint.position, RowFold::new(projection.row(&key)));
            let row = rows.into_iter().next().flatten();
            let kept = Kept { projection: Arc::clone(&projection), key: key.clone(), checkpoint, has_row: row.is_some() };
            return Ok(Some((kept, KeptRow { projection, key, row, checkpoint, fold, left_out: LeftOut::of(problems) })));
        }
    }
}

pub(super) async fn live(store: &Store, projection: &dyn Projection) -> Result<Option<ProjectionRecord>, StoreError> {
    let model = ReadModel::live(projection.name());
    Ok(store.projections().await?.into_iter().find(|record| record.model == model))
}

pub(super) fn differences_of(kept: &str, version: Version, verdict: Verdict) -> Vec<Difference> {
    let Verdict::Differs { reason, mut changes, event } = verdict else { return Vec::new() };
    if changes.is_empty() {
        changes.push(Change { path: String::new(), before: None, after: None });
    }
    let of = |change: Change| Difference {
        kept: kept.to_owned(),
        version,
        reason: reason.clone(),
        path: change.path,
        expected: change.before,
        found: change.after,
        event: event.clone(),
    };
    changes.into_iter().map(of).collect()
}

async fn explain_all(
    store: &Store,
    stream: &StreamName,
    fold: &mut dyn Fold,
    differences: &mut [Difference],
) -> Result<(), OpsError> {
    let question = |it: &Difference| Question { path: it.path.clone(), up_to: it.version, answer: None };
    let mut questions: Vec<_> = differences.iter().map(question).collect();
    explain(store, stream, fold, &mut questions).await?;
    for (difference, question) in differences.iter_mut().zip(questions) {
        // Where it is known already that one was left out, that is why.
        if difference.event.is_none() {
            difference.event = question.answer;
        }
    }
    Ok(())
}
