//! `esctl quarantine add`

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::quarantine::change;
use crate::cli::values::event_id;
use crate::cli::values::token;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;

/// Quarantine an event: every state and read model leaves it out, also of earlier moments
///
/// The event stays where it is, in the hash chain. Read models that have passed it are rebuilt.
#[derive(Debug, Args)]
pub struct Add {
    /// Id of the event
    #[arg(value_parser = event_id)]
    event_id: Uuid,
    /// Reason, which is recorded
    #[arg(long, value_name = "TEXT", value_parser = token)]
    reason: String,
}

impl Add {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let (event_id, reason) = (self.event_id, Some(self.reason));
        change(app, QuarantineChange { action: QuarantineAction::Add, event_id, reason, client_id: app.client() }).await
    }
}
