//! The domains and projections of the application that this program is part of.
//!
//! They are part of the program like the built-in ones, so the whole process knows them. The `with` method of a bus
//! adds others to that bus only.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::aggregate::Projection;
use crate::domain::untyped::Domain;

static INSTALLED: RwLock<Installed> = RwLock::new(Installed { domains: Vec::new(), projections: Vec::new() });

/// The domains and projections of an application.
#[derive(Clone, Default)]
pub struct Installed {
    /// The domains, with their read models.
    pub domains: Vec<Domain>,
    /// Projections that are not read models of the domains.
    pub projections: Vec<Arc<dyn Projection>>,
}

/// Registers the domains and projections of an application in this process. They replace those registered before.
pub fn install(own: Installed) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = own;
}

/// Returns the registered domains and projections.
pub(super) fn installed() -> Installed {
    INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns the registered domain of a category.
pub(super) fn of_category(category: &str) -> Option<Domain> {
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    installed.domains.iter().find(|domain| domain.category == category).cloned()
}
