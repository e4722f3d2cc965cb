//! The command `esctl resource create`.

use clap::Args;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::amount;
use crate::cli::arg_values::json_object;
use crate::cli::error::CliError;
use crate::cli::write;
use crate::cli::write::WriteArgs;
use crate::event::check_number;
use crate::event::new_id;

/// Create a resource
#[derive(Debug, Args)]
pub struct ResourceCreateArgs {
    /// Id of the resource [default: a new one]
    id: Option<String>,
    /// Owner of the resource
    #[arg(long)]
    owner: String,
    /// Type of the resource
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: String,
    /// Amount at the start
    #[arg(long, value_name = "N", value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// Maximum amount
    #[arg(long, value_name = "N", value_parser = amount, allow_hyphen_values = true)]
    max: i64,
    /// Amount that regenerates each second
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, default_value_t = 0.0, allow_hyphen_values = true)]
    regen: f64,
    /// Further information about the resource, a JSON object
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    metadata: Option<Map<String, Value>>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Parses a finite number, for clap. A negative one parses, so that the domain rejects it.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite());
    let rate = rate.ok_or_else(|| "expected a finite number, units per second".to_owned())?;
    check_number(text).map(|()| rate)
}

impl ResourceCreateArgs {
    pub(super) async fn run(mut self, app: &App) -> Result<(), CliError> {
        self.write = self.write.keyed(app);
        let id = self.id.clone().unwrap_or_else(|| self.made_id());
        let mut payload = json!({
            "owner_id": self.owner,
            "resource_type": self.resource_type,
            "initial_amount": self.amount,
            "max_amount": self.max,
            "regeneration_rate": self.regen,
        });
        if let Some(metadata) = self.metadata {
            payload["metadata"] = metadata.into();
        }
        write::send(app, &self.write, "resource.create", &id, payload).await
    }

    /// Returns a new id. It is the same for the same idempotency key, so that a repeated command creates one resource.
    fn made_id(&self) -> String {
        match &self.write.idempotency_key {
            Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("resource.create\0{key}").as_bytes()).to_string(),
            None => new_id().to_string(),
        }
    }
}
