//! Durations: `5m`, `1h30m`, `90s`.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Span;
use jiff::SpanRelativeTo;

use crate::cli::when::error::WhenError;

/// The hint of an error about a duration.
pub const DURATION_FORM: &str = "write it like 90s, 5m, 1h30m or 250ms";

/// Parses a duration: `5m`, `1h30m`, `90s`, `250ms`, `2 days`. A day has 24 hours.
///
/// # Errors
/// The text is a bare number, is empty or negative, has months or years (which have no fixed length), or is not a duration.
pub fn parse_duration(text: &str) -> Result<Duration, WhenError> {
    let form = DURATION_FORM;
    let word = text.trim();
    if word.is_empty() {
        return Err(WhenError::new(text, "is not a duration", form));
    }
    if word.parse::<f64>().is_ok_and(f64::is_finite) {
        let error = WhenError::new(text, "is a duration without a unit", form);
        let seconds = format!("{word}s");
        return Err(if parse_duration(&seconds).is_ok() { error.suggest(vec![seconds]) } else { error });
    }
    if word.ends_with("ago") {
        return Err(WhenError::new(text, "is a time, expected a duration", form));
    }
    let span: Span = word.parse().map_err(|_| WhenError::new(text, "is not a duration", form))?;
    if span.is_negative() {
        return Err(WhenError::new(text, "is negative", form));
    }
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(WhenError::new(text, "has no fixed length", "count in weeks, days or hours"));
    }
    let whole: Result<SignedDuration, _> = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let whole = whole.ok().and_then(|whole| Duration::try_from(whole).ok());
    whole.ok_or_else(|| WhenError::new(text, "is too long", form))
}
