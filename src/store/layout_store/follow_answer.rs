//! One poll of a sequence: its queries, and the events of their answers.

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::follow::AskedHoles;
use crate::store::follow::KnownRows;
use crate::store::follow::Poll;
use crate::store::follow::Sequence;
use crate::store::follow::WaitingAt;
use crate::store::follow::Writers;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::RowsQuery;
use crate::store::layout::MappedEvent;
use crate::store::layout_store::follow_rows::NumberedRows;
use crate::store::layout_store::opened::Opened;
use crate::store::read::ReadQuery;

/// The maximum number of late rows that one query returns.
const LATE: usize = 500;

/// The questions of one poll of a sequence.
pub(super) struct Asking<'a> {
    pub(super) numbered: NumberedRows<'a>,
    pub(super) limit: usize,
    /// True to ask for numbers first: while rows wait, the same ones would be read at each poll.
    only_numbers: bool,
    asked: AskedHoles,
    /// The number of the last row that was handed out.
    known: Option<i64>,
}

/// The mapped rows of one poll of a sequence.
pub(super) struct Prepared<'a> {
    asking: Asking<'a>,
    head: Option<i64>,
    page: Vec<ForeignRow>,
    late: Vec<(i64, MappedEvent<'static>)>,
    /// The numbers and hashes of the late rows.
    late_rows: Vec<(i64, String)>,
    events: Vec<(i64, MappedEvent<'static>)>,
    /// True if no further late rows are there.
    complete: bool,
    more: bool,
}

/// The events of one poll of a sequence.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) late: EventChunk,
    pub(super) events: EventChunk,
    /// The numbers and hashes of the rows that were handed out.
    pub(super) rows: Vec<(i64, String)>,
    /// True if further rows were not looked at.
    pub(super) more: bool,
    pub(super) waiting: Option<WaitingAt>,
}

/// The state of a poll that is the same for all sequences.
pub(super) struct Round<'a> {
    pub(super) opened: &'a Opened,
    pub(super) database: &'a dyn ForeignDatabase,
    pub(super) query: &'a ReadQuery,
    pub(super) writers: &'a Writers,
    pub(super) now: Timestamp,
}

impl<'a> Asking<'a> {
    pub(super) fn new(numbered: NumberedRows<'a>, sequence: &Sequence, known: &KnownRows, limit: usize, now: Timestamp) -> Self {
        let known = known.last().map(|(number, _)| number);
        Self { numbered, limit, only_numbers: sequence.is_held(), asked: sequence.due(now), known }
    }

    /// Returns the queries: for the next rows, the highest number, the passed holes, and the last row.
    pub(super) fn queries(&self, sequence: &Sequence) -> Vec<RowsQuery> {
        let page = self.numbered.after(self.start(sequence), self.limit, self.only_numbers);
        let head = self.numbered.last_numbers(i64::MAX - 1, 1);
        let last = self.known.map(|number| self.numbered.at(number, LATE));
        [page, head].into_iter().chain(self.numbered.in_holes(&self.asked, LATE)).chain(last).collect()
    }

    /// Returns the number after which rows are asked for. At the beginning, a row below the first number is found too: its mapping
    /// reports it.
    fn start(&self, sequence: &Sequence) -> i64 {
        if sequence.last() == 0 && !self.numbered.is_counted { i64::MIN } else { sequence.last() }
    }

    /// Compares the last row with the answers. A further row of its number is late. Returns false if the last row is not there any
    /// more.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if more rows have its number than are compared.
    pub(super) fn compare(&self, known: &KnownRows, answers: &mut Vec<Vec<ForeignRow>>) -> Result<bool, StoreError> {
        let Some(number) = self.known else { return Ok(true) };
        let rows = answers.pop().unwrap_or_default();
        if rows.len() >= LATE {
            return Err(StoreError::integrity(format!("{LATE} events or more have {}", self.numbered.shown(number))));
        }
        let identities: Vec<(i64, String)> =
            rows.iter().filter_map(|row| Some((self.numbered.number(row)?, self.numbered.hash(row)))).collect();
        let Some(further) = known.further(&identities) else { return Ok(false) };
        answers.push(rows.into_iter().enumerate().filter(|(place, _)| further.contains(place)).map(|(_, row)| row).collect());
        Ok(true)
    }

    /// Maps the answers to the queries, in their order. The sequence stays where it is.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] for a row that is no event, once all before it were handed out.
    pub(super) async fn prepare(
        self,
        round: &Round<'_>,
        sequence: &Sequence,
        answers: Vec<Vec<ForeignRow>>,
    ) -> Result<Prepared<'a>, StoreError> {
        let mut answers = answers.into_iter();
        let page = answers.next().unwrap_or_default();
        let head = answers.next().and_then(|rows| self.numbered.number(rows.first()?));
        let late: Vec<Vec<ForeignRow>> = answers.collect();
        let complete = late.iter().all(|rows| rows.len() < LATE && !is_cut(rows));
        let late: Vec<ForeignRow> = late.into_iter().flatten().collect();
        let (mut page, more) = self.whole_places(page)?;
        if self.only_numbers {
            page = self.whole_rows(round, sequence, head, page).await?;
        }
        let (late_events, damage) = self.map(round, &late, true).await?;
        let (events, damage) = if damage.is_none() { self.map(round, &page, false).await? } else { (Vec::new(), damage) };
        if let Some(damage) = damage.filter(|_| late_events.is_empty() && events.is_empty()) {
            return Err(damage);
        }
        // A row that is no event is reported by the next poll.
        let (more, complete) = (more || events.len() < page.len(), complete && late_events.len() == late.len());
        let of_late = late_events.iter().zip(&late).map(|((number, _), row)| (*number, self.numbered.hash(row)));
        let late_rows = of_late.collect();
        Ok(Prepared { asking: self, head, page, late: late_events, late_rows, events, complete, more })
    }

    /// Leaves out the last rows of a page that ended early, since further rows may have their number. Returns true if there may be
    /// more.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if all rows of a whole page have one number.
    fn whole_places(&self, mut page: Vec<ForeignRow>) -> Result<(Vec<ForeignRow>, bool), StoreError> {
        if page.len() < self.limit && !is_cut(&page) {
            return Ok((page, false));
        }
        let last = page.last().and_then(|row| self.numbered.number(row));
        let kept = page.iter().take_while(|row| self.numbered.number(row) != last).count();
        match (kept, last) {
            // Further ones of its number are late.
            (0, _) if page.len() < self.limit => {}
            (0, Some(last)) => {
                return Err(StoreError::integrity(format!("{} events or more have {}", page.len(), self.numbered.shown(last))));
            }
            _ => page.truncate(kept),
        }
        Ok((page, true))
    }

    /// Reads whole rows for the numbers that are handed out now.
    async fn whole_rows(
        &self,
        round: &Round<'_>,
        sequence: &Sequence,
        head: Option<i64>,
        page: Vec<ForeignRow>,
    ) -> Result<Vec<ForeignRow>, StoreError> {
        let numbers: Vec<i64> = page.iter().map_while(|row| self.numbered.number(row)).collect();
        let tried = sequence.clone().step(&Poll { now: round.now, writers: round.writers, head, rows: &numbers });
        // One more shows the hole after them.
        let Some(shown) = numbers.get(..numbers.len().min(tried.count + 1)).filter(|shown| !shown.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut found = round.database.rows(self.numbered.after(self.start(sequence), shown.len(), false)).await?;
        // A row that has become visible since is asked for as part of a passed hole, or at the next poll.
        let seen = |row: &ForeignRow| self.numbered.number(row).is_some_and(|number| shown.binary_search(&number).is_ok());
        found.retain(seen);
        Ok(found)
    }

    /// Maps rows to events, up to one that is no event.
    async fn map(
        &self,
        round: &Round<'_>,
        rows: &[ForeignRow],
        late: bool,
    ) -> Result<(Vec<(i64, MappedEvent<'static>)>, Option<StoreError>), StoreError> {
        let mut events = Vec::with_capacity(rows.len());
        let mut counted: Option<i64> = None;
        for row in rows {
            let number = self.numbered.number(row);
            if let (true, Some(number)) = (self.numbered.is_counted, number) {
                counted = match counted {
                    Some(version) if !late => Some(version + 1),
                    _ => Some(i64::try_from(round.database.count(self.numbered.up_to(number)).await?).unwrap_or(i64::MAX)),
                };
            }
            match round.opened.event(self.numbered.rows, row, counted) {
                Ok(event) => events.push((number.unwrap_or_default(), event.into_owned())),
                Err(damage) => return Ok((events, Some(damage))),
            }
        }
        Ok((events, None))
    }

    fn push(&self, round: &Round<'_>, event: &MappedEvent<'_>, late: bool, chunk: &mut EventChunk) -> Result<(), StoreError> {
        if round.opened.wants(round.query, self.numbered.rows, event)? {
            round.opened.push_marked(self.numbered.rows, event, late, chunk)?;
        }
        Ok(())
    }
}

impl Prepared<'_> {
    /// Moves the sequence, and returns the events that are handed out.
    pub(super) fn apply(self, round: &Round<'_>, sequence: &mut Sequence) -> Result<Answered, StoreError> {
        let Self { asking, head, page, late, late_rows, events, complete, more } = self;
        let mut answered = Answered { rows: late_rows, ..Answered::default() };
        let found: Vec<i64> = late.iter().map(|(number, _)| *number).collect();
        sequence.answered(&asking.asked, &found, complete, round.now);
        let numbers: Vec<i64> = events.iter().map(|(number, _)| *number).collect();
        let step = sequence.step(&Poll { now: round.now, writers: round.writers, head, rows: &numbers });
        for (_, event) in &late {
            asking.push(round, event, true, &mut answered.late)?;
        }
        for ((number, event), row) in events.iter().zip(&page).take(step.count) {
            asking.push(round, event, false, &mut answered.events)?;
            answered.rows.push((*number, asking.numbered.hash(row)));
        }
        answered.more = more && step.waiting.is_none();
        answered.waiting = step.waiting;
        Ok(answered)
    }
}

/// Returns true if large rows ended an answer early.
fn is_cut(rows: &[ForeignRow]) -> bool {
    rows.iter().map(ForeignRow::bytes).sum::<usize>() >= RowsQuery::MAX_BYTES
}
