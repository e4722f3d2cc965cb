//! Reads events: of one stream by version, of all streams by position, or of one stream after the other.

use crate::event::EventChunk;
use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opened::PositionOrder;
use crate::store::layout_store::pages::PageRows;
use crate::store::layout_store::pages::page;
use crate::store::layout_store::pages::rows_to_ask;
use crate::store::layout_store::streams::StreamPlace;
use crate::store::layout_store::table::TableRows;
use crate::store::read::LAST_PLACE;
use crate::store::read::Page;
use crate::store::read::PageToken;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The number of streams that are read at once where there is no order over all streams.
const STREAMS: usize = 16;

impl Opened {
    /// Reads the next events of a query.
    pub(super) async fn read(
        &self,
        database: &dyn ForeignDatabase,
        query: &ReadQuery,
        limit: usize,
        buffer: EventChunk,
    ) -> Result<Page, StoreError> {
        let mut page = page(buffer);
        match &query.source {
            ReadSource::Stream(stream) => match self.locate(database, stream.as_str()).await? {
                Some(located) => self.read_stream(database, query, &located, limit, &mut page).await?,
                None => page.end = true,
            },
            ReadSource::All => match self.position() {
                Some(order) => self.read_in_order(database, query, &order, limit, &mut page).await?,
                None => self.read_by_stream(database, query, limit, &mut page).await?,
            },
        }
        page.highest = page.first.max(page.last);
        page.damage = page.damage.take().map(StoreError::of_foreign);
        Ok(page)
    }

    /// Reads events of all streams from a position on.
    async fn read_in_order(
        &self,
        database: &dyn ForeignDatabase,
        query: &ReadQuery,
        order: &PositionOrder<'_>,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let Some(table) = self.tables.first() else { return Ok(()) };
        let asked = rows_to_ask(limit);
        let mut rows = between(table.all.query(asked), &order.column, query, self.first_position() - 1);
        rows.order = vec![order.column.clone()];
        rows.range.backwards = query.backwards;
        let found = self.ahead.rows(database, &rows, &order.column).await?;
        let (found, whole) = with_whole_place(database, &rows, found).await?;
        page.end = self.fill(page, query, PageRows { rows: &table.all, found, asked, counted: &|_| None, whole })?;
        if page.end && page.damage.is_none() && leaves_out_unplaced(query) {
            let rows = table.all.query(1).bound(vec![order.column.clone()], Comparison::Unplaced, Vec::new());
            page.damage = self.unplaced(&table.all, &order.column, &database.rows(rows).await?);
        }
        Ok(())
    }

    /// Reads events of one stream from a version on.
    async fn read_stream(
        &self,
        database: &dyn ForeignDatabase,
        query: &ReadQuery,
        located: &Located,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let table = &self.tables[located.table];
        if let Some(order) = &table.counted {
            return self.read_counted(database, query, located, order, limit, page).await;
        }
        let asked = rows_to_ask(limit);
        let rows = self.rows_of_stream(query, located, asked)?;
        let found = database.rows(rows.clone()).await?;
        let (found, whole) = with_whole_place(database, &rows, found).await?;
        page.end = self.fill(page, query, PageRows { rows: &table.one, found, asked, counted: &|_| None, whole })?;
        if page.end && page.damage.is_none() && leaves_out_unplaced(query) {
            page.damage = self.unplaced_of(database, located).await?;
        }
        Ok(())
    }

    /// Returns the query for the rows of a stream in the order of their versions.
    pub(super) fn rows_of_stream(&self, query: &ReadQuery, located: &Located, asked: usize) -> Result<RowsQuery, StoreError> {
        let rows = &self.tables[located.table].one;
        let mut found = located.of(rows.query(asked));
        found.range.backwards = query.backwards;
        match &rows.version {
            Some(version) => {
                found = between(found, version, query, rows.first_version() - 1);
                found.order = vec![version.clone()];
            }
            None if found.unwind.is_some() => {
                let place = |version: u64| usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX);
                found.range.places = Some((place(query.from), place(query.to)));
            }
            None => return Err(StoreError::Invalid(format!("layout {} has no version of events in a stream", self.name))),
        }
        Ok(found)
    }

    /// Reads events of one stream whose versions are counted. The token has the last version and the last row.
    async fn read_counted(
        &self,
        database: &dyn ForeignDatabase,
        query: &ReadQuery,
        located: &Located,
        order: &QueryColumn,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let rows = &self.tables[located.table].one;
        let asked = rows_to_ask(limit);
        let mut next = located.of(rows.query(asked));
        next.columns.push(order.clone());
        next.order = vec![order.clone()];
        next.range.backwards = query.backwards;
        let step = if query.backwards { -1 } else { 1 };
        let before = match query.token.as_ref().map(|token| token.0.as_slice()) {
            Some([ForeignValue::Integer(version), last]) => {
                let comparison = if query.backwards { Comparison::Before } else { Comparison::After };
                next = next.bound(vec![order.clone()], comparison, vec![last.clone()]);
                *version
            }
            _ if query.backwards => self.count(database, located).await? + 1,
            _ => 0,
        };
        let mut found = database.rows(next).await?;
        let (from, to) = (signed(query.from), signed(query.to));
        let version = |number: usize| before + step * (i64::try_from(number).unwrap_or(i64::MAX - 1) + 1);
        let is_past = |number| if query.backwards { version(number) < from } else { version(number) > to };
        let all = found.len();
        let past = (0..all).find(|number| is_past(*number));
        found.truncate(past.unwrap_or(all));
        let skipped = (0..found.len()).take_while(|number| !(from..=to).contains(&version(*number))).count();
        let last = found.last().and_then(|row| row.values.last().cloned());
        page.token = last.map(|last| PageToken(vec![ForeignValue::Integer(version(found.len() - 1)), last]));
        found.drain(..skipped);
        let counted = |number: usize| Some(version(number + skipped));
        let asked = if past.is_some() { usize::MAX } else { asked };
        let has_more = all == asked;
        page.end =
            self.fill(page, query, PageRows { rows, found, asked: usize::MAX, counted: &counted, whole: true })? && !has_more;
        Ok(())
    }

    /// Reads the events of one stream after the other. The token has the version up to which the last stream
    /// was read, no value if that was its end, and the place of the stream.
    async fn read_by_stream(
        &self,
        database: &dyn ForeignDatabase,
        query: &ReadQuery,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        if query.backwards {
            return Err(StoreError::Invalid(self.no_order()));
        }
        let (mut after, mut names) = (None, Vec::new());
        let mut start = query.clone();
        (start.from, start.to) = (1, LAST_PLACE);
        if let Some(PageToken(token)) = &query.token {
            let Some((version, place)) = token.split_first() else {
                return Err(StoreError::Bug("a page lost its place".into()));
            };
            let place = StreamPlace::of_values(place)?;
            if let ForeignValue::Integer(version) = version
                && let Some(stream) = self.stream_at(database, &place).await?
            {
                start.from = version.unsigned_abs() + 1;
                names.push(stream);
            }
            after = Some(place);
        }
        if names.is_empty() {
            names = self.names(database, after.as_ref(), STREAMS).await?;
        }
        let asked = rows_to_ask(limit);
        let rows = names.iter().map(|stream| self.rows_of_stream(&start, &stream.located, asked));
        let rows: Vec<RowsQuery> = rows.collect::<Result<_, _>>()?;
        let found = database.rows_of(rows.clone()).await?;
        page.end = names.is_empty();
        for ((stream, rows), found) in names.into_iter().zip(rows).zip(found) {
            let (looked_at, count) = (page.looked_at, found.len());
            let (found, whole) = with_whole_place(database, &rows, found).await?;
            let table = &self.tables[stream.located.table].one;
            let complete = self.fill(page, query, PageRows { rows: table, found, asked, counted: &|_| None, whole })?;
            if complete && page.damage.is_none() && start.from > 1 {
                page.damage = self.unplaced_of(database, &stream.located).await?;
            }
            if page.damage.is_some() {
                return Ok(());
            }
            let version = (!complete && page.looked_at > looked_at).then(|| ForeignValue::Integer(signed(page.last)));
            let begins = !complete && version.is_none() && count > 0;
            let up_to = match version {
                Some(version) => version,
                None if begins => ForeignValue::Integer(signed(start.from) - 1),
                None => ForeignValue::Null,
            };
            page.token = Some(PageToken([up_to].into_iter().chain(stream.place.to_values()).collect()));
            if !complete || page.events.len() >= limit {
                break;
            }
        }
        Ok(())
    }

    /// Returns the version of a stream; 0 if it has no events.
    pub(super) async fn version(&self, database: &dyn ForeignDatabase, stream: &str) -> Result<u64, StoreError> {
        let Some(located) = self.locate(database, stream).await? else { return Ok(0) };
        let table = &self.tables[located.table];
        let version = match (&table.one.version, table.one.plan.query.unwind.is_some()) {
            (Some(column), _) => {
                // Only this column: an event that cannot be read has a version as well.
                let query = RowsQuery { columns: vec![column.clone()], of_document: 0, ..self.last_of(&located) };
                let last = database.rows(query).await?;
                let value = last.first().and_then(|row| row.values.first());
                if let Some(ForeignValue::Text(_)) = value {
                    let dot = if column.alias.is_empty() { "" } else { "." };
                    let name = format!("{}{dot}{}", column.alias, column.name);
                    let message = format!("stream {stream}: {name} is text, which is in another order than numbers");
                    return Err(StoreError::integrity(message));
                }
                let version = value.map(|value| table.one.mapper().version_of(value)).transpose();
                version.map_err(|error| StoreError::integrity(format!("stream {stream}: {error}")))?.flatten()
            }
            (None, true) => Some(self.count(database, &located).await?),
            (None, false) if table.counted.is_some() => Some(self.count(database, &located).await?),
            (None, false) => return Err(StoreError::Invalid(format!("layout {} has no versions", self.name))),
        };
        Ok(version.unwrap_or(0).unsigned_abs())
    }

    /// Returns the damage of a row of a stream that has no version.
    async fn unplaced_of(&self, database: &dyn ForeignDatabase, located: &Located) -> Result<Option<StoreError>, StoreError> {
        let rows = &self.tables[located.table].one;
        let Some(version) = &rows.version else { return Ok(None) };
        let unplaced = located.of(rows.query(1)).bound(vec![version.clone()], Comparison::Unplaced, Vec::new());
        Ok(self.unplaced(rows, version, &database.rows(unplaced).await?))
    }

    /// Returns the damage of a row that has no place in an order.
    fn unplaced(&self, rows: &TableRows, column: &QueryColumn, found: &[ForeignRow]) -> Option<StoreError> {
        let event = self.event(rows, found.first()?, None);
        Some(event.err().unwrap_or_else(|| StoreError::integrity(format!("{} of a row is no number", column.name))))
    }

    /// Returns the message for a request that needs an order over all streams.
    pub(super) fn no_order(&self) -> String {
        format!("layout {} has no order over all streams; name a stream", self.name)
    }
}

/// Returns true if rows without a place are not among those of a query, but are of the part of the source that it reads to
/// its end.
fn leaves_out_unplaced(query: &ReadQuery) -> bool {
    match query.backwards {
        true => query.to < LAST_PLACE && query.from <= 1,
        false => query.from > 1 && query.to == LAST_PLACE,
    }
}

/// Returns rows, and true if they are all rows of their last place. Where large rows end an answer within its only place, all
/// rows of that place are read.
async fn with_whole_place(
    database: &dyn ForeignDatabase,
    rows: &RowsQuery,
    found: Vec<ForeignRow>,
) -> Result<(Vec<ForeignRow>, bool), StoreError> {
    // Elements of an array have places of their own.
    let Some(order) = rows.order.first() else { return Ok((found, true)) };
    let place = rows.columns.iter().position(|column| column == order);
    let of_row = |row: &ForeignRow| place.and_then(|place| row.values.get(place).cloned());
    let Some(last) = found.last().and_then(of_row).filter(|_| found.len() < rows.limit) else { return Ok((found, false)) };
    let is_cut = found.iter().map(ForeignRow::bytes).sum::<usize>() >= RowsQuery::MAX_BYTES;
    if !is_cut || found.iter().any(|row| of_row(row).as_ref() != Some(&last)) {
        return Ok((found, false));
    }
    let mut whole = RowsQuery { limit: rows_to_ask(0), ..rows.clone() };
    whole.range.large = true;
    let whole = whole.bound(vec![order.clone()], Comparison::Equal, vec![last]);
    let limit = whole.limit;
    let found = database.rows(whole).await?;
    let is_whole = found.len() < limit;
    Ok((found, is_whole))
}

/// Restricts rows to places. `offset` is added to a place of esctl.
fn between(query: RowsQuery, column: &QueryColumn, wanted: &ReadQuery, offset: i64) -> RowsQuery {
    let mut query = query;
    let value = |place: u64| vec![ForeignValue::Integer(signed(place).saturating_add(offset))];
    // An open end has no bound, so that a row with a wrong place is found, also one between two places.
    if wanted.from > 1 {
        query = query.bound(vec![column.clone()], Comparison::After, value(wanted.from - 1));
    }
    if wanted.to < LAST_PLACE {
        query = query.bound(vec![column.clone()], Comparison::Before, value(wanted.to + 1));
    }
    query
}

fn signed(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
