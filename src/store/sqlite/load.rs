//! A load: all rows of a read model go into a table of their own, which then replaces the table of the read model.

use rusqlite::Connection;
use rusqlite::TransactionBehavior;
use rusqlite::params;

use crate::store::read_model::RowLoad;
use crate::store::read_model::RowsCommit;
use crate::store::sqlite::commit_rows::commit_in;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::read_model_table::create_table;
use crate::store::sqlite::read_model_table::drop_table;
use crate::store::sqlite::read_model_table::end_loads;
use crate::store::sqlite::read_model_table::restructure;
use crate::store::sqlite::statement::must_be_current;
use crate::store::sqlite::statement::table_exists;

/// Creates the table of a load. Earlier loads of the projection end.
pub(crate) fn begin(connection: &mut Connection, load: &RowLoad) -> Result<(), SqlError> {
    let table = load.table()?;
    let transaction = restructure(connection)?;
    must_be_current(&transaction)?;
    end_loads(&transaction, &load.model)?;
    create_table(&transaction, &table)?;
    Ok(transaction.commit()?)
}

/// Adds rows to a load. Returns false if the load has ended.
pub(crate) fn add(connection: &mut Connection, load: &RowLoad, rows: &[(String, String)]) -> Result<bool, SqlError> {
    let table = load.table()?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    must_be_current(&transaction)?;
    if !table_exists(&transaction, &table)? {
        return Ok(false);
    }
    {
        let mut statement = transaction.prepare_cached(&format!("INSERT INTO \"{table}\" (key, row) VALUES (?1, ?2)"))?;
        for (key, row) in rows {
            statement.execute(params![key, row])?;
        }
    }
    transaction.commit()?;
    Ok(true)
}

/// Commits, and replaces the table of the read model by that of the load. Returns false if the load has ended or the read
/// model was modified concurrently.
pub(crate) fn finish(connection: &mut Connection, load: &RowLoad, commit: &RowsCommit) -> Result<bool, SqlError> {
    let (from, to) = (load.table()?, load.model.table()?);
    let transaction = restructure(connection)?;
    must_be_current(&transaction)?;
    if !table_exists(&transaction, &from)? || !commit_in(&transaction, commit)? {
        return Ok(false);
    }
    drop_table(&transaction, &to)?;
    transaction.execute(&format!("ALTER TABLE \"{from}\" RENAME TO \"{to}\""), [])?;
    transaction.commit()?;
    Ok(true)
}
