//! The esctl binary: runs the command line and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(esctl::cli::main(std::env::args_os()))
}
