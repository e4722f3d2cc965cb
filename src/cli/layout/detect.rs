//! The command `esctl layout detect`.

use std::ffi::OsStr;

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::shell_quoting::word;
use crate::ops::layouts::DetectReport;
use crate::ops::layouts::DetectedLayout;
use crate::ops::layouts::detect;
use crate::store::foreign::open_foreign;

/// Find the layouts that fit a database of another program
#[derive(Debug, Args)]
pub struct LayoutDetectArgs {}

impl LayoutDetectArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let database = open_foreign(&app.store_url()?, &app.open_options())?;
        let report = detect(&*database).await?;
        let fields = ["layout", "title", "fits", "schema", "tables", "columns", "missing", "notes"];
        let listing = Listing::new(["layout", "fits", "tables", "why"]).fields(fields).empty("no layout fits");
        let mut list = app.out.list(listing);
        for found in &report.found {
            let cells = || vec![found.layout.into(), yes(found.fits).into(), tables(found).into(), Cell::prose(why(found))];
            if !list.push(found, cells)? {
                break;
            }
        }
        list.finish(None)?;
        if report.fitting().next().is_some() { Ok(()) } else { Err(none_fits(&report)) }
    }
}

fn yes(fits: bool) -> &'static str {
    if fits { "yes" } else { "nearly" }
}

fn tables(found: &DetectedLayout) -> String {
    let tables = found.tables.join(", ");
    found.schema.as_ref().map_or_else(|| tables.clone(), |schema| format!("{schema}.{tables}"))
}

fn why(found: &DetectedLayout) -> String {
    if found.fits {
        let notes: String = found.notes.iter().map(|note| format!("; {note}")).collect();
        return format!("all {} columns are there{notes}", found.columns);
    }
    format!("missing: {}", found.missing.join(", "))
}

fn none_fits(report: &DetectReport) -> CliError {
    let place = &report.store;
    let error = CliError::not_found(format!("no layout fits {place}{}", report.unreadable))
        .code("no_layout_fits")
        .with("store", place.as_str());
    match &report.looks_like_events {
        Some(table) => {
            let ends_options = if table.starts_with('-') { "-- " } else { "" };
            let table = word(OsStr::new(table));
            error.hint(format!("run 'esctl layout guess {ends_options}{table}' to write a layout for this table"))
        }
        None if report.has_esctl_store => error.hint("this is a store of esctl, which needs no layout"),
        None => error,
    }
}
