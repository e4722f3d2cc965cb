//! Answers requests of the pages with use cases.

use crate::cli::app::App;
use crate::cli::ui::model::PageReply;
use crate::cli::ui::model::PageRequest;
use crate::cli::ui::model::STREAMS_AT_ONCE;
use crate::ops::Failure;
use crate::ops::OpsError;
use crate::ops::browse::HeadReport;
use crate::ops::browse::browse_events;
use crate::ops::browse::state_at;
use crate::ops::browse::store_head;
use crate::ops::list_streams::list_streams;
use crate::ops::projections::status::projection_status;
use crate::runtime::Clock;
use crate::runtime::QueryBus;
use crate::store::Store;
use crate::store::StreamQuery;

/// Reads from the store for the pages. Cheap to clone.
#[derive(Clone)]
pub(super) struct StoreReader {
    store: Store,
    clock: Clock,
}

impl StoreReader {
    pub(super) fn new(app: &App, store: &Store) -> Self {
        Self { store: store.clone(), clock: app.clock() }
    }

    /// Returns the head of the store, or the reason in words if it is unavailable.
    pub(super) async fn head(self) -> Result<HeadReport, String> {
        store_head(&self.store).await.map_err(in_words)
    }

    /// Returns the answer to a page, or the reason in words if there is none.
    pub(super) async fn ask(self, request: PageRequest) -> Result<PageReply, String> {
        self.answer(request).await.map_err(in_words)
    }

    async fn answer(self, request: PageRequest) -> Result<PageReply, OpsError> {
        let store = &self.store;
        Ok(match request {
            PageRequest::Streams { prefix, after } => {
                let prefix = (!prefix.is_empty()).then_some(prefix);
                let query = StreamQuery { prefix, after, limit: STREAMS_AT_ONCE, ..StreamQuery::default() };
                PageReply::Streams(list_streams(store, query).await?)
            }
            PageRequest::Events(input) => PageReply::Events(browse_events(store, &input).await?),
            PageRequest::State(stream, version) => PageReply::State(Box::new(state_at(store, &stream, version).await?)),
            PageRequest::Projections => {
                // Opened each time, because stored projections come and go.
                let queries = QueryBus::open(store.clone(), self.clock.clone()).await?;
                PageReply::Projections(projection_status(store, &queries, None, (self.clock)()).await?)
            }
        })
    }
}

/// Returns an error in one line.
fn in_words(error: OpsError) -> String {
    let failure = Failure::from(error);
    [vec![failure.message], failure.causes].concat().join(": ")
}
