//! The session of PostgreSQL that holds a lock which was waited for in vain.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use tokio::time::timeout;

use crate::store::postgres::error::SqlError;
use crate::store::postgres::transaction::Session;

/// How long the server may take to answer; without an answer no session is named.
const PATIENCE: Duration = Duration::from_secs(2);

/// Adds to an error about a lock the session that holds the lock, where the server tells. Other errors stay as they are. In a
/// transaction that has failed the server tells nothing.
pub(crate) async fn name_holder(session: &mut Session, schema: &str, error: SqlError) -> SqlError {
    match error {
        SqlError::Sql(source) if SqlError::is_lock(&source) => {
            let statement = session.query(include_str!("sql/lock_holder.sql")).bind(schema);
            let asked = statement.fetch_optional(&mut session.connection);
            let found = timeout(PATIENCE, asked).await.ok().and_then(Result::ok).flatten();
            match found.as_ref().map(described) {
                Some(Ok(holder)) => SqlError::Locked { source, holder },
                _ => SqlError::Sql(source),
            }
        }
        error => error,
    }
}

/// The session in words: process, application, user and address, as far as the server tells them to this user.
fn described(row: &PgRow) -> Result<String, sqlx::Error> {
    let (pid, application): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    let (user, address): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let parts = [("application", application), ("user", user), ("from", address)];
    let known: Vec<String> =
        parts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}")).collect();
    let details = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    Ok(format!("server process {pid}{details}"))
}
