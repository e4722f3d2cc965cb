//! The edge: what people and scripts type, what they read back, and the code the program ends with.
//!
//! Parsing, printing and nothing else; what is done in between lives in the layers above.

pub mod app;
pub mod args;
mod as_of;
#[cfg(feature = "bench")]
mod bench;
#[cfg(not(feature = "bench"))]
#[path = "absent/bench.rs"]
mod bench;
mod bisect;
mod caveats;
mod commands;
mod complete;
mod completions;
pub mod config;
mod context;
mod demo;
mod doc;
mod domain_verb;
pub mod error;
pub mod exit;
pub mod failure;
mod file_mode;
mod future;
mod game;
pub mod generated;
mod help;
mod init;
pub mod input;
mod jq;
pub mod lines;
mod man;
mod open_files;
pub mod output;
mod pages;
mod panic;
mod patch;
mod program;
mod projection;
mod quarantine;
mod repeat;
mod replay;
mod resource;
mod scenario;
mod scratch_area;
mod selection;
mod selftest;
#[cfg(feature = "server")]
mod serve;
#[cfg(not(feature = "server"))]
#[path = "absent/serve.rs"]
mod serve;
mod shell;
mod signals;
mod snapshot;
mod stats;
mod stream;
mod trace;
#[cfg(feature = "ui")]
mod ui;
#[cfg(not(feature = "ui"))]
#[path = "absent/ui.rs"]
mod ui;
mod usage;
mod values;
mod verify;
pub mod when;
mod write;
mod write_record;
mod written;

pub use app::App;
pub use args::Cli;
pub use error::CliError;
pub use error::nearest;
pub use output::Output;
pub use program::Program;

use std::ffi::OsString;
use std::pin::pin;
use std::sync::Arc;

use clap::error::ErrorKind;
use tokio::runtime::Builder;

use crate::cli::commands::Command;
use crate::cli::write_record::WriteRecord;
use crate::jq::LARGE_STACK;
use crate::jq::on_a_large_stack;
use crate::jq::this_stack_is_large;

/// Threads for what cannot be awaited, such as looking up names of hosts. Each has a large stack, of which little is used.
const BLOCKING_THREADS: usize = 16;

/// Runs the command line of esctl as it is, and returns the exit code. Results and errors have been printed.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    Program::new().run(arguments)
}

/// Runs the command line with the domains that are installed.
fn run_command_line(arguments: Vec<OsString>) -> u8 {
    panic::report_as_bug();
    if let Some(code) = complete::answer(&arguments) {
        return code;
    }
    let parsed = args::command_here().try_get_matches_from(&arguments).and_then(|matches| Ok((args::parsed(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            // The help names every variable, also an empty one.
            return usage::answer(args::command().try_get_matches_from(&arguments).err().unwrap_or(error), &arguments);
        }
        Err(error) => return usage::answer(error, &arguments),
    };
    let app = match App::new(cli.globals, &matches, &arguments, &cli.command) {
        Ok(app) => app,
        Err((settings, error)) => return end(&Output::new(settings), None, Err(error)),
    };
    let command = cli.command;
    if let Err(error) = refuse_client(&command, &app) {
        return end(&app.out, None, Err(error));
    }
    // jq programs want room.
    let result = on_a_large_stack(|| run(command, &app));
    let result = result.unwrap_or_else(|error| Err(CliError::unavailable("the program cannot start a thread").caused_by(&error)));
    end(&app.out, Some(&app.record), result)
}

/// Refuses `--client` where nothing is recorded: it looks like a filter there, and would filter nothing.
fn refuse_client(command: &Command, app: &App) -> Result<(), CliError> {
    let Some(client) = app.typed.client_flag().filter(|_| command.only_reads()) else { return Ok(()) };
    let error = CliError::usage("--client names who records events, and this command only reads").code("client_not_used");
    Err(match command.filters_by_client() {
        true => error.hint(format!("--by {client} shows only the events that this client recorded")),
        false => error.hint("leave it out; 'esctl stream read --all --by ID' shows only the events that a client recorded"),
    })
}

/// Runs a command to its end, or until somebody interrupts it.
fn run(command: Command, app: &App) -> Result<(), CliError> {
    let runtime = if command.has_many_clients() { many_threads() } else { Builder::new_current_thread() }.enable_all().build();
    let runtime = runtime.map_err(|error| CliError::unavailable("the program cannot start its runtime").caused_by(&error))?;
    let tidies_up = command.tidies_up();
    let after_interrupt = command.after_interrupt();
    let record = Arc::clone(&app.record);
    let told = move |signal: CliError| match (record.interrupted(signal), after_interrupt) {
        (error, Some(hint)) if error.details.get("outcome").is_some_and(|outcome| outcome == "none") => error.hint(hint),
        (error, _) => error,
    };
    runtime.block_on(async { signals::size_limit_is_an_error() });
    signals::take(app.out.settings().clone(), tidies_up.unwrap_or(1), told.clone());
    if tidies_up.is_some() {
        // It looks for signals itself.
        return runtime.block_on(commands::run(command, app));
    }
    runtime.block_on(async {
        let mut command = pin!(commands::run(command, app));
        tokio::select! {
            // A signal that came before counts first.
            biased;
            signal = signals::interrupted() => {
                signals::await_write_in_flight(app, command).await;
                Err(told(signal))
            }
            result = &mut command => result,
        }
    })
}

/// For work that many wait for: a thread for each processor, with room for jq programs.
fn many_threads() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.thread_stack_size(LARGE_STACK).on_thread_start(this_stack_is_large).max_blocking_threads(BLOCKING_THREADS);
    builder
}

/// Writes what is left to write, shows the error, and gives the code.
fn end(out: &Output, record: Option<&WriteRecord>, result: Result<(), CliError>) -> u8 {
    // What was printed before an error still goes out; the error counts.
    let result = match (result, out.finish()) {
        (Ok(()), finished) => finished,
        (failed, _) => failed,
    };
    match result {
        Ok(()) => exit::DONE,
        Err(error) => {
            signals::claim_the_last_word();
            let error = record.map_or(error.clone(), |record| record.explain(error));
            out.error(&error);
            error.exit
        }
    }
}
