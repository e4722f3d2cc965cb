//! Verification of the rows of read models: each is as the events up to its checkpoint make it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::aggregate::Projection;
use crate::domain;
use crate::event::Position;
use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::verify::comparison::Difference;
use crate::ops::verify::projection_rows::ComparedRows;
use crate::ops::verify::projection_rows::RowScope;
use crate::ops::verify::projection_rows::compare_rows;
use crate::ops::verify::projection_rows::stored_projections;
use crate::ops::verify::row_fold::LeftOutEvents;
use crate::ops::verify::row_record::live_record;
use crate::ops::verify::unequal_rows::UnequalRows;
use crate::ops::verify::unequal_rows::unequal_rows;
use crate::ops::verify::verifier::Verifier;
use crate::ops::verify::verifier::damage;
use crate::runtime::RuntimeError;
use crate::runtime::check_belongs;
use crate::store::ReadModel;
use crate::store::Store;
use crate::store::StoreError;

/// The number of rows that are compared at one moment. Runners change few rows meanwhile.
const COMPARED: usize = 500;
/// Maximum length of a value in a finding, in characters.
const SHOWN: usize = 60;

impl Verifier<'_> {
    /// Compares all rows of all read models with the events.
    pub(super) async fn all_rows(&mut self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        // A record that cannot be read is a finding of its own.
        let Ok(projections) = damage(projections(self.store).await)? else { return Ok(()) };
        let mut rows = 0;
        for projection in projections {
            let unequal = unequal(self.store, &*projection, progress).await;
            let Some(unequal) = self.check("read_model", unequal)? else { continue };
            rows += unequal.rows;
            // A row may be one of a later moment, since a runner may have changed it. So each is compared once more.
            for keys in unequal.keys.chunks(COMPARED) {
                self.compare(&*projection, RowScope::Keys(keys.iter().cloned().collect())).await?;
            }
        }
        self.report.rows = Some(rows);
        Ok(())
    }

    /// Compares the rows that get events of a stream with the events.
    pub(super) async fn rows_of(&mut self, stream: &StreamName) -> Result<(), OpsError> {
        let scope = RowScope::Stream(stream.clone());
        let Some(projections) = self.check("record", projections(self.store).await)? else { return Ok(()) };
        let mut rows = 0;
        for projection in projections.into_iter().filter(|projection| scope.meets(&**projection)) {
            let keys = scope.keys(self.store, &*projection, Position(u64::MAX)).await?.unwrap_or_default();
            rows += self.compare(&*projection, RowScope::Keys(keys)).await?;
        }
        self.report.rows = Some(rows);
        Ok(())
    }

    /// Compares rows, and adds a finding for each that differs. Returns their number.
    async fn compare(&mut self, projection: &dyn Projection, scope: RowScope) -> Result<u64, OpsError> {
        let mut found = ComparedRows::default();
        let name = projection.name();
        match compare_rows(self.store, projection, &scope, &mut found).await {
            Err(OpsError::Runtime(error @ RuntimeError::Fold { .. })) => {
                let message = format!("the rows of read model {name} cannot be compared: {error}");
                self.report.add("read_model", None, message);
            }
            Err(OpsError::Runtime(RuntimeError::Store(error @ StoreError::ForeignCheckpoint { .. }))) => {
                let message = format!("{error}; run 'esctl projection rebuild {name}' to rebuild the read model");
                self.report.add("checkpoint", None, message);
            }
            compared => {
                self.check("read_model", compared)?;
            }
        }
        found.differing.sort_by(|one, other| one.key.cmp(&other.key));
        for row in found.differing {
            let Some(first) = row.differences.first() else { continue };
            let position = first.event.as_ref().map(|event| event.position);
            let more = match row.differences.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let repair = format!("run 'esctl projection rebuild {name}' to rebuild the read model");
            let message = format!("row {} of read model {name}: {}{more}; {repair}", row.key, in_words(first));
            self.report.add("read_model", position, message);
        }
        Ok(found.compared.iter().map(|compared| compared.rows).sum())
    }
}

/// Returns all projections that may have a read model in a store.
async fn projections(store: &Store) -> Result<Vec<Arc<dyn Projection>>, OpsError> {
    let mut projections = domain::projections();
    projections.extend(stored_projections(store).await?);
    let mut names = BTreeSet::new();
    projections.retain(|projection| names.insert(projection.name().to_owned()));
    Ok(projections)
}

/// Returns the rows of a read model that are not as the events up to its checkpoint make them; none without a read model of the
/// current logic.
async fn unequal(
    store: &Store,
    projection: &dyn Projection,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<UnequalRows, OpsError> {
    let name = projection.name();
    let record = live_record(store, name).await?.filter(|record| record.logic_version == projection.version());
    let none = UnequalRows { rows: 0, keys: Vec::new() };
    let Some(record) = record else { return Ok(none) };
    match check_belongs(store, name, record.checkpoint).await {
        // A finding already.
        Err(StoreError::ForeignCheckpoint { .. }) => return Ok(none),
        belongs => belongs?,
    }
    let left_out = LeftOutEvents::of(store.failed_events(ReadModel::live(name)).await?);
    unequal_rows(store, projection, record.checkpoint.position, &left_out, progress).await
}

/// Returns the place that differs, with both values.
fn in_words(difference: &Difference) -> String {
    let shown = |value: &Option<serde_json::Value>| {
        let text = value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    };
    match difference.path.as_str() {
        "" => difference.reason.clone(),
        path => format!("{path} is {}, but the events make {}", shown(&difference.found), shown(&difference.expected)),
    }
}
