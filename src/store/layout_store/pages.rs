//! Pages of events: mapped rows that meet a query, up to a row whose place differs from that of the next one.

use crate::event::EventChunk;
use crate::store::error::StoreError;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::RowsQuery;
use crate::store::layout::MappedEvent;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::TableRows;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The smallest number of rows that are asked for: more than have the same version in a store without a unique index.
const MIN_ROWS: usize = 16;

/// Returns the number of rows to ask for. One more than needed shows whether the last ones have the same place.
pub(super) fn rows_to_ask(limit: usize) -> usize {
    limit.max(MIN_ROWS).saturating_add(1)
}

/// The rows of an answer.
pub(super) struct PageRows<'a> {
    pub(super) rows: &'a TableRows,
    pub(super) found: Vec<ForeignRow>,
    /// The number of rows that were asked for.
    pub(super) asked: usize,
    /// The version of the row with a number, where rows have none.
    pub(super) counted: &'a (dyn Fn(usize) -> Option<i64> + Sync),
    /// True if no further row has the place of the last one.
    pub(super) whole: bool,
}

impl Opened {
    /// Adds the events of rows to a page. Returns true if there are no more rows. A row that is no event ends the page with its
    /// damage.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if more events have one place than a page holds.
    pub(super) fn fill(&self, page: &mut Page, query: &ReadQuery, rows: PageRows<'_>) -> Result<bool, StoreError> {
        let bytes: usize = rows.found.iter().map(ForeignRow::bytes).sum();
        let complete = rows.found.len() < rows.asked && bytes < RowsQuery::MAX_BYTES;
        let mut events: Vec<(u64, MappedEvent<'_>)> = Vec::with_capacity(rows.found.len());
        for (number, row) in rows.found.iter().enumerate() {
            match self.event(rows.rows, row, (rows.counted)(number)) {
                Ok(event) => events.push((self.place(query, &event)?, event)),
                Err(damage) => {
                    page.damage = Some(damage);
                    break;
                }
            }
        }
        if !complete && !rows.whole && page.damage.is_none() {
            self.cut(query, &mut events)?;
        }
        for (place, event) in &events {
            page.look_at(*place);
            if self.wants(query, rows.rows, event)? {
                self.push(rows.rows, event, &mut page.events)?;
            }
        }
        Ok(complete)
    }

    /// Removes the last events, which may have the same place as those of the next page.
    fn cut(&self, query: &ReadQuery, events: &mut Vec<(u64, MappedEvent<'_>)>) -> Result<(), StoreError> {
        let Some(last) = events.last().map(|(place, _)| *place) else { return Ok(()) };
        let kept = events.iter().take_while(|(place, _)| *place != last).count();
        if kept > 0 {
            events.truncate(kept);
            return Ok(());
        }
        let message = match &query.source {
            ReadSource::All => format!("{} events or more have position {last}", events.len()),
            ReadSource::Stream(stream) => format!("{} events or more have version {last} of stream {stream}", events.len()),
        };
        Err(StoreError::integrity(message))
    }

    /// Returns the place of an event in the source of a query.
    fn place(&self, query: &ReadQuery, event: &MappedEvent<'_>) -> Result<u64, StoreError> {
        let (place, what) = match query.source {
            ReadSource::All if self.position().is_some() => (event.position, "position"),
            _ => (event.version, "version"),
        };
        let place = place.and_then(|place| u64::try_from(place).ok());
        place.ok_or_else(|| StoreError::Invalid(format!("layout {} has no {what}", self.name)))
    }

    pub(super) fn wants(&self, query: &ReadQuery, rows: &TableRows, event: &MappedEvent<'_>) -> Result<bool, StoreError> {
        if (query.since.is_some() || query.until.is_some()) && rows.layout.events.time.is_none() {
            return Err(StoreError::Invalid(format!(
                "layout {} has no time, so its events cannot be selected by time",
                self.name
            )));
        }
        let stream = event.stream.as_deref().unwrap_or_default();
        let in_time = match (query.since, query.until) {
            (None, None) => true,
            (since, until) => event
                .recorded_at
                .is_some_and(|time| since.is_none_or(|since| since <= time) && until.is_none_or(|until| time <= until)),
        };
        Ok((!event.hidden || query.hidden)
            && in_time
            && (query.types.is_empty() || query.types.iter().any(|wanted| *wanted == event.event_type))
            && (query.categories.is_empty() || query.categories.iter().any(|wanted| wanted == rows.category(stream))))
    }
}

/// Returns an empty page over a buffer.
pub(super) fn page(buffer: EventChunk) -> Page {
    Page { events: buffer, ..Page::default() }
}
