//! The command `esctl projection query`.

use std::iter;

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::as_of::AtArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::pages::all_pages;
use crate::cli::projection::failed_to_apply::failed_to_apply;
use crate::cli::projection::known::known;
use crate::ops::error::OpsError;
use crate::ops::projections::query::ProjectionAt;
use crate::ops::projections::query::query_projection;
use crate::ops::projections::query::typed_value;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::projection_status;
use crate::runtime;
use crate::runtime::Caveat;
use crate::runtime::QueryBus;
use crate::runtime::QueryRow;
use crate::runtime::RuntimeError;
use crate::store::Store;

/// Query a read model, now or as it was at a time
///
/// With --at, the rows are computed in memory from all events up to that time.
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct ProjectionQueryArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: String,
    /// Only rows with this value in a field; repeatable
    #[arg(long = "where", value_name = "FIELD=VALUE", value_parser = filter)]
    filters: Vec<(String, Value)>,
    /// Maximum number of rows
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only rows after this key
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    /// Query the read model as it is, without bringing it up to date
    #[arg(long, conflicts_with = "at")]
    stale: bool,
    #[command(flatten)]
    at: AtArgs,
}

fn filter(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), typed_value(value))),
        _ => Err("expected FIELD=VALUE, for instance owner_id=ann".into()),
    }
}

impl ProjectionQueryArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        store.head().await?;
        let listing = Listing::new(["key", "row"]).empty("no rows");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let now = app.now();
        let (queries, filters, name, stale) = (&queries, &self.filters, &self.name, self.stale);
        let own = !runtime::is_built_in(name);
        let past = match self.at.moment(app, &store).await? {
            Some(at) => Some(ProjectionAt::build(&store, queries, name, at).await?),
            None => None,
        };
        let past = past.as_ref();
        let page = |after, limit| async move {
            let query = runtime::Query { name: name.clone(), filters: filters.clone(), after, limit, stale };
            if let Some(past) = past {
                return Ok(past.page(query));
            }
            query_projection(queries, query, now).await.map_err(|error| match error {
                OpsError::Runtime(error @ RuntimeError::Fold { .. }) => failed_to_apply(error, name),
                error => error.into(),
            })
        };
        let end = all_pages(self.after, self.limit, page, |rows: Vec<QueryRow>| {
            for row in rows {
                let cells = || vec![Cell::new(&row.key), Cell::data(&row.row)];
                if !(if own { list.push(&keyed(&row), cells)? } else { list.push(&row.row, cells)? }) {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let end = end.await?;
        if !stale {
            return end.finish(app, list, name);
        }
        // A lag after the query is reported below.
        end.without(|listed| matches!(listed.caveat, Caveat::Behind(_))).finish(app, list, name)?;
        warn_stale(app, &store, queries, name).await
    }
}

/// Warns about a read model that was not brought up to date.
async fn warn_stale(app: &App, store: &Store, queries: &QueryBus, name: &str) -> Result<(), CliError> {
    for status in projection_status(store, queries, Some(name), app.now()).await? {
        let why = match status.state {
            ProjectionState::Outdated => "has a read model of another logic version: the next run rebuilds it".to_owned(),
            ProjectionState::NeverRun => "has never run in this store and has no read model".to_owned(),
            ProjectionState::Behind => {
                format!(
                    "is {} behind; its oldest pending event has waited {:.1} s",
                    if status.lag_events == 1 { "1 position".to_owned() } else { format!("{} positions", status.lag_events) },
                    status.lag_seconds
                )
            }
            _ => continue,
        };
        app.out.warn(&format!("projection {name} {why}"));
    }
    Ok(())
}

/// Returns a row of a created projection with its key, by which rows are distinguished, unless the row has such a field. Rows of
/// built-in projections have an `id`.
fn keyed(row: &QueryRow) -> Value {
    match &row.row {
        Value::Object(fields) if !fields.contains_key("key") => {
            let key = ("key".to_owned(), Value::from(row.key.as_str()));
            Value::Object(iter::once(key).chain(fields.clone()).collect())
        }
        other => other.clone(),
    }
}
