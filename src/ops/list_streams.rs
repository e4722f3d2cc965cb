//! Lists of streams, in pages.

use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::store::Store;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// Lists the next streams after a name.
pub async fn list_streams(store: &Store, mut query: StreamQuery) -> Result<ListPage<StreamInfo>, OpsError> {
    let limit = query.limit;
    query.limit = limit.saturating_add(1);
    let streams = store.streams(query).await?;
    Ok(ListPage::of(streams, limit, |stream| stream.stream.clone()))
}
