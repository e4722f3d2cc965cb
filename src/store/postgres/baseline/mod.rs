//! The raw PostgreSQL baseline of `esctl bench`.

use std::future::poll_fn;
use std::hint::black_box;
use std::sync::Arc;

use sqlx::PgConnection;
use sqlx::Row;
use sqlx::ValueRef;
use tokio::sync::Mutex;

use crate::event::StreamName;
use crate::store::answer::Answer;
use crate::store::baseline::Baseline;
use crate::store::baseline::BaselineEvent;
use crate::store::baseline::BaselineWork;
use crate::store::error::StoreError;
use crate::store::options::OpenOptions;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Id;
use crate::store::postgres::ids::Ids;
use crate::store::postgres::session::Session;
use crate::store::postgres::url::PostgresUrl;
use crate::store::postgres::worker::Worker;
use crate::store::server_url::ServerUrl;

/// A hash of the same size as the hash of an event.
const HASH: [u8; 32] = [0x5a; 32];
/// Hands out all columns of all events.
const COPY_EVENTS: &str = "COPY events TO STDOUT (FORMAT binary)";
/// Inserts rows of a read model.
const INSERT_ROWS: &str = "INSERT INTO bare_rows SELECT n.key, n.row::json FROM unnest($1::text[], $2::text[]) AS n (key, row)";

/// A separate connection to the schema of a scratch store, session between works.
struct PostgresBaseline {
    worker: Worker,
    session: Arc<Mutex<Option<Session>>>,
}

/// Returns the baseline beside the store in a schema; none for a URL of another backend. Sends no request yet. The timeout
/// bounds connecting.
pub(crate) fn beside(url: &ServerUrl, options: &OpenOptions) -> Option<Box<dyn Baseline>> {
    let connector = Connector::new(url.downcast::<PostgresUrl>()?, options);
    Some(Box::new(PostgresBaseline { worker: Worker::new(connector), session: Arc::default() }))
}

impl PostgresBaseline {
    fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, SqlError> + Send + 'static,
    ) -> Answer<T> {
        let session = Arc::clone(&self.session);
        self.worker.write(move |database| async move {
            let mut idle = session.lock().await;
            let outcome = async {
                let session = match &mut *idle {
                    Some(session) => session,
                    None => idle.insert(connect(&database.pool.connector).await?),
                };
                work(&mut session.connection).await
            };
            outcome.await.map_err(|error| database.translate(error, doing))
        })
    }
}

/// Connects as the store does, without a statement timeout.
async fn connect(connector: &Connector) -> Result<Session, SqlError> {
    let mut session = connector.connect(false).await?;
    if session.is_pooled() {
        let message = format!("{} is a connection pooler; name the server behind it with --store", connector.url());
        return Err(StoreError::Unsupported(message).into());
    }
    session.set("statement_timeout = 0").await?;
    Ok(session)
}

impl Baseline for PostgresBaseline {
    fn prepare(&self, indexed: bool) -> Answer<()> {
        self.run("cannot create a table in", async move |connection: &mut PgConnection| prepare(connection, indexed).await)
    }

    fn append(&self, events: Vec<BaselineEvent>, commit: usize) -> Answer<()> {
        self.run("cannot append to", async move |connection: &mut PgConnection| append(connection, &events, commit).await)
    }

    fn scan(&self) -> Answer<u64> {
        self.run("cannot read", async |connection: &mut PgConnection| scan(connection).await)
    }

    fn load(&self, rows: Vec<(String, String)>, first: bool) -> Answer<()> {
        self.run("cannot write to", async move |connection: &mut PgConnection| load(connection, &rows, first).await)
    }

    fn read_stream(&self, stream: StreamName) -> Answer<u64> {
        self.run("cannot read", async move |connection: &mut PgConnection| read_stream(connection, &stream).await)
    }

    fn statement(&self, work: BaselineWork) -> &'static str {
        match work {
            BaselineWork::Insert => include_str!("insert.sql"),
            BaselineWork::InsertMany => include_str!("insert_many.sql"),
            BaselineWork::Scan => COPY_EVENTS,
            BaselineWork::ReadStream => include_str!("read_stream.sql"),
            BaselineWork::Load => INSERT_ROWS,
        }
    }
}

async fn prepare(connection: &mut PgConnection, indexed: bool) -> Result<(), SqlError> {
    sqlx::raw_sql(include_str!("events.sql")).execute(&mut *connection).await?;
    if indexed {
        sqlx::raw_sql(include_str!("indexes.sql")).execute(&mut *connection).await?;
    }
    sqlx::raw_sql(include_str!("copy.sql")).execute(connection).await?;
    Ok(())
}

async fn append(connection: &mut PgConnection, events: &[BaselineEvent], commit: usize) -> Result<(), SqlError> {
    // Each statement is a commit.
    if commit == 1 {
        for event in events {
            insert(connection, event).await?;
        }
    } else {
        for batch in events.chunks(commit) {
            insert_many(connection, batch).await?;
        }
    }
    Ok(())
}

async fn insert(connection: &mut PgConnection, event: &BaselineEvent) -> Result<(), SqlError> {
    let BaselineEvent { stream, version, event, .. } = event;
    let statement = sqlx::query(include_str!("insert.sql"))
        .bind(version.0.cast_signed())
        .bind(Id(event.event_id))
        .bind(event.schema_version.cast_signed())
        .bind(stream.as_str())
        .bind(event.event_type.as_str())
        .bind(&HASH[..])
        .bind(event.data.as_str())
        .bind(event.metadata.as_str());
    statement.execute(connection).await?;
    Ok(())
}

async fn insert_many(connection: &mut PgConnection, places: &[BaselineEvent]) -> Result<(), SqlError> {
    let events = || places.iter().map(|place| &place.event);
    let statement = sqlx::query(include_str!("insert_many.sql"))
        .bind(places.iter().map(|place| place.version.0.cast_signed()).collect::<Vec<_>>())
        .bind(Ids(events().map(|event| event.event_id).collect()))
        .bind(events().map(|event| event.schema_version.cast_signed()).collect::<Vec<_>>())
        .bind(places.iter().map(|place| place.stream.as_str()).collect::<Vec<_>>())
        .bind(events().map(|event| event.event_type.as_str()).collect::<Vec<_>>())
        .bind(vec![&HASH[..]; places.len()])
        .bind(events().map(|event| event.data.as_str()).collect::<Vec<_>>())
        .bind(events().map(|event| event.metadata.as_str()).collect::<Vec<_>>());
    statement.execute(connection).await?;
    Ok(())
}

async fn scan(connection: &mut PgConnection) -> Result<u64, SqlError> {
    let mut parts = connection.copy_out_raw(COPY_EVENTS).await?;
    let mut count = 0_u64;
    // Each part is a row. The first one also contains the header; the last one is the trailer.
    while let Some(part) = poll_fn(|context| parts.as_mut().poll_next(context)).await {
        black_box(part?);
        count += 1;
    }
    Ok(count.saturating_sub(1))
}

async fn load(connection: &mut PgConnection, rows: &[(String, String)], first: bool) -> Result<(), SqlError> {
    if first {
        let create =
            "DROP TABLE IF EXISTS bare_rows; CREATE TABLE bare_rows (key text COLLATE \"C\" PRIMARY KEY, row json NOT NULL)";
        sqlx::raw_sql(create).execute(&mut *connection).await?;
    }
    let (keys, contents): (Vec<&str>, Vec<&str>) = rows.iter().map(|(key, row)| (key.as_str(), row.as_str())).unzip();
    sqlx::query(INSERT_ROWS).bind(keys).bind(contents).execute(connection).await?;
    Ok(())
}

async fn read_stream(connection: &mut PgConnection, stream: &StreamName) -> Result<u64, SqlError> {
    let mut rows = sqlx::query(include_str!("read_stream.sql")).bind(stream.as_str()).fetch(connection);
    let mut count = 0;
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        let row = row?;
        for column in 0..row.len() {
            let value = row.try_get_raw(column)?;
            black_box(value.is_null());
        }
        count += 1;
    }
    Ok(count)
}
