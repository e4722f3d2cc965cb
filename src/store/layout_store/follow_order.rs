//! Follows one sequence: all events of a store with an order, or those of one stream.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowBatch;
use crate::store::follow::FollowToken;
use crate::store::follow::KnownRows;
use crate::store::follow::NextBatch;
use crate::store::follow::Sequence;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignRow;
use crate::store::layout_store::follow_answer::Asking;
use crate::store::layout_store::follow_answer::Round;
use crate::store::layout_store::follow_notes::Notes;
use crate::store::layout_store::follow_notes::pause;
use crate::store::layout_store::follow_rows::NumberedRows;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::Opening;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The number of rows that are asked for at once.
const ROWS: usize = 1001;
/// The number of rows before the start in which holes are looked for.
const LOOKED_BACK: usize = 10_000;

/// A follower of one sequence.
pub(super) struct OrderFollower {
    opening: Arc<Opening>,
    query: ReadQuery,
    of: String,
    sequence: Sequence,
    /// The last rows, where the database uses numbers again.
    known: Option<KnownRows>,
    notes: Notes,
}

impl OrderFollower {
    /// Begins after a number; `None` begins after the last one that is there. Holes up to `existing` are not waited for.
    pub(super) async fn open(
        opening: Arc<Opening>,
        query: ReadQuery,
        of: String,
        after: Option<(i64, i64)>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let database = &*opening.database;
        let reuses_numbers = database.engine() == Engine::Sqlite;
        let known = reuses_numbers.then(KnownRows::default);
        let (sequence, notes) = (Sequence::after(0, 0), Notes::default());
        let mut follower = Self { opening: Arc::clone(&opening), query, of, sequence, known, notes };
        let opened = opening.opened().await?;
        let Some(numbered) = follower.numbered(opened).await? else {
            follower.sequence = after.map_or(Sequence::after(0, 0), |(last, existing)| Sequence::after(last, existing));
            return Ok(follower);
        };
        let (last, existing) = match after {
            Some((place, existing)) if numbered.is_counted => {
                (follower.number_of(&numbered, place).await?, follower.number_of(&numbered, existing).await?)
            }
            Some(after) => after,
            None => {
                let head = database.rows(numbered.last_numbers(i64::MAX - 1, 1)).await?;
                let head = head.first().and_then(|row| numbered.number(row)).unwrap_or(0);
                (head, head)
            }
        };
        follower.sequence = Sequence::after(last, existing);
        if last == 0 {
            return Ok(follower);
        }
        let found = database.rows(numbered.last_numbers(last, LOOKED_BACK)).await?;
        let mut numbers: Vec<i64> = found.iter().rev().filter_map(|row| numbered.number(row)).collect();
        if found.len() < LOOKED_BACK && !numbered.is_counted {
            numbers.insert(0, 0);
        }
        numbers.push(last.saturating_add(1));
        follower.sequence.remember_holes(&numbers, now);
        if let Some(known) = &mut follower.known {
            let rows = database.rows(numbered.before(last, KnownRows::REMEMBERED)).await?;
            for (number, hash) in hashed(&numbered, &rows).into_iter().rev() {
                known.note(number, hash);
            }
        }
        Ok(follower)
    }

    /// Returns the number of the row with a counted version; that of the last row for a higher version.
    async fn number_of(&self, numbered: &NumberedRows<'_>, version: i64) -> Result<i64, StoreError> {
        let limit = usize::try_from(version).unwrap_or(0);
        if limit == 0 {
            return Ok(0);
        }
        let rows = self.opening.database.rows(numbered.after(i64::MIN, limit, true)).await?;
        Ok(rows.last().and_then(|row| numbered.number(row)).unwrap_or(0))
    }

    /// Goes on from a token.
    pub(super) fn resume(opening: Arc<Opening>, query: ReadQuery, token: FollowToken) -> Result<Self, StoreError> {
        let Some(saved) = &token.sequence else {
            return Err(StoreError::Invalid("the token has no place".to_owned()));
        };
        let reuses_numbers = opening.database.engine() == Engine::Sqlite;
        let sequence = Sequence::of_saved(saved);
        let known = reuses_numbers.then(|| KnownRows::of_saved(token.rows));
        Ok(Self { opening, query, of: token.of, sequence, known, notes: Notes::default() })
    }

    /// Returns the rows that are followed; `None` if the stream has no events yet.
    async fn numbered<'o>(&self, opened: &'o Opened) -> Result<Option<NumberedRows<'o>>, StoreError> {
        match &self.query.source {
            ReadSource::All => Ok(NumberedRows::of_all(opened)),
            ReadSource::Stream(stream) => {
                let located = opened.locate(&*self.opening.database, stream.as_str()).await?;
                located.map(|located| NumberedRows::of_stream(opened, &located)).transpose()
            }
        }
    }

    async fn poll(&mut self, now: Timestamp) -> Result<FollowBatch, StoreError> {
        let (began, opening) = (Instant::now(), Arc::clone(&self.opening));
        let (opened, database) = (opening.opened().await?, &*opening.database);
        let Some(numbered) = self.numbered(opened).await? else {
            return Ok(FollowBatch { pause: pause(began.elapsed(), false), ..FollowBatch::default() });
        };
        if self.query.source == ReadSource::All {
            opening.warn_unindexed(opened);
        }
        // First the transactions that are open, then the rows that are there.
        let writers = opening.writers(opened).await?;
        let asking = Asking::new(numbered, &self.sequence, ROWS, now);
        let mut queries = asking.queries(&self.sequence);
        let last = self.known.as_ref().and_then(KnownRows::last).map(|(number, _)| number);
        queries.extend(last.map(|number| asking.numbered.at(number)));
        let mut answers = database.rows_of(queries).await?;
        if let Some(known) = &self.known
            && last.is_some()
            && !known.last_is_among(&hashed(&asking.numbered, &answers.pop().unwrap_or_default()))
        {
            self.find_again(&asking.numbered).await?;
            return Ok(FollowBatch::default());
        }
        let round = Round { opened, database, query: &self.query, writers: &writers, now };
        let answered = asking.prepare(&round, &self.sequence, answers).await?.apply(&round, &mut self.sequence)?;
        if let Some(known) = &mut self.known {
            answered.rows.into_iter().for_each(|(number, hash)| known.note(number, hash));
        }
        let mut batch = FollowBatch { late: answered.late.len(), events: answered.late, ..FollowBatch::default() };
        answered.events.iter().for_each(|event| batch.events.push(&event));
        batch.waiting = answered.waiting.map(|waiting| match &self.query.source {
            ReadSource::All => waiting.shown("position", None),
            ReadSource::Stream(stream) => waiting.shown("version", Some(stream.as_str())),
        });
        let is_held = batch.waiting.as_ref().is_some_and(|wait| now.micros_since(wait.since) > 2_000_000);
        batch.pause = if answered.more { Duration::ZERO } else { pause(began.elapsed(), is_held) };
        batch.notes = self.notes.of(&writers, self.sequence.take_forgotten());
        Ok(batch)
    }

    /// Finds the last row again, where numbers were used again or rows got other numbers.
    async fn find_again(&mut self, numbered: &NumberedRows<'_>) -> Result<(), StoreError> {
        let Some(known) = &mut self.known else { return Ok(()) };
        // Numbers grow again after the last rows were deleted, and VACUUM makes them lower.
        let mut before = i64::MAX - 1;
        loop {
            let rows = self.opening.database.rows(numbered.before(before, ROWS)).await?;
            let rows = hashed(numbered, &rows);
            if let Some(number) = known.find(&rows) {
                if number != self.sequence.last() {
                    self.sequence.renumber(number);
                }
                return Ok(());
            }
            let Some((lowest, _)) = rows.last() else {
                return Err(StoreError::integrity(format!(
                    "none of the last {} events that were followed is there any more",
                    KnownRows::REMEMBERED
                )));
            };
            before = lowest - 1;
        }
    }
}

impl Follow for OrderFollower {
    fn next(&mut self, now: Timestamp) -> NextBatch<'_> {
        Box::pin(async move { self.poll(now).await.map_err(StoreError::of_foreign) })
    }

    fn token(&self) -> String {
        let mut token = FollowToken::new(self.of.clone());
        token.sequence = Some(self.sequence.to_saved());
        token.rows = self.known.as_ref().map(KnownRows::to_saved).unwrap_or_default();
        token.to_text()
    }
}

/// Returns the numbers and hashes of rows.
fn hashed(numbered: &NumberedRows<'_>, rows: &[ForeignRow]) -> Vec<(i64, String)> {
    rows.iter().filter_map(|row| Some((numbered.number(row)?, numbered.hash(row)))).collect()
}
