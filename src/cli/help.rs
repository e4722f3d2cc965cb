//! The command `esctl help`: the help of every command, and topics that are not commands.

use clap::Args;
use clap::Command;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::exit::ExitRow;
use crate::cli::help_definition::help_definition;
use crate::cli::output::Cell;
use crate::cli::output::Listing;

/// The topic on exit codes.
const EXIT_CODES: &str = "exit-codes";

/// Print the help of a command or of a topic: exit-codes
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// Command, word by word, or topic
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
}

impl HelpArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        if self.words == [EXIT_CODES] {
            return exit_codes(app);
        }
        let mut root = help_definition((app.definition)());
        let mut command = &root;
        for word in &self.words {
            command = command.find_subcommand(word).ok_or_else(|| unknown(word, command))?;
        }
        // The help text is the one that --help prints.
        let line = ["esctl"].into_iter().chain(self.words.iter().map(String::as_str)).chain(["--help"]);
        match root.try_get_matches_from_mut(line) {
            Err(help) => app.out.styled(&help.render()),
            Ok(_) => Ok(()),
        }
    }
}

fn exit_codes(app: &App) -> Result<(), CliError> {
    #[derive(serde::Serialize)]
    struct ExitCodeRow {
        exit: u8,
        code: &'static str,
        when: &'static str,
        again: Option<&'static str>,
    }
    let listing = Listing::new(["exit", "when", "try again?"]).fields(["exit", "code", "when", "again"]);
    let mut list = app.out.list(listing.unlimited());
    for &ExitRow { code, name, when, again } in &exit::TABLE {
        let row = ExitCodeRow { exit: code, code: name, when, again: Some(again).filter(|again| !again.is_empty()) };
        list.push(&row, || vec![code.to_string().into(), Cell::prose(when), again.into()])?;
    }
    list.finish(None)
}

fn unknown(word: &str, command: &Command) -> CliError {
    let names = command.get_subcommands().map(Command::get_name);
    let error = CliError::usage(format!("no command or topic {word}")).code("unknown_command");
    error.hint("run 'esctl --help' to list the commands").did_you_mean(word, names.chain([EXIT_CODES]))
}
