//! Read models in PostgreSQL: a table `rm_NAME` for each, and their checkpoints. No statement here uses the events.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::event::Position;
use crate::store::answer::Answer;
use crate::store::backend::ReadModels;
use crate::store::failed_event::FailedEvent;
use crate::store::postgres::backend::Postgres;
use crate::store::postgres::commit_rows::commit;
use crate::store::postgres::database::Task;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::load;
use crate::store::postgres::load::end_loads;
use crate::store::postgres::read::id;
use crate::store::postgres::session::Session;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::read_model::StoredRecord;
use crate::store::read_model::in_order;
use crate::store::schema_state::SchemaState;

impl ReadModels for Postgres {
    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.reading(async |session: &mut Session| projections(session).await)
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.reading(async |session: &mut Session| check(session).await)
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.reading(async move |session: &mut Session| rows(session, &model, &keys).await)
    }

    fn query_rows(&self, rows: RowQuery) -> Answer<Vec<(String, String)>> {
        self.reading(async move |session: &mut Session| query(session, &rows).await)
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.reading(async move |session: &mut Session| count(session, &model).await)
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.reading(async move |session: &mut Session| failed_events(session, &model).await)
    }

    fn commit_rows(&self, rows: RowsCommit) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| commit(session, &rows).await)
    }

    fn begin_load(&self, load: RowLoad) -> Answer<()> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| load::begin(session, &load).await)
    }

    fn load_rows(&self, load: RowLoad, rows: Vec<(String, String)>) -> Answer<bool> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| load::add(session, &load, &rows).await)
    }

    fn finish_load(&self, load: RowLoad, commit: RowsCommit) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| load::finish(session, &load, &commit).await)
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        let job = async move |session: &mut Session| swap(session, &name, at, &indexed_fields).await;
        self.worker.write(move |database| async move { database.run_long(Task::Write, "cannot write to", job).await })
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| exchange(session, &name).await)
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| drop_model(session, &model).await)
    }
}

/// Returns the record of each read model.
async fn projections(session: &mut Session) -> Result<Vec<ProjectionRecord>, SqlError> {
    let statement = match version_1(session).await? {
        false => include_str!("sql/projections.sql"),
        true => include_str!("sql/projections_1.sql"),
    };
    let rows = session.query(statement).fetch_all(&mut session.connection).await?;
    Ok(rows.iter().map(record).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Returns true if the store still has schema version 1. Another process may have migrated it since.
async fn version_1(session: &mut Session) -> Result<bool, SqlError> {
    if matches!(session.found, SchemaState::Older(_)) {
        let statement = session.query_scalar("SELECT to_regclass('read_models') IS NULL");
        return Ok(statement.fetch_one(&mut session.connection).await?);
    }
    Ok(false)
}

/// Returns the record of a row; `None` for an impossible name, which [`check`] reports.
fn record(row: &PgRow) -> Result<Option<ProjectionRecord>, SqlError> {
    let (name, part): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let model = Part::parse(&part).map(|part| ReadModel { name, part }).filter(|model| model.check_name().is_ok());
    let Some(model) = model else { return Ok(None) };
    let number = |column| row.try_get::<Option<i64>, _>(column);
    let (commits, logic_version, position, updated_at) = (number(2)?, number(3)?, number(4)?, number(6)?);
    Ok(Some(StoredRecord { commits, logic_version, position, event_id: Some(id(row, 5)?), updated_at }.of(model)))
}

/// Finds incomplete read models.
async fn check(session: &mut Session) -> Result<Vec<String>, SqlError> {
    if version_1(session).await? {
        return Ok(Vec::new());
    }
    Ok(session.query_scalar(include_str!("sql/check_read_models.sql")).fetch_all(&mut session.connection).await?)
}

/// Turns the error of a missing table into an empty answer, if there is a store at all.
pub(crate) async fn empty_if_missing<T: Default>(session: &mut Session, result: Result<T, sqlx::Error>) -> Result<T, SqlError> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => SqlError::from(error),
    };
    if error.is_missing_object() {
        session.begin_again().await?;
        let statement = session.query_scalar("SELECT to_regclass('esctl_meta') IS NOT NULL");
        if statement.fetch_one(&mut session.connection).await? {
            return Ok(T::default());
        }
    }
    Err(error)
}

/// Returns the table of a read model, with the condition that its checkpoint exists. Rows without one may be of any time.
async fn rows_of(session: &mut Session, model: &ReadModel) -> Result<String, SqlError> {
    let table = model.table()?;
    if version_1(session).await? {
        return Ok(format!("{table} WHERE true"));
    }
    let (name, part) = (literal(&model.name), literal(model.part.as_str()));
    Ok(format!("{table} WHERE EXISTS (SELECT FROM read_models WHERE name = {name} AND part = {part})"))
}

/// Returns the rows of these keys.
async fn rows(session: &mut Session, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, SqlError> {
    let sql = format!("SELECT key, row::text FROM {} AND key = ANY ($1)", rows_of(session, model).await?);
    let found = session.query_as::<(String, String)>(AssertSqlSafe(sql)).bind(keys).fetch_all(&mut session.connection).await;
    let found: HashMap<String, String> = empty_if_missing(session, found).await?.into_iter().collect();
    Ok(in_order(keys, found))
}

/// Swaps in the rebuilt read model. The live one becomes the previous one.
async fn swap(session: &mut Session, name: &str, at: Position, fields: &[String]) -> Result<bool, SqlError> {
    end_loads(session, &ReadModel::live(name)).await?;
    let statement = session.query_scalar("SELECT swap_read_model($1, $2, $3)").bind(name).bind(at.0.cast_signed()).bind(fields);
    Ok(statement.fetch_one(&mut session.connection).await?)
}

/// Exchanges the live and the previous read model.
async fn exchange(session: &mut Session, name: &str) -> Result<bool, SqlError> {
    let statement = session.query_scalar("SELECT exchange_read_models($1)").bind(name);
    Ok(statement.fetch_one(&mut session.connection).await?)
}

/// Drops a read model and its checkpoint.
async fn drop_model(session: &mut Session, model: &ReadModel) -> Result<bool, SqlError> {
    end_loads(session, model).await?;
    let statement = session.query_scalar("SELECT drop_read_model($1, $2)").bind(&model.name).bind(model.part.as_str());
    Ok(statement.fetch_one(&mut session.connection).await?)
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns rows in the order of their keys.
async fn query(session: &mut Session, query: &RowQuery) -> Result<Vec<(String, String)>, SqlError> {
    let mut sql = format!("SELECT key, row::text FROM {}", rows_of(session, &query.model()).await?);
    let mut values: Vec<String> = Vec::new();
    if let Some(after) = &query.after {
        values.push(after.clone());
        sql.push_str(" AND key > $1");
    }
    for (field, value) in &query.filters {
        // A literal, not an argument, so that the index on the field is used.
        let field_text = literal(field);
        let of_row = format!("field_value(row, {field_text})");
        if value.is_null() {
            sql.push_str(&format!(" AND left({of_row}, 100) IS NULL"));
            continue;
        }
        values.push(Value::Object([(field.clone(), value.clone())].into_iter().collect()).to_string());
        let of_query = format!("field_value(${}::json, {field_text})", values.len());
        sql.push_str(&format!(" AND left({of_row}, 100) = left({of_query}, 100) AND {of_row} = {of_query}"));
    }
    values.push(query.limit.min(usize::MAX / 2).to_string());
    sql.push_str(&format!(" ORDER BY key LIMIT ${}::text::int8", values.len()));
    let mut statement = session.query_as::<(String, String)>(AssertSqlSafe(sql));
    for value in values {
        statement = statement.bind(value);
    }
    let found = statement.fetch_all(&mut session.connection).await;
    empty_if_missing(session, found).await
}

/// Returns the number of rows of a read model.
async fn count(session: &mut Session, model: &ReadModel) -> Result<u64, SqlError> {
    let sql = format!("SELECT count(*) FROM {}", rows_of(session, model).await?);
    let counted = session.query_scalar::<i64>(AssertSqlSafe(sql)).fetch_one(&mut session.connection).await;
    Ok(empty_if_missing(session, counted).await?.unsigned_abs())
}

/// Returns the failed events of a read model. A store of schema version 1 has none.
async fn failed_events(session: &mut Session, model: &ReadModel) -> Result<Vec<FailedEvent>, SqlError> {
    let statement = session.query(include_str!("sql/problems.sql")).bind(&model.name).bind(model.part.as_str());
    let found = statement.fetch_all(&mut session.connection).await;
    let rows: Vec<PgRow> = empty_if_missing(session, found).await?;
    let failed = |row: &PgRow| Ok(FailedEvent::stored(row.try_get(0)?, id(row, 1)?, Some(row.try_get(2)?)));
    rows.iter().map(failed).collect()
}
