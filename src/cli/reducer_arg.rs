//! The value of `--reducer`: its help and its parsing.

use crate::aggregate::GENERIC_REDUCERS;
use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::ops::Reducer;

/// Returns the help of `--reducer`, with the reducer that is used without it.
pub(super) fn reducer_help(default: &str) -> String {
    let generic = GENERIC_REDUCERS.join(", ");
    format!("Reducer that folds the events: a domain, {generic}, 'jq: PROGRAM' or @FILE.jq [default: {default}]")
}

/// Returns the reducer that `--reducer` names, or runs as a jq program; without a value the category's own.
pub(super) fn reducer(app: &App, text: Option<&str>) -> Result<Reducer, CliError> {
    let Some(text) = text else { return Ok(Reducer::Own) };
    if text.starts_with('@') {
        return Ok(Reducer::Jq(jq::program(&app.out, text)?));
    }
    if let Some(program) = text.strip_prefix("jq:") {
        return Ok(Reducer::Jq(jq::program(&app.out, program)?));
    }
    let names = Reducer::names();
    Reducer::named(text).ok_or_else(|| {
        let error = CliError::usage(format!(
            "no reducer \"{text}\"; expected one of {}, or a jq program as 'jq: PROGRAM' or @FILE",
            names.join(", ")
        ));
        error.code("unknown_reducer").did_you_mean(text, names)
    })
}
