//! The command `esctl quarantine add`.

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::event_id;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::cli::quarantine::change::change;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;

/// Quarantine an event: every state and read model leaves it out, also of earlier moments
///
/// The event stays in its stream and in the hash chain. Read models that have passed it are rebuilt.
#[derive(Debug, Args)]
pub struct QuarantineAddArgs {
    /// Id of the event
    #[arg(value_parser = event_id)]
    event_id: Uuid,
    /// Reason, recorded with the change
    #[arg(long, value_name = "TEXT", value_parser = token)]
    reason: String,
}

impl QuarantineAddArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let (event_id, reason) = (self.event_id, Some(self.reason));
        change(app, QuarantineChange { action: QuarantineAction::Add, event_id, reason, client_id: app.client() }).await
    }
}
