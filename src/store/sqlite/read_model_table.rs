//! The tables of a read model: creation, key and removal.

use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
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
    drop_table(transaction, &model.table()?)?;
    let parts = params![model.name, model.part.as_str()];
    transaction.prepare_cached(include_str!("sql/delete_problems.sql"))?.execute(parts)?;
    Ok(transaction.prepare_cached(include_str!("sql/delete_checkpoint.sql"))?.execute(parts)? > 0)
}

/// Creates a table of rows.
pub(crate) fn create_table(transaction: &Transaction<'_>, table: &str) -> Result<(), SqlError> {
    let columns = "(key TEXT NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID";
    transaction.execute(&format!("CREATE TABLE \"{table}\" {columns}"), [])?;
    Ok(())
}

/// Drops a table of rows, if it exists.
pub(crate) fn drop_table(transaction: &Transaction<'_>, table: &str) -> Result<(), SqlError> {
    transaction.execute(&format!("DROP TABLE IF EXISTS \"{table}\""), [])?;
    Ok(())
}

/// Drops the tables of all loads of a projection.
pub(crate) fn end_loads(transaction: &Transaction<'_>, model: &ReadModel) -> Result<(), SqlError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'rm_' || ?1 || ' *'";
    let tables = transaction.prepare(sql)?.query_map([&model.name], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    for table in tables {
        drop_table(transaction, &table)?;
    }
    Ok(())
}

/// Begins a transaction that changes tables: cached statements must not hold them.
pub(crate) fn restructure(connection: &mut Connection) -> Result<Transaction<'_>, SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.flush_prepared_statement_cache();
    Ok(transaction)
}
