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
    let texts: [(&str, &str); 2] = [("application ", row.try_get(2)?), ("user ", row.try_get(3)?)];
    let (state, seconds): (&str, Option<i64>) = (row.try_get(4)?, row.try_get(5)?);
    let mut known: Vec<String> =
        texts.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}{value}")).collect();
    known.extend(seconds.map(open_for));
    known.extend(Some(state.to_owned()).filter(|state| !state.is_empty()));
    let details = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let shown = format!("server process {pid}{details}");
    Ok(Writer { id: format!("session {id}"), prepared: false, numbers: row.try_get(6)?, shown })
}

fn of_prepared(row: &PgRow) -> Result<Writer, SqlError> {
    let (transaction, gid, owner): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let age = row.try_get::<Option<i64>, _>(3)?.map_or_else(String::new, |seconds| format!(", {}", open_for(seconds)));
    let shown = format!("prepared transaction {gid} (user {owner}{age})");
    Ok(Writer { id: format!("prepared {transaction}"), prepared: true, numbers: vec![transaction.to_owned()], shown })
}

/// Returns the age of a transaction in words.
fn open_for(seconds: i64) -> String {
    let age = match seconds {
        ..=119 => format!("{} s", seconds.max(0)),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!("open for {age}")
}

#[cfg(test)]
mod tests {
    use super::open_for;

    #[test]
    fn ages_are_shown_in_one_unit() {
        let shown: Vec<String> = [-1, 119, 120, 7_199, 7_200, 172_800].into_iter().map(open_for).collect();
        assert_eq!(
            shown,
            ["open for 0 s", "open for 119 s", "open for 2 min", "open for 119 min", "open for 2 h", "open for 2 days"]
        );
    }
}
