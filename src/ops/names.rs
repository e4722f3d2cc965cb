//! Names in a store that begin with a prefix, for completion in a shell.

use std::collections::BTreeSet;

use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::list_streams::list_streams;
use crate::ops::projections::status::list_projections;
use crate::ops::quarantine::list_quarantine;
use crate::runtime::QueryBus;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::SnapshotQuery;
use crate::store::Store;
use crate::store::StreamQuery;

/// The number of last events whose types are read. It limits the time that completion takes.
const LAST_EVENTS: u64 = 2000;

/// A kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Names of streams.
    Streams,
    /// Names of streams that have snapshots.
    StreamsWithSnapshots,
    /// Ids in the names of streams of a category.
    IdsOf(&'static str),
    /// Names of categories.
    Categories,
    /// Types of events, as far as the last events have them.
    Types,
    /// Names of projections.
    Projections,
    /// Names of stored projections.
    StoredProjections,
    /// Ids of the events that a projection failed to apply.
    FailedEvents,
    /// Ids of quarantined events.
    QuarantinedEvents,
}

/// Returns about `limit` names that begin with `prefix`, in order.
///
/// If there are more, the prefix itself is added, or categories replace their streams. Otherwise a shell would complete what only
/// the first names have in common.
pub async fn names(
    store: &Store,
    queries: &QueryBus,
    what: NameKind,
    prefix: &str,
    limit: usize,
) -> Result<Vec<String>, OpsError> {
    match what {
        NameKind::Streams if !prefix.contains('-') && store.abilities().dense => match streams(store, prefix, limit).await? {
            (names, false) => Ok(names),
            (_, true) => Ok(categories(store, prefix, limit).await?.into_iter().map(|category| category + "-").collect()),
        },
        NameKind::Streams => Ok(with_prefix_if_more(streams(store, prefix, limit).await?, prefix)),
        NameKind::IdsOf(category) => {
            let (names, more) = streams(store, &format!("{category}-{prefix}"), limit).await?;
            let ids = names.iter().filter_map(|name| name.strip_prefix(category)?.strip_prefix('-')).map(str::to_owned);
            Ok(with_prefix_if_more((ids.collect(), more), prefix))
        }
        NameKind::StreamsWithSnapshots => with_snapshots(store, prefix, limit).await,
        NameKind::Categories => categories(store, prefix, limit).await,
        NameKind::Types => types(store, prefix).await,
        NameKind::FailedEvents => failed_events(store, queries, prefix).await,
        NameKind::QuarantinedEvents => {
            let quarantined = list_quarantine(store).await?.into_iter().map(|quarantined| quarantined.event.event_id.to_string());
            Ok(quarantined.filter(|id| id.starts_with(prefix)).collect())
        }
        NameKind::Projections | NameKind::StoredProjections => {
            let all = list_projections(queries).into_iter();
            let wanted = all.filter(|projection| what == NameKind::Projections || !projection.built_in);
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

/// Returns the first streams, and true if there are more.
async fn streams(store: &Store, prefix: &str, limit: usize) -> Result<(Vec<String>, bool), OpsError> {
    let query = StreamQuery { prefix: Some(prefix.to_owned()), limit, ..StreamQuery::default() };
    let page = list_streams(store, query).await?;
    Ok((page.items.into_iter().map(|info| info.stream).collect(), page.next.is_some()))
}

/// Returns the categories, with one query for each.
async fn categories(store: &Store, prefix: &str, limit: usize) -> Result<Vec<String>, OpsError> {
    let mut found: Vec<String> = Vec::new();
    let mut after = None;
    if !store.abilities().dense {
        // A list of another program goes on after names that are there only.
        let query = StreamQuery { prefix: Some(prefix.to_owned()), limit, ..StreamQuery::default() };
        found.extend(list_streams(store, query).await?.items.into_iter().map(|info| info.category));
        found.sort_unstable();
        found.dedup();
        return Ok(found);
    }
    while found.len() < limit {
        let query = StreamQuery { prefix: Some(prefix.to_owned()), after, limit: 1, ..StreamQuery::default() };
        let Some(first) = store.streams(query).await?.into_iter().next() else { break };
        // No name contains the highest character. Names without a dash may come before others of their category.
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

async fn failed_events(store: &Store, queries: &QueryBus, prefix: &str) -> Result<Vec<String>, OpsError> {
    let mut found = BTreeSet::new();
    for projection in queries.projections() {
        for model in [ReadModel::live(projection.name()), ReadModel::building(projection.name())] {
            let failed = store.failed_events(model).await?;
            found.extend(failed.into_iter().map(|failed| failed.event_id.to_string()).filter(|id| id.starts_with(prefix)));
        }
    }
    Ok(found.into_iter().collect())
}

async fn types(store: &Store, prefix: &str) -> Result<Vec<String>, OpsError> {
    let mut found = BTreeSet::new();
    let query = if store.has_order().await? { ReadQuery::all().backwards() } else { ReadQuery::all() };
    let mut scan = store.scan_limited(query, LAST_EVENTS);
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter().filter(|event| event.event_type.starts_with(prefix)) {
            if !found.contains(event.event_type) {
                found.insert(event.event_type.to_owned());
            }
        }
    }
    Ok(found.into_iter().collect())
}
