//! The error for an event that a projection failed to apply.

use crate::cli::error::CliError;
use crate::runtime::RuntimeError;
use crate::runtime::is_built_in;

/// Returns the error for an event at which a projection is stopped, with what to do about it.
pub(super) fn failed_to_apply(error: RuntimeError, name: &str) -> CliError {
    let error = CliError::from(error).with("projection", name);
    let mut hint = format!("run 'esctl projection errors {name}' to see it, with --retry ID to retry it or --skip ID to skip it");
    if !is_built_in(name) {
        hint.push_str(&format!("; or change its programs with 'esctl projection create {name} … --replace'"));
    }
    error.hint(hint)
}
