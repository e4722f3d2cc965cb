//! The command `esctl projection create`.

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::ops::FailureKind;
use crate::ops::projections::create::CreateOutcome;
use crate::ops::projections::create::CreateProjection;
use crate::ops::projections::create::create_projection;

/// Create a projection of jq programs, which the store keeps
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["from", "all"]))]
pub struct ProjectionCreateArgs {
    /// Name of the projection and of its read model: a to z, 0 to 9 and _
    name: String,
    /// Source of events, category:C; repeatable
    #[arg(long, value_name = "category:C", value_parser = category)]
    from: Vec<String>,
    /// Apply the events of all categories
    #[arg(long)]
    all: bool,
    /// jq program, or @FILE, that gets an event and returns the key of its row; null for no row
    #[arg(long, value_name = "JQ", allow_hyphen_values = true)]
    key: String,
    /// jq program, or @FILE, that gets {"state", "event"} and returns the row, an object of at most 12 MiB; the first state is null
    #[arg(long, value_name = "JQ", allow_hyphen_values = true)]
    reduce: String,
    /// Replace an existing projection; the next run rebuilds its read model beside the old one
    #[arg(long)]
    replace: bool,
}

fn category(text: &str) -> Result<String, String> {
    match text.strip_prefix("category:") {
        Some(category) if !category.is_empty() => Ok(category.to_owned()),
        _ => Err("expected category:C, for instance category:order, or --all".into()),
    }
}

impl ProjectionCreateArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let key = jq::program(&app.out, &self.key)?.text().to_owned();
        let reduce = jq::program(&app.out, &self.reduce)?.text().to_owned();
        let (name, categories, replace) = (self.name, self.from, self.replace);
        let input = CreateProjection { name, categories, key, reduce, replace, now: app.now() };
        let report = create_projection(&app.store_to_write()?, &input).await.map_err(|error| {
            let error = CliError::from(error);
            if error.failure.kind == FailureKind::Conflict { error.hint("pass --replace to replace it") } else { error }
        })?;
        app.out.one(&report, |sheet| {
            let outcome = match report.outcome {
                CreateOutcome::Created => "created",
                CreateOutcome::Replaced => "replaced; the next run rebuilds its read model",
                CreateOutcome::AlreadyThere => "unchanged; it exists already",
            };
            sheet.field("projection", &report.definition.name);
            sheet.field("outcome", Cell::new(outcome).tone(Tone::Good));
            sheet.field("version", report.definition.version.to_string());
            let categories = &report.definition.categories;
            sheet.field("events of", if categories.is_empty() { "all".to_owned() } else { categories.join(", ") });
            sheet.field("key", &report.definition.key);
            sheet.heading("reduce");
            sheet.text(&report.definition.reduce);
        })
    }
}
