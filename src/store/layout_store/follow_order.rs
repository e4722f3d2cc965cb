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
use crate::store::layout_store::follow_answer::Asking;
use crate::store::layout_store::follow_answer::Round;
use crate::store::layout_store::follow_notes::Notes;
use crate::store::layout_store::follow_notes::lost;
use crate::store::layout_store::follow_notes::pause;
use crate::store::layout_store::follow_notes::replaced;
use crate::store::layout_store::follow_rows::NumberedRows;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::Opening;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The number of rows that are asked for at once.
const ROWS: usize = 1001;
/// The number of rows before the start in which holes are looked for.
const LOOKED_BACK: usize = 10_000;
/// The interval at which rows without a usable number are looked for.
const LOOKED_AGAIN: Duration = Duration::from_secs(60);

/// A follower of one sequence.
pub(super) struct OrderFollower {
    opening: Arc<Opening>,
    query: ReadQuery,
    of: String,
    sequence: Sequence,
    /// The last rows, which show that the store is the same.
    known: KnownRows,
    pub(super) notes: Notes,
    /// The time at which rows without a usable number were looked for.
    looked_at: Option<Timestamp>,
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
        let (sequence, known, notes) = (Sequence::after(0, 0), KnownRows::default(), Notes::default());
        let mut follower = Self { opening: Arc::clone(&opening), query, of, sequence, known, notes, looked_at: None };
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
        let rows = database.rows(numbered.only_identities(numbered.before(last, KnownRows::REMEMBERED))).await?;
        for (number, hash) in numbered.identities(&rows).into_iter().rev() {
            follower.known.note(number, hash);
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
        let (sequence, known) = (Sequence::of_saved(saved), KnownRows::of_saved(token.rows));
        Ok(Self { opening, query, of: token.of, sequence, known, notes: Notes::default(), looked_at: None })
    }

    /// Returns the rows that are followed; `None` if the stream has no events yet.
    async fn numbered<'o>(&self, opened: &'o Opened) -> Result<Option<NumberedRows<'o>>, StoreError> {
        match &self.query.source {
            ReadSource::All => Ok(NumberedRows::of_all(opened)),
            ReadSource::Stream(stream) => {
                let located = opened.locate(&*self.opening.database, stream.as_str()).await?;
                located.map(|located| NumberedRows::of_stream(opened, stream.as_str(), &located)).transpose()
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
        let asking = Asking::new(numbered, &self.sequence, &self.known, ROWS, now);
        let mut answers = database.rows_of(asking.queries(&self.sequence)).await?;
        self.look_for_strays(opened, &asking.numbered, now).await?;
        if !asking.compare(&self.known, &mut answers)? && self.find_again(&asking.numbered).await? {
            return Ok(FollowBatch { notes: self.notes.of(&writers, 0), ..FollowBatch::default() });
        }
        let round = Round { opened, database, query: &self.query, writers: &writers, now };
        let answered = asking.prepare(&round, &self.sequence, answers).await?.apply(&round, &mut self.sequence)?;
        answered.rows.into_iter().for_each(|(number, hash)| self.known.note(number, hash));
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

    /// Finds the last row again, where rows were deleted or replaced, or got other numbers. Returns false if all rows up to it were
    /// deleted, so that those after it are new.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if no remembered row is there any more, but others with such numbers or lower ones are.
    async fn find_again(&mut self, numbered: &NumberedRows<'_>) -> Result<bool, StoreError> {
        let database = &*self.opening.database;
        let moves = numbered.moves(database.engine());
        let Some((last, first)) = self.known.last().map(|(last, _)| last).zip(self.known.first()) else { return Ok(false) };
        // Numbers that move become lower, so that the last rows may be anywhere.
        let lowest = if moves { i64::MIN } else { first };
        let mut before = if moves { i64::MAX - 1 } else { last };
        let is_replaced = !moves && !database.rows(numbered.only_identities(numbered.at(last, 1))).await?.is_empty();
        let mut highest = None;
        while before >= lowest {
            let rows = database.rows(numbered.only_identities(numbered.before(before, ROWS))).await?;
            let rows = numbered.identities(&rows);
            if let Some(number) = self.known.find(&rows, moves) {
                match moves {
                    true if number == self.sequence.last() => {}
                    true => self.sequence.renumber(number),
                    false => self.sequence.back_to(number),
                }
                if is_replaced {
                    self.notes.add(replaced(&numbered.shown(last), &numbered.shown(number)));
                }
                return Ok(true);
            }
            highest = highest.max(rows.iter().map(|(number, _)| *number).find(|number| *number <= last));
            let Some((lowest_found, _)) = rows.last() else { break };
            before = lowest_found - 1;
        }
        match highest {
            Some(highest) => Err(lost(&numbered.shown(last), &numbered.shown(highest))),
            None => Ok(false),
        }
    }

    /// Looks for rows without a usable number, which are in no place of the sequence: at the beginning, and then each minute.
    async fn look_for_strays(&mut self, opened: &Opened, numbered: &NumberedRows<'_>, now: Timestamp) -> Result<(), StoreError> {
        let is_early = |looked: Timestamp| Duration::from_micros(now.micros_since(looked)) < LOOKED_AGAIN;
        if self.looked_at.is_some_and(is_early) || numbered.is_counted {
            return Ok(());
        }
        self.looked_at = Some(now);
        let found = self.opening.database.rows_of(numbered.strays()).await?;
        let damage = found.iter().flatten().filter_map(|row| opened.event(numbered.rows, row, None).err());
        self.notes.strays(damage.map(|damage| damage.to_string()));
        Ok(())
    }
}

impl Follow for OrderFollower {
    fn next(&mut self, now: Timestamp) -> NextBatch<'_> {
        Box::pin(async move { self.poll(now).await.map_err(StoreError::of_foreign) })
    }

    fn token(&self) -> String {
        let mut token = FollowToken::new(self.of.clone());
        token.sequence = Some(self.sequence.to_saved());
        token.rows = self.known.to_saved();
        token.to_text()
    }
}
