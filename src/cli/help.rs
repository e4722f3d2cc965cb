//! `esctl help`: the help of every command, and topics that are no command.

use clap::Args;
use clap::Command;

use crate::cli::app::App;
use crate::cli::args;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::exit::ExitRow;
use crate::cli::output::Listing;

/// The topic about exit codes.
const EXIT_CODES: &str = "exit-codes";

/// Print the help of a command, or about a topic: exit-codes
#[derive(Debug, Args)]
pub struct Help {
    /// The command, word by word, or the topic
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
}

impl Help {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        if self.words == [EXIT_CODES] {
            return exit_codes(app);
        }
        let mut root = args::command();
        let mut command = &root;
        for word in &self.words {
            command = command.find_subcommand(word).ok_or_else(|| unknown(word, command))?;
        }
        // One way to make a help text: what --help prints.
        let line = ["esctl"].into_iter().chain(self.words.iter().map(String::as_str)).chain(["--help"]);
        match root.try_get_matches_from_mut(line) {
            Err(help) => app.out.styled(&help.render()),
            Ok(_) => Ok(()),
        }
    }
}

fn exit_codes(app: &App) -> Result<(), CliError> {
    #[derive(serde::Serialize)]
    struct Row {
        exit: u8,
        code: &'static str,
        when: &'static str,
        again: Option<&'static str>,
    }
    let listing = Listing::new(["exit", "when", "try again?"]).fields(["exit", "code", "when", "again"]);
    let mut list = app.out.list(listing.unlimited());
    for &ExitRow { code, name, when, again } in &exit::TABLE {
        let row = Row { exit: code, code: name, when, again: Some(again).filter(|again| !again.is_empty()) };
        list.push(&row, || vec![code.to_string().into(), when.into(), again.into()])?;
    }
    list.finish(None)
}

fn unknown(word: &str, command: &Command) -> CliError {
    let names = command.get_subcommands().map(Command::get_name);
    let error = CliError::usage(format!("there is no command and no topic {word}")).code("unknown_command");
    error.hint("esctl --help lists the commands").did_you_mean(word, names.chain([EXIT_CODES]))
}
