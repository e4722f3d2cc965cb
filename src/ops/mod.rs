//! The use cases of an event store: one use case a file, from typed input to typed report.
//!
//! They do not know terminal, environment or clock. The command line and the server parse, call a use case, and render its report.

pub mod append_events;
#[cfg(feature = "bench")]
pub mod bench;
pub mod bisect;
mod broken;
pub mod browse;
mod caveat;
mod changes;
mod condition;
mod cursor;
pub mod demo;
pub mod documents;
pub mod error;
mod event_filter;
pub mod events_page;
pub mod failure;
pub mod future;
pub mod games;
pub mod init_store;
mod late;
mod list_at;
pub mod list_resources;
pub mod list_streams;
pub mod names;
mod not_found;
mod pages;
pub mod projections;
pub mod quarantine;
pub mod read_events;
mod reducer;
pub mod replay;
pub mod resource_history;
pub mod scenario;
mod selection;
pub mod selftest;
pub mod show_resource;
pub mod show_stream;
pub mod snapshots;
pub mod stats;
mod suggest;
pub mod tail_events;
pub mod trace;
pub mod verify;

pub use broken::BrokenStream;
pub use caveat::ListCaveat;
pub use changes::Change;
pub use condition::Condition;
pub(crate) use cursor::check_cursor;
pub use error::OpsError;
pub use event_filter::EventFilter;
pub use failure::CURSOR_BEYOND_END;
pub use failure::Failure;
pub use failure::FailureKind;
pub use not_found::must_exist;
pub use reducer::Reducer;
pub use selection::Selection;
pub use suggest::nearest;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ListPage<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The key of the last item, if there are more.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub next: Option<String>,
    /// Streams that are left out because their events failed to apply; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenStream>,
    /// The caveats of the items.
    pub caveats: Vec<ListCaveat>,
}

impl<T> ListPage<T> {
    /// Returns a page without caveats.
    pub(crate) fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next, broken: Vec::new(), caveats: Vec::new() }
    }

    /// Returns the page with converted items.
    pub(crate) fn map<U>(self, item: impl FnMut(T) -> U) -> ListPage<U> {
        let Self { items, next, broken, caveats } = self;
        ListPage { items: items.into_iter().map(item).collect(), next, broken, caveats }
    }

    /// Returns a page of at most `limit` items. The list has one item more if there are further pages.
    pub(crate) fn of(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(key);
        Self::new(items, next)
    }
}
