//! `esctl quarantine release`

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::quarantine::change;
use crate::cli::values::event_id;
use crate::cli::values::token;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;

/// Release a quarantined event: states and read models apply it again
#[derive(Debug, Args)]
pub struct Release {
    /// Id of the event
    #[arg(value_parser = event_id)]
    event_id: Uuid,
    /// Reason, which is recorded
    #[arg(long, value_name = "TEXT", value_parser = token)]
    reason: Option<String>,
}

impl Release {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let Self { event_id, reason } = self;
        change(app, QuarantineChange { action: QuarantineAction::Release, event_id, reason, client_id: app.client() }).await
    }
}
