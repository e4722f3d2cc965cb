//! A page of a list, with its caveats.

use crate::ops::broken::BrokenStream;
use crate::ops::caveat::ListCaveat;

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
