//! What can be done with an event store: one use case a file, typed input → typed report.
//!
//! Nothing here knows a terminal, an environment or a clock. The command line and the server parse,
//! call one of these, and render what comes back.

pub mod append_events;
pub mod bench;
pub mod error;
pub mod list_resources;
pub mod list_streams;
pub mod read_events;
pub mod resource_history;
pub mod show_resource;
pub mod show_stream;
pub mod tail_events;

pub use error::OpsError;

/// A page of a list; `next` is what to go on after, if there is more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListPage<T> {
    /// The items.
    pub items: Vec<T>,
    /// The key of the last item, if there are more.
    pub next: Option<String>,
}

impl<T> ListPage<T> {
    /// A page of at most `limit` of the items, of which one more than that was asked for.
    pub(crate) fn of(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(key);
        Self { items, next }
    }
}
