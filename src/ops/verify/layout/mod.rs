//! Verification of a store that another program wrote. Its rows are read once; places and ids that do not fit in memory are in a
//! temporary file.
//!
//! A hole in versions or positions is a note, not damage: a failed insert leaves one.

mod findings;
mod ids;
mod listed;
mod positions;
mod rows;
pub(in crate::ops) mod snapshots;
mod versions;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Reducer;
use crate::ops::checkpoints::CheckpointState;
use crate::ops::checkpoints::foreign::foreign_checkpoints;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::ops::verify::report::Finding;
use crate::ops::verify::report::ForeignVerify;
use crate::ops::verify::report::VerifyReport;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::layout_store::LayoutParts;
use crate::store::layout_store::LayoutTables;

/// The scope of a verification.
#[derive(Debug, Clone)]
pub struct VerifyLayout {
    /// The stream to verify; none: the whole store.
    pub stream: Option<StreamName>,
    /// The reducer that made the snapshots; none: they are not compared.
    pub reducer: Option<Reducer>,
    /// The present, to find events from the future.
    pub now: Timestamp,
}

/// A verification in progress.
struct LayoutVerifier<'a> {
    tables: &'a LayoutTables,
    store: &'a Store,
    input: &'a VerifyLayout,
    parts: LayoutParts,
    report: VerifyReport,
}

/// Verifies a store that another program wrote. `progress` gets the number of rows that were checked. Damage is a finding, not an
/// error.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream.
pub async fn verify_layout(
    tables: &LayoutTables,
    store: &Store,
    input: &VerifyLayout,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<VerifyReport, OpsError> {
    let parts = tables.parts().await?;
    let mut report = VerifyReport { head_hash: None, ..VerifyReport::new(input.stream.clone()) };
    report.head_position = match tables.last_position().await? {
        Some(position) => Position(place(position)),
        None => Position::NONE,
    };
    report.foreign = Some(ForeignVerify {
        layout: parts.layout.clone(),
        not_checked: not_checked(&parts, input),
        notes_total: 0,
        notes: Vec::new(),
        checkpoints: Vec::new(),
    });
    let mut verifier = LayoutVerifier { tables, store, input, parts, report };
    verifier.indexes();
    let walk = match &input.stream {
        None => tables.walk().await?,
        Some(stream) => match tables.walk_stream(stream).await? {
            Some(walk) => walk,
            None => return Err(no_stream(store, stream).await),
        },
    };
    verifier.rows(walk, progress).await?;
    if input.stream.is_none() {
        verifier.unjoined().await?;
        verifier.checkpoints().await?;
    }
    verifier.snapshots().await?;
    Ok(verifier.report)
}

impl LayoutVerifier<'_> {
    /// Adds the unique indexes that are missing.
    fn indexes(&mut self) {
        for index in self.parts.missing_indexes.iter().filter(|index| index.unique) {
            let message = format!(
                "no unique index of {} has {}: nothing prevents that a version is there twice",
                index.table,
                index.columns.join(", ")
            );
            self.report.add_of_kind(Finding { kind: "index", stream: None, version: None, position: None, message });
        }
    }

    /// Adds the number of rows that a missing row of a joined table hides.
    async fn unjoined(&mut self) -> Result<(), OpsError> {
        let found = match self.tables.unjoined().await {
            Err(StoreError::Unavailable { .. }) => {
                self.not_checked("rows that a join hides: the database did not count them in time");
                return Ok(());
            }
            found => found?,
        };
        for (table, joined, rows) in found {
            let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            let message = format!("{rows} of {table} have no row in {joined}, so no reader sees their events");
            self.report.add_of_kind(finding("row", None, None, None, message));
        }
        Ok(())
    }

    async fn checkpoints(&mut self) -> Result<(), OpsError> {
        if !self.parts.has_checkpoints {
            return Ok(());
        }
        let found = foreign_checkpoints(self.tables, self.store, self.input.now).await?;
        let Some((checkpoints, more)) = found else {
            self.not_checked("checkpoints: the store lacks their table or one of its columns");
            return Ok(());
        };
        if more {
            self.not_checked(&format!("checkpoints after the first {}", checkpoints.len()));
        }
        for checkpoint in &checkpoints {
            let Some(reason) = &checkpoint.message else { continue };
            let finding = Finding {
                kind: "checkpoint",
                stream: checkpoint.stream.clone(),
                version: checkpoint.version,
                position: checkpoint.position,
                message: format!("checkpoint {}: {reason}", checkpoint.name),
            };
            match checkpoint.state {
                CheckpointState::Ahead | CheckpointState::Unreadable => self.report.add_of_kind(finding),
                _ => self.report.add_note(finding),
            }
        }
        if let Some(foreign) = &mut self.report.foreign {
            foreign.checkpoints = checkpoints;
        }
        Ok(())
    }

    fn not_checked(&mut self, what: &str) {
        if let Some(foreign) = &mut self.report.foreign {
            foreign.not_checked.push(what.to_owned());
        }
    }
}

/// Returns the parts of a store of esctl that this one lacks.
fn not_checked(parts: &LayoutParts, input: &VerifyLayout) -> Vec<String> {
    let mut found = vec!["hash chain and recorded head: the store has none".to_owned()];
    if !parts.has_positions {
        found.push("positions: the store has none".to_owned());
    }
    if !parts.has_versions {
        found.push("versions: the store has none of its own".to_owned());
    }
    if input.stream.is_some() {
        found.push("other streams, the ids of their events, and checkpoints: only one stream was named".to_owned());
    }
    found
}

/// Returns a version or position of esctl. A store has none below 0.
fn place(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Returns a finding about an event.
fn finding(
    kind: &'static str,
    stream: Option<&str>,
    version: Option<i64>,
    position: Option<i64>,
    message: impl Into<String>,
) -> Finding {
    Finding {
        kind,
        stream: stream.filter(|stream| !stream.is_empty()).map(str::to_owned),
        version: version.map(|version| Version(place(version))),
        position: position.map(|position| Position(place(position))),
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    //! Reports in the tests of the checks.

    use crate::ops::verify::report::Finding;
    use crate::ops::verify::report::ForeignVerify;
    use crate::ops::verify::report::VerifyReport;

    /// Returns an empty report.
    pub(super) fn report() -> VerifyReport {
        let mut report = VerifyReport::new(None);
        let (notes, checkpoints, not_checked) = Default::default();
        report.foreign = Some(ForeignVerify { layout: "test".into(), not_checked, notes_total: 0, notes, checkpoints });
        report
    }

    /// Returns the findings, then the notes, as texts.
    pub(super) fn shown(report: &VerifyReport) -> Vec<String> {
        let text = |finding: &Finding| {
            let Finding { kind, stream, version, position, message } = finding;
            let version = version.map_or_else(|| "-".to_owned(), |version| version.to_string());
            let position = position.map_or_else(|| "-".to_owned(), |position| position.to_string());
            format!("{kind} {} {version} {position} {message}", stream.as_deref().unwrap_or("-"))
        };
        let notes = report.foreign.iter().flat_map(|foreign| &foreign.notes);
        report.findings.iter().map(text).chain(notes.map(|note| format!("note {}", text(note)))).collect()
    }
}
