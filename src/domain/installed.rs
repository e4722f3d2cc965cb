//! The domains and projections of the application that this program is part of.
//!
//! They belong to the program as those of esctl do, so they are known to the whole process. A bus that is made for one purpose can
//! be given others with its own `with`.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::aggregate::Projection;
use crate::domain::Domain;

static INSTALLED: RwLock<Installed> = RwLock::new(Installed { domains: Vec::new(), projections: Vec::new() });

/// The domains and projections of an application.
#[derive(Clone, Default)]
pub struct Installed {
    /// Domains, with their read models.
    pub domains: Vec<Domain>,
    /// Projections besides the read models of the domains.
    pub projections: Vec<Arc<dyn Projection>>,
}

/// Makes the domains and projections of an application known to this process, in the place of those that were installed before.
pub fn install(own: Installed) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = own;
}

/// Returns what is installed.
pub(super) fn installed() -> Installed {
    INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone()
}
