//! A PostgreSQL database of another program, read over connections that cannot write.
//!
//! The sessions are read-only, also for a role that may write.

use std::future::poll_fn;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::follow::Writers;
use crate::store::foreign::BareScan;
use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignIndex;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsBuilder;
use crate::store::foreign::RowsPlan;
use crate::store::foreign::RowsQuery;
use crate::store::foreign::Sample;
use crate::store::foreign::SampleQuery;
use crate::store::foreign::SampleValue;
use crate::store::foreign::quoted;
use crate::store::foreign::sql;
use crate::store::foreign::sql::Dialect;
use crate::store::foreign::sql::Statement;
use crate::store::options::OpenOptions;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::database::Task;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::foreign_times::time_of;
use crate::store::postgres::foreign_writers::writers;
use crate::store::postgres::session::Session;
use crate::store::postgres::url::PostgresUrl;
use crate::store::postgres::worker::Worker;

/// The maximum number of rows that are fetched at once.
const MAX_FETCHED: usize = 100;

/// The likely size of an answer, in bytes, from which it is read through a cursor.
const LARGE_ANSWER: usize = 16 << 20;
/// The size of a row, in bytes, before one was read.
const UNKNOWN_ROW: usize = 4096;

/// A database of another program.
pub(crate) struct ForeignPostgres {
    worker: Worker,
    place: String,
    schema: Option<String>,
    /// The average size of the rows that were read last, in bytes.
    row_bytes: Arc<AtomicUsize>,
}

impl ForeignPostgres {
    /// Returns the database at a URL. Sends no request.
    pub(crate) fn new(url: &PostgresUrl, options: &OpenOptions) -> Self {
        let connector = Connector::read_only(url, options);
        let (place, schema) = (connector.place(), url.named_schema().map(str::to_owned));
        Self { worker: Worker::new(connector), place, schema, row_bytes: Arc::new(AtomicUsize::new(UNKNOWN_ROW)) }
    }

    fn reading<T: Send + 'static>(
        &self,
        job: impl AsyncFnMut(&mut Session) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        self.worker.read(move |database| async move {
            database.run(Task::Read, "cannot read", job).await.map_err(StoreError::of_foreign)
        })
    }
}

impl ForeignDatabase for ForeignPostgres {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn catalog(&self) -> Answer<Catalog> {
        let schema = self.schema.clone();
        self.reading(async move |session: &mut Session| {
            // The plans for pages take seconds here. Afterwards the session has other settings than those for pages.
            session.unusable = true;
            for setting in ["enable_sort = on", "enable_bitmapscan = on"] {
                session.set(setting).await?;
            }
            let query = session.query(include_str!("sql/foreign_catalog.sql")).bind(schema.as_deref());
            let rows = query.fetch_all(&mut session.connection).await?;
            let mut catalog = Catalog { engine: Engine::Postgres, has_esctl_store: false, tables: Vec::new() };
            for row in &rows {
                if row.try_get(6)? {
                    catalog.has_esctl_store = true;
                } else {
                    catalog.tables.push(table(row)?);
                }
            }
            Ok(catalog)
        })
    }

    fn sample(&self, query: SampleQuery) -> Answer<Sample> {
        self.reading(async move |session: &mut Session| sample(session, &query).await)
    }

    fn rows(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        let row_bytes = Arc::clone(&self.row_bytes);
        self.reading(async move |session: &mut Session| rows(session, &query, &row_bytes).await)
    }

    fn rows_of(&self, queries: Vec<RowsQuery>) -> Answer<Vec<Vec<ForeignRow>>> {
        let row_bytes = Arc::clone(&self.row_bytes);
        self.reading(async move |session: &mut Session| {
            let mut answers = Vec::with_capacity(queries.len());
            for query in &queries {
                answers.push(rows(session, query, &row_bytes).await?);
            }
            Ok(answers)
        })
    }

    fn walk(&self, query: RowsQuery) -> Answer<Vec<ForeignRow>> {
        self.reading(async move |session: &mut Session| {
            let mut found: Vec<ForeignRow> = Vec::new();
            while found.len() < query.limit {
                let next = streamed_rows(session, &query.next_distinct(found.last())).await?;
                if next.is_empty() {
                    break;
                }
                found.extend(next);
            }
            Ok(found)
        })
    }

    fn writers(&self) -> Answer<Writers> {
        self.reading(async move |session: &mut Session| writers(session).await)
    }

    fn count(&self, query: RowsQuery) -> Answer<u64> {
        self.reading(async move |session: &mut Session| {
            let found = run(session, sql::count(&query, &DIALECT)).await?;
            let count: i64 = found.first().map_or(Ok(0), |row| row.try_get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    fn plan(&self, query: RowsQuery) -> Answer<RowsPlan> {
        self.reading(async move |session: &mut Session| {
            let mut select = sql::select(&query, &DIALECT);
            select.sql.insert_str(0, "EXPLAIN (COSTS OFF) ");
            let lines = run(session, select).await?;
            let lines = lines.iter().map(|line| line.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
            // Each node begins a line, and the lines of its properties have a colon.
            let nodes = || lines.iter().map(|line| line.trim_start_matches([' ', '-', '>'])).filter(|line| !line.contains(": "));
            let scans = nodes().any(|node| node.starts_with("Seq Scan") || node.starts_with("Parallel Seq Scan"));
            // An incremental sort only sorts rows with the same first columns, which the index gives one after the other.
            let sorts = nodes().any(|node| node.starts_with("Sort"));
            Ok(RowsPlan { scans, sorts, lines })
        })
    }

    fn bare_scan(&self, query: RowsQuery) -> Answer<BareScan> {
        self.reading(async move |session: &mut Session| {
            let Statement { sql, parameters } = sql::bare_select(&query, &DIALECT);
            let mut rows = 0;
            if parameters.is_empty() {
                let statement = format!("COPY ({sql}) TO STDOUT");
                let mut copied = session.connection.copy_out_raw(&statement).await?;
                // Each message has one row.
                while let Some(row) = poll_fn(|context| copied.as_mut().poll_next(context)).await {
                    black_box(row?);
                    rows += 1;
                }
                drop(copied);
                return Ok(BareScan { rows, statement });
            }
            // COPY has no parameters.
            let mut query = session.query(AssertSqlSafe(sql.clone()));
            for parameter in parameters {
                query = query.bind(parameter);
            }
            let mut found = query.fetch(&mut session.connection);
            while let Some(row) = poll_fn(|context| found.as_mut().poll_next(context)).await {
                black_box(row?);
                rows += 1;
            }
            drop(found);
            Ok(BareScan { rows, statement: sql })
        })
    }
}

fn table(row: &PgRow) -> Result<ForeignTable, SqlError> {
    let columns: Vec<(String, String, bool)> = list(row.try_get(4)?)?;
    let columns = columns.into_iter().map(|(name, kind, counts_up)| ForeignColumn {
        name,
        class: ColumnClass::of_postgres(&kind),
        kind,
        counts_up,
    });
    let indexes: Vec<(bool, Vec<String>)> = list(row.try_get(5)?)?;
    let indexes = indexes.into_iter().map(|(unique, columns)| ForeignIndex { columns, unique });
    Ok(ForeignTable {
        schema: row.try_get(0)?,
        name: row.try_get(1)?,
        is_view: row.try_get(2)?,
        is_partitioned: row.try_get(7)?,
        readable: row.try_get(3)?,
        columns: columns.collect(),
        indexes: indexes.collect(),
    })
}

fn list<T: DeserializeOwned>(json: Option<&str>) -> Result<Vec<T>, SqlError> {
    let Some(json) = json else { return Ok(Vec::new()) };
    serde_json::from_str(json).map_err(|_| StoreError::integrity("the server returned an unreadable catalog").into())
}

async fn sample(session: &mut Session, query: &SampleQuery) -> Result<Sample, SqlError> {
    if query.columns.is_empty() {
        return Ok(Sample::default());
    }
    let columns: Vec<String> = query.columns.iter().map(shown).collect();
    let (schema, table) = (quoted(&query.schema), quoted(&query.table));
    let sql = format!("SELECT {} FROM {schema}.{table} t LIMIT {}", columns.join(", "), Sample::MAX_ROWS);
    let rows = session.query(AssertSqlSafe(sql)).fetch_all(&mut session.connection).await?;
    let mut sample = Sample::default();
    for row in &rows {
        let values = query.columns.iter().enumerate().map(|(place, column)| value_of(row, place, column.class));
        sample.rows.push(values.collect::<Result<_, SqlError>>()?);
    }
    Ok(sample)
}

const DIALECT: Dialect = Dialect {
    placeholder: |number| format!("${number}"),
    read,
    as_text: |column| format!("{column}::text"),
    given,
    bytes: |hex| format!("'\\x{hex}'::bytea"),
};

/// Returns the expression of a parameter. It has the type of the column, whose index is of no use otherwise.
fn given(placeholder: &str, class: ColumnClass) -> String {
    match class {
        ColumnClass::Uuid => format!("{placeholder}::text::uuid"),
        ColumnClass::Instant => format!("{placeholder}::text::timestamptz"),
        ColumnClass::LocalTime => format!("{placeholder}::text::timestamp"),
        _ => format!("{placeholder}::text"),
    }
}

/// Returns the expression for the whole value of a column.
fn read(column: &str, of: &QueryColumn) -> String {
    match of.class {
        // Times are handed out as whole numbers.
        ColumnClass::Bytes | ColumnClass::Instant | ColumnClass::LocalTime => column.to_owned(),
        _ => format!("{column}::text"),
    }
}

/// Reads the first rows of a query. Where many large ones are likely, a cursor fetches few at a time.
async fn rows(session: &mut Session, query: &RowsQuery, row_bytes: &AtomicUsize) -> Result<Vec<ForeignRow>, SqlError> {
    let likely = query.limit.saturating_mul(row_bytes.load(Ordering::Relaxed));
    let rows = match likely > LARGE_ANSWER && query.limit > 1 {
        true => fetched_rows(session, query).await?,
        false => streamed_rows(session, query).await?,
    };
    if let Some(average) = rows.iter().map(ForeignRow::bytes).sum::<usize>().checked_div(rows.len()) {
        row_bytes.store(average, Ordering::Relaxed);
    }
    Ok(rows)
}

/// Reads rows as the server sends them. A session with many unread bytes is not used again.
async fn streamed_rows(session: &mut Session, query: &RowsQuery) -> Result<Vec<ForeignRow>, SqlError> {
    let Statement { sql, parameters } = sql::select(query, &DIALECT);
    let mut statement = session.query(AssertSqlSafe(sql));
    for parameter in parameters {
        statement = statement.bind(parameter);
    }
    let mut found = statement.fetch(&mut session.connection);
    let mut rows = RowsBuilder::default();
    while let Some(found) = poll_fn(|context| found.as_mut().poll_next(context)).await {
        add(&mut rows, query, &found.map_err(of_layout)?)?;
        if rows.bytes() >= query.max_bytes() {
            break;
        }
    }
    drop(found);
    session.unusable |= rows.bytes() >= query.max_bytes();
    Ok(rows.finish())
}

/// Reads rows through a cursor: large ones end the answer early.
async fn fetched_rows(session: &mut Session, query: &RowsQuery) -> Result<Vec<ForeignRow>, SqlError> {
    let mut select = sql::select(query, &DIALECT);
    select.sql.insert_str(0, "DECLARE foreign_rows NO SCROLL CURSOR FOR ");
    session.begin_always().await?;
    run(session, select).await?;
    let (mut rows, mut fetched) = (RowsBuilder::default(), 1);
    while fetched > 0 {
        // Never kept: the next cursor of this name may have other columns.
        let fetch = session.query(AssertSqlSafe(format!("FETCH {fetched} FROM foreign_rows"))).persistent(false);
        let found = fetch.fetch_all(&mut session.connection).await.map_err(of_layout)?;
        for found in &found {
            add(&mut rows, query, found)?;
        }
        let bytes = rows.bytes();
        // As many as fit, if the next ones are like those before.
        let left = query.max_bytes().saturating_sub(bytes) / (bytes / rows.len().max(1)).max(1);
        let is_end = found.len() < fetched || rows.len() >= query.limit || bytes >= query.max_bytes();
        fetched = if is_end { 0 } else { left.clamp(1, MAX_FETCHED) };
    }
    run(session, Statement { sql: "CLOSE foreign_rows".to_owned(), parameters: Vec::new() }).await?;
    Ok(rows.finish())
}

fn add(rows: &mut RowsBuilder, query: &RowsQuery, row: &PgRow) -> Result<(), SqlError> {
    let mut values = rows.row(query.columns.len());
    for (place, column) in query.columns.iter().enumerate() {
        match column.class {
            ColumnClass::Bytes => {
                let bytes = row.try_get::<Option<Vec<u8>>, _>(place)?;
                values.value(bytes.map_or(ForeignValue::Null, ForeignValue::Bytes));
            }
            ColumnClass::Instant | ColumnClass::LocalTime => {
                let micros = row.try_get_unchecked::<Option<i64>, _>(place)?;
                let zone = if column.class == ColumnClass::Instant { "+00" } else { "" };
                values.value(micros.map_or(ForeignValue::Null, |micros| time_of(micros, zone)));
            }
            // As text, whatever its type.
            class => match row.try_get_unchecked::<Option<&str>, _>(place)? {
                None => values.value(ForeignValue::Null),
                Some(text) => match class {
                    ColumnClass::Integer | ColumnClass::Number => values.value(ForeignValue::number(text)),
                    ColumnClass::Boolean => values.value(ForeignValue::Boolean(text == "true")),
                    ColumnClass::Json => values.json(text),
                    _ => values.text(text),
                },
            },
        }
    }
    values.end();
    Ok(())
}

async fn run(session: &mut Session, statement: Statement) -> Result<Vec<PgRow>, SqlError> {
    let mut query = session.query(AssertSqlSafe(statement.sql));
    for parameter in statement.parameters {
        query = query.bind(parameter);
    }
    query.fetch_all(&mut session.connection).await.map_err(of_layout)
}

/// Returns the error for a statement that a layout describes.
fn of_layout(error: sqlx::Error) -> SqlError {
    let Some(said) = error.as_database_error() else { return error.into() };
    let code = said.code().unwrap_or_default();
    if ["42883", "42804"].contains(&&*code) {
        let message = format!("a condition or join of the layout compares values of different types: {}", said.message());
        return StoreError::Invalid(message).into();
    }
    if code.starts_with("22") {
        let message = "the server cannot read a value of this table".to_owned();
        return StoreError::ForeignDamaged { message, source: Some(Arc::new(error)) }.into();
    }
    error.into()
}

/// Returns the start of a column as an expression. Names are quoted, so that each is only ever a name.
fn shown(column: &ForeignColumn) -> String {
    let (name, length) = (quoted(&column.name), SampleValue::MAX_LENGTH);
    match column.class {
        ColumnClass::Bytes => format!("substring(t.{name} FROM 1 FOR {length})"),
        _ => format!("left(t.{name}::text, {length})"),
    }
}

fn value_of(row: &PgRow, place: usize, class: ColumnClass) -> Result<SampleValue, SqlError> {
    if class == ColumnClass::Bytes {
        return Ok(row.try_get::<Option<Vec<u8>>, _>(place)?.map_or(SampleValue::Null, SampleValue::Bytes));
    }
    let Some(text) = row.try_get::<Option<String>, _>(place)? else { return Ok(SampleValue::Null) };
    Ok(match text.parse() {
        Ok(number) if class == ColumnClass::Integer => SampleValue::Integer(number),
        _ => SampleValue::Text(text),
    })
}
