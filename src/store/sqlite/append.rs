//! Appends: a group in one transaction, each append of it whole or not at all.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::append::RecordTime;
use crate::store::clock;
use crate::store::head::Head;
use crate::store::identity::LastSeen;
use crate::store::options::SystemClock;
use crate::store::sqlite::end::end;
use crate::store::sqlite::end::stream_end;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::known_end::KnownEnd;
use crate::store::sqlite::known_end::KnownStream;
use crate::store::sqlite::names::Names;
use crate::store::sqlite::statement::must_be_current;
use crate::store::sqlite::transaction;

/// Checks that the last event that this process has seen is in the store.
fn check_last_seen(connection: &Connection, last_seen: Option<LastSeen>, head: Head) -> Result<(), SqlError> {
    let Some(seen) = last_seen else { return Ok(()) };
    let is_in = match seen.is_in(head) {
        Some(is_in) => is_in,
        None => {
            let mut statement = connection.prepare_cached(include_str!("sql/hash_at.sql"))?;
            let hash = statement.query_row([seen.position.0], |row| row.get::<_, [u8; 32]>(0)).optional()?;
            hash == Some(seen.hash.0)
        }
    };
    if is_in { Ok(()) } else { Err(seen.not_in(connection.path().unwrap_or_default()).into()) }
}

/// Appends a group in one transaction.
pub(crate) fn append_group(
    connection: &Connection,
    names: &mut Names,
    clock: &SystemClock,
    group: &[BackendAppend],
    last_seen: Option<LastSeen>,
) -> Result<Vec<BackendAnswer>, SqlError> {
    match (try_group(connection, names, clock, group, last_seen, false), group) {
        // The append has been rolled back with its transaction.
        (Err(error), [single]) if not_unique(&error) => Ok(vec![known_id(connection, single, error)?]),
        // A savepoint costs as much as an insert, and known ids are rare.
        (Err(error), _) if not_unique(&error) => try_group(connection, names, clock, group, last_seen, true),
        (answers, _) => answers,
    }
}

/// Appends a group in one transaction. Without savepoints, a known event id rolls all of it back.
fn try_group(
    connection: &Connection,
    names: &mut Names,
    clock: &SystemClock,
    group: &[BackendAppend],
    last_seen: Option<LastSeen>,
    savepoints: bool,
) -> Result<Vec<BackendAnswer>, SqlError> {
    let mut types = HashMap::new();
    let known_end = &mut names.end;
    let known_types = &names.type_ids;
    let written = transaction::write(connection, || {
        let start = match known_end.head(connection)? {
            Some(head) => head,
            None => {
                must_be_current(connection)?;
                // An event appended after a hole would make the hole permanent.
                let head = end(connection)?.agreed()?;
                known_end.confirm(head);
                head
            }
        };
        check_last_seen(connection, last_seen, start)?;
        let now = clock::read(clock, clock::TOO_LATE)?;
        let clock_behind_micros = start.recorded_at.micros_since(now);
        let types = &mut types;
        let mut writer = GroupWriter { connection, head: start, now, clock_behind_micros, known_end, known_types, types };
        let append = |append| if savepoints { writer.append_in_savepoint(append) } else { writer.append(append) };
        let answers = group.iter().map(append).collect::<Result<_, _>>()?;
        let end = writer.head;
        if end.position > start.position {
            let mut statement = connection.prepare_cached(include_str!("sql/move_head.sql"))?;
            statement.execute(params![end.position.0, end.recorded_at.micros(), end.hash.0])?;
        }
        writer.known_end.set_head(end);
        Ok(answers)
    });
    match &written {
        Ok(_) => names.type_ids.extend(types),
        Err(_) => names.end.forget(),
    }
    written
}

fn not_unique(error: &SqlError) -> bool {
    let SqlError::Sqlite(error) = error else { return false };
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// Returns the answer for a known event id. Any other violated uniqueness is an error.
fn known_id(connection: &Connection, append: &BackendAppend, error: SqlError) -> Result<BackendAnswer, SqlError> {
    if knows_any(connection, append)? { Ok(BackendAnswer::KnownId) } else { Err(error) }
}

fn knows_any(connection: &Connection, append: &BackendAppend) -> Result<bool, SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/knows_event_id.sql"))?;
    for event in &append.request.events {
        if statement.query_row([event.event_id.as_bytes()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

struct GroupWriter<'c> {
    connection: &'c Connection,
    head: Head,
    now: Timestamp,
    /// Measured against the last event before the group: the group's own events are at most microseconds ahead.
    clock_behind_micros: u64,
    known_end: &'c mut KnownEnd,
    /// Types that existed before the transaction.
    known_types: &'c HashMap<String, i64>,
    /// Types used in this transaction, perhaps created by it.
    types: &'c mut HashMap<String, i64>,
}

impl GroupWriter<'_> {
    /// Appends within a savepoint: a refused append leaves the others of the group unchanged.
    fn append_in_savepoint(&mut self, append: &BackendAppend) -> Result<BackendAnswer, SqlError> {
        self.connection.prepare_cached("SAVEPOINT one_append")?.execute([])?;
        let before = self.head;
        let outcome = self.append(append);
        let refused = matches!(&outcome, Err(error) if not_unique(error));
        if outcome.is_err() && !refused {
            // The whole group is rolled back. Where SQLite has done that already, the savepoint no longer exists.
            return outcome;
        }
        if refused {
            self.connection.prepare_cached("ROLLBACK TO one_append")?.execute([])?;
            self.head = before;
            self.types.clear();
            self.known_end.forget_stream(&append.request.stream);
        }
        self.connection.prepare_cached("RELEASE one_append")?.execute([])?;
        match outcome {
            Err(error) if refused => known_id(self.connection, append, error),
            outcome => outcome,
        }
    }

    fn append(&mut self, append: &BackendAppend) -> Result<BackendAnswer, SqlError> {
        let request = &append.request;
        let known_stream = match self.known_end.stream(&request.stream) {
            None => self.read_stream(&request.stream)?,
            known => known,
        };
        let version = known_stream.map_or(Version::ZERO, |stream| stream.version);
        if !request.expected.holds(version) {
            return Ok(BackendAnswer::WrongVersion(version));
        }
        if let RecordTime::Given(times) = &request.time
            && times.first().is_some_and(|first| *first <= self.head.recorded_at)
        {
            return Ok(match knows_any(self.connection, append)? {
                true => BackendAnswer::KnownId,
                false => BackendAnswer::TimeGoesBack(self.head.recorded_at),
            });
        }
        self.insert(append, known_stream, version).map(BackendAnswer::Appended)
    }

    fn read_stream(&self, name: &StreamName) -> Result<Option<KnownStream>, SqlError> {
        let Some(id) = self.id_of(include_str!("sql/stream_id.sql"), name.as_str())? else { return Ok(None) };
        Ok(Some(KnownStream { id, version: stream_end(self.connection, id)?.0 }))
    }

    fn insert(
        &mut self,
        append: &BackendAppend,
        known_stream: Option<KnownStream>,
        mut version: Version,
    ) -> Result<Appended, SqlError> {
        let request = &append.request;
        let stream = match known_stream {
            Some(known) => known.id,
            None => self.insert_name(include_str!("sql/insert_stream.sql"), request.stream.as_str())?,
        };
        let clock_behind_micros = match &request.time {
            RecordTime::StoreClock => self.clock_behind_micros,
            RecordTime::Clock(_) | RecordTime::Given(_) => 0,
        };
        let mut statement = self.connection.prepare_cached(include_str!("sql/insert_event.sql"))?;
        let mut events = Vec::with_capacity(request.events.len());
        for (index, (event, content)) in request.events.iter().zip(append.content.iter()).enumerate() {
            version = version.next();
            let position = self.head.position.next();
            let wanted = match &request.time {
                RecordTime::StoreClock => self.now,
                RecordTime::Clock(moment) => *moment,
                RecordTime::Given(times) => times[index],
            };
            let recorded_at = clock::after(self.head.recorded_at, wanted)?;
            let hash = chain_hash(self.head.hash, position, version, recorded_at, *content);
            let event_type = self.type_id(event.event_type.as_str())?;
            statement.execute(params![
                position.0,
                event.event_id.as_bytes(),
                stream,
                version.0,
                event_type,
                event.schema_version,
                recorded_at.micros(),
                event.data.as_str(),
                event.metadata.as_str(),
                hash.0,
            ])?;
            self.head = Head { position, recorded_at, hash };
            events.push(AppendedEvent { position, version, recorded_at, hash });
        }
        self.known_end.set_stream(&request.stream, KnownStream { id: stream, version });
        Ok(Appended { outcome: Outcome::Applied, events, clock_behind_micros })
    }

    fn type_id(&mut self, name: &str) -> Result<i64, SqlError> {
        if let Some(id) = self.known_types.get(name).or_else(|| self.types.get(name)) {
            return Ok(*id);
        }
        let id = match self.id_of(include_str!("sql/type_id.sql"), name)? {
            Some(id) => id,
            None => self.insert_name(include_str!("sql/insert_type.sql"), name)?,
        };
        self.types.insert(name.to_owned(), id);
        Ok(id)
    }

    fn id_of(&self, sql: &str, name: &str) -> Result<Option<i64>, SqlError> {
        Ok(self.connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
    }

    fn insert_name(&self, sql: &str, name: &str) -> Result<i64, SqlError> {
        Ok(self.connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;
    use std::time::SystemTime;

    use rusqlite::Connection;
    use rusqlite::trace::TraceEvent;
    use rusqlite::trace::TraceEventCodes;
    use serde_json::json;

    use super::append_group;
    use crate::event::EventType;
    use crate::event::ExpectedVersion;
    use crate::event::NewEvent;
    use crate::event::Version;
    use crate::store::append::AppendRequest;
    use crate::store::append::BackendAnswer;
    use crate::store::append::BackendAppend;
    use crate::store::append::RecordTime;
    use crate::store::limits::Limits;
    use crate::store::options::SystemClock;
    use crate::store::prepare::prepare;
    use crate::store::sqlite::connection::STATEMENTS as SCHEMA;
    use crate::store::sqlite::names::Names;

    thread_local! {
        static STATEMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn store() -> (Connection, Names) {
        let connection = Connection::open_in_memory().unwrap();
        SCHEMA.iter().for_each(|statements| connection.execute_batch(statements).unwrap());
        connection.pragma_update(None, "user_version", crate::store::backend::SCHEMA_VERSION).unwrap();
        connection.trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            Some(|event: TraceEvent<'_>| {
                if let TraceEvent::Stmt(_, sql) = event {
                    STATEMENTS.with_borrow_mut(|all| all.push(sql.to_owned()));
                }
            }),
        );
        (connection, Names::default())
    }

    fn append_to(stream: &str, events: usize) -> BackendAppend {
        let events = (0..events).map(|_| NewEvent::new(EventType::parse("t").unwrap(), &json!({})).unwrap()).collect();
        let (stream, expected, time) = (stream.parse().unwrap(), ExpectedVersion::Any, RecordTime::StoreClock);
        prepare(AppendRequest { stream, expected, events, time }, Limits::default()).unwrap()
    }

    /// Appends a group. Returns the versions, and the first words of the statements that were run.
    fn append(store: &mut (Connection, Names), group: &[BackendAppend]) -> (Vec<Option<Version>>, Vec<String>) {
        STATEMENTS.with_borrow_mut(Vec::clear);
        let clock: SystemClock = Arc::new(SystemTime::now);
        let answers = append_group(&store.0, &mut store.1, &clock, group, None).unwrap_or_else(|_| panic!("no answer"));
        let version = |answer: BackendAnswer| match answer {
            BackendAnswer::Appended(appended) => appended.events.last().map(|last| last.version),
            _ => None,
        };
        let words = |sql: &String| sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        (answers.into_iter().map(version).collect(), STATEMENTS.with_borrow(|all| all.iter().map(words).collect()))
    }

    #[test]
    fn an_append_to_a_known_stream_reads_nothing_but_the_counter_of_others() {
        let mut store = store();
        append(&mut store, &[append_to("a-1", 1)]);
        let (versions, statements) = append(&mut store, &[append_to("a-1", 2)]);
        assert_eq!(versions, [Some(Version(3))]);
        let insert = "INSERT INTO events";
        assert_eq!(statements, ["BEGIN IMMEDIATE", "PRAGMA data_version", insert, insert, "UPDATE store_head SET", "COMMIT"]);
        let group = [append_to("a-1", 1), append_to("a-1", 1)];
        assert_eq!(append(&mut store, &group).1.len(), 6, "a group without refusals needs no savepoint");
        // After a checkpoint the head is read again, and the stream stays known.
        store.1.end.doubt();
        let (versions, statements) = append(&mut store, &[append_to("a-1", 1)]);
        assert_eq!((versions, statements.len()), (vec![Some(Version(6))], 7), "{statements:?}");
    }

    #[test]
    fn ends_that_the_file_contradicts_are_forgotten() {
        let mut store = store();
        append(&mut store, &[append_to("a-1", 2)]);
        // As after an older copy of the file was put in its place.
        store.0.execute_batch("DELETE FROM events WHERE position = 2").unwrap();
        let older = "UPDATE store_head SET (position, recorded_at, hash) = (SELECT position, recorded_at, hash FROM events)";
        store.0.execute_batch(older).unwrap();
        store.1.end.doubt();
        assert_eq!(append(&mut store, &[append_to("a-1", 1)]).0, [Some(Version(2))]);
    }

    #[test]
    fn a_known_id_in_a_group_leaves_the_other_appends_and_the_known_versions_right() {
        let mut store = store();
        let first = append_to("a-1", 1);
        append(&mut store, std::slice::from_ref(&first));
        // The refused append would have created stream b-1 before its known event.
        let mut events = append_to("b-1", 1).request.events.clone();
        events.push(first.request.events[0].clone());
        let request = AppendRequest { stream: "b-1".parse().unwrap(), events, ..(*first.request).clone() };
        let refused = BackendAppend { content: Arc::from(vec![first.content[0]; 2]), request: Arc::new(request) };
        let group = [append_to("a-1", 1), refused, append_to("a-1", 1)];
        assert_eq!(append(&mut store, &group).0, [Some(Version(2)), None, Some(Version(3))]);
        let group = [append_to("b-1", 1), append_to("a-1", 1)];
        assert_eq!(append(&mut store, &group).0, [Some(Version(1)), Some(Version(4))]);
        let events: i64 = store.0.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(events, 5);
    }
}
