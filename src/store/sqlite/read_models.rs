//! Read models in SQLite: a table `rm_NAME` each, and their checkpoints. No statement here names the events.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::ToSql;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use rusqlite::params_from_iter;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::read_model::Checkpoint;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::sqlite::connection::SqlError;

/// The table of a read model. Its name goes into statements as text, so it is looked at closely.
fn table_of(model: &ReadModel) -> Result<String, SqlError> {
    let name = &model.name;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 48
        && !name.ends_with("_building");
    if !plain {
        let message = format!("\"{name}\" is no name of a read model: a to z, 0 to 9 and _, at most 48, not ending in _building");
        return Err(StoreError::Invalid(message).into());
    }
    Ok(if model.building { format!("rm_{name}_building") } else { format!("rm_{name}") })
}

fn table_exists(connection: &Connection, table: &str) -> Result<bool, SqlError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([table], |row| row.get(0))?)
}

/// What is known of each read model.
pub(crate) fn projections(connection: &Connection) -> Result<Vec<ProjectionRecord>, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/projections.sql"))?;
    let records = statement.query_map([], |row| {
        let event_id: Option<[u8; 16]> = row.get(4)?;
        Ok(ProjectionRecord {
            model: ReadModel { name: row.get(0)?, building: row.get(1)? },
            logic_version: row.get(2)?,
            checkpoint: Checkpoint {
                position: Position(row.get::<_, i64>(3)?.unsigned_abs()),
                event_id: event_id.map(Uuid::from_bytes),
            },
            updated_at: Timestamp::from_micros_saturating(row.get(5)?),
        })
    })?;
    Ok(records.collect::<Result<_, _>>()?)
}

/// The rows of these keys.
pub(crate) fn rows(connection: &Connection, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, SqlError> {
    let table = table_of(model)?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !table_exists(connection, &table)? {
        return Ok(vec![None; keys.len()]);
    }
    let mut statement = connection.prepare_cached(&format!("SELECT row FROM {table} WHERE key = ?1"))?;
    let rows = keys.iter().map(|key| statement.query_row([key], |row| row.get(0)).optional());
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where a read model stands, and by which logic it was made; none: it is not there.
fn checkpoint_of(connection: &Connection, model: &ReadModel) -> Result<Option<(Position, u32)>, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/checkpoint.sql"))?;
    let checkpoint = statement
        .query_row(params![model.name, model.building], |row| Ok((Position(row.get::<_, i64>(0)?.unsigned_abs()), row.get(1)?)));
    Ok(checkpoint.optional()?)
}

/// Rows and checkpoint in one transaction; `false` when the checkpoint is elsewhere.
pub(crate) fn commit(connection: &mut Connection, commit: &RowsCommit) -> Result<bool, SqlError> {
    let table = table_of(&commit.model)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let expected = (commit.from, commit.logic_version);
    if checkpoint_of(&transaction, &commit.model)?.unwrap_or((Position::ZERO, commit.logic_version)) != expected {
        return Ok(false);
    }
    if !table_exists(&transaction, &table)? {
        let create = format!("CREATE TABLE {table} (key TEXT NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID");
        transaction.execute(&create, [])?;
    }
    {
        let mut statement = transaction.prepare_cached(&format!("INSERT OR REPLACE INTO {table} (key, row) VALUES (?1, ?2)"))?;
        for (key, row) in &commit.rows {
            statement.execute(params![key, row])?;
        }
        let mut statement = transaction.prepare_cached(include_str!("sql/put_checkpoint.sql"))?;
        statement.execute(params![
            commit.model.name,
            commit.model.building,
            commit.logic_version,
            commit.to.position.0,
            commit.to.event_id.map(Uuid::into_bytes),
            commit.now.micros(),
        ])?;
    }
    transaction.commit()?;
    Ok(true)
}

fn drop_table(transaction: &Transaction<'_>, table: &str) -> Result<(), SqlError> {
    // The statements prepared for the old table must not hold it.
    transaction.flush_prepared_statement_cache();
    transaction.execute(&format!("DROP TABLE IF EXISTS {table}"), [])?;
    Ok(())
}

/// The read model built beside takes the place of the live one.
pub(crate) fn swap(connection: &mut Connection, name: &str, at: Position, indexed_fields: &[String]) -> Result<bool, SqlError> {
    let building = ReadModel::building(name);
    let (live_table, building_table) = (table_of(&ReadModel::live(name))?, table_of(&building)?);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let built = checkpoint_of(&transaction, &building)?.map(|(position, _)| position);
    if built != Some(at) || !table_exists(&transaction, &building_table)? {
        return Ok(false);
    }
    drop_table(&transaction, &live_table)?;
    transaction.execute(&format!("ALTER TABLE {building_table} RENAME TO {live_table}"), [])?;
    for (number, field) in indexed_fields.iter().enumerate() {
        // No name of a read model holds a space, so no index is named like another one or like a table.
        let column = field_column(field);
        transaction.execute(&format!("CREATE INDEX \"{live_table} {number}\" ON {live_table} ({column}, key)"), [])?;
    }
    transaction.prepare_cached(include_str!("sql/delete_checkpoint.sql"))?.execute(params![name, false])?;
    transaction.prepare_cached(include_str!("sql/building_goes_live.sql"))?.execute([name])?;
    transaction.commit()?;
    Ok(true)
}

/// Throws away a read model and its checkpoint.
pub(crate) fn drop_model(connection: &mut Connection, model: &ReadModel) -> Result<bool, SqlError> {
    let table = table_of(model)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    drop_table(&transaction, &table)?;
    let mut statement = transaction.prepare_cached(include_str!("sql/delete_checkpoint.sql"))?;
    let there = statement.execute(params![model.name, model.building])? > 0;
    drop(statement);
    transaction.commit()?;
    Ok(there)
}

/// A field at the top of a row as a path of SQLite, in quotes: a JSON string is how it writes a name.
fn field_path(field: &str) -> String {
    let path = format!("$.{}", Value::from(field));
    format!("'{}'", path.replace('\'', "''"))
}

/// A field at the top of a row, as an expression that an index on the same field serves.
fn field_column(field: &str) -> String {
    format!("row ->> {}", field_path(field))
}

/// The kinds of JSON a value may be found as: `->>` alone does not tell `true` from 1, or an object from its text.
fn kinds_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "'null'",
        Value::Bool(true) => "'true'",
        Value::Bool(false) => "'false'",
        Value::Number(_) => "'integer', 'real'",
        Value::String(_) => "'text'",
        Value::Array(_) => "'array'",
        Value::Object(_) => "'object'",
    }
}

/// A JSON value as `->>` gives it.
fn sql_value(value: &Value) -> Box<dyn ToSql> {
    match value {
        Value::Null => Box::new(None::<i64>),
        Value::Bool(value) => Box::new(*value),
        Value::Number(number) if number.is_i64() => Box::new(number.as_i64()),
        Value::Number(number) => Box::new(number.as_f64()),
        Value::String(text) => Box::new(text.clone()),
        other => Box::new(other.to_string()),
    }
}

/// Rows in the order of their keys.
pub(crate) fn query(connection: &Connection, query: &RowQuery) -> Result<Vec<(String, String)>, SqlError> {
    let table = table_of(&ReadModel::live(&query.name))?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !table_exists(connection, &table)? {
        return Ok(Vec::new());
    }
    let mut sql = format!("SELECT key, row FROM {table} WHERE true");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(after) = &query.after {
        sql.push_str(" AND key > ?");
        values.push(Box::new(after.clone()));
    }
    for (field, value) in &query.filters {
        let (column, path, kinds) = (field_column(field), field_path(field), kinds_of(value));
        sql.push_str(&format!(" AND {column} IS ? AND coalesce(json_type(row, {path}), 'null') IN ({kinds})"));
        values.push(sql_value(value));
    }
    sql.push_str(" ORDER BY key LIMIT ?");
    values.push(Box::new(i64::try_from(query.limit).unwrap_or(i64::MAX)));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many rows a read model has.
pub(crate) fn count(connection: &Connection, model: &ReadModel) -> Result<u64, SqlError> {
    let table = table_of(model)?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !table_exists(connection, &table)? {
        return Ok(0);
    }
    let count: i64 = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
