//! The flags that every command has.

use std::env;
use std::ffi::OsStr;
use std::time::Duration;

use clap::ArgAction;
use clap::Args;
use clap::builder::BoolishValueParser;
use clap::builder::Resettable;

use crate::cli::arg_values::token;
use crate::cli::arg_values::value_names;
use crate::cli::name_source::NameSource;
use crate::cli::output::Format;
use crate::cli::when::WhenError;
use crate::cli::when::parse_duration;

/// The flags that every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or
    /// mongodb://HOST/DATABASE
    #[arg(long, global = true, env = "ESCTL_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// Named store from the configuration file
    #[arg(long, global = true, env = "ESCTL_CONTEXT", hide_env_values = true, value_name = "NAME", add = NameSource::Contexts)]
    pub context: Option<String>,
    /// Read a store that another program wrote: a layout of 'esctl layout list', a file, or auto for the only one that fits
    #[arg(id = "layout_of_store", long = "layout", global = true, env = "ESCTL_LAYOUT", hide_env_values = true, value_name = "NAME|FILE|auto", value_hint = clap::ValueHint::FilePath, add = NameSource::Layouts)]
    pub layout: Option<String>,
    /// Client recorded with every event [default: the OS user]
    #[arg(long, global = true, env = "ESCTL_CLIENT", hide_env_values = true, value_name = "ID", value_parser = token)]
    pub client: Option<String>,
    #[arg(
        short,
        long,
        global = true,
        env = "ESCTL_OUTPUT",
        hide_env_values = true,
        hide_possible_values = true,
        value_name = "FORMAT",
        help = format!("Output format: {} [default: table]", value_names::<Format>())
    )]
    pub output: Option<Format>,
    /// Disable colour, as the variable NO_COLOR does
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Show every column of a table whole, even if the terminal is too narrow
    #[arg(long, global = true)]
    pub wide: bool,
    /// Show times in the local time zone with their offset, in tables and reports
    #[arg(long, global = true)]
    pub local: bool,
    /// Timeout for connecting and for each answer of the store [default: 30s]
    #[arg(long, global = true, env = "ESCTL_TIMEOUT", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Answer yes to every confirmation
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Append even if the clock of this machine was refused
    #[arg(long, global = true, env = "ESCTL_ACCEPT_CLOCK", hide_env_values = true, action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub accept_clock: bool,
    /// Accept a server that only speaks the protocol of PostgreSQL or MongoDB
    #[arg(long, global = true, env = "ESCTL_ACCEPT_SERVER", hide_env_values = true, action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub accept_server: bool,
}

/// Parses the time for one answer, for clap. Zero is refused.
pub(super) fn timeout(text: &str) -> Result<Duration, WhenError> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err(WhenError::new(text, "leaves no time for an answer", "write it like 30s or 500ms")),
        read => read,
    }
}

/// Returns the definition of a command line in this environment: an empty variable counts as unset.
pub(super) fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(without_empty_variables)
}
