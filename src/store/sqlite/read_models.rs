//! Read models in SQLite: a table `rm_NAME` for each, and their checkpoints. No statement here uses the events.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::Connection;
use rusqlite::ToSql;
use rusqlite::Transaction;
use rusqlite::params;
use rusqlite::params_from_iter;
use rusqlite::types::Value as SqlValue;
use rusqlite::types::ValueRef;
use rusqlite::vtab::array::Array;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Position;
use crate::store::answer::Answer;
use crate::store::backend::ReadModels;
use crate::store::failed_event::FailedEvent;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::read_model::StoredRecord;
use crate::store::read_model::in_order;
use crate::store::sqlite::backend::Sqlite;
use crate::store::sqlite::commit_rows::checkpoint;
use crate::store::sqlite::commit_rows::commit;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::failed_events;
use crate::store::sqlite::load;
use crate::store::sqlite::read_model_table::end_loads;
use crate::store::sqlite::read_model_table::remove;
use crate::store::sqlite::read_model_table::restructure;
use crate::store::sqlite::statement::table_exists;

impl ReadModels for Sqlite {
    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.reading(|connection, _| projections(connection))
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.checking(check)
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.reading(move |connection, _| rows(connection, &model, &keys))
    }

    fn query_rows(&self, rows: RowQuery) -> Answer<Vec<(String, String)>> {
        self.reading(move |connection, _| query(connection, &rows))
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.reading(move |connection, _| count(connection, &model))
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.reading(move |connection, _| failed_events::failed_events(connection, &model))
    }

    fn commit_rows(&self, rows: RowsCommit) -> Answer<bool> {
        self.writing(move |connection| commit(connection, &rows))
    }

    fn begin_load(&self, load: RowLoad) -> Answer<()> {
        self.writing(move |connection| load::begin(connection, &load))
    }

    fn load_rows(&self, load: RowLoad, rows: Vec<(String, String)>) -> Answer<bool> {
        self.writing(move |connection| load::add(connection, &load, &rows))
    }

    fn finish_load(&self, load: RowLoad, commit: RowsCommit) -> Answer<bool> {
        self.writing(move |connection| load::finish(connection, &load, &commit))
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        self.writing(move |connection| swap(connection, &name, at, &indexed_fields))
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        self.writing(move |connection| exchange(connection, &name))
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.writing(move |connection| drop_model(connection, &model))
    }
}

/// Returns the record of each read model.
fn projections(connection: &Connection) -> Result<Vec<ProjectionRecord>, SqlError> {
    // One snapshot of the database: the store may be migrated meanwhile.
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
        // No read model can have such a name: `check_read_models` reports it.
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
        records.push(StoredRecord { commits, logic_version, position, event_id, updated_at }.of(model));
    }
    Ok(records)
}

/// Finds incomplete read models.
fn check(connection: &Connection) -> Result<Vec<String>, SqlError> {
    if !table_exists(connection, "read_models")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(include_str!("sql/check_read_models.sql"))?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns true if a read model can be read. In a store of schema version 1 its table decides.
fn is_there(connection: &Connection, model: &ReadModel) -> Result<bool, SqlError> {
    match table_exists(connection, "read_models")? {
        true => Ok(checkpoint(connection, model)?.is_some()),
        false => table_exists(connection, &model.table()?),
    }
}

/// Returns the rows of these keys.
fn rows(connection: &Connection, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, SqlError> {
    let table = model.table()?;
    // One snapshot of the database: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !is_there(connection, model)? {
        return Ok(vec![None; keys.len()]);
    }
    let values: Array = Rc::new(keys.iter().map(|key| SqlValue::Text(key.clone())).collect());
    let mut statement = connection.prepare_cached(&format!("SELECT key, row FROM {table} WHERE key IN rarray(?1)"))?;
    let found = statement.query_map([values], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: HashMap<String, String> = found.collect::<Result<_, _>>()?;
    Ok(in_order(keys, found))
}

/// The role of a read model during an exchange. No name of a read model contains a space.
const TEMPORARY: &str = "aside";

fn table_of(name: &str, part: &str) -> String {
    match Part::parse(part) {
        Some(Part::Live) => format!("\"rm_{name}\""),
        Some(part) => format!("\"rm_{name}_{}\"", part.as_str()),
        None => format!("\"rm_{name} {part}\""),
    }
}

/// Renames a part of a projection to another part, which must not exist.
fn rename(transaction: &Transaction<'_>, name: &str, from: &str, to: &str) -> Result<(), SqlError> {
    transaction.execute(&format!("ALTER TABLE {} RENAME TO {}", table_of(name, from), table_of(name, to)), [])?;
    transaction.prepare_cached(include_str!("sql/rename_part.sql"))?.execute(params![name, from, to])?;
    transaction.prepare_cached(include_str!("sql/rename_problems.sql"))?.execute(params![name, from, to])?;
    Ok(())
}

/// Swaps in the rebuilt read model. The live one becomes the previous one.
fn swap(connection: &mut Connection, name: &str, at: Position, indexed_fields: &[String]) -> Result<bool, SqlError> {
    let (live, building, previous) = (ReadModel::live(name), ReadModel::building(name), ReadModel::previous(name));
    let table = live.table()?;
    let transaction = restructure(connection)?;
    let built = checkpoint(&transaction, &building)?.map(|checkpoint| checkpoint.position);
    if built != Some(at) {
        return Ok(false);
    }
    let live_is_whole = checkpoint(&transaction, &live)?.is_some();
    if live_is_whole || checkpoint(&transaction, &previous)?.is_none() {
        remove(&transaction, &previous)?;
    }
    if live_is_whole {
        rename(&transaction, name, "live", "previous")?;
    }
    remove(&transaction, &live)?;
    rename(&transaction, name, "building", "live")?;
    end_loads(&transaction, &live)?;
    // Indexes keep their names when their table is renamed, so each name is unique. The space keeps it different from any
    // table.
    let mark = Uuid::new_v4().simple();
    for (number, field) in indexed_fields.iter().enumerate() {
        let column = field_column(field);
        transaction.execute(&format!("CREATE INDEX \"{table} {mark} {number}\" ON {table} ({column}, key)"), [])?;
    }
    transaction.commit()?;
    Ok(true)
}

/// Exchanges the live and the previous read model.
fn exchange(connection: &mut Connection, name: &str) -> Result<bool, SqlError> {
    let (live, previous) = (ReadModel::live(name), ReadModel::previous(name));
    live.check_name()?;
    let transaction = restructure(connection)?;
    if checkpoint(&transaction, &live)?.is_none() || checkpoint(&transaction, &previous)?.is_none() {
        return Ok(false);
    }
    rename(&transaction, name, "live", TEMPORARY)?;
    rename(&transaction, name, "previous", "live")?;
    rename(&transaction, name, TEMPORARY, "previous")?;
    transaction.commit()?;
    Ok(true)
}

/// Drops a read model and its checkpoint.
fn drop_model(connection: &mut Connection, model: &ReadModel) -> Result<bool, SqlError> {
    model.check_name()?;
    let transaction = restructure(connection)?;
    let there = remove(&transaction, model)?;
    end_loads(&transaction, model)?;
    transaction.commit()?;
    Ok(there)
}

/// Returns the quoted SQLite path of a top-level field. SQLite writes a name as a JSON string.
fn field_path(field: &str) -> String {
    let path = format!("$.{}", Value::from(field));
    format!("'{}'", path.replace('\'', "''"))
}

/// Returns the expression for a top-level field. An index on the same expression serves it.
fn field_column(field: &str) -> String {
    format!("row ->> {}", field_path(field))
}

/// Returns the types that a stored value can have: `->>` alone does not distinguish `true` from 1, or an object from its
/// text.
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

/// Returns a JSON value in the form that `->>` returns.
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

/// Returns rows in the order of their keys.
fn query(connection: &Connection, query: &RowQuery) -> Result<Vec<(String, String)>, SqlError> {
    let table = query.model().table()?;
    // One snapshot of the database: the table may be dropped or swapped meanwhile.
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

/// Returns the number of rows of a read model.
fn count(connection: &Connection, model: &ReadModel) -> Result<u64, SqlError> {
    let table = model.table()?;
    // One snapshot of the database: the table may be dropped or swapped meanwhile.
    let _view = connection.unchecked_transaction()?;
    if !is_there(connection, model)? {
        return Ok(0);
    }
    let count: i64 = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
