//! The session of PostgreSQL that holds a lock which was not free in time.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use tokio::time::timeout;

use crate::store::postgres::error::SqlError;
use crate::store::postgres::session::Session;

/// The longest wait for the answer. Without an answer no session is named.
const PATIENCE: Duration = Duration::from_secs(2);

/// Adds the session that holds the lock to a lock error, where the server returns it. Other errors stay unchanged. In a
/// failed transaction the server returns nothing.
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

/// Describes the session: process, application, user and address, as far as this user may see them.
fn described(row: &PgRow) -> Result<String, sqlx::Error> {
    let (pid, application): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    let (user, address): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let parts = [("application", application), ("user", user), ("from", address)];
    let known: Vec<String> =
        parts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}")).collect();
    let details = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    Ok(format!("server process {pid}{details}"))
}
