//! The lists of domains and projections of this program.

use std::sync::Arc;
use std::sync::LazyLock;

use crate::aggregate::Projection;
use crate::domain::access::Access;
use crate::domain::document;
use crate::domain::game;
use crate::domain::installed;
use crate::domain::resource;
use crate::domain::untyped::Domain;

/// The built-in domains. A new one is a new folder and one line here.
static BUILT_IN: LazyLock<[Domain; 3]> = LazyLock::new(|| {
    [
        Domain::of(resource::RESOURCES).with_access(resource::ACCESS),
        Domain::of(document::DOCUMENTS).with_access(Access::OPEN),
        Domain::of(game::GAMES).with_access(game::ACCESS),
    ]
});

/// Returns the built-in domains.
pub fn built_in() -> Vec<Domain> {
    BUILT_IN.to_vec()
}

/// Returns the domains of the application.
pub fn of_application() -> Vec<Domain> {
    installed::installed().domains
}

/// Returns the projections of the application that are not read models of its domains.
pub fn projections_of_application() -> Vec<Arc<dyn Projection>> {
    installed::installed().projections
}

/// Returns every domain of this program: the built-in ones, followed by those of the application.
pub fn all() -> Vec<Domain> {
    let mut all = built_in();
    all.extend(of_application());
    all
}

/// Returns every projection of this program: the read models of all domains, followed by other projections of the
/// application.
pub fn projections() -> Vec<Arc<dyn Projection>> {
    let of_domains = all().into_iter().filter_map(|domain| domain.projection);
    of_domains.chain(projections_of_application()).collect()
}

/// Returns the domain of a category.
pub fn of_category(category: &str) -> Option<Domain> {
    // No list is built: this is asked for each event that a server shows.
    let built_in = BUILT_IN.iter().find(|domain| domain.category == category).cloned();
    built_in.or_else(|| installed::of_category(category))
}
