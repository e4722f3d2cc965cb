//! Records in PostgreSQL. A store of schema version 1 has none.

use crate::store::answer::Answer;
use crate::store::backend::Records;
use crate::store::postgres::backend::Postgres;
use crate::store::postgres::database::Task;
use crate::store::postgres::read_models::empty_if_missing;
use crate::store::postgres::session::Session;
use crate::store::record::Record;

impl Records for Postgres {
    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.reading(async move |session: &mut Session| {
            let statement = session.query_as::<(String, String)>(include_str!("sql/records.sql")).bind(&kind);
            let found = statement.fetch_all(&mut session.connection).await;
            let found = empty_if_missing(session, found).await?;
            Ok(found.into_iter().map(|(name, value)| Record { kind: kind.clone(), name, value }).collect())
        })
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        self.writing(Task::WriteAgain, async move |session: &mut Session| {
            let Record { kind, name, value } = &record;
            let statement = session.query(include_str!("sql/put_record.sql")).bind(kind).bind(name).bind(value);
            statement.execute(&mut session.connection).await?;
            Ok(())
        })
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        self.writing(Task::Write, async move |session: &mut Session| {
            let statement = session.query(include_str!("sql/delete_record.sql")).bind(&kind).bind(&name);
            Ok(statement.execute(&mut session.connection).await?.rows_affected() > 0)
        })
    }
}
