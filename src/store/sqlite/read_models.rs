//! Read models in SQLite: a table `rm_NAME` each, and their checkpoints. No statement here names the events.

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::ToSql;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use rusqlite::params_from_iter;
use rusqlite::types::ValueRef;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::read_model::KeptRecord;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::sqlite::connection::SqlError;
use crate::store::sqlite::problems;
use crate::store::sqlite::statement::must_be_current;

pub(crate) fn table_exists(connection: &Connection, table: &str) -> Result<bool, SqlError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([table], |row| row.get(0))?)
}

/// Whether the table of a read model has one row for each key.
pub(crate) fn has_key(connection: &Connection, model: &ReadModel) -> Result<bool, SqlError> {
    let sql = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = 'key' AND pk = 1";
    Ok(connection.prepare_cached(sql)?.query_row([model.table()?], |row| row.get::<_, i64>(0))? == 1)
}

/// What is known of each read model.
pub(crate) fn projections(connection: &Connection) -> Result<Vec<ProjectionRecord>, SqlError> {
    // One view of the store: it may be brought up to date meanwhile.
    let _view = connection.unchecked_transaction()?;
    let mut statement = if table_exists(connection, "read_models")? {
        connection.prepare_cached(include_str!("sql/projections.sql"))?
    } else {
        connection.prepare_cached(include_str!("sql/projections_1.sql"))?
    };
    let mut rows = statement.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, part): (String, String) = (row.get(0)?, row.get(1)?);
        // No read model is called so: `check_read_models` finds it.
        let Some(model) = Part::parse(&part).map(|part| ReadModel { name, part }).filter(|model| model.check_name().is_ok())
        else {
            continue;
        };
        let number = |column| row.get::<_, Option<i64>>(column);
        let event_id = match row.get_ref(5)? {
            ValueRef::Null => Some(None),
            value => value.as_blob().ok().and_then(|id| Uuid::from_slice(id).ok()).map(Some),
        };
        let (commits, logic_version, position, updated_at) = (number(2)?, number(3)?, number(4)?, number(6)?);
        records.push(KeptRecord { commits, logic_version, position, event_id, updated_at }.of(model));
    }
    Ok(records)
}

/// Finds what is left of read models that are not whole.
pub(crate) fn check(connection: &Connection) -> Result<Vec<String>, SqlError> {
    if !table_exists(connection, "read_models")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(include_str!("sql/check_read_models.sql"))?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Whether a read model is there to be read. In a store of version 1 its table says so.
fn is_there(connection: &Connection, model: &ReadModel) -> Result<bool, SqlError> {
    match table_exists(connection, "read_models")? {
        true => Ok(standing(connection, model)?.is_some()),
        false => table_exists(connection, &model.table()?),
    }
}

/// The rows of these keys.
pub(crate) fn rows(connection: &Connection, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, SqlError> {
    let table = model.table()?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !is_there(connection, model)? {
        return Ok(vec![None; keys.len()]);
    }
    let mut statement = connection.prepare_cached(&format!("SELECT row FROM {table} WHERE key = ?1"))?;
    let rows = keys.iter().map(|key| statement.query_row([key], |row| row.get(0)).optional());
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where a read model stands.
struct Standing {
    position: Position,
    logic_version: u32,
    commits: u64,
}

/// Where a read model stands; none: its table or its checkpoint is not there.
fn standing(connection: &Connection, model: &ReadModel) -> Result<Option<Standing>, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/checkpoint.sql"))?;
    let standing = statement.query_row(params![model.name, model.part.as_str(), model.table()?], |row| {
        Ok(Standing {
            position: Position(row.get::<_, i64>(0)?.unsigned_abs()),
            logic_version: row.get(1)?,
            commits: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    });
    Ok(standing.optional()?)
}

/// Rows, problems and checkpoint in one transaction; `false` when the read model is not where the caller believes.
pub(crate) fn commit(connection: &mut Connection, commit: &RowsCommit) -> Result<bool, SqlError> {
    let model = &commit.model;
    let table = model.table()?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    must_be_current(&transaction)?;
    let none = Standing { position: Position::ZERO, logic_version: commit.logic_version, commits: 0 };
    let standing = standing(&transaction, model)?;
    let begins = standing.is_none();
    let before = standing.unwrap_or(none);
    if (before.position, before.logic_version) != (commit.from, commit.logic_version)
        || commit.commits.is_some_and(|commits| commits != before.commits)
    {
        return Ok(false);
    }
    if begins {
        // Of one that is not whole nothing is kept: its rows may be of any time.
        transaction.flush_prepared_statement_cache();
        remove(&transaction, model)?;
        let create = format!("CREATE TABLE {table} (key TEXT NOT NULL PRIMARY KEY, row TEXT NOT NULL) STRICT, WITHOUT ROWID");
        transaction.execute(&create, [])?;
    } else if !has_key(&transaction, model)? {
        return Err(StoreError::Schema(format!("read model {} takes no rows: its table has no primary key", model.name)).into());
    }
    {
        let mut statement = transaction.prepare_cached(&format!("INSERT OR REPLACE INTO {table} (key, row) VALUES (?1, ?2)"))?;
        for (key, row) in &commit.rows {
            statement.execute(params![key, row])?;
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
    }
    problems::change(&transaction, model, &commit.problems)?;
    transaction.commit()?;
    Ok(true)
}

fn drop_table(transaction: &Transaction<'_>, table: &str) -> Result<(), SqlError> {
    transaction.execute(&format!("DROP TABLE IF EXISTS {table}"), [])?;
    Ok(())
}

/// While two parts take each other's place. No name of a read model holds a space.
const ASIDE: &str = "aside";

fn table_of(name: &str, part: &str) -> String {
    match Part::parse(part) {
        Some(Part::Live) => format!("\"rm_{name}\""),
        Some(part) => format!("\"rm_{name}_{}\"", part.as_str()),
        None => format!("\"rm_{name} {part}\""),
    }
}

/// Makes one part of a projection another one, which is not there.
fn rename(transaction: &Transaction<'_>, name: &str, from: &str, to: &str) -> Result<(), SqlError> {
    transaction.execute(&format!("ALTER TABLE {} RENAME TO {}", table_of(name, from), table_of(name, to)), [])?;
    transaction.prepare_cached(include_str!("sql/rename_part.sql"))?.execute(params![name, from, to])?;
    transaction.prepare_cached(include_str!("sql/rename_problems.sql"))?.execute(params![name, from, to])?;
    Ok(())
}

/// Throws away a part of a projection; whether it was there.
pub(crate) fn remove(transaction: &Transaction<'_>, model: &ReadModel) -> Result<bool, SqlError> {
    drop_table(transaction, &model.table()?)?;
    let parts = params![model.name, model.part.as_str()];
    transaction.prepare_cached(include_str!("sql/delete_problems.sql"))?.execute(parts)?;
    Ok(transaction.prepare_cached(include_str!("sql/delete_checkpoint.sql"))?.execute(parts)? > 0)
}

/// A transaction that changes tables: the statements prepared for them must not hold them.
fn restructure(connection: &mut Connection) -> Result<Transaction<'_>, SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.flush_prepared_statement_cache();
    Ok(transaction)
}

/// The read model built beside takes the place of the live one, which becomes the previous one.
pub(crate) fn swap(connection: &mut Connection, name: &str, at: Position, indexed_fields: &[String]) -> Result<bool, SqlError> {
    let (live, building, previous) = (ReadModel::live(name), ReadModel::building(name), ReadModel::previous(name));
    let table = live.table()?;
    let transaction = restructure(connection)?;
    let built = standing(&transaction, &building)?.map(|standing| standing.position);
    if built != Some(at) {
        return Ok(false);
    }
    let live_is_whole = standing(&transaction, &live)?.is_some();
    if live_is_whole || standing(&transaction, &previous)?.is_none() {
        remove(&transaction, &previous)?;
    }
    if live_is_whole {
        rename(&transaction, name, "live", "previous")?;
    }
    remove(&transaction, &live)?;
    rename(&transaction, name, "building", "live")?;
    // Indexes keep their names when their table gets another one, so each has a name of its own; none is named like a
    // table, for no name of a read model holds a space.
    let mark = Uuid::new_v4().simple();
    for (number, field) in indexed_fields.iter().enumerate() {
        let column = field_column(field);
        transaction.execute(&format!("CREATE INDEX \"{table} {mark} {number}\" ON {table} ({column}, key)"), [])?;
    }
    transaction.commit()?;
    Ok(true)
}

/// The live read model and the previous one take each other's place.
pub(crate) fn exchange(connection: &mut Connection, name: &str) -> Result<bool, SqlError> {
    let (live, previous) = (ReadModel::live(name), ReadModel::previous(name));
    live.check_name()?;
    let transaction = restructure(connection)?;
    if standing(&transaction, &live)?.is_none() || standing(&transaction, &previous)?.is_none() {
        return Ok(false);
    }
    rename(&transaction, name, "live", ASIDE)?;
    rename(&transaction, name, "previous", "live")?;
    rename(&transaction, name, ASIDE, "previous")?;
    transaction.commit()?;
    Ok(true)
}

/// Throws away a read model and its checkpoint.
pub(crate) fn drop_model(connection: &mut Connection, model: &ReadModel) -> Result<bool, SqlError> {
    model.check_name()?;
    let transaction = restructure(connection)?;
    let there = remove(&transaction, model)?;
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
    let table = query.model().table()?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !is_there(connection, &query.model())? {
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
    let table = model.table()?;
    // One view of the store: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !is_there(connection, model)? {
        return Ok(0);
    }
    let count: i64 = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
