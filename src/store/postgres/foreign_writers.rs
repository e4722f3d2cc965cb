//! The open transactions of a database of another program, which may still make rows visible.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::follow::Writer;
use crate::store::follow::Writers;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::session::Session;

/// Reads the open transactions. Any role may. Locks are read before prepared transactions: one that is prepared meanwhile is
/// in one of the two.
pub(crate) async fn writers(session: &mut Session) -> Result<Writers, SqlError> {
    let horizon = session.query(include_str!("sql/foreign_horizon.sql")).fetch_one(&mut session.connection).await?;
    let number = |place| horizon.try_get::<Option<String>, _>(place).map(|text| text.and_then(|text| text.parse().ok()));
    if let (Some(oldest), Some(next)) = (number(0)?, number(1)?) {
        return Ok(Writers::Horizon { oldest, next });
    }
    let sessions = session.query(include_str!("sql/foreign_writers.sql")).fetch_all(&mut session.connection).await?;
    let prepared = session.query(include_str!("sql/foreign_prepared.sql")).fetch_all(&mut session.connection).await?;
    let sessions = sessions.iter().map(of_session);
    Ok(Writers::Open(sessions.chain(prepared.iter().map(of_prepared)).collect::<Result<_, SqlError>>()?))
}

fn of_session(row: &PgRow) -> Result<Writer, SqlError> {
    let (id, pid): (String, i32) = (row.try_get(0)?, row.try_get(1)?);
    let parts = [("application", row.try_get(2)?), ("user", row.try_get(3)?)];
    let known: Vec<String> = parts
        .iter()
        .filter(|(_, value): &&(&str, &str)| !value.is_empty())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let details = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    Ok(Writer { id: format!("session {id}"), prepared: false, shown: format!("server process {pid}{details}") })
}

fn of_prepared(row: &PgRow) -> Result<Writer, SqlError> {
    let (transaction, gid, owner): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let shown = format!("prepared transaction {gid} (user {owner})");
    Ok(Writer { id: format!("prepared {transaction}"), prepared: true, shown })
}
