//! Reads the files of scenarios, and reports mistakes with their position.

use std::path::Path;

use serde_json::json;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::error::nearest;
use crate::cli::input::InputSource;
use crate::ops::scenario::Scenario;
use crate::ops::scenario::ScenarioError;
use crate::ops::scenario::read_scenarios;

/// The size limit of one file.
const MAX_BYTES: usize = 4 << 20;
/// The maximum number of mistakes in one message.
const MAX_SHOWN: usize = 20;

/// A file and its scenarios.
pub(super) struct File {
    pub(super) name: String,
    pub(super) scenarios: Vec<Scenario>,
}

/// Reads files; `annotate` marks mistakes for GitHub as well.
///
/// # Errors
/// A file cannot be read (3, 6, 7), or files have mistakes (2). The error lists all mistakes with file, line and column.
pub(super) fn read(app: &App, names: &[String], annotate: bool) -> Result<Vec<File>, CliError> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        let source = InputSource::of_file(name);
        let name = source.name().into_owned();
        match read_scenarios(&source.read_text(MAX_BYTES)?) {
            Ok(scenarios) => files.push(File { name, scenarios }),
            Err(found) => problems.extend(found.into_iter().map(|problem| (name.clone(), problem))),
        }
    }
    if problems.is_empty() {
        return Ok(files);
    }
    if annotate {
        for (file, problem) in &problems {
            app.out.github_error(Path::new(file), problem.location.line, "scenario", &described(problem));
        }
    }
    Err(unreadable(&problems))
}

/// Returns the message about a mistake, with the nearest correct word.
fn described(problem: &ScenarioError) -> String {
    match near(problem) {
        Some(near) => format!("{} (did you mean {near}?)", problem.message),
        None => problem.message.clone(),
    }
}

fn near(problem: &ScenarioError) -> Option<&str> {
    nearest(&problem.word, problem.candidates.iter().map(String::as_str))
}

fn unreadable(problems: &[(String, ScenarioError)]) -> CliError {
    // For a single mistake, the hint has the nearest correct word.
    let say = |problem: &ScenarioError| if problems.len() == 1 { problem.message.clone() } else { described(problem) };
    let lines = problems
        .iter()
        .take(MAX_SHOWN)
        .map(|(file, problem)| format!("{file}:{}:{}: {}", problem.location.line, problem.location.column, say(problem)));
    let mut lines: Vec<String> = lines.collect();
    if problems.len() > MAX_SHOWN {
        lines.push(format!("and {} more", problems.len() - MAX_SHOWN));
    }
    let details = problems.iter().take(MAX_SHOWN).map(|(file, problem)| {
        let (line, column) = (problem.location.line, problem.location.column);
        json!({"file": file, "line": line, "column": column, "message": problem.message, "near": near(problem)})
    });
    let error = CliError::usage(lines.join("\n")).code("bad_scenario").with("problems", details.collect::<Vec<_>>());
    match problems {
        [(_, problem)] => error.did_you_mean(&problem.word, problem.candidates.iter().map(String::as_str)),
        _ => error,
    }
}
