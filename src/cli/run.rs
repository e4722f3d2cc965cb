//! Runs a command line: parses it, runs the command on its runtime, and handles signals.

use std::ffi::OsString;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;

use clap::ArgMatches;
use tokio::runtime::Builder;

use crate::cli::app::App;
use crate::cli::app::Invocation;
use crate::cli::args;
use crate::cli::await_writes::await_write_in_flight;
use crate::cli::check::prevented;
use crate::cli::commands;
use crate::cli::commands::Command;
use crate::cli::complete;
use crate::cli::end::end;
use crate::cli::end::report;
use crate::cli::error::CliError;
use crate::cli::globals;
use crate::cli::globals::Globals;
use crate::cli::layout_hint::with_layout;
use crate::cli::output::Output;
use crate::cli::panic;
use crate::cli::refuse_with_layout::refuse_with_layout;
use crate::cli::signals;
use crate::cli::usage;
use crate::jq::LARGE_STACK;
use crate::jq::on_a_large_stack;
use crate::jq::this_stack_is_large;

/// The number of threads for blocking calls, such as looking up host names. Each has a large stack, of which little is used.
const BLOCKING_THREADS: usize = 16;

/// Runs the command line with the installed domains.
pub(super) fn run_command_line(arguments: Vec<OsString>) -> u8 {
    panic::report_as_bug();
    if let Some(code) = complete::answer(&arguments, args::command) {
        return code;
    }
    let (command, globals, matches) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return usage::answer(error, &arguments, args::command),
    };
    let app = match App::new(invocation(&command, globals, &matches, &arguments)) {
        Ok(app) => app,
        Err(failed) => {
            let (settings, error) = *failed;
            let out = Output::new(settings);
            return end(&out, None, Err(prevented(error, &arguments, &out)));
        }
    };
    if let Err(error) = refuse_client(&command, &app) {
        return end(&app.out, None, Err(prevented(error, &arguments, &app.out)));
    }
    // jq programs need a large stack.
    let result = on_a_large_stack(|| run(command, &app));
    let result = result.unwrap_or_else(|error| Err(CliError::unavailable("cannot start a thread").caused_by(&error)));
    end(&app.out, Some(&app.record), result)
}

/// Parses a command line.
fn parse(line: &[OsString]) -> Result<(Command, Globals, ArgMatches), clap::Error> {
    let matches_of = |definition| globals::without_empty_variables(definition).try_get_matches_from(line);
    // An error may name any command.
    let matches = matches_of(args::command_for(line)).or_else(|_| matches_of(args::command()))?;
    let (command, globals) = args::parsed(&matches)?;
    Ok((command, globals, matches))
}

fn invocation<'a>(command: &Command, globals: Globals, matches: &'a ArgMatches, arguments: &'a [OsString]) -> Invocation<'a> {
    Invocation {
        globals,
        matches,
        arguments,
        definition: args::command,
        run_inside: inside,
        effect: command.effect(),
        opens_the_store: command.opens_the_store(),
    }
}

/// Runs a command line inside another command, without the configuration file. Returns its exit code.
fn inside(arguments: Vec<OsString>, out: Arc<Output>) -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async move {
        let (command, globals, matches) = match parse(&arguments) {
            Ok(parsed) => parsed,
            Err(error) => return report(&out, None, Err(usage::as_usage(error)), || {}),
        };
        let app = match App::inside(invocation(&command, globals, &matches, &arguments), Arc::clone(&out)) {
            Ok(app) => app,
            Err(error) => return report(&out, None, Err(error), || {}),
        };
        let result = run_command(command, &app).await;
        report(&out, Some(&app.record), result, || {})
    })
}

/// Refuses `--client` for commands that record nothing, where it would look like a filter without being one.
fn refuse_client(command: &Command, app: &App) -> Result<(), CliError> {
    let Some(client) = app.typed.client_flag().filter(|_| command.only_reads()) else { return Ok(()) };
    let error =
        CliError::usage("--client names the client that records events, and this command only reads").code("client_not_used");
    Err(match command.filters_by_client() {
        true => error.hint(format!("--by {client} shows only the events that this client recorded")),
        false => error.hint("leave it out; 'esctl stream read --all --by ID' shows only the events that a client recorded"),
    })
}

/// Runs a command. An error about a database of another program names the layout that fits.
async fn run_command(command: Command, app: &App) -> Result<(), CliError> {
    refuse_with_layout(&command, app)?;
    let opens_a_store = command.opens_the_store() && !matches!(command, Command::Layout(_));
    match commands::run(command, app).await {
        Err(error) if opens_a_store && app.layout().is_none() => Err(with_layout(app, error).await),
        result => result,
    }
}

/// Runs a command until it ends or a signal interrupts it.
fn run(command: Command, app: &App) -> Result<(), CliError> {
    let runtime = if command.has_many_clients() { many_threads() } else { Builder::new_current_thread() }.enable_all().build();
    let runtime = runtime.map_err(|error| CliError::unavailable("cannot start the runtime").caused_by(&error))?;
    let handles_signals = command.handles_signals();
    let after_interrupt = command.after_interrupt();
    let record = Arc::clone(&app.record);
    let explain = move |signal: CliError| match (record.interrupted(signal), after_interrupt) {
        (error, Some(hint)) if error.failure.details.get("outcome").is_some_and(|outcome| outcome == "none") => error.hint(hint),
        (error, _) => error,
    };
    runtime.block_on(async { signals::size_limit_is_an_error() });
    signals::handle(app.out.settings().clone(), handles_signals.unwrap_or(1), explain.clone());
    if handles_signals.is_some() {
        // The command handles signals itself.
        return runtime.block_on(run_command(command, app));
    }
    runtime.block_on(async {
        let mut command = pin!(run_command(command, app));
        tokio::select! {
            // A signal that arrived before the result is handled first.
            biased;
            signal = signals::interrupted() => {
                await_write_in_flight(app, command).await;
                Err(explain(signal))
            }
            result = &mut command => result,
        }
    })
}

/// Returns a runtime for many clients: a thread for each processor, with stacks for jq programs.
fn many_threads() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.thread_stack_size(LARGE_STACK).on_thread_start(this_stack_is_large).max_blocking_threads(BLOCKING_THREADS);
    builder
}
