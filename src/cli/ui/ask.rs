//! Requests of the pages → use cases.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::ui::model::Reply;
use crate::cli::ui::model::Request;
use crate::cli::ui::model::STREAMS_AT_ONCE;
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

/// Whom to ask. Cheap to clone.
#[derive(Clone)]
pub(super) struct Asker {
    store: Store,
    clock: Clock,
}

impl Asker {
    pub(super) fn new(app: &App, store: &Store) -> Self {
        Self { store: store.clone(), clock: app.clock() }
    }

    /// Where the store ends; or why that cannot be said, in words.
    pub(super) async fn head(self) -> Result<HeadReport, String> {
        store_head(&self.store).await.map_err(in_words)
    }

    /// What a page wants to know; or why that cannot be said, in words.
    pub(super) async fn ask(self, request: Request) -> Result<Reply, String> {
        self.answer(request).await.map_err(in_words)
    }

    async fn answer(self, request: Request) -> Result<Reply, OpsError> {
        let store = &self.store;
        Ok(match request {
            Request::Streams { prefix, after } => {
                let prefix = (!prefix.is_empty()).then_some(prefix);
                let query = StreamQuery { category: None, prefix, after, limit: STREAMS_AT_ONCE };
                Reply::Streams(list_streams(store, query).await?)
            }
            Request::Events(input) => Reply::Events(browse_events(store, &input).await?),
            Request::State(stream, version) => Reply::State(Box::new(state_at(store, &stream, version).await?)),
            Request::Projections => {
                // Each time: projections that the store keeps come and go.
                let queries = QueryBus::open(store.clone(), self.clock.clone()).await?;
                Reply::Projections(projection_status(store, &queries, None, (self.clock)()).await?)
            }
        })
    }
}

/// An error in one line.
fn in_words(error: OpsError) -> String {
    let error = CliError::from(error);
    [vec![error.message], error.causes].concat().join(": ")
}
