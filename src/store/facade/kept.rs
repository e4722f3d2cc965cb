//! Read models and records: what a store keeps beside its events and snapshots.

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::facade::Store;
use crate::store::problem::Problem;
use crate::store::read_model::MAX_ROW_BYTES;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::record::Record;

impl Store {
    /// Finds what is left of read models that are not whole, and values beside the events that esctl never wrote, a line each.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn check_read_models(&self) -> Result<Vec<String>, StoreError> {
        self.backend.check_read_models().await
    }

    /// What is known of each read model in this store, in the order of their names, the live one of each first.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn projections(&self) -> Result<Vec<ProjectionRecord>, StoreError> {
        let mut records = self.ask(self.backend.projections()).await?;
        records.sort_by(|a, b| (&a.model.name, a.model.part).cmp(&(&b.model.name, b.model.part)));
        Ok(records)
    }

    /// The rows of these keys, in the order of the keys.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn rows(&self, model: ReadModel, keys: Vec<String>) -> Result<Vec<Option<String>>, StoreError> {
        model.check_name()?;
        self.ask(self.backend.rows(model, keys)).await
    }

    /// Writes rows, problems and checkpoint in one transaction. `false`: somebody else has changed the read model.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a row is too large, or as the backend says.
    pub async fn commit_rows(&self, commit: RowsCommit) -> Result<bool, StoreError> {
        commit.model.check_name()?;
        if let Some((key, row)) = commit.rows.iter().find(|(_, row)| row.len() > MAX_ROW_BYTES) {
            let (name, bytes) = (&commit.model.name, row.len());
            let message = format!("row {key} of read model {name} has {bytes} bytes; at most {MAX_ROW_BYTES} are allowed");
            return Err(StoreError::Invalid(message));
        }
        match commit.model.part {
            Part::Live => self.write(|backend| backend.commit_rows(commit)).await,
            _ => self.write_unseen(|backend| backend.commit_rows(commit)).await,
        }
    }

    /// The problems of a read model, in the order of their positions.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn problems(&self, model: ReadModel) -> Result<Vec<Problem>, StoreError> {
        model.check_name()?;
        self.ask(self.backend.problems(model)).await
    }

    /// Puts the read model that was built beside in the place of the old one, in one step. The old one is kept as
    /// the previous one, until the next time.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn swap_read_model(&self, name: &str, at: Position, indexed_fields: Vec<String>) -> Result<bool, StoreError> {
        ReadModel::live(name).check_name()?;
        self.write(|backend| backend.swap_read_model(name.to_owned(), at, indexed_fields)).await
    }

    /// Exchanges the live read model and the previous one, in one step; `false`: one of them is not there.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn exchange_read_models(&self, name: &str) -> Result<bool, StoreError> {
        ReadModel::live(name).check_name()?;
        self.write(|backend| backend.exchange_read_models(name.to_owned())).await
    }

    /// Throws away a read model and its checkpoint. Never touches events.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn drop_read_model(&self, model: ReadModel) -> Result<bool, StoreError> {
        model.check_name()?;
        match model.part {
            Part::Live => self.write(|backend| backend.drop_read_model(model)).await,
            _ => self.write_unseen(|backend| backend.drop_read_model(model)).await,
        }
    }

    /// Rows of a read model in the order of their keys.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn query_rows(&self, query: RowQuery) -> Result<Vec<(String, String)>, StoreError> {
        query.model().check_name()?;
        self.ask(self.backend.query_rows(query)).await
    }

    /// How many rows a read model has.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn count_rows(&self, model: ReadModel) -> Result<u64, StoreError> {
        model.check_name()?;
        self.ask(self.backend.count_rows(model)).await
    }

    /// The records of a kind, in the order of their names.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn records(&self, kind: &str) -> Result<Vec<Record>, StoreError> {
        self.ask(self.backend.records(kind.to_owned())).await
    }

    /// Keeps a record; one of the same kind and name is replaced.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when it cannot be kept on every backend, or as the backend says.
    pub async fn put_record(&self, record: Record) -> Result<(), StoreError> {
        record.check()?;
        self.write(|backend| backend.put_record(record)).await
    }

    /// Deletes a record; whether there was one.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn delete_record(&self, kind: &str, name: &str) -> Result<bool, StoreError> {
        self.write(|backend| backend.delete_record(kind.to_owned(), name.to_owned())).await
    }
}
