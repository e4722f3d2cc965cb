//! The limits of a check, in their order.

use std::fmt::Display;

use crate::cli::error::CliError;

/// Checks that the critical limit is not below that of a warning.
///
/// # Errors
/// A usage error that names both, if `is_below` is true.
pub(super) fn check_limits<T: Display + Copy>(
    warn: Option<T>,
    crit: Option<T>,
    is_below: impl Fn(T, T) -> bool,
) -> Result<(), CliError> {
    match (warn, crit) {
        (Some(warn), Some(crit)) if is_below(crit, warn) => {
            let error = CliError::usage(format!("--crit {crit} is below --warn {warn}")).code("limits_reversed");
            Err(error.hint(format!("exchange the two values: --warn {crit} --crit {warn}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check_limits;

    #[test]
    fn a_critical_limit_below_that_of_a_warning_is_refused_with_both_values() {
        let check = |warn, crit| check_limits(warn, crit, |crit: u64, warn| crit < warn).map_err(|error| error.to_string());
        for (warn, crit) in [(None, None), (Some(5), None), (None, Some(5)), (Some(5), Some(5)), (Some(5), Some(6))] {
            assert_eq!(check(warn, crit), Ok(()), "{warn:?} {crit:?}");
        }
        assert_eq!(check(Some(1000), Some(10)), Err("--crit 10 is below --warn 1000".to_owned()));
    }
}
