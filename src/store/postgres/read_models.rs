//! Read models in PostgreSQL: a table `rm_NAME` each, and their checkpoints. No statement here names the events.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::event::Position;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Id;
use crate::store::postgres::ids::Ids;
use crate::store::postgres::peer::Found;
use crate::store::postgres::read::id;
use crate::store::postgres::transaction::Session;
use crate::store::problem::Problem;
use crate::store::read_model::KeptRecord;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;

/// What is known of each read model.
pub(crate) async fn projections(session: &mut Session) -> Result<Vec<ProjectionRecord>, SqlError> {
    let statement = match version_1(session).await? {
        false => include_str!("sql/projections.sql"),
        true => include_str!("sql/projections_1.sql"),
    };
    let rows = session.query(statement).fetch_all(&mut session.connection).await?;
    Ok(rows.iter().map(record).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Whether the store is of version 1 still: somebody may have brought it up to date since it was found.
async fn version_1(session: &mut Session) -> Result<bool, SqlError> {
    if matches!(session.found, Found::Older(_)) {
        let looking = session.query_scalar("SELECT to_regclass('read_models') IS NULL");
        return Ok(looking.fetch_one(&mut session.connection).await?);
    }
    Ok(false)
}

/// The record of a row; none: no read model is called so, which [`check`] finds.
fn record(row: &PgRow) -> Result<Option<ProjectionRecord>, SqlError> {
    let (name, part): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let model = Part::parse(&part).map(|part| ReadModel { name, part }).filter(|model| model.check_name().is_ok());
    let Some(model) = model else { return Ok(None) };
    let number = |column| row.try_get::<Option<i64>, _>(column);
    let (commits, logic_version, position, updated_at) = (number(2)?, number(3)?, number(4)?, number(6)?);
    Ok(Some(KeptRecord { commits, logic_version, position, event_id: Some(id(row, 5)?), updated_at }.of(model)))
}

/// Finds what is left of read models that are not whole.
pub(crate) async fn check(session: &mut Session) -> Result<Vec<String>, SqlError> {
    if version_1(session).await? {
        return Ok(Vec::new());
    }
    Ok(session.query_scalar(include_str!("sql/check_read_models.sql")).fetch_all(&mut session.connection).await?)
}

/// A table that is not there is a read model without rows, where there is a store at all.
pub(crate) async fn or_none<T: Default>(session: &mut Session, result: Result<T, sqlx::Error>) -> Result<T, SqlError> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => SqlError::from(error),
    };
    if error.nothing_there() {
        session.go_on().await?;
        let looking = session.query_scalar("SELECT to_regclass('esctl_meta') IS NOT NULL");
        if looking.fetch_one(&mut session.connection).await? {
            return Ok(T::default());
        }
    }
    Err(error)
}

/// Returns the table of a read model and the condition that its checkpoint is there too: rows without one are of any time.
async fn rows_of(session: &mut Session, model: &ReadModel) -> Result<String, SqlError> {
    let table = model.table()?;
    if version_1(session).await? {
        return Ok(format!("{table} WHERE true"));
    }
    let (name, part) = (literal(&model.name), literal(model.part.as_str()));
    Ok(format!("{table} WHERE EXISTS (SELECT FROM read_models WHERE name = {name} AND part = {part})"))
}

/// The rows of these keys.
pub(crate) async fn rows(session: &mut Session, model: &ReadModel, keys: &[String]) -> Result<Vec<Option<String>>, SqlError> {
    let sql = format!("SELECT key, row::text FROM {} AND key = ANY ($1)", rows_of(session, model).await?);
    let found = session.query_as::<(String, String)>(AssertSqlSafe(sql)).bind(keys).fetch_all(&mut session.connection).await;
    let found: HashMap<String, String> = or_none(session, found).await?.into_iter().collect();
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// Rows, problems and checkpoint in one statement; `false` when the read model is not where the caller believes.
pub(crate) async fn commit(session: &mut Session, commit: &RowsCommit) -> Result<bool, SqlError> {
    // Of two rows with one key the later one counts.
    let rows: HashMap<&str, &str> = commit.rows.iter().map(|(key, row)| (key.as_str(), row.as_str())).collect();
    let mut rows: Vec<(&str, &str)> = rows.into_iter().collect();
    rows.sort_unstable();
    let (keys, contents): (Vec<&str>, Vec<&str>) = rows.into_iter().unzip();
    let problems = &commit.problems;
    let failed = Ids(problems.put.iter().map(|problem| problem.event_id).collect());
    let failed_at: Vec<i64> = problems.put.iter().map(|problem| problem.position.0.cast_signed()).collect();
    let failures = problems.put.iter().map(Problem::to_json).collect::<Result<Vec<_>, _>>()?;
    let statement = session
        .query_scalar(include_str!("sql/commit_rows.sql"))
        .bind(&commit.model.name)
        .bind(commit.model.part.as_str())
        .bind(commit.commits.map(u64::cast_signed))
        .bind(i64::from(commit.logic_version))
        .bind(commit.from.0.cast_signed())
        .bind(commit.to.position.0.cast_signed())
        .bind(commit.to.event_id.map(Id))
        .bind(commit.now.micros())
        .bind(keys)
        .bind(contents)
        .bind(Ids(problems.solved.clone()))
        .bind(failed)
        .bind(failed_at)
        .bind(failures);
    Ok(statement.fetch_one(&mut session.connection).await?)
}

/// The read model built beside takes the place of the live one.
pub(crate) async fn swap(session: &mut Session, name: &str, at: Position, fields: &[String]) -> Result<bool, SqlError> {
    let statement = session.query_scalar("SELECT swap_read_model($1, $2, $3)").bind(name).bind(at.0.cast_signed()).bind(fields);
    Ok(statement.fetch_one(&mut session.connection).await?)
}

/// The live read model and the previous one take each other's place.
pub(crate) async fn exchange(session: &mut Session, name: &str) -> Result<bool, SqlError> {
    let statement = session.query_scalar("SELECT exchange_read_models($1)").bind(name);
    Ok(statement.fetch_one(&mut session.connection).await?)
}

/// Throws away a read model and its checkpoint.
pub(crate) async fn drop_model(session: &mut Session, model: &ReadModel) -> Result<bool, SqlError> {
    let statement = session.query_scalar("SELECT drop_read_model($1, $2)").bind(&model.name).bind(model.part.as_str());
    Ok(statement.fetch_one(&mut session.connection).await?)
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Rows in the order of their keys.
pub(crate) async fn query(session: &mut Session, query: &RowQuery) -> Result<Vec<(String, String)>, SqlError> {
    let mut sql = format!("SELECT key, row::text FROM {}", rows_of(session, &query.model()).await?);
    let mut values: Vec<String> = Vec::new();
    if let Some(after) = &query.after {
        values.push(after.clone());
        sql.push_str(" AND key > $1");
    }
    for (field, value) in &query.filters {
        // As text and not as an argument, so that the index on the field is found.
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
    or_none(session, found).await
}

/// How many rows a read model has.
pub(crate) async fn count(session: &mut Session, model: &ReadModel) -> Result<u64, SqlError> {
    let sql = format!("SELECT count(*) FROM {}", rows_of(session, model).await?);
    let counted = session.query_scalar::<i64>(AssertSqlSafe(sql)).fetch_one(&mut session.connection).await;
    Ok(or_none(session, counted).await?.unsigned_abs())
}
