//! Iteration over a list of the store, page by page, in constant memory.

use std::collections::VecDeque;
use std::future::Future;

use crate::store::RowQuery;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// The number of items in a page.
const PAGE: usize = 500;

/// A query whose answer is a list.
pub(crate) trait ListQuery: Clone + Send {
    type Item: Send;

    /// Reads at most `limit` items.
    fn ask(self, store: &Store, limit: usize) -> impl Future<Output = Result<Vec<Self::Item>, StoreError>> + Send;

    /// Continues after this item.
    fn go_on_after(&mut self, item: &Self::Item);
}

/// An iteration in progress.
pub(crate) struct Pages<Q: ListQuery> {
    store: Store,
    query: Q,
    page: VecDeque<Q::Item>,
    end: bool,
}

impl<Q: ListQuery> Pages<Q> {
    /// Begins before the first item. The limit of the query is ignored.
    pub(crate) fn of(store: &Store, query: Q) -> Self {
        Self { store: store.clone(), query, page: VecDeque::new(), end: false }
    }

    /// Returns the next item; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Q::Item>, StoreError> {
        if self.page.is_empty() && !self.end {
            self.page = self.query.clone().ask(&self.store, PAGE).await?.into();
            self.end = self.page.len() < PAGE;
            if let Some(last) = self.page.back() {
                self.query.go_on_after(last);
            }
        }
        Ok(self.page.pop_front())
    }
}

impl ListQuery for StreamQuery {
    type Item = StreamInfo;

    async fn ask(self, store: &Store, limit: usize) -> Result<Vec<StreamInfo>, StoreError> {
        store.streams(Self { limit, ..self }).await
    }

    fn go_on_after(&mut self, item: &StreamInfo) {
        self.after = Some(item.stream.clone());
        self.token = item.foreign.as_ref().map(|foreign| foreign.place.clone());
    }
}

impl ListQuery for SnapshotQuery {
    type Item = SnapshotInfo;

    async fn ask(self, store: &Store, limit: usize) -> Result<Vec<SnapshotInfo>, StoreError> {
        store.snapshots(Self { limit, ..self }).await
    }

    fn go_on_after(&mut self, item: &SnapshotInfo) {
        self.after = Some((item.stream.to_string(), item.reducer.clone(), item.version));
    }
}

impl ListQuery for RowQuery {
    /// The key, and the row.
    type Item = (String, String);

    async fn ask(self, store: &Store, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        store.query_rows(Self { limit, ..self }).await
    }

    fn go_on_after(&mut self, (key, _): &(String, String)) {
        self.after = Some(key.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ListQuery;
    use super::PAGE;
    use super::Pages;
    use crate::store;
    use crate::store::Store;
    use crate::store::StoreError;
    use crate::store::StoreUrl;

    /// The numbers from the first one up to, but without, the second one.
    #[derive(Clone)]
    struct Numbers(usize, usize);

    impl ListQuery for Numbers {
        type Item = usize;

        async fn ask(self, _: &Store, limit: usize) -> Result<Vec<usize>, StoreError> {
            Ok((self.0..self.1).take(limit).collect())
        }

        fn go_on_after(&mut self, item: &usize) {
            self.0 = item + 1;
        }
    }

    #[tokio::test]
    async fn each_item_comes_once_and_in_order_wherever_a_page_ends() {
        let store = store::open(&StoreUrl::SqliteMemory, Duration::from_secs(5)).unwrap();
        for count in [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1] {
            let mut pages = Pages::of(&store, Numbers(0, count));
            let mut found = Vec::new();
            while let Some(number) = pages.next().await.unwrap() {
                found.push(number);
            }
            assert_eq!(found, (0..count).collect::<Vec<_>>());
            assert_eq!(pages.next().await.unwrap(), None);
        }
    }
}
