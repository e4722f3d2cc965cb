//! The esctl binary: run the command line, end with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(esctl::cli::main(std::env::args_os()))
}
