//! `esctl ui`: a terminal viewer of a store.
//!
//! `model` is what it knows and what a key does, `view` draws that, and `driver` asks the store meanwhile.

mod ask;
mod driver;
mod model;
#[cfg(test)]
mod tests;
mod view;

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::screen::Screen;
use crate::ops::browse::store_head;

/// What somebody wants to know who looks at the help.
const MORE: &str = "\
Streams and their events, the state at each version with what it changed, projections and their lag, live.
The keys are at the bottom of the screen; '?' shows all of them, 'q' leaves. Nothing is ever written.";

/// Look around in a store, live, in the terminal
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub struct Ui {}

impl Ui {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        Screen::possible(app.out.settings())?;
        let store = app.store()?;
        // What is wrong from the start is said in the ordinary way.
        let head = store_head(&store).await?;
        driver::run(app, &store, head).await
    }
}
