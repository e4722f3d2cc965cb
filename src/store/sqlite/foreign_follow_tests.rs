//! Followers of SQLite files whose rows are deleted, replaced or changed.

use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::layout::Origin;
use crate::store::layout::parse;
use crate::store::layout_store::LayoutChoice;
use crate::store::layout_store::open_with_layout;
use crate::store::read::ReadQuery;

const COLUMNS: &str = "stream TEXT, version INTEGER, type TEXT, time TEXT, data TEXT";
const BEGINNING: FollowStart = FollowStart::After { place: 0, existing: 0 };

/// A file, and a follower of it.
struct Followed {
    file: Connection,
    store: Store,
    query: ReadQuery,
    follower: Box<dyn Follow>,
    polls: i64,
    /// The late events, and the notes.
    late: usize,
    notes: Vec<String>,
    _folder: TempDir,
}

fn layout(position: &str, others: &str) -> String {
    let rule = if position.is_empty() { "streams" } else { "rowid" };
    let position = if position.is_empty() { String::new() } else { format!("position = \"e.{position}\"") };
    format!(
        "title = \"Followed\"\nengine = \"sqlite\"\n[events]\nfrom = \"ev\"\n{position}\nstream = {{ parts = [\"e.stream\"] }}\n\
         version = {{ column = \"e.version\", first = 1 }}\ntype = \"e.type\"\ndata = {{ column = \"e.data\" }}\n{others}\n\
         [follow]\nrule = \"{rule}\"\n"
    )
}

const TIMED: &str = "time = { column = \"e.time\", as = \"rfc3339\" }";

impl Followed {
    async fn new(table: &str, layout: &str, query: ReadQuery, start: FollowStart, rows: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("foreign.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch(table).unwrap();
        file.execute_batch(rows).unwrap();
        let choice = LayoutChoice::Named("followed".into(), Box::new(parse(layout, Origin::User).unwrap()));
        let url = format!("sqlite:{}", path.display()).parse().unwrap();
        let store = open_with_layout(&url, choice, Duration::from_secs(20)).unwrap();
        let follower = store.follow(query.clone(), start, at(0)).await.unwrap();
        Self { file, store, query, follower, polls: 0, late: 0, notes: Vec::new(), _folder: folder }
    }

    /// Adds an event with a number.
    fn add(&self, number: i64, stream: &str, version: i64) {
        let sql = "INSERT INTO ev (id, stream, version, type, time, data) VALUES (?1, ?2, ?3, 'T', ?4, '{}')";
        self.file.execute(sql, (number, stream, version, time())).unwrap();
    }

    fn run(&self, sql: &str) {
        self.file.execute_batch(sql).unwrap();
    }

    /// Polls some times; stream and version of each event.
    async fn poll(&mut self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for _ in 0..4 {
            self.polls += 1;
            let batch = self.follower.next(at(self.polls)).await?;
            self.late += batch.late;
            self.notes.extend(batch.notes);
            found.extend(batch.events.iter().map(|event| format!("{}{}", event.stream, event.version)));
        }
        Ok(found)
    }

    /// Lets another process go on from the token.
    async fn resume(&mut self) {
        let start = FollowStart::Token(self.follower.token());
        self.follower = self.store.follow(self.query.clone(), start, at(self.polls)).await.unwrap();
    }

    fn noted(&self, words: &str) -> bool {
        self.notes.iter().any(|note| note.contains(words))
    }
}

fn at(polls: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + polls * 6_000_000).unwrap()
}

/// Returns a time that no other event has.
fn time() -> String {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("2026-01-01T00:00:00.{:06}Z", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn insert(number: i64, stream: &str, version: i64) -> String {
    let time = time();
    format!(
        "INSERT INTO ev (id, stream, version, type, time, data) VALUES ({number}, '{stream}', {version}, 'T', '{time}', '{{}}');"
    )
}

fn three() -> String {
    (1..4).map(|number| insert(number, "a", number)).collect()
}

fn keyed() -> String {
    format!("CREATE TABLE ev (id INTEGER PRIMARY KEY, {COLUMNS}, UNIQUE (stream, version))")
}

fn plain() -> String {
    format!("CREATE TABLE ev (id INTEGER, {COLUMNS})")
}

fn all() -> ReadQuery {
    ReadQuery::all()
}

#[tokio::test]
async fn an_event_whose_data_is_changed_is_not_handed_out_again() {
    let of_stream = ReadQuery::stream("a".parse::<StreamName>().unwrap());
    for (query, by) in [(all(), "id"), (all(), ""), (of_stream, "id")] {
        let mut followed = Followed::new(&keyed(), &layout(by, TIMED), query, FollowStart::Now, &three()).await;
        followed.run("UPDATE ev SET data = '{\"x\":1}' WHERE id = 3");
        assert_eq!(followed.poll().await.unwrap(), Vec::<String>::new());
        followed.run("UPDATE ev SET data = '{\"x\":2}'");
        followed.add(4, "a", 4);
        assert_eq!((followed.poll().await.unwrap(), followed.notes.len()), (vec!["a4".to_owned()], 0), "{by}");
    }
    // Without a time and an id, it may be another event. It is handed out again, with a note.
    let mut followed = Followed::new(&keyed(), &layout("id", ""), all(), FollowStart::Now, &three()).await;
    followed.run("UPDATE ev SET data = '{\"x\":1}' WHERE id = 3");
    assert_eq!(followed.poll().await.unwrap(), ["a3"]);
    assert!(followed.noted("position 3 has another event or other values"), "{:?}", followed.notes);
}

#[tokio::test]
async fn rows_are_deleted_and_numbers_go_on() {
    let mut followed = Followed::new(&keyed(), &layout("id", TIMED), all(), FollowStart::Now, &three()).await;
    followed.run("DELETE FROM ev WHERE id = 3");
    assert_eq!(followed.poll().await.unwrap(), Vec::<String>::new());
    followed.add(4, "a", 3);
    assert_eq!(followed.poll().await.unwrap(), ["a3"]);
    // All are deleted, as after a time of retention.
    followed.run("DELETE FROM ev");
    assert_eq!(followed.poll().await.unwrap(), Vec::<String>::new());
    followed.resume().await;
    followed.add(5, "a", 4);
    followed.resume().await;
    assert_eq!((followed.poll().await.unwrap(), followed.notes.len()), (vec!["a4".to_owned()], 0));
    // The same event once more, with a higher number.
    followed.run("UPDATE ev SET id = 6");
    assert_eq!(followed.poll().await.unwrap(), ["a4"]);
}

#[tokio::test]
async fn a_store_that_went_back_or_another_one_is_an_error() {
    let restored = |count: i64| (1..=count).map(|number| insert(number, "b", number)).collect::<String>();
    for count in [1, 3, 9] {
        for resumes in [false, true] {
            let mut followed = Followed::new(&keyed(), &layout("id", TIMED), all(), FollowStart::Now, &three()).await;
            assert_eq!(followed.poll().await.unwrap(), Vec::<String>::new());
            followed.run(&format!("BEGIN; DELETE FROM ev; {} COMMIT", restored(count)));
            if resumes {
                followed.resume().await;
            }
            let error = followed.poll().await.unwrap_err();
            let StoreError::ForeignDamaged { message, .. } = &error else { panic!("{error:?}") };
            assert!(message.contains("up to position 3, is there any more"), "{message}");
            assert!(message.ends_with(&format!("or after position {}", count.min(3))), "{message}");
        }
    }
    // An older state of the same store: what is added to it is new.
    let mut followed = Followed::new(&keyed(), &layout("id", TIMED), all(), FollowStart::Now, &three()).await;
    followed.run("DELETE FROM ev WHERE id > 1");
    followed.add(2, "a", 2);
    assert_eq!(followed.poll().await.unwrap(), ["a2"]);
    assert!(followed.notes.is_empty());
}

#[tokio::test]
async fn a_stream_whose_events_are_deleted_and_made_again_is_read_from_its_beginning() {
    let again = |versions: i64| (1..=versions).map(|version| insert(20 + version, "a", version)).collect::<String>();
    let shown = |versions: i64| (1..=versions).map(|version| format!("a{version}")).collect::<Vec<_>>();
    for versions in [1, 3, 5] {
        for resumes in [false, true] {
            let mut followed = Followed::new(&keyed(), &layout("", TIMED), all(), FollowStart::Now, &three()).await;
            followed.poll().await.unwrap();
            followed.run(&format!("BEGIN; DELETE FROM ev; {} COMMIT", again(versions)));
            if resumes {
                followed.resume().await;
            }
            followed.add(40, "b", 1);
            let mut found = followed.poll().await.unwrap();
            found.sort();
            assert_eq!(found, [shown(versions), vec!["b1".to_owned()]].concat());
            assert!(followed.noted("version 3 of stream a was followed"), "{:?}", followed.notes);
        }
    }
    // The last version is another event.
    let mut followed = Followed::new(&keyed(), &layout("", TIMED), all(), FollowStart::Now, &three()).await;
    followed.run(&format!("DELETE FROM ev WHERE version = 3; {}", insert(9, "a", 3)));
    assert_eq!(followed.poll().await.unwrap(), ["a1", "a2", "a3"]);
    assert_eq!(followed.poll().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_number_that_comes_twice_is_late_and_noted() {
    let mut followed = Followed::new(&plain(), &layout("id", TIMED), all(), FollowStart::Now, &three()).await;
    followed.add(3, "b", 1);
    assert_eq!((followed.poll().await.unwrap(), followed.late), (vec!["b1".to_owned()], 1));
    followed.add(4, "a", 4);
    assert_eq!((followed.poll().await.unwrap(), followed.late), (vec!["a4".to_owned()], 1));
    assert!(followed.noted("no unique index of ev is over id"), "{:?}", followed.notes);
    let mut followed = Followed::new(&plain(), &layout("", TIMED), all(), FollowStart::Now, &three()).await;
    followed.add(4, "a", 3);
    assert_eq!((followed.poll().await.unwrap(), followed.late), (vec!["a3".to_owned()], 1));
    assert!(followed.noted("no unique index of ev is over stream, version"), "{:?}", followed.notes);
    // A whole page of them cannot be read.
    let many: String = (0..1500).map(|version| insert(5, "a", version + 1)).collect();
    let mut followed = Followed::new(&plain(), &layout("id", TIMED), all(), BEGINNING, &format!("BEGIN; {many} COMMIT")).await;
    let error = followed.poll().await.unwrap_err().to_string();
    assert!(error.contains("1001 events or more have position 5"), "{error}");
}

#[tokio::test]
async fn numbers_below_the_first_and_none_are_reported() {
    for (by, rows) in [("id", insert(-3, "a", 1) + &insert(1, "a", 2)), ("", insert(1, "a", 0) + &insert(2, "a", 1))] {
        let mut followed = Followed::new(&keyed(), &layout(by, TIMED), all(), BEGINNING, &rows).await;
        let error = followed.poll().await.unwrap_err();
        assert!(matches!(&error, StoreError::ForeignDamaged { message, .. } if message.contains("first")), "{error:?}");
    }
    let without = "INSERT INTO ev VALUES (NULL, 'b', 1, 'T', NULL, '{}')";
    let mut followed = Followed::new(&plain(), &layout("id", TIMED), all(), BEGINNING, &(three() + without)).await;
    assert_eq!(followed.poll().await.unwrap(), ["a1", "a2", "a3"]);
    assert!(followed.noted("this event is not shown"), "{:?}", followed.notes);
    // Later ones are looked for each minute.
    let mut followed = Followed::new(&plain(), &layout("id", TIMED), all(), FollowStart::Now, &three()).await;
    followed.poll().await.unwrap();
    followed.add(-7, "b", 1);
    for _ in 0..4 {
        followed.poll().await.unwrap();
    }
    assert!(followed.noted("-7"), "{:?}", followed.notes);
}
