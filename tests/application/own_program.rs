//! The application's own esctl: this test program, run again.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use esctl::cli::Program;
use esctl::domain::Access;
use serde_json::Value;

use crate::application::domain::MailDomains;
use crate::application::domain::user_domain;
use crate::common::Esctl;
use crate::common::Output;

/// The arguments of the run, as a JSON array.
const ARGUMENTS: &str = "ESCTL_TEST_OWN_ARGUMENTS";
/// Set where the domain of the application declares no access.
pub const UNDECLARED: &str = "ESCTL_TEST_UNDECLARED";
/// The line after which the output is that of the program.
const BEGIN: &str = "=== own esctl ===\n";

/// Not a test by itself: run by [`own`], it is the program.
#[test]
fn is_the_program_when_it_is_asked_to_be() {
    let Ok(arguments) = env::var(ARGUMENTS) else { return };
    let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
    print!("{BEGIN}");
    let declared = env::var_os(UNDECLARED).is_none();
    let user = if declared { user_domain().with_access(Access::OPEN) } else { user_domain() };
    let program = Program::new().domain(user).projection(MailDomains);
    let code = program.run(arguments.into_iter().map(OsString::from));
    std::process::exit(code.into());
}

/// The application's own esctl on the store, still to be run.
pub fn own_command(esctl: &Esctl, args: &[&str]) -> Command {
    let mut line = vec!["esctl", "--store", &esctl.place.url];
    line.extend(args);
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "application::own_program::is_the_program_when_it_is_asked_to_be",
        "--exact",
        "--nocapture",
        "--test-threads=2",
    ]);
    command.env_clear().env("TZ", "UTC").env("HOME", esctl.dir.path()).env("ESCTL_CLIENT", "ann");
    command.env(ARGUMENTS, serde_json::to_string(&line).unwrap()).current_dir(esctl.dir.path());
    command
}

/// Runs the application's own esctl on the store.
pub fn own(esctl: &Esctl, args: &[&str]) -> Output {
    let output = own_command(esctl, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let stdout = text(output.stdout);
    let (_, stdout) = stdout.split_once(BEGIN).unwrap_or_else(|| panic!("{args:?}: {stdout}"));
    Output { stdout: stdout.to_owned(), stderr: text(output.stderr), code: output.status.code().unwrap() }
}

/// Runs a command of it that must succeed; its JSON.
#[track_caller]
pub fn own_json(esctl: &Esctl, args: &[&str]) -> Value {
    let output = own(esctl, &[args, &["-o", "json"]].concat());
    assert_eq!(output.code, 0, "{args:?}: {output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}
