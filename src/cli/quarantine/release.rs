//! The command `esctl quarantine release`.

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::event_id;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::quarantine::change::change;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;

/// Release a quarantined event: states and read models apply it again
#[derive(Debug, Args)]
pub struct QuarantineReleaseArgs {
    /// Id of the event
    #[arg(value_parser = event_id, add = NameSource::QUARANTINED_EVENTS)]
    event_id: Uuid,
    /// Reason, recorded with the change
    #[arg(long, value_name = "TEXT", value_parser = token)]
    reason: Option<String>,
}

impl QuarantineReleaseArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let Self { event_id, reason } = self;
        change(app, QuarantineChange { action: QuarantineAction::Release, event_id, reason, client_id: app.client() }).await
    }
}
