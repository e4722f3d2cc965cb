//! Numbers of a store.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::EventView;
use crate::event::Timestamp;
use crate::event::category_of;
use crate::ops::error::OpsError;
use crate::ops::future::FutureEvents;
use crate::ops::future::future_events;
use crate::ops::pages::Pages;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StreamQuery;

/// The number of equal time spans in a chart.
pub const CHART_SPANS: usize = 24;

/// The events of a category or type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The name of the category or type.
    pub name: String,
    /// The number of streams of a category; none for a type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u64>,
    /// The number of events.
    pub events: u64,
    /// The bytes of their data and metadata.
    pub bytes: u64,
}

/// The events in a time span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChartSpan {
    /// The begin of the span.
    pub from: Timestamp,
    /// The number of events recorded in the span.
    pub events: u64,
}

/// The numbers of a store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatsReport {
    /// The place of the store.
    pub store: String,
    /// The kind of database.
    pub kind: &'static str,
    /// The number of events.
    pub events: u64,
    /// The number of streams.
    pub streams: u64,
    /// The number of quarantined events; none for a store of another program.
    pub quarantined: Option<u64>,
    /// The bytes on disk, with indexes and read models; none for a store of another program.
    pub size_bytes: Option<u64>,
    /// The time of the first event.
    pub first_recorded_at: Option<Timestamp>,
    /// The time of the last event.
    pub last_recorded_at: Option<Timestamp>,
    /// The events from the future.
    pub future: Option<FutureEvents>,
    /// The number of events per second between the first and the last one; none without times.
    pub events_per_second: Option<f64>,
    /// The events of each category.
    pub categories: Vec<Share>,
    /// The events of each type.
    pub types: Vec<Share>,
    /// The events over time.
    pub chart: Vec<ChartSpan>,
}

/// Counts in one pass over the events. `progress` gets the number of newly counted events.
pub async fn stats(store: &Store, now: Timestamp, progress: &mut (dyn FnMut(u64) + Send)) -> Result<StatsReport, OpsError> {
    if !store.abilities().dense {
        return stats_of_foreign(store, progress).await;
    }
    let head = store.head().await?;
    let first = store.first(ReadQuery::all()).await?.map(|event| event.recorded_at);
    let last = first.map(|_| head.recorded_at);
    let mut count = Counting { chart: chart(first.unwrap_or_default(), head.recorded_at), ..Counting::default() };
    let mut scan = store.scan(ReadQuery::all().to(head.position.0));
    while let Some(chunk) = scan.next().await? {
        chunk.iter().for_each(|event| count.add(&event, category_of(event.stream)));
        progress(chunk.len() as u64);
    }
    let streams = count.streams(store).await?;
    let seconds = last.zip(first).map_or(0.0, |(last, first)| last.micros_since(first) as f64 / 1e6);
    Ok(StatsReport {
        store: store.place(),
        kind: store.kind(),
        events: head.position.0,
        streams,
        quarantined: Some(store.quarantine().await?.len() as u64),
        size_bytes: Some(store.size_bytes().await?),
        first_recorded_at: first,
        last_recorded_at: last,
        future: future_events(store, now).await?,
        events_per_second: Some(if seconds > 0.0 { head.position.0 as f64 / seconds } else { 0.0 }),
        categories: largest_first(count.categories),
        types: largest_first(count.types),
        chart: if first.is_some() { count.chart } else { Vec::new() },
    })
}

/// Counts the events of another program, whose positions have holes and whose times may go back.
async fn stats_of_foreign(store: &Store, progress: &mut (dyn FnMut(u64) + Send)) -> Result<StatsReport, OpsError> {
    let separator = store.category_separator().await?;
    let mut count = Counting::default();
    let (mut first, mut last) = (Timestamp::MAX, Timestamp::NONE);
    let mut scan = store.scan(ReadQuery::all());
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            let category = event.stream.split_once(&separator).map_or(event.stream, |(category, _)| category);
            count.add(&event, category);
            if event.recorded_at.is_some() {
                (first, last) = (first.min(event.recorded_at), last.max(event.recorded_at));
            }
        }
        progress(chunk.len() as u64);
    }
    let has_times = last.is_some();
    if has_times {
        // The spans are only known now.
        let mut spans = Counting { chart: chart(first, last), ..Counting::default() };
        let mut scan = store.scan(ReadQuery::all());
        while let Some(chunk) = scan.next().await? {
            chunk.iter().for_each(|event| spans.add_to_chart(&event));
        }
        count.chart = spans.chart;
    }
    let events = count.types.values().map(|share| share.events).sum();
    let streams = count.streams(store).await?;
    let seconds = if has_times { last.micros_since(first) as f64 / 1e6 } else { 0.0 };
    Ok(StatsReport {
        store: store.place(),
        kind: store.kind(),
        events,
        streams,
        quarantined: None,
        size_bytes: None,
        first_recorded_at: has_times.then_some(first),
        last_recorded_at: has_times.then_some(last),
        future: None,
        events_per_second: has_times.then_some(if seconds > 0.0 { events as f64 / seconds } else { 0.0 }),
        categories: largest_first(count.categories),
        types: largest_first(count.types),
        chart: count.chart,
    })
}

#[derive(Default)]
struct Counting {
    categories: BTreeMap<String, Share>,
    types: BTreeMap<String, Share>,
    chart: Vec<ChartSpan>,
}

impl Counting {
    fn add(&mut self, event: &EventView<'_>, category: &str) {
        let bytes = (event.data.len() + event.metadata.len()) as u64;
        for (shares, name) in [(&mut self.categories, category), (&mut self.types, event.event_type)] {
            // This avoids a copy of a name that is known already.
            if !shares.contains_key(name) {
                shares.insert(name.to_owned(), Share { name: name.to_owned(), ..Share::default() });
            }
            if let Some(share) = shares.get_mut(name) {
                share.events += 1;
                share.bytes += bytes;
            }
        }
        self.add_to_chart(event);
    }

    fn add_to_chart(&mut self, event: &EventView<'_>) {
        if let Some(span) = self.chart.iter_mut().rev().find(|span| span.from <= event.recorded_at) {
            span.events += 1;
        }
    }

    async fn streams(&mut self, store: &Store) -> Result<u64, OpsError> {
        let mut streams = Pages::of(store, StreamQuery::default());
        let mut all = 0;
        while let Some(stream) = streams.next().await? {
            all += 1;
            if let Some(share) = self.categories.get_mut(&stream.category) {
                *share.streams.get_or_insert(0) += 1;
            }
        }
        Ok(all)
    }
}

fn largest_first(shares: BTreeMap<String, Share>) -> Vec<Share> {
    let mut shares: Vec<Share> = shares.into_values().collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.events));
    shares
}

/// Returns equal spans from the first to the last event.
fn chart(first: Timestamp, last: Timestamp) -> Vec<ChartSpan> {
    let width = last.micros_since(first) / CHART_SPANS as u64 + 1;
    let from = |index: u64| first.plus(std::time::Duration::from_micros(width * index));
    (0..CHART_SPANS as u64).map(|index| ChartSpan { from: from(index), events: 0 }).collect()
}
