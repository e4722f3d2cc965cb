//! The table of one read model: its key, and its removal.

use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::params;

use crate::store::read_model::ReadModel;
use crate::store::sqlite::error::SqlError;

/// Returns true if the table of a read model has a primary key on `key`.
pub(crate) fn has_key(connection: &Connection, model: &ReadModel) -> Result<bool, SqlError> {
    let sql = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = 'key' AND pk = 1";
    Ok(connection.prepare_cached(sql)?.query_row([model.table()?], |row| row.get::<_, i64>(0))? == 1)
}

/// Removes a part of a projection. Returns false where there was none.
pub(crate) fn remove(transaction: &Transaction<'_>, model: &ReadModel) -> Result<bool, SqlError> {
    transaction.execute(&format!("DROP TABLE IF EXISTS {}", model.table()?), [])?;
    let parts = params![model.name, model.part.as_str()];
    transaction.prepare_cached(include_str!("sql/delete_problems.sql"))?.execute(parts)?;
    Ok(transaction.prepare_cached(include_str!("sql/delete_checkpoint.sql"))?.execute(parts)? > 0)
}
