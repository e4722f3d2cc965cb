//! A SQLite file of another program, read over a connection that cannot write.

use std::ffi::c_int;
use std::fs::File;
use std::future::ready;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::Error;
use rusqlite::ErrorCode;
use rusqlite::OptionalExtension;
use rusqlite::params_from_iter;
use rusqlite::types::ValueRef;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::follow::Writers;
use crate::store::foreign::BareScan;
use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignIndex;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::RowsBuilder;
use crate::store::foreign::RowsPlan;
use crate::store::foreign::RowsQuery;
use crate::store::foreign::Sample;
use crate::store::foreign::SampleQuery;
use crate::store::foreign::SampleValue;
use crate::store::foreign::quoted;
use crate::store::foreign::sql;
use crate::store::foreign::sql::Dialect;
use crate::store::options::OpenOptions;
use crate::store::sqlite::connection::APPLICATION_ID;
use crate::store::sqlite::connection::must_exist;
use crate::store::sqlite::connection::open_immutable;
use crate::store::sqlite::connection::open_read_only;
use crate::store::sqlite::connection::wal_of;
use crate::store::sqlite::error::SqlError;
use crate::store::worker::on_thread;

/// The row number that a table has without declaring it.
const ROWID: &str = "rowid";

/// The size of values after which no further row is read.
const SAMPLED_BYTES: usize = 32 << 20;

/// The number of attempts to read a file without a log that is written meanwhile.
const ATTEMPTS: u32 = 5;

/// The number of steps of a statement between two looks at the clock.
const STEPS: c_int = 10_000;

/// A file of another program. Each answer opens it, in `mode=ro` and with `query_only`.
pub(crate) struct ForeignFile {
    path: PathBuf,
    /// The longest wait for a lock, and for an answer.
    timeout: Duration,
}

/// The state of a file that can be read without locks: it has no log, and its owner does not write it.
#[derive(PartialEq)]
struct AtRest {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl AtRest {
    /// Returns the state of a file in WAL mode without a log; `None` for any other file.
    ///
    /// An ordinary connection would create the log and its index beside the file, with the rights of this user, and the owner
    /// could no longer write.
    fn of(path: &Path) -> Option<Self> {
        let mut header = [0; 20];
        File::open(path).and_then(|mut file| file.read_exact(&mut header)).ok()?;
        let metadata = path.metadata().ok()?;
        let is_in_wal_mode = header[18] == 2 && header[19] == 2;
        (is_in_wal_mode && !wal_of(path).exists()).then(|| Self { modified: metadata.modified().ok(), bytes: metadata.len() })
    }
}

impl ForeignFile {
    /// Returns the file at a path, which is not opened yet.
    pub(crate) fn new(path: PathBuf, options: &OpenOptions) -> Self {
        Self { path, timeout: options.timeout }
    }

    fn reading<T: Send + 'static>(&self, job: impl Fn(&Connection) -> Result<T, rusqlite::Error> + Send + 'static) -> Answer<T> {
        let (path, timeout) = (self.path.clone(), self.timeout);
        on_thread("sqlite", move || {
            must_exist(&path).map_err(|error| match error {
                StoreError::NoStore(place) => StoreError::NotFound(format!("there is no database at {place}")),
                error => error,
            })?;
            let deadline = Instant::now() + timeout;
            for _ in 0..ATTEMPTS {
                let before = AtRest::of(&path);
                let answer = read(&path, before.is_some(), deadline, &job);
                if before.is_none() || before == AtRest::of(&path) {
                    return answer.map_err(|error| error.into_store_error(&path, "cannot read").of_foreign());
                }
            }
            let message = format!("cannot read {}: it is being written", path.display());
            Err(StoreError::Unavailable { message, source: None })
        })
    }
}

/// Reads a file in one transaction, until a moment.
fn read<T>(
    path: &Path,
    at_rest: bool,
    deadline: Instant,
    job: &impl Fn(&Connection) -> Result<T, rusqlite::Error>,
) -> Result<T, SqlError> {
    let mut connection = if at_rest { open_immutable(path)? } else { open_read_only(path)? };
    connection.busy_timeout(deadline.saturating_duration_since(Instant::now()))?;
    // A view of another program may be slow, and while it is read the owner may have to wait.
    connection.progress_handler(STEPS, Some(move || Instant::now() > deadline))?;
    // A file of unknown origin cannot run functions of this program.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")?;
    let transaction = connection.transaction()?;
    Ok(job(&transaction)?)
}

impl ForeignDatabase for ForeignFile {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn catalog(&self) -> Answer<Catalog> {
        self.reading(|connection| {
            let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
            let has_esctl_store = application == APPLICATION_ID;
            let tables = if has_esctl_store { Vec::new() } else { tables(connection)? };
            Ok(Catalog { engine: Engine::Sqlite, has_esctl_store, tables })
        })
    }

    fn sample(&self, query: SampleQuery) -> Answer<Sample> {
        self.reading(move |connection| sample(connection, &query))
    }

    fn rows(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        self.reading(move |connection| rows(connection, &query))
    }

    fn rows_of(&self, queries: Vec<RowsQuery>) -> Answer<Vec<Vec<ForeignRow>>> {
        self.reading(move |connection| queries.iter().map(|query| rows(connection, query)).collect())
    }

    fn walk(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        self.reading(move |connection| {
            let mut found: Vec<ForeignRow> = Vec::new();
            while found.len() < query.limit {
                let next = rows(connection, &query.next_distinct(found.last()))?;
                if next.is_empty() {
                    break;
                }
                found.extend(next);
            }
            Ok(found)
        })
    }

    fn writers(&self) -> Answer<Writers> {
        // A file has one writer at a time.
        Box::pin(ready(Ok(Writers::InOrder)))
    }

    fn count(&self, query: RowsQuery) -> Answer<u64> {
        self.reading(move |connection| {
            let statement = sql::count(&query, &DIALECT);
            connection.query_row(&statement.sql, params_from_iter(statement.parameters), |row| row.get(0))
        })
    }

    fn plan(&self, query: RowsQuery) -> Answer<RowsPlan> {
        self.reading(move |connection| {
            let statement = sql::select(&query, &DIALECT);
            let mut prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql))?;
            let lines = prepared.query_map(params_from_iter(&statement.parameters), |row| row.get(3))?;
            let lines = lines.collect::<Result<Vec<String>, _>>()?;
            // In the order of the table itself, the first rows are read without the others.
            let looks_for_rows = query.range.bounds.iter().any(|bound| bound.comparison != Comparison::Present);
            let scans = looks_for_rows && lines.iter().any(|line| line.starts_with("SCAN "));
            let sorts = lines.iter().any(|line| line.starts_with("USE TEMP B-TREE"));
            Ok(RowsPlan { scans, sorts, lines })
        })
    }

    fn bare_scan(&self, query: RowsQuery) -> Answer<BareScan> {
        self.reading(move |connection| {
            let statement = sql::bare_select(&query, &DIALECT);
            let mut prepared = connection.prepare(&statement.sql)?;
            let mut found = prepared.query(params_from_iter(&statement.parameters))?;
            let (mut rows, mut bytes) = (0, 0);
            while let Some(row) = found.next()? {
                for column in 0..query.columns.len() {
                    bytes += row.get_ref(column)?.as_bytes_or_null().ok().flatten().map_or(0, <[u8]>::len);
                }
                rows += 1;
            }
            std::hint::black_box(bytes);
            Ok(BareScan { rows, statement: statement.sql })
        })
    }
}

fn rows(connection: &Connection, query: &RowsQuery) -> Result<Vec<ForeignRow>, rusqlite::Error> {
    let statement = sql::select(query, &DIALECT);
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(params_from_iter(statement.parameters))?;
    let mut found = RowsBuilder::default();
    while found.bytes() < query.max_bytes()
        && let Some(row) = rows.next()?
    {
        let mut values = found.row(query.columns.len());
        for column in 0..query.columns.len() {
            match row.get_ref(column)? {
                ValueRef::Null => values.value(ForeignValue::Null),
                ValueRef::Integer(number) => values.value(ForeignValue::Integer(number)),
                ValueRef::Real(number) => values.value(ForeignValue::Number(number.to_string().into())),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => values.text(text),
                    Err(_) => values.value(ForeignValue::Bytes(text.to_vec())),
                },
                ValueRef::Blob(bytes) => values.value(ForeignValue::Bytes(bytes.to_vec())),
            }
        }
        values.end();
    }
    Ok(found.finish())
}

fn tables(connection: &Connection) -> Result<Vec<ForeignTable>, rusqlite::Error> {
    let sql = "SELECT name, type, wr FROM pragma_table_list \
               WHERE schema = 'main' AND type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
    let found = found.collect::<Result<Vec<(String, String, bool)>, _>>()?;
    let read = |(name, kind, without_rowid): (String, String, bool)| match table(connection, name, &kind, without_rowid) {
        // A view over a dropped table has no columns.
        Err(Error::SqliteFailure(error, _)) if kind == "view" && error.code == ErrorCode::Unknown => None,
        table => Some(table),
    };
    found.into_iter().filter_map(read).collect()
}

fn table(connection: &Connection, name: String, kind: &str, without_rowid: bool) -> Result<ForeignTable, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT name, type, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1")?;
    let found = statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let found = found.collect::<Result<Vec<(String, String, u32)>, _>>()?;
    let mut key: Vec<(u32, String)> =
        found.iter().filter(|column| column.2 > 0).map(|(name, _, pk)| (*pk, name.clone())).collect();
    key.sort_unstable();
    let key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    let mut columns: Vec<ForeignColumn> = found
        .into_iter()
        .map(|(name, kind, _)| {
            // A single key of this very type is another name of the row number.
            let counts_up = !without_rowid && key.len() == 1 && key[0] == name && kind.eq_ignore_ascii_case("INTEGER");
            ForeignColumn { class: ColumnClass::of_sqlite(&kind), name, kind, counts_up }
        })
        .collect();
    let mut indexes = indexes(connection, &name)?;
    if !key.is_empty() && !indexes.iter().any(|index| index.unique && index.columns == key) {
        indexes.push(ForeignIndex { columns: key, unique: true });
    }
    let is_view = kind == "view";
    let numbered = columns.iter().any(|column| column.counts_up);
    if !is_view && !without_rowid && !numbered && !columns.iter().any(|column| column.name.eq_ignore_ascii_case(ROWID)) {
        columns.push(ForeignColumn { name: ROWID.into(), kind: "INTEGER".into(), class: ColumnClass::Integer, counts_up: true });
        indexes.push(ForeignIndex { columns: vec![ROWID.into()], unique: true });
    }
    Ok(ForeignTable { name, is_view, readable: true, columns, indexes, ..ForeignTable::default() })
}

fn indexes(connection: &Connection, table: &str) -> Result<Vec<ForeignIndex>, rusqlite::Error> {
    let mut statement =
        connection.prepare("SELECT name, \"unique\" FROM pragma_index_list(?1) WHERE NOT partial ORDER BY seq")?;
    let found = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.collect::<Result<Vec<(String, bool)>, _>>()?;
    let mut statement = connection.prepare("SELECT ifnull(name, '') FROM pragma_index_info(?1) ORDER BY seqno")?;
    let mut indexes = Vec::new();
    for (name, unique) in found {
        let columns = statement.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        indexes.push(ForeignIndex { columns, unique });
    }
    Ok(indexes)
}

const DIALECT: Dialect = Dialect {
    placeholder: |number| format!("?{number}"),
    read: |column, _| column.to_owned(),
    as_text: |column| format!("CAST({column} AS TEXT)"),
    given: |placeholder, _| placeholder.to_owned(),
    bytes: |hex| format!("x'{hex}'"),
};

fn sample(connection: &Connection, query: &SampleQuery) -> Result<Sample, rusqlite::Error> {
    let exists = "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
    if query.columns.is_empty() || connection.query_row(exists, [&query.table], |_| Ok(())).optional()?.is_none() {
        return Ok(Sample::default());
    }
    // In double quotes, a name that is no column would be taken for a text.
    let columns: Vec<String> = query.columns.iter().map(|column| format!("t.{}", quoted(&column.name))).collect();
    let sql = format!("SELECT {} FROM {} t LIMIT {}", columns.join(", "), quoted(&query.table), Sample::MAX_ROWS);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut sample, mut bytes) = (Sample::default(), 0);
    while bytes < SAMPLED_BYTES
        && let Some(row) = rows.next()?
    {
        let values = (0..query.columns.len()).map(|column| {
            let value = row.get_ref(column)?;
            bytes += value.as_bytes_or_null().ok().flatten().map_or(0, <[u8]>::len);
            Ok(value_of(value))
        });
        sample.rows.push(values.collect::<Result<_, rusqlite::Error>>()?);
    }
    Ok(sample)
}

fn value_of(value: ValueRef<'_>) -> SampleValue {
    let cut = |bytes: &[u8]| bytes[..bytes.len().min(SampleValue::MAX_LENGTH)].to_vec();
    match value {
        ValueRef::Null => SampleValue::Null,
        ValueRef::Integer(number) => SampleValue::Integer(number),
        ValueRef::Real(number) => SampleValue::Text(number.to_string()),
        ValueRef::Text(text) => SampleValue::Text(String::from_utf8_lossy(&cut(text)).into_owned()),
        ValueRef::Blob(bytes) => SampleValue::Bytes(cut(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusqlite::Connection;

    use super::ForeignFile;
    use crate::store::StoreError;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::ForeignColumn;
    use crate::store::foreign::ForeignDatabase;
    use crate::store::foreign::SampleQuery;
    use crate::store::foreign::SampleValue;
    use crate::store::options::OpenOptions;

    fn file(sql: &str) -> (tempfile::TempDir, ForeignFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?b%20#c.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let file = ForeignFile::new(path, &OpenOptions::new(Duration::from_secs(5)));
        (folder, file)
    }

    #[tokio::test]
    async fn the_catalog_has_columns_keys_and_row_numbers() {
        let (_folder, file) = file(
            "CREATE TABLE e (id INTEGER PRIMARY KEY, s TEXT, v INT, UNIQUE (s, v));
             CREATE TABLE plain (s TEXT, v INT, PRIMARY KEY (s, v));
             CREATE TABLE without (s TEXT PRIMARY KEY) WITHOUT ROWID;
             CREATE INDEX partial ON e (v) WHERE v > 5; CREATE INDEX expression ON e (lower(s));
             CREATE VIEW v AS SELECT s FROM e",
        );
        let catalog = file.catalog().await.unwrap();
        let shown: Vec<String> = catalog
            .tables
            .iter()
            .map(|table| {
                let columns =
                    table.columns.iter().map(|column| format!("{}{}", column.name, if column.counts_up { "+" } else { "" }));
                let indexes = table
                    .indexes
                    .iter()
                    .map(|index| format!("{}{}", index.columns.join(","), if index.unique { "!" } else { "" }));
                format!("{} {} | {}", table.name, columns.collect::<Vec<_>>().join(" "), indexes.collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(shown, ["e id+ s v |  s,v! id!", "plain s v rowid+ | s,v! rowid!", "v s | ", "without s | s!"]);
    }

    #[tokio::test]
    async fn names_with_quotes_are_names_and_no_statements() {
        let name = "e\"; DROP TABLE f; --";
        let quoted = name.replace('"', "\"\"");
        let (_folder, file) = file(&format!(
            "CREATE TABLE f (x); CREATE TABLE \"{quoted}\" (\"{quoted}\" TEXT); INSERT INTO \"{quoted}\" VALUES ('a')"
        ));
        let query = |table: &str, column: &str| {
            let (kind, class) = ("TEXT".to_owned(), ColumnClass::Text);
            let columns = vec![ForeignColumn { name: column.into(), kind, class, counts_up: false }];
            SampleQuery { schema: String::new(), table: table.into(), columns }
        };
        let sample = file.sample(query(name, name)).await.unwrap();
        assert_eq!(sample.rows, [[SampleValue::Text("a".into())]]);
        assert!(file.sample(query("f", name)).await.is_err());
        assert_eq!(file.catalog().await.unwrap().tables.len(), 2);
    }

    #[tokio::test]
    async fn nothing_is_written() {
        let (folder, file) = file("CREATE TABLE f (x)");
        for sql in ["CREATE TABLE g (x)", "INSERT INTO f VALUES (1)", "PRAGMA user_version = 3", "DELETE FROM f"] {
            assert!(file.reading(move |connection| connection.execute_batch(sql)).await.is_err(), "{sql}");
        }
        let entries: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(entries.len(), 1);
    }

    #[tokio::test]
    async fn no_file_is_created_beside_one_in_wal_mode_and_its_log_is_read() {
        let (folder, file) = file("PRAGMA journal_mode = wal; CREATE TABLE f (x)");
        let entries = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!((file.catalog().await.unwrap().tables.len(), entries()), (1, 1));
        let owner = Connection::open(&file.path).unwrap();
        owner.execute_batch("CREATE TABLE g (x)").unwrap();
        assert_eq!((file.catalog().await.unwrap().tables.len(), entries()), (2, 3));
        owner.execute_batch("INSERT INTO g VALUES (1)").unwrap();
    }

    #[tokio::test]
    async fn a_broken_view_is_left_out_and_a_slow_one_is_given_up() {
        let slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS s FROM n";
        let (_folder, mut file) =
            file(&format!("CREATE TABLE f (x); CREATE VIEW v AS SELECT y FROM gone; CREATE VIEW w AS {slow}"));
        let names: Vec<String> = file.catalog().await.unwrap().tables.into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["f", "w"]);
        file.timeout = Duration::from_millis(50);
        let (kind, class) = ("TEXT".to_owned(), ColumnClass::Text);
        let columns = vec![ForeignColumn { name: "s".into(), kind, class, counts_up: false }];
        let sample = file.sample(SampleQuery { schema: String::new(), table: "w".into(), columns }).await;
        assert!(
            matches!(&sample, Err(StoreError::Unavailable { message, .. }) if message.ends_with("no answer in time")),
            "{sample:?}"
        );
    }
}
