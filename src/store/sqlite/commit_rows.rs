//! The commit of rows: rows, failed events and checkpoint change together.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use uuid::Uuid;

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowsCommit;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::failed_events;
use crate::store::sqlite::read_model_table::create_table;
use crate::store::sqlite::read_model_table::has_key;
use crate::store::sqlite::read_model_table::remove;
use crate::store::sqlite::statement::must_be_current;

/// The stored checkpoint of a read model.
pub(crate) struct StoredCheckpoint {
    pub(crate) position: Position,
    logic_version: u32,
    commits: u64,
}

/// Returns the checkpoint; `None` where the table or the checkpoint is missing.
pub(crate) fn checkpoint(connection: &Connection, model: &ReadModel) -> Result<Option<StoredCheckpoint>, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/checkpoint.sql"))?;
    let checkpoint = statement.query_row(params![model.name, model.part.as_str(), model.table()?], |row| {
        Ok(StoredCheckpoint {
            position: Position(row.get::<_, i64>(0)?.unsigned_abs()),
            logic_version: row.get(1)?,
            commits: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    });
    Ok(checkpoint.optional()?)
}

/// Writes rows, failed events and checkpoint in one transaction. Returns false where the read model was modified
/// concurrently.
pub(crate) fn commit(connection: &mut Connection, commit: &RowsCommit) -> Result<bool, SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    must_be_current(&transaction)?;
    let done = commit_in(&transaction, commit)?;
    transaction.commit()?;
    Ok(done)
}

/// Does the work of [`commit`] in a transaction. Where it returns false it has written nothing.
pub(crate) fn commit_in(transaction: &Transaction<'_>, commit: &RowsCommit) -> Result<bool, SqlError> {
    let model = &commit.model;
    let table = model.table()?;
    let none = StoredCheckpoint { position: Position::ZERO, logic_version: commit.logic_version, commits: 0 };
    let checkpoint = checkpoint(transaction, model)?;
    let begins = checkpoint.is_none();
    let before = checkpoint.unwrap_or(none);
    if (before.position, before.logic_version) != (commit.from, commit.logic_version)
        || commit.commits.is_some_and(|commits| commits != before.commits)
    {
        return Ok(false);
    }
    if begins {
        // Nothing of an incomplete read model is kept: its rows may be of any time.
        transaction.flush_prepared_statement_cache();
        remove(transaction, model)?;
        create_table(transaction, &table)?;
    } else if !has_key(transaction, model)? {
        return Err(
            StoreError::Schema(format!("cannot write rows of read model {}: its table has no primary key", model.name)).into()
        );
    }
    if !commit.rows.is_empty() {
        let mut statement = transaction.prepare_cached(&format!("INSERT OR REPLACE INTO {table} (key, row) VALUES (?1, ?2)"))?;
        for (key, row) in &commit.rows {
            statement.execute(params![key, row])?;
        }
    }
    let mut statement = transaction.prepare_cached(include_str!("sql/put_checkpoint.sql"))?;
    statement.execute(params![
        model.name,
        model.part.as_str(),
        before.commits + 1,
        commit.logic_version,
        commit.to.position.0,
        commit.to.event_id.map(Uuid::into_bytes),
        commit.now.micros(),
    ])?;
    failed_events::change(transaction, model, &commit.failed_events)?;
    Ok(true)
}
