//! Finds the built-in layouts that fit a database, and those that nearly do.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::ops::layouts::list::models;
use crate::ops::layouts::not_readable::not_readable;
use crate::store::foreign::ForeignDatabase;
use crate::store::layout::candidates;
use crate::store::layout::fits;

/// A layout and its fit to a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DetectedLayout {
    /// The name of the layout.
    pub layout: &'static str,
    /// The library or application.
    pub title: String,
    /// True if everything that the layout needs is there.
    pub fits: bool,
    /// The schema; `None` on engines without schemas.
    pub schema: Option<String>,
    /// The tables of events.
    pub tables: Vec<String>,
    /// The number of needed columns that are there.
    pub columns: usize,
    /// The tables and columns that are missing or of another type.
    pub missing: Vec<String>,
    /// Facts that do not prevent the fit.
    pub notes: Vec<String>,
}

/// The layouts that fit a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectReport {
    /// The location of the database.
    pub store: String,
    /// True if the database has a store of esctl, which needs no layout.
    pub has_esctl_store: bool,
    /// The layouts that fit, and after them those that nearly do.
    pub found: Vec<DetectedLayout>,
    /// The table that looks most like events, by name.
    pub looks_like_events: Option<String>,
    /// The end of a message: the tables that this user may not read; empty if there are none.
    pub unreadable: String,
}

impl DetectReport {
    /// Returns the layouts that fit.
    pub fn fitting(&self) -> impl Iterator<Item = &DetectedLayout> {
        self.found.iter().filter(|found| found.fits)
    }
}

/// Compares the catalog of a database with every built-in layout.
///
/// # Errors
/// The database cannot be read.
pub async fn detect(database: &dyn ForeignDatabase) -> Result<DetectReport, OpsError> {
    let catalog = database.catalog().await?;
    let mut found = Vec::new();
    for (name, layout) in models()? {
        found.extend(fits(&layout, &catalog).into_iter().map(|fit| DetectedLayout {
            layout: name,
            title: layout.title.clone(),
            fits: fit.is_complete(),
            schema: (!fit.schema.is_empty()).then_some(fit.schema),
            tables: fit.tables,
            columns: fit.columns,
            missing: fit.missing,
            notes: fit.notes,
        }));
    }
    // The most specific first. Where one fits, a near one of the same table is only its relative.
    let fitting: Vec<(Option<String>, Vec<String>)> =
        found.iter().filter(|found| found.fits).map(|found| (found.schema.clone(), found.tables.clone())).collect();
    found.retain(|found| found.fits || !fitting.contains(&(found.schema.clone(), found.tables.clone())));
    found.sort_by_key(|found| (!found.fits, found.missing.len(), usize::MAX - found.columns));
    let looks_like_events = candidates(&catalog).first().map(|guess| guess.full_name());
    let (has_esctl_store, unreadable) = (catalog.has_esctl_store, not_readable(&catalog));
    Ok(DetectReport { store: database.place(), has_esctl_store, found, looks_like_events, unreadable })
}
