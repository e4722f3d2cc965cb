//! Lists of streams, in pages.

use crate::ops::ListPage;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::store::Store;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// Lists the next streams after a name.
pub async fn list_streams(store: &Store, mut query: StreamQuery) -> Result<ListPage<StreamInfo>, OpsError> {
    let limit = query.limit;
    query.limit = limit.saturating_add(1);
    let streams = store.streams(query).await?;
    let mut page = ListPage::of(streams, limit, |stream| stream.stream.clone());
    page.broken = page.items.iter().filter_map(damaged).collect();
    Ok(page)
}

/// Returns a stream of another program whose last event cannot be read. It is listed with what is known.
fn damaged(info: &StreamInfo) -> Option<BrokenStream> {
    let message = info.foreign.as_ref()?.damage.clone()?;
    Some(BrokenStream { stream: info.stream.clone(), position: None, code: "store_damaged", message })
}
