//! The versions and the list of streams. They are not stored: they are read from the indexes of the commits.

use std::collections::HashMap;

use mongodb::bson::Document;
use mongodb::bson::RawDocument;
use mongodb::bson::doc;
use mongodb::options::Hint;

use crate::event::MAX_NAME_BYTES;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents::count;
use crate::store::mongodb::documents::summary;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

/// The number of names in one request.
const NAMES: usize = 1000;

/// Returns the version of a stream.
pub(crate) async fn stream_version(connection: &Connection, stream: &StreamName) -> Result<Version, StoreError> {
    let last = connection.commits.find_one(doc! { "stream": stream.as_str() });
    let last = last.sort(doc! { "first_version": -1 }).projection(doc! { "events": 0 });
    let last = last.await.map_err(connection.failed("cannot read"))?;
    let Some(last) = last else { return Ok(Version::ZERO) };
    let last = summary(&last)?;
    connection.settle(last.head().position).await?;
    Ok(last.version())
}

/// Returns the versions of those of the streams that exist.
pub(crate) async fn versions(connection: &Connection, streams: &[StreamName]) -> Result<Vec<(StreamName, Version)>, StoreError> {
    if let [stream] = streams {
        return Ok(vec![(stream.clone(), stream_version(connection, stream).await?)]);
    }
    let mut found = Vec::new();
    for streams in streams.chunks(NAMES) {
        let names: Vec<&str> = streams.iter().map(StreamName::as_str).collect();
        let last = last_commits(connection, &names).await?;
        connection.settle(last.values().map(|info| info.last_position).max().unwrap_or_default()).await?;
        found.extend(streams.iter().filter_map(|stream| last.get(stream.as_str()).map(|info| (stream.clone(), info.version))));
    }
    Ok(found)
}

/// Returns the last commit of each of these streams: one step of the index for each, however long the streams are.
async fn last_commits(connection: &Connection, names: &[&str]) -> Result<HashMap<String, StreamInfo>, StoreError> {
    let failed = connection.failed("cannot read");
    let first = |field: &str| doc! { "$first": format!("${field}") };
    // In the order of the index `stream_version`, so that the server reads no other commit.
    let pipeline = [
        doc! { "$match": { "stream": { "$in": names } } },
        doc! { "$sort": { "stream": 1, "first_version": -1 } },
        doc! { "$group": {
            "_id": "$stream",
            "first_version": first("first_version"),
            "count": first("count"),
            "first_position": first("_id"),
            "recorded_at": first("recorded_at"),
        } },
    ];
    let mut cursor = connection.commits.aggregate(pipeline).await.map_err(&failed)?;
    let mut found = HashMap::with_capacity(names.len());
    while cursor.advance().await.map_err(&failed)? {
        let info = info_of(cursor.current()).ok_or_else(|| StoreError::integrity("a commit has an invalid value"))?;
        found.insert(info.stream.clone(), info);
    }
    Ok(found)
}

fn info_of(group: &RawDocument) -> Option<StreamInfo> {
    let number = |field| group.get_i64(field).ok().and_then(|number| u64::try_from(number).ok());
    let stream = group.get_str("_id").ok()?.to_owned();
    let more = group.get("count").ok()?.and_then(count)?.checked_sub(1)?;
    Some(StreamInfo {
        category: category_of(&stream).to_owned(),
        stream,
        version: Version(number("first_version")? + more),
        last_position: Position(number("first_position")? + more),
        last_recorded_at: Timestamp::from_micros(group.get_i64("recorded_at").ok()?).ok()?,
        foreign: None,
    })
}

/// Returns streams in the order of their names, which MongoDB compares byte by byte.
pub(crate) async fn streams(connection: &Connection, query: &StreamQuery) -> Result<Vec<StreamInfo>, StoreError> {
    // A category consists of the names `category` and `category-…`, and `.` follows `-`. So both filters are ranges.
    let prefix = query.prefix.as_deref().unwrap_or("");
    let category = query.category.as_deref();
    let lowest = category.map_or(prefix, |category| category.max(prefix));
    // No name is as long as this, so none that starts with the prefix is beyond it.
    let beyond_prefix = format!("{prefix}{}", "\u{10ffff}".repeat(MAX_NAME_BYTES / 4 + 1));
    let beyond = match category {
        Some(category) => format!("{category}.").min(beyond_prefix),
        None => beyond_prefix,
    };
    let mut range = match query.after.as_deref() {
        Some(after) if after >= lowest => doc! { "$gt": after, "$lt": &beyond },
        _ => doc! { "$gte": lowest, "$lt": &beyond },
    };
    let mut found = Vec::new();
    while found.len() < query.limit {
        let limit = (query.limit - found.len()).min(NAMES);
        let names = new_streams(connection, &range, limit).await?;
        let full = names.len() == limit;
        if let Some(last) = names.last() {
            range = doc! { "$gt": last, "$lt": &beyond };
        }
        // The range of a category also contains names such as `category!x`.
        let fits = |name: &&String| category.is_none_or(|category| category == category_of(name)) && name.starts_with(prefix);
        let wanted: Vec<&str> = names.iter().filter(fits).map(String::as_str).collect();
        if !wanted.is_empty() {
            let mut last = last_commits(connection, &wanted).await?;
            found.extend(wanted.iter().filter_map(|name| last.remove(*name)));
        }
        if !full {
            break;
        }
    }
    connection.settle(found.iter().map(|info| info.last_position).max().unwrap_or_default()).await?;
    Ok(found)
}

/// Returns the names of streams from their first commits.
async fn new_streams(connection: &Connection, range: &Document, limit: usize) -> Result<Vec<String>, StoreError> {
    let failed = connection.failed("cannot read");
    let find = || {
        let find = connection.commits.find(doc! { "first_version": 1, "stream": range.clone() });
        find.sort(doc! { "stream": 1 }).projection(doc! { "stream": 1, "_id": 0 }).limit(limit as i64)
    };
    let mut cursor = match find().hint(Hint::Name(collections::INDEX_NEW_STREAM.to_owned())).await {
        Ok(cursor) => cursor,
        // Without the index the server answers all the same, slowly.
        Err(_) => find().await.map_err(&failed)?,
    };
    let mut names = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let name = cursor.current().get_str("stream");
        let name = name.map_err(|_| StoreError::integrity("a commit has an invalid stream"))?;
        names.push(name.to_owned());
    }
    Ok(names)
}
