//! The names that a store has and that begin like something: what a shell offers to somebody who types.

use std::collections::BTreeSet;

use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::list_streams::list_streams;
use crate::ops::projections::status::list_projections;
use crate::runtime::QueryBus;
use crate::store::ReadQuery;
use crate::store::SnapshotQuery;
use crate::store::Store;
use crate::store::StreamQuery;

/// Of so many of the last events the types are looked at: enough to know them, few enough to be quick.
const LAST_EVENTS: u64 = 2000;

/// Names of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Streams.
    Streams,
    /// Streams that have snapshots.
    StreamsWithSnapshots,
    /// What stands behind the category in the streams of one.
    IdsOf(&'static str),
    /// Categories.
    Categories,
    /// Types of events, as far as the last events know them.
    Types,
    /// Projections.
    Projections,
    /// Projections that the store keeps.
    OwnProjections,
}

/// Names that begin with `prefix`, about `limit` of them, in their order.
///
/// Where there are more, the prefix itself is among them, or the categories stand for their streams: what the
/// first names have in common must not be taken for what all have in common.
///
/// # Errors
/// As the store says.
pub async fn names(store: &Store, queries: &QueryBus, what: Named, prefix: &str, limit: usize) -> Result<Vec<String>, OpsError> {
    match what {
        Named::Streams if !prefix.contains('-') => match streams(store, prefix, limit).await? {
            (names, false) => Ok(names),
            (_, true) => Ok(categories(store, prefix, limit).await?.into_iter().map(|category| category + "-").collect()),
        },
        Named::Streams => Ok(with_prefix_if_more(streams(store, prefix, limit).await?, prefix)),
        Named::IdsOf(category) => {
            let (names, more) = streams(store, &format!("{category}-{prefix}"), limit).await?;
            let ids = names.iter().filter_map(|name| name.strip_prefix(category)?.strip_prefix('-')).map(str::to_owned);
            Ok(with_prefix_if_more((ids.collect(), more), prefix))
        }
        Named::StreamsWithSnapshots => with_snapshots(store, prefix, limit).await,
        Named::Categories => categories(store, prefix, limit).await,
        Named::Types => types(store, prefix).await,
        Named::Projections | Named::OwnProjections => {
            let all = list_projections(queries).into_iter();
            let wanted = all.filter(|projection| what == Named::Projections || !projection.built_in);
            Ok(wanted.map(|projection| projection.name).filter(|name| name.starts_with(prefix)).collect())
        }
    }
}

fn with_prefix_if_more((mut names, more): (Vec<String>, bool), prefix: &str) -> Vec<String> {
    if more {
        names.insert(0, prefix.to_owned());
    }
    names
}

/// The first streams, and whether there are more.
async fn streams(store: &Store, prefix: &str, limit: usize) -> Result<(Vec<String>, bool), OpsError> {
    let query = StreamQuery { prefix: Some(prefix.to_owned()), limit, ..StreamQuery::default() };
    let page = list_streams(store, query).await?;
    Ok((page.items.into_iter().map(|info| info.stream).collect(), page.next.is_some()))
}

/// The categories, one question each: from one to the next over all its streams.
async fn categories(store: &Store, prefix: &str, limit: usize) -> Result<Vec<String>, OpsError> {
    let mut found: Vec<String> = Vec::new();
    let mut after = None;
    while found.len() < limit {
        let query = StreamQuery { prefix: Some(prefix.to_owned()), after, limit: 1, category: None };
        let Some(first) = store.streams(query).await?.into_iter().next() else { break };
        // No name holds the last character there is. Names without a dash may stand before others of their category.
        after = Some(if first.stream.contains('-') { format!("{}-\u{10FFFF}", first.category) } else { first.stream });
        if !found.contains(&first.category) {
            found.push(first.category);
        }
    }
    Ok(found)
}

async fn with_snapshots(store: &Store, prefix: &str, limit: usize) -> Result<Vec<String>, OpsError> {
    let mut found: Vec<String> = Vec::new();
    let mut after = Some((prefix.to_owned(), String::new(), Version::ZERO));
    while found.len() < limit {
        let page = store.snapshots(SnapshotQuery { stream: None, after, limit }).await?;
        let full = page.len() == limit;
        after = page.last().map(|last| (last.stream.to_string(), last.reducer.clone(), last.version));
        let streams = page.into_iter().map(|snapshot| snapshot.stream.to_string());
        let before = found.len();
        found.extend(streams.take_while(|stream| stream.starts_with(prefix)));
        let nothing_more = found.len() == before;
        found.dedup();
        if !full || nothing_more {
            return Ok(found);
        }
    }
    Ok(with_prefix_if_more((found, true), prefix))
}

async fn types(store: &Store, prefix: &str) -> Result<Vec<String>, OpsError> {
    let mut found = BTreeSet::new();
    let mut scan = store.scan_limited(ReadQuery::all().backwards(), LAST_EVENTS);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter().filter(|event| event.event_type.starts_with(prefix)) {
            if !found.contains(event.event_type) {
                found.insert(event.event_type.to_owned());
            }
        }
    }
    Ok(found.into_iter().collect())
}
