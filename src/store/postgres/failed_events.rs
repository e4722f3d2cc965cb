//! The failed events of read models. A store of schema version 1 has none.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::failed_event::FailedEvent;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::read::id;
use crate::store::postgres::read_models::empty_if_missing;
use crate::store::postgres::session::Session;
use crate::store::read_model::ReadModel;

/// Returns the failed events of a read model.
pub(crate) async fn failed_events(session: &mut Session, model: &ReadModel) -> Result<Vec<FailedEvent>, SqlError> {
    let statement = session.query(include_str!("sql/problems.sql")).bind(&model.name).bind(model.part.as_str());
    let found = statement.fetch_all(&mut session.connection).await;
    let rows: Vec<PgRow> = empty_if_missing(session, found).await?;
    let failed = |row: &PgRow| Ok(FailedEvent::stored(row.try_get(0)?, id(row, 1)?, Some(row.try_get(2)?)));
    rows.iter().map(failed).collect()
}
