//! The command `esctl ui`: a terminal viewer of a store.
//!
//! `model` is the state and its reaction to keys, `view` draws it, and `driver` queries the store meanwhile.

mod driver;
mod model;
mod store_reader;
#[cfg(test)]
mod tests;
mod view;

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::screen::Screen;
use crate::ops::browse::store_head;

/// The end of the help.
const MORE: &str = "\
Streams and their events, the state at each version with what it changed, projections and their lag, live.
The keys are at the bottom of the screen; '?' shows all of them, 'q' leaves. The viewer never writes to the store.";

/// View streams, events, states and projections in the terminal, live
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub struct UiArgs {}

impl UiArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        Screen::possible(app.out.settings())?;
        let store = app.store()?;
        // An error at the start is printed in the ordinary way.
        let head = store_head(&store).await?;
        driver::run(app, &store, head).await
    }
}
