//! Guesses the layout of a home-grown table.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::ops::layouts::not_readable::not_readable;
use crate::store::StoreError;
use crate::store::foreign::Catalog;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignTable;
use crate::store::layout::Guess;
use crate::store::layout::Layout;
use crate::store::layout::candidates;
use crate::store::layout::name_fault;

/// The score from which a table is named beside the chosen one.
const LIKELY: u32 = 7;
/// The maximum number of tables that are named beside the chosen one.
const MAX_OTHERS: usize = 10;

/// A remark on a guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuessNote {
    /// The key of the layout.
    pub key: &'static str,
    /// The remark.
    pub text: String,
    /// True if the key may be wrong.
    pub unsure: bool,
}

/// A guessed layout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuessReport {
    /// The table, with its schema.
    pub table: String,
    /// Further tables that look like events.
    pub others: Vec<String>,
    /// The remarks on the guess.
    pub notes: Vec<GuessNote>,
    /// The model.
    pub layout: Layout,
    /// The text in TOML, with the remarks as comments.
    pub text: String,
}

/// Guesses the layout of a table; without a name, of the table that looks most like events.
///
/// # Errors
/// [`OpsError::NotFound`] if there is no such table, [`OpsError::NotThere`] if it does not look like events.
pub async fn guess(database: &dyn ForeignDatabase, table: Option<&str>) -> Result<GuessReport, OpsError> {
    let catalog = database.catalog().await?;
    let mut found = candidates(&catalog);
    let chosen = match table {
        None => (!found.is_empty()).then_some(0),
        Some(name) => {
            let name = named(&catalog, name)?.full_name();
            found.iter().position(|guess| guess.full_name() == name)
        }
    };
    let Some(chosen) = chosen else { return Err(no_events(&catalog, &database.place(), table)) };
    let chosen: Guess = found.remove(chosen);
    let others: Vec<String> = match table {
        Some(_) => Vec::new(),
        None => found.iter().filter(|guess| guess.score >= LIKELY).map(Guess::full_name).take(MAX_OTHERS).collect(),
    };
    let sample = database.sample(chosen.sample_query()).await?;
    let table = chosen.full_name();
    let guessed = chosen.finish(&sample, &others);
    let guessed = guessed.map_err(|error| StoreError::Bug(format!("the guess for {table} is not a valid layout: {error}")))?;
    let notes = guessed.notes.into_iter().map(|note| GuessNote { key: note.key, text: note.text, unsure: note.unsure });
    Ok(GuessReport { table, others, notes: notes.collect(), layout: guessed.layout, text: guessed.text })
}

/// Returns the table with a name, with or without its schema.
fn named<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c ForeignTable, OpsError> {
    let whole = catalog.tables.iter().find(|table| table.full_name() == name);
    let bare: Vec<&ForeignTable> = catalog.tables.iter().filter(|table| table.name == name).collect();
    match (whole, bare.as_slice()) {
        (Some(table), _) => Ok(table),
        (None, [table]) => Ok(*table),
        (None, []) => {
            let candidates = catalog.tables.iter().flat_map(|table| [table.full_name(), table.name.clone()]).collect();
            Err(OpsError::NotFound { kind: catalog.engine.table_noun(), name: name.to_owned(), candidates })
        }
        (None, several) => {
            let names: Vec<String> = several.iter().map(|table| table.full_name()).collect();
            Err(OpsError::Invalid(format!("several schemas have a table {name}: name one of {}", names.join(", "))))
        }
    }
}

fn no_events(catalog: &Catalog, place: &str, table: Option<&str>) -> OpsError {
    let (noun, column) = (catalog.engine.table_noun(), catalog.engine.column_noun());
    let needs = format!("no {column}s for stream, version, type and data were found");
    let message = match table {
        Some(name) if named(catalog, name).is_ok_and(|table| !table.readable && table.columns.is_empty()) => {
            format!("this user may not read {noun} {name}")
        }
        Some(name) => {
            let fault = named(catalog, name).ok().and_then(name_fault).map(|fault| format!("; {fault}")).unwrap_or_default();
            format!("{noun} {name} does not look like events: {needs}{fault}")
        }
        None if catalog.has_esctl_store && catalog.tables.is_empty() => {
            format!("{place} is a store of esctl, which needs no layout")
        }
        None => format!("no {noun} in {place} looks like events: {needs}{}", not_readable(catalog)),
    };
    OpsError::NotThere { kind: "layout", message }
}
