//! A load: all rows of a read model go into a table of their own, which then replaces the table of the read model.

use sqlx::AssertSqlSafe;

use crate::store::postgres::commit_rows::commit;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::session::Session;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowsCommit;

/// Drops the tables of all loads of a projection.
pub(crate) async fn end_loads(session: &mut Session, model: &ReadModel) -> Result<(), SqlError> {
    model.check_name()?;
    // The checked name has only a to z, 0 to 9 and _.
    let statement = include_str!("sql/end_loads.sql").replace("NAME", &model.name);
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut session.connection).await?;
    Ok(())
}

/// Creates the table of a load. Earlier loads of the projection end.
pub(crate) async fn begin(session: &mut Session, load: &RowLoad) -> Result<(), SqlError> {
    let table = load.table()?;
    session.begin_always().await?;
    end_loads(session, &load.model).await?;
    let create = format!("CREATE TABLE \"{table}\" (key text COLLATE \"C\" PRIMARY KEY, row json NOT NULL)");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut session.connection).await?;
    Ok(())
}

/// Adds rows to a load, again after a broken connection. Returns false if the load has ended.
pub(crate) async fn add(session: &mut Session, load: &RowLoad, rows: &[(String, String)]) -> Result<bool, SqlError> {
    let table = load.table()?;
    if !exists(session, &table).await? {
        return Ok(false);
    }
    let (keys, contents): (Vec<&str>, Vec<&str>) = rows.iter().map(|(key, row)| (key.as_str(), row.as_str())).unzip();
    let sql = format!(
        "INSERT INTO \"{table}\" (key, row) SELECT n.key, n.row::json FROM unnest($1::text[], $2::text[]) AS n (key, row) \
         ON CONFLICT (key) DO NOTHING"
    );
    let added = session.query(AssertSqlSafe(sql)).bind(keys).bind(contents).execute(&mut session.connection).await;
    match added.map_err(SqlError::from) {
        Ok(_) => Ok(true),
        // Another runner has ended the load in between.
        Err(error) if error.is_missing_object() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Commits, and replaces the table of the read model by that of the load. Returns false if the load has ended or the read
/// model was modified concurrently.
pub(crate) async fn finish(session: &mut Session, load: &RowLoad, committed: &RowsCommit) -> Result<bool, SqlError> {
    let (from, to) = (load.table()?, load.model.table()?);
    session.begin_always().await?;
    let lock = session.query("SELECT lock_read_model($1)").bind(&load.model.name);
    lock.execute(&mut session.connection).await?;
    // Neither of the two changes anything where it returns false.
    if !exists(session, &from).await? || !commit(session, committed).await? {
        return Ok(false);
    }
    let replace = format!("DROP TABLE \"{to}\"; ALTER TABLE \"{from}\" RENAME TO \"{to}\"");
    sqlx::raw_sql(AssertSqlSafe(replace)).execute(&mut session.connection).await?;
    Ok(true)
}

async fn exists(session: &mut Session, table: &str) -> Result<bool, SqlError> {
    let exists = session.query_scalar("SELECT to_regclass(quote_ident($1)) IS NOT NULL").bind(table);
    Ok(exists.fetch_one(&mut session.connection).await?)
}
