//! The check that a projection exists.

use crate::cli::error::CliError;
use crate::runtime::QueryBus;

/// Checks that a projection has this name.
pub(super) fn known(queries: &QueryBus, name: &str) -> Result<(), CliError> {
    let names = || queries.projections().iter().chain(queries.of_applications()).map(|projection| projection.name());
    if names().any(|known| known == name) {
        return Ok(());
    }
    if queries.unreadable().iter().any(|unreadable| unreadable.name == name) {
        queries.projection(name)?;
    }
    let error = CliError::not_found(format!("no projection \"{name}\"")).code("projection_not_found");
    let all: Vec<_> = names().collect();
    Err(error.hint(format!("there are: {}", all.join(", "))).with("projection", name).did_you_mean(name, all))
}
