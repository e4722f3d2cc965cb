//! Scenarios as a JUnit report: a suite for each file, a test case for each scenario.

use std::error::Error;
use std::fs;
use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use quick_junit::NonSuccessKind;
use quick_junit::Report;
use quick_junit::TestCase;
use quick_junit::TestCaseStatus;
use quick_junit::TestSuite;

use crate::cli::error::CliError;
use crate::cli::scenario::show;
use crate::event::escape_unsafe;
use crate::ops::scenario::Scenario;
use crate::ops::scenario::ScenarioReport;

/// The suite of a file.
pub(super) fn suite(file: &str) -> TestSuite {
    TestSuite::new(&*escape_unsafe(file))
}

/// Adds a scenario that was run, and how long that took; none: it was not run.
pub(super) fn add(suite: &mut TestSuite, file: &str, scenario: &Scenario, ran: Option<(&ScenarioReport, Duration)>) {
    let failed = ran.and_then(|(report, _)| report.failed.as_ref());
    let status = match failed {
        _ if ran.is_none() => TestCaseStatus::skipped(),
        None => TestCaseStatus::success(),
        Some(failed) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            // XML has no way to write most control characters.
            status.set_message(&*escape_unsafe(&show::place(file, failed))).set_description(show::lines(failed));
            status
        }
    };
    let mut case = TestCase::new(&*escape_unsafe(&scenario.name), status);
    case.set_classname(&*escape_unsafe(file));
    case.extra.insert("file".into(), (&*escape_unsafe(file)).into());
    let line = failed.map_or(scenario.line, |failed| failed.line);
    case.extra.insert("line".into(), line.to_string().into());
    if let Some((_, took)) = ran {
        case.set_time(took);
    }
    suite.add_test_case(case);
}

/// Finds out before anything is run whether the report can be written, and changes nothing.
///
/// # Errors
/// It cannot (6).
pub(super) fn check(path: &Path) -> Result<(), CliError> {
    let written = match fs::symlink_metadata(path) {
        Ok(_) => OpenOptions::new().write(true).open(path).map(drop),
        // Beside where it will be.
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            tempfile::tempfile_in(folder).map(drop)
        }
    };
    written.map_err(|error| unwritable(path, &error))
}

/// Writes the report.
///
/// # Errors
/// The file cannot be written (6).
pub(super) fn write(path: &Path, suites: Vec<TestSuite>) -> Result<(), CliError> {
    let mut report = Report::new("esctl scenarios");
    report.add_test_suites(suites);
    let xml = report.to_string().map_err(|error| unwritable(path, &error))?;
    fs::write(path, xml).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, cause: &dyn Error) -> CliError {
    let error = CliError::unavailable(format!("cannot write the report {}", path.display())).code("file_not_writable");
    error.hint("--junit names a file in a folder that is there").caused_by(cause)
}
