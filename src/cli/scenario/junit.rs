//! The JUnit report of scenarios: a suite for each file, a test case for each scenario.

use std::io;
use std::path::Path;
use std::time::Duration;

use quick_junit::NonSuccessKind;
use quick_junit::Report;
use quick_junit::TestCase;
use quick_junit::TestCaseStatus;
use quick_junit::TestSuite;

use crate::cli::error::CliError;
use crate::cli::replace_file::Readers;
use crate::cli::replace_file::check_replaceable;
use crate::cli::replace_file::replace;
use crate::cli::replace_file::unwritable;
use crate::cli::scenario::show;
use crate::event::escape_unsafe;
use crate::ops::scenario::Scenario;
use crate::ops::scenario::ScenarioReport;

/// Returns the suite of a file.
pub(super) fn suite(file: &str) -> TestSuite {
    TestSuite::new(&*escape_unsafe(file))
}

/// Adds a scenario with its report and duration; none if it was not run.
pub(super) fn add(suite: &mut TestSuite, file: &str, scenario: &Scenario, ran: Option<(&ScenarioReport, Duration)>) {
    let failed = ran.and_then(|(report, _)| report.failed.as_ref());
    let status = match failed {
        _ if ran.is_none() => TestCaseStatus::skipped(),
        None => TestCaseStatus::success(),
        Some(failed) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            // XML cannot represent most control characters.
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

/// Checks before the run that the report can be written, and changes nothing.
///
/// # Errors
/// The file cannot be written (2, 6, 7).
pub(super) fn check(path: &Path) -> Result<(), CliError> {
    check_replaceable(path).map_err(|error| failed(path, &error))
}

/// Writes the report.
///
/// # Errors
/// The file cannot be written (2, 6, 7).
pub(super) fn write(path: &Path, suites: Vec<TestSuite>) -> Result<(), CliError> {
    let mut report = Report::new("esctl scenarios");
    report.add_test_suites(suites);
    let xml = report.to_string().map_err(|error| failed(path, &io::Error::other(error)))?;
    replace(path, xml.as_bytes(), Readers::Usual).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> CliError {
    let made = unwritable("the report", path, error);
    match made.failure.hint {
        Some(_) => made,
        None => made.hint("pass --junit a file in a folder that exists"),
    }
}
