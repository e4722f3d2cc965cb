//! `esctl resource create`

use clap::Args;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::resource::change::send;
use crate::cli::values::WriteArgs;
use crate::cli::values::amount;
use crate::cli::values::json_object;
use crate::event::check_number;
use crate::event::new_id;

/// Create a resource
#[derive(Debug, Args)]
pub struct Create {
    /// Its id; made when not given
    id: Option<String>,
    /// Whose it is
    #[arg(long)]
    owner: String,
    /// What kind of resource it is
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: String,
    /// How much there is at the start
    #[arg(long, value_name = "N", value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// How much there can be at most
    #[arg(long, value_name = "N", value_parser = amount, allow_hyphen_values = true)]
    max: i64,
    /// How much comes back each second
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, default_value_t = 0.0, allow_hyphen_values = true)]
    regen: f64,
    /// What else is to be known about it, a JSON object
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    metadata: Option<Map<String, Value>>,
    #[command(flatten)]
    write: WriteArgs,
}

/// For clap: a finite number. A negative one parses; the domain says no to it.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite());
    let rate = rate.ok_or_else(|| "wanted a finite number, units per second".to_owned())?;
    check_number(text).map(|()| rate)
}

impl Create {
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
        send(app, &self.write, "resource.create", &id, payload).await
    }

    /// A new id; the same one again for the same idempotency key, or the key would create twice.
    fn made_id(&self) -> String {
        match &self.write.idempotency_key {
            Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("resource.create\0{key}").as_bytes()).to_string(),
            None => new_id().to_string(),
        }
    }
}
