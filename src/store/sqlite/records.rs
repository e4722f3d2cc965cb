//! Records in SQLite. A store of schema version 1 has none.

use rusqlite::params;

use crate::store::answer::Answer;
use crate::store::backend::Records;
use crate::store::record::Record;
use crate::store::sqlite::backend::Sqlite;
use crate::store::sqlite::statement::table_exists;

impl Records for Sqlite {
    fn records(&self, kind: String) -> Answer<Vec<Record>> {
        self.reading(move |connection, _| {
            if !table_exists(connection, "records")? {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(include_str!("sql/records.sql"))?;
            let records =
                statement.query_map([&kind], |row| Ok(Record { kind: kind.clone(), name: row.get(0)?, value: row.get(1)? }))?;
            Ok(records.collect::<Result<_, _>>()?)
        })
    }

    fn put_record(&self, record: Record) -> Answer<()> {
        self.writing(move |connection| {
            let mut statement = connection.prepare_cached(include_str!("sql/put_record.sql"))?;
            statement.execute(params![record.kind, record.name, record.value])?;
            Ok(())
        })
    }

    fn delete_record(&self, kind: String, name: String) -> Answer<bool> {
        self.writing(move |connection| {
            Ok(connection.prepare_cached(include_str!("sql/delete_record.sql"))?.execute(params![kind, name])? > 0)
        })
    }
}
