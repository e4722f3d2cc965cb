//! The catalog of records. A store of schema version 1 has none.

use crate::store::postgres::error::SqlError;
use crate::store::postgres::read_models::empty_if_missing;
use crate::store::postgres::session::Session;
use crate::store::record::Record;

/// Returns the records of a kind.
pub(crate) async fn records(session: &mut Session, kind: &str) -> Result<Vec<Record>, SqlError> {
    let statement = session.query_as::<(String, String)>(include_str!("sql/records.sql")).bind(kind);
    let found = statement.fetch_all(&mut session.connection).await;
    let found = empty_if_missing(session, found).await?;
    Ok(found.into_iter().map(|(name, value)| Record { kind: kind.to_owned(), name, value }).collect())
}

/// Stores a record.
pub(crate) async fn put_record(session: &mut Session, record: &Record) -> Result<(), SqlError> {
    let statement = session.query(include_str!("sql/put_record.sql")).bind(&record.kind).bind(&record.name).bind(&record.value);
    statement.execute(&mut session.connection).await?;
    Ok(())
}

/// Deletes a record. Returns false where there was none.
pub(crate) async fn delete_record(session: &mut Session, kind: &str, name: &str) -> Result<bool, SqlError> {
    let statement = session.query(include_str!("sql/delete_record.sql")).bind(kind).bind(name);
    Ok(statement.execute(&mut session.connection).await?.rows_affected() > 0)
}
