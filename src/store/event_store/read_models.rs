//! The read models of a store.

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::failed_event::FailedEvent;
use crate::store::read_model::MAX_ROW_BYTES;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;

impl Store {
    /// Finds incomplete read models, and values beside the events that esctl never wrote. Returns one line for each
    /// finding.
    pub async fn check_read_models(&self) -> Result<Vec<String>, StoreError> {
        self.backend.check_read_models().await
    }

    /// Returns the record of each read model, in the order of their names, the live one of each projection first.
    pub async fn projections(&self) -> Result<Vec<ProjectionRecord>, StoreError> {
        let mut records = self.reader.ask(self.backend.projections()).await?;
        records.sort_by(|a, b| (&a.model.name, a.model.part).cmp(&(&b.model.name, b.model.part)));
        Ok(records)
    }

    /// Returns the rows of these keys, in the order of the keys.
    pub async fn rows(&self, model: ReadModel, keys: Vec<String>) -> Result<Vec<Option<String>>, StoreError> {
        model.check_name()?;
        self.reader.ask(self.backend.rows(model, keys)).await
    }

    /// Writes rows, failed events and checkpoint in one transaction. Returns false where the read model was modified
    /// concurrently.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a row is too large.
    pub async fn commit_rows(&self, commit: RowsCommit) -> Result<bool, StoreError> {
        commit.model.check_name()?;
        check_size(&commit.model, &commit.rows)?;
        match commit.model.part {
            Part::Live => self.write(|backend| backend.commit_rows(commit)).await,
            _ => self.write_unseen(|backend| backend.commit_rows(commit)).await,
        }
    }

    /// Begins a load of all rows of a read model that is not live. Other loads of the projection end.
    pub async fn begin_load(&self, load: &RowLoad) -> Result<(), StoreError> {
        load.model.check_name()?;
        self.write_unseen(|backend| backend.begin_load(load.clone())).await
    }

    /// Adds rows to a load, each with another key. Returns false if the load has ended, which another load, a swap or a
    /// drop does.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a row is too large.
    pub async fn load_rows(&self, load: &mut RowLoad, rows: Vec<(String, String)>) -> Result<bool, StoreError> {
        check_size(&load.model, &rows)?;
        load.rows += rows.len() as u64;
        load.largest = rows.iter().map(|(_, row)| row.len()).fold(load.largest, usize::max);
        self.write_unseen(|backend| backend.load_rows(load.clone(), rows)).await
    }

    /// Ends a load: moves the checkpoint and replaces all rows of the read model by the loaded ones, in one step. Returns
    /// false, and changes nothing, where the read model was modified concurrently or the load has ended.
    pub async fn finish_load(&self, load: &RowLoad, commit: RowsCommit) -> Result<bool, StoreError> {
        self.write_unseen(|backend| backend.finish_load(load.clone(), commit)).await
    }

    /// Returns the failed events of a read model, in the order of their positions.
    pub async fn failed_events(&self, model: ReadModel) -> Result<Vec<FailedEvent>, StoreError> {
        model.check_name()?;
        self.reader.ask(self.backend.failed_events(model)).await
    }

    /// Swaps in the rebuilt read model, in one step. The old one is kept as the previous one until the next swap.
    pub async fn swap_read_model(&self, name: &str, at: Position, indexed_fields: Vec<String>) -> Result<bool, StoreError> {
        ReadModel::live(name).check_name()?;
        self.write(|backend| backend.swap_read_model(name.to_owned(), at, indexed_fields)).await
    }

    /// Exchanges the live and the previous read model, in one step. Returns false where either is missing.
    pub async fn exchange_read_models(&self, name: &str) -> Result<bool, StoreError> {
        ReadModel::live(name).check_name()?;
        self.write(|backend| backend.exchange_read_models(name.to_owned())).await
    }

    /// Drops a read model and its checkpoint. Never touches events.
    pub async fn drop_read_model(&self, model: ReadModel) -> Result<bool, StoreError> {
        model.check_name()?;
        match model.part {
            Part::Live => self.write(|backend| backend.drop_read_model(model)).await,
            _ => self.write_unseen(|backend| backend.drop_read_model(model)).await,
        }
    }

    /// Returns rows of a read model in the order of their keys.
    pub async fn query_rows(&self, query: RowQuery) -> Result<Vec<(String, String)>, StoreError> {
        query.model().check_name()?;
        self.reader.ask(self.backend.query_rows(query)).await
    }

    /// Returns the number of rows of a read model.
    pub async fn count_rows(&self, model: ReadModel) -> Result<u64, StoreError> {
        model.check_name()?;
        self.reader.ask(self.backend.count_rows(model)).await
    }
}

fn check_size(model: &ReadModel, rows: &[(String, String)]) -> Result<(), StoreError> {
    match rows.iter().find(|(_, row)| row.len() > MAX_ROW_BYTES) {
        Some((key, row)) => Err(StoreError::Invalid(format!(
            "row {key} of read model {} has {} bytes; at most {MAX_ROW_BYTES} are allowed",
            model.name,
            row.len()
        ))),
        None => Ok(()),
    }
}
