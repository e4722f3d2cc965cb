//! The commands `esctl layout …`: maps of the tables of other programs to events.

mod check;
mod detect;
mod guess;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// The subcommands of `esctl layout`.
#[derive(Debug, Subcommand)]
pub enum LayoutVerb {
    List(list::LayoutListArgs),
    Show(show::LayoutShowArgs),
    Detect(detect::LayoutDetectArgs),
    Check(check::LayoutCheckArgs),
    Guess(guess::LayoutGuessArgs),
}

pub(super) async fn run(verb: LayoutVerb, app: &App) -> Result<(), CliError> {
    match verb {
        LayoutVerb::List(args) => args.run(app),
        LayoutVerb::Show(args) => args.run(app),
        LayoutVerb::Detect(args) => args.run(app).await,
        LayoutVerb::Check(args) => args.run(app).await,
        LayoutVerb::Guess(args) => args.run(app).await,
    }
}
