//! Follows all streams of a store without an order over them: the last version of each stream is compared with the known one.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowBatch;
use crate::store::follow::FollowToken;
use crate::store::follow::FollowWait;
use crate::store::follow::KnownRows;
use crate::store::follow::NextBatch;
use crate::store::follow::SavedSequence;
use crate::store::follow::Sequence;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignValue;
use crate::store::layout_store::follow_answer::Answered;
use crate::store::layout_store::follow_answer::Asking;
use crate::store::layout_store::follow_answer::Prepared;
use crate::store::layout_store::follow_answer::Round;
use crate::store::layout_store::follow_changes::ReportedChanges;
use crate::store::layout_store::follow_notes::Notes;
use crate::store::layout_store::follow_notes::pause;
use crate::store::layout_store::follow_rows::NumberedRows;
use crate::store::layout_store::follow_rows::hash_of;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::Opening;
use crate::store::layout_store::streams::NamedStream;
use crate::store::layout_store::streams::StreamPlace;
use crate::store::read::ReadQuery;

/// The number of streams that are compared at once.
const COMPARED: usize = 200;
/// The number of streams whose events are read at once.
const READ: usize = 16;
/// The number of events of one stream that are asked for at once.
const ROWS: usize = 257;
/// The interval at which further tables are looked for.
const REOPENED: Duration = Duration::from_secs(5);
/// The wait for a change, which ends with the first one.
const LONG_WAIT: Duration = Duration::from_millis(500);
/// The same while there are holes.
const SHORT_WAIT: Duration = Duration::from_millis(50);
/// The number of last events of a stream that are compared. The second one may have the version of the first.
const COMPARED_ROWS: usize = 2;
/// The number of versions before the start in which holes are looked for.
const LOOKED_BACK: usize = 16;

/// The place in a stream, and its last row, which shows that the stream is the same.
#[derive(Clone)]
struct StreamState {
    sequence: Sequence,
    known: KnownRows,
}

impl StreamState {
    fn new() -> Self {
        Self { sequence: Sequence::after(0, 0), known: KnownRows::of_last(None) }
    }

    /// Returns true if the last rows of the stream, in descending order, show that there are further ones, or that the stream is
    /// not the same any more.
    fn differs(&self, rows: &[(i64, String)]) -> bool {
        let known = self.known.last().map(|(number, _)| number);
        let at_known: Vec<(i64, String)> = rows.iter().filter(|(number, _)| Some(*number) == known).cloned().collect();
        rows.iter().any(|(number, _)| *number > self.sequence.last() || *number < 1)
            || self.known.further(&at_known).is_none_or(|further| !further.is_empty())
    }
}

/// A follower of all streams.
pub(super) struct StreamsFollower {
    opening: Arc<Opening>,
    query: ReadQuery,
    of: String,
    /// The place in each stream, by a hash of the columns of its name.
    streams: HashMap<String, StreamState>,
    /// The stream after which the comparison goes on; `None` for the first one.
    after: Option<StreamPlace>,
    /// The streams that were reported as changed and were not read since. The others are not compared before them.
    changed: Vec<NamedStream>,
    /// The streams whose events were read in this comparison.
    done: HashSet<String>,
    /// The streams with holes.
    holed: HashMap<String, NamedStream>,
    /// The changes that the database reports.
    changes: ReportedChanges,
    /// The first hole at which events wait, in the streams compared so far.
    waiting: Option<FollowWait>,
    /// The time of the comparisons since the first stream.
    elapsed: Duration,
    pub(super) notes: Notes,
    /// The time since when the tables are known.
    opened_at: Instant,
}

impl StreamsFollower {
    pub(super) fn new(opening: Arc<Opening>, query: ReadQuery, of: String) -> Self {
        let (streams, after, changed, done, holed) = Default::default();
        let (changes, waiting, elapsed, notes) = Default::default();
        Self {
            opening,
            query,
            of,
            streams,
            after,
            changed,
            done,
            holed,
            changes,
            waiting,
            elapsed,
            notes,
            opened_at: Instant::now(),
        }
    }

    /// Goes on from a token.
    pub(super) fn resume(opening: Arc<Opening>, query: ReadQuery, token: FollowToken) -> Self {
        let mut follower = Self::new(opening, query, token.of);
        let state = |saved: &SavedSequence| StreamState {
            sequence: Sequence::of_saved(saved),
            known: KnownRows::of_last(saved.row.clone()),
        };
        follower.streams = token.streams.iter().map(|(key, saved)| (key.clone(), state(saved))).collect();
        follower
    }

    /// Goes to the end of each stream.
    pub(super) async fn skip_existing(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let opening = Arc::clone(&self.opening);
        let (opened, database) = (opening.opened().await?, &*opening.database);
        // What changes from here on is read once more.
        self.changes.begin(opened, database).await?;
        let mut after = None;
        loop {
            let names = opened.names(database, after.as_ref(), COMPARED).await?;
            let Some(last) = names.last() else {
                self.changes.compared();
                return Ok(());
            };
            after = Some(last.place.clone());
            let numbered = numbered(opened, &names)?;
            let last = |rows: &NumberedRows<'_>| rows.only_identities(rows.before(i64::MAX - 1, LOOKED_BACK));
            let last = numbered.iter().map(last).collect();
            for ((stream, numbered), rows) in names.iter().zip(&numbered).zip(database.rows_of(last).await?) {
                let mut rows = numbered.identities(&rows);
                rows.reverse();
                let numbers: Vec<i64> = rows.iter().map(|(number, _)| *number).collect();
                let head = numbers.last().copied().unwrap_or(0);
                let mut state = StreamState { sequence: Sequence::after(head, head), ..StreamState::new() };
                state.sequence.remember_holes(&numbers, now);
                if state.sequence.has_holes() {
                    self.holed.insert(key_of(opened, stream), stream.clone());
                }
                rows.into_iter().for_each(|(number, hash)| state.known.note(number, hash));
                self.streams.insert(key_of(opened, stream), state);
            }
        }
    }

    async fn poll(&mut self, now: Timestamp) -> Result<FollowBatch, StoreError> {
        self.look_for_tables().await?;
        let opening = Arc::clone(&self.opening);
        let (opened, database) = (opening.opened().await?, &*opening.database);
        if !self.find_changed(opened, now).await? {
            // The wait for a change was the pause.
            return Ok(FollowBatch { pause: Duration::from_millis(1), ..FollowBatch::default() });
        }
        let began = Instant::now();
        // First the transactions that are open, then the rows that are there.
        let writers = opening.writers(opened).await?;
        let of_all = self.changed.is_empty();
        let names = match of_all {
            true => opened.names(database, self.after.as_ref(), COMPARED).await?,
            false => self.changed.clone(),
        };
        let mut wanted = self.wanted(opened, database, &names, now).await?;
        let query = self.query.clone();
        let round = Round { opened, database, query: &query, writers: &writers, now };
        let part = wanted.drain(..wanted.len().min(READ)).collect();
        let mut more = !wanted.is_empty();
        let (mut late, mut events) = (EventChunk::default(), EventChunk::default());
        for answered in self.read(&round, part).await? {
            more |= answered.more;
            answered.late.iter().for_each(|event| late.push(&event));
            answered.events.iter().for_each(|event| events.push(&event));
        }
        let mut batch = FollowBatch { late: late.len(), events: late, ..FollowBatch::default() };
        events.iter().for_each(|event| batch.events.push(&event));
        batch.notes = self.notes.of(&writers, 0);
        self.elapsed += began.elapsed();
        // The same streams are compared again until all their events were read.
        if more {
            return Ok(batch);
        }
        self.done.clear();
        self.changed.clear();
        if of_all && names.len() == COMPARED {
            self.after = names.last().map(|last| last.place.clone());
            return Ok(batch);
        }
        if of_all {
            self.after = None;
            self.changes.compared();
        }
        batch.waiting = self.waiting.take();
        let is_held = batch.waiting.as_ref().is_some_and(|wait| now.micros_since(wait.since) > 2_000_000);
        batch.pause = pause(std::mem::take(&mut self.elapsed), is_held);
        Ok(batch)
    }

    /// Looks for further tables of a store in several tables.
    async fn look_for_tables(&mut self) -> Result<(), StoreError> {
        let is_begin = self.after.is_none() && self.done.is_empty() && self.changed.is_empty();
        if !is_begin || self.opened_at.elapsed() < REOPENED {
            return Ok(());
        }
        self.opened_at = Instant::now();
        if let Some(opening) = self.opening.again().await? {
            self.opening = Arc::new(opening);
            // Their changes are reported by another question.
            self.changes = ReportedChanges::default();
        }
        Ok(())
    }

    /// Finds the streams that the database reports as changed, and those with holes that are to be asked for. Returns false if
    /// there are none; all streams are compared where the database reports nothing.
    async fn find_changed(&mut self, opened: &Opened, now: Timestamp) -> Result<bool, StoreError> {
        if self.after.is_some() || !self.done.is_empty() || !self.changed.is_empty() {
            return Ok(true);
        }
        let database = &*Arc::clone(&self.opening).database;
        let is_due = |state: &StreamState| state.sequence.is_held() || !state.sequence.due(now).is_empty();
        self.holed.retain(|key, _| self.streams.get(key).is_some_and(|state| state.sequence.has_holes()));
        let due = self.holed.iter().filter(|(key, _)| self.streams.get(*key).is_some_and(is_due));
        let mut changed: Vec<NamedStream> = due.map(|(_, stream)| stream.clone()).collect();
        let wait = if self.holed.is_empty() { LONG_WAIT } else { SHORT_WAIT };
        let wait = if changed.is_empty() { wait } else { Duration::ZERO };
        let Some(reported) = self.changes.next(opened, database, wait).await? else { return Ok(true) };
        changed.extend(reported);
        let mut keys = HashSet::new();
        changed.retain(|stream| keys.insert(key_of(opened, stream)));
        self.changed = changed;
        Ok(!self.changed.is_empty())
    }

    /// Returns the streams that have further events, or holes to ask for.
    async fn wanted<'o, 'n>(
        &mut self,
        opened: &'o Opened,
        database: &dyn ForeignDatabase,
        names: &'n [NamedStream],
        now: Timestamp,
    ) -> Result<Vec<(&'n NamedStream, NumberedRows<'o>)>, StoreError> {
        let head = |rows: &NumberedRows<'_>| rows.only_identities(rows.before(i64::MAX - 1, COMPARED_ROWS));
        let heads = numbered(opened, names)?.iter().map(head).collect();
        let heads = database.rows_of(heads).await?;
        let mut wanted = Vec::new();
        for ((stream, rows), head) in names.iter().zip(numbered(opened, names)?).zip(heads) {
            let key = key_of(opened, stream);
            let state = self.streams.entry(key.clone()).or_insert_with(StreamState::new);
            let last = rows.identities(&head);
            // A version that is no whole number is reported by the mapping.
            let is_new = !head.is_empty() && (last.len() < head.len() || state.differs(&last));
            if (is_new || !state.sequence.due(now).is_empty()) && !self.done.contains(&key) {
                wanted.push((stream, rows));
            }
        }
        Ok(wanted)
    }

    /// Reads the next events of some streams.
    async fn read(
        &mut self,
        round: &Round<'_>,
        part: Vec<(&NamedStream, NumberedRows<'_>)>,
    ) -> Result<Vec<Answered>, StoreError> {
        let (mut askings, mut queries) = (Vec::new(), Vec::new());
        for (stream, rows) in part {
            let state = self.streams.entry(key_of(round.opened, stream)).or_insert_with(StreamState::new);
            let asking = Asking::new(rows, &state.sequence, &state.known, ROWS, round.now);
            let of_stream = asking.queries(&state.sequence);
            askings.push((stream, asking, of_stream.len()));
            queries.extend(of_stream);
        }
        let mut answers = round.database.rows_of(queries).await?.into_iter();
        let (mut prepared, mut damaged, mut found) = (Vec::new(), None, Vec::new());
        for (stream, asking, count) in askings {
            let mut of_stream = answers.by_ref().take(count).collect();
            let Some(state) = self.streams.get_mut(&key_of(round.opened, stream)) else { continue };
            match asking.compare(&state.known, &mut of_stream) {
                Ok(true) => {}
                Ok(false) => {
                    self.notes.add(begin_again(state, &stream.name));
                    found.push(Answered { more: true, ..Answered::default() });
                    continue;
                }
                Err(damage) => {
                    damaged = Some(damage);
                    continue;
                }
            }
            match asking.prepare(round, &state.sequence, of_stream).await {
                Ok(found) => prepared.push((stream, found)),
                // The events of the other streams are handed out first.
                Err(damage) => damaged = Some(damage),
            }
        }
        for (stream, prepared) in prepared {
            found.push(self.apply(round, stream, prepared)?);
        }
        let has_events = found.iter().any(|answered| !answered.late.is_empty() || !answered.events.is_empty());
        match damaged {
            Some(damage) if !has_events => Err(damage),
            Some(_) => {
                found.push(Answered { more: true, ..Answered::default() });
                Ok(found)
            }
            None => Ok(found),
        }
    }

    /// Moves the place in a stream.
    fn apply(&mut self, round: &Round<'_>, stream: &NamedStream, prepared: Prepared<'_>) -> Result<Answered, StoreError> {
        let key = key_of(round.opened, stream);
        let state = self.streams.entry(key.clone()).or_insert_with(StreamState::new);
        let mut answered = prepared.apply(round, &mut state.sequence)?;
        for (number, hash) in std::mem::take(&mut answered.rows) {
            state.known.note(number, hash);
        }
        if let (Some(waiting), None) = (&answered.waiting, &self.waiting) {
            self.waiting = Some(waiting.clone().shown("version", Some(&stream.name)));
        }
        if state.sequence.has_holes() {
            self.holed.insert(key.clone(), stream.clone());
        }
        if !answered.more {
            self.done.insert(key);
        }
        Ok(answered)
    }
}

/// Begins a stream again whose last row was deleted or replaced: it is not known which of the others are new. Returns a note.
fn begin_again(state: &mut StreamState, stream: &str) -> String {
    let last = state.known.last().map_or(0, |(last, _)| last);
    *state = StreamState::new();
    format!(
        "version {last} of stream {stream} was followed and is not there any more, or is another event: \
         all events of this stream are shown once more"
    )
}

impl Follow for StreamsFollower {
    fn next(&mut self, now: Timestamp) -> NextBatch<'_> {
        Box::pin(async move { self.poll(now).await.map_err(StoreError::of_foreign) })
    }

    fn token(&self) -> String {
        let mut token = FollowToken::new(self.of.clone());
        let saved = |state: &StreamState| SavedSequence { row: state.known.to_saved().pop(), ..state.sequence.to_saved() };
        token.streams = self.streams.iter().map(|(key, state)| (key.clone(), saved(state))).collect();
        token.to_text()
    }
}

/// Returns the numbered rows of streams.
fn numbered<'o>(opened: &'o Opened, names: &[NamedStream]) -> Result<Vec<NumberedRows<'o>>, StoreError> {
    names.iter().map(|stream| NumberedRows::of_stream(opened, &stream.name, &stream.located)).collect()
}

/// Returns the key of a stream: a hash of the table and the columns of its name, since several streams may be shown with one
/// name.
fn key_of(opened: &Opened, stream: &NamedStream) -> String {
    let mut values = stream.place.to_values();
    let table = opened.tables.get(stream.located.table).map(|table| table.one.plan.query.from.clone());
    // The number of a table changes when there is another one.
    if let Some(first) = values.first_mut() {
        *first = ForeignValue::Text(table.unwrap_or_default().into());
    }
    hash_of(&values)
}
