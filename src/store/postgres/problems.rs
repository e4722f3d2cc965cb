//! Problems of read models, and the catalog of records. In a store of version 1 there are none.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::postgres::error::SqlError;
use crate::store::postgres::read::id;
use crate::store::postgres::read_models::or_none;
use crate::store::postgres::transaction::Session;
use crate::store::problem::Problem;
use crate::store::read_model::ReadModel;
use crate::store::record::Record;

/// The problems of a read model.
pub(crate) async fn problems(session: &mut Session, model: &ReadModel) -> Result<Vec<Problem>, SqlError> {
    let statement = session.query(include_str!("sql/problems.sql")).bind(&model.name).bind(model.part.as_str());
    let found = statement.fetch_all(&mut session.connection).await;
    let rows: Vec<PgRow> = or_none(session, found).await?;
    let problem = |row: &PgRow| Ok(Problem::kept(row.try_get(0)?, id(row, 1)?, Some(row.try_get(2)?)));
    rows.iter().map(problem).collect()
}

/// The records of a kind.
pub(crate) async fn records(session: &mut Session, kind: &str) -> Result<Vec<Record>, SqlError> {
    let statement = session.query_as::<(String, String)>(include_str!("sql/records.sql")).bind(kind);
    let found = statement.fetch_all(&mut session.connection).await;
    let found = or_none(session, found).await?;
    Ok(found.into_iter().map(|(name, value)| Record { kind: kind.to_owned(), name, value }).collect())
}

/// Keeps a record.
pub(crate) async fn put_record(session: &mut Session, record: &Record) -> Result<(), SqlError> {
    let statement = session.query(include_str!("sql/put_record.sql")).bind(&record.kind).bind(&record.name).bind(&record.value);
    statement.execute(&mut session.connection).await?;
    Ok(())
}

/// Deletes a record; whether there was one.
pub(crate) async fn delete_record(session: &mut Session, kind: &str, name: &str) -> Result<bool, SqlError> {
    let statement = session.query(include_str!("sql/delete_record.sql")).bind(kind).bind(name);
    Ok(statement.execute(&mut session.connection).await?.rows_affected() > 0)
}
