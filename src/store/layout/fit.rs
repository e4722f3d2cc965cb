//! The fit of a layout to a catalog: the tables that it maps there, and what is missing.

use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignTable;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::index_order::gives_order;
use crate::store::layout::model::Layout;
use crate::store::layout::model::Tables;
use crate::store::layout::requirements::Requirements;

/// The share of the needed columns, in percent, from which an incomplete fit is reported.
const NEAR_PERCENT: usize = 60;

/// The place of a layout in a database, complete or nearly so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The schema; empty on engines without schemas.
    pub schema: String,
    /// The tables of events.
    pub tables: Vec<String>,
    /// The number of needed columns that are there.
    pub columns: usize,
    /// The tables and columns that are missing or of another type. A fit is complete if there are none.
    pub missing: Vec<String>,
    /// Facts that do not prevent the fit.
    pub notes: Vec<String>,
    /// The indexes without which a note says that reading is slow or a version may be there twice.
    pub missing_indexes: Vec<MissingIndex>,
}

/// An index that the reading of events would use, and that a table lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingIndex {
    /// The table.
    pub table: String,
    /// The columns in order.
    pub columns: Vec<String>,
    /// True if it would also prevent that a version is there twice.
    pub unique: bool,
}

impl Fit {
    /// Returns true if nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Returns the places of a layout in a database. Incomplete ones are returned where most columns are there.
pub fn fits(layout: &Layout, catalog: &Catalog) -> Vec<Fit> {
    if layout.engine != catalog.engine {
        return Vec::new();
    }
    let needed = layout.requirements();
    let mut found = Vec::new();
    for schema in catalog.schemas() {
        if layout.schema.as_deref().is_some_and(|named| named != schema) {
            continue;
        }
        let from = &layout.events.rows.from;
        let captures: Vec<Option<&str>> = match from.placeholder() {
            None => vec![None],
            Some(_) => {
                let tables = catalog.tables.iter().filter(|table| table.schema == schema);
                tables.filter_map(|table| from.capture(&table.name).map(Some)).collect()
            }
        };
        let here = captures.into_iter().filter_map(|captured| fit(layout, &needed, catalog, schema, captured));
        found.extend(joined(layout, here.collect()));
    }
    found
}

/// Returns the tables and columns that a layout needs and that a database lacks, in the place where the fewest are missing. For
/// a layout that does not fit.
pub fn missing_in(layout: &Layout, catalog: &Catalog) -> Vec<String> {
    let needed = layout.requirements();
    let from = &layout.events.rows.from;
    let schemas = catalog.schemas().into_iter().filter(|schema| layout.schema.as_deref().is_none_or(|named| named == *schema));
    let places = schemas.flat_map(|schema| {
        let tables = catalog.tables.iter().filter(move |table| table.schema == schema);
        let named = tables.filter(|table| from.placeholder().is_none() || from.capture(&table.name).is_some());
        named.filter_map(|table| compared(layout, &needed, catalog, schema, from.capture(&table.name))).collect::<Vec<_>>()
    });
    match places.min_by_key(|fit| fit.missing.len()) {
        Some(fit) => fit.missing,
        None => vec![format!("{} {}", layout.engine.table_noun(), layout.events.rows.from)],
    }
}

/// Joins the complete fits of tables that are one store.
fn joined(layout: &Layout, fits: Vec<Fit>) -> Vec<Fit> {
    if layout.events.tables != Some(Tables::All) {
        return fits;
    }
    let (complete, mut rest): (Vec<Fit>, Vec<Fit>) = fits.into_iter().partition(Fit::is_complete);
    let whole = complete.into_iter().reduce(|mut whole, next| {
        whole.tables.extend(next.tables);
        whole.notes.extend(next.notes);
        whole.missing_indexes.extend(next.missing_indexes);
        whole
    });
    if let Some(mut whole) = whole {
        whole.notes.sort_unstable();
        whole.notes.dedup();
        rest.insert(0, whole);
    }
    rest
}

/// Returns the fit in one place, if it is complete or nearly so.
fn fit(layout: &Layout, needed: &Requirements, catalog: &Catalog, schema: &str, captured: Option<&str>) -> Option<Fit> {
    let fit = compared(layout, needed, catalog, schema, captured)?;
    let total: usize = needed.values().map(|columns| columns.len()).sum();
    let is_near = fit.columns * 100 >= total * NEAR_PERCENT;
    (fit.is_complete() || is_near).then_some(fit)
}

/// Compares a layout with one place; `None` if the table of events is not there.
fn compared(layout: &Layout, needed: &Requirements, catalog: &Catalog, schema: &str, captured: Option<&str>) -> Option<Fit> {
    let events = catalog.table(schema, &layout.events.rows.from.with(captured))?;
    let mut fit = Fit {
        schema: schema.to_owned(),
        tables: vec![events.name.clone()],
        columns: 0,
        missing: Vec::new(),
        notes: Vec::new(),
        missing_indexes: Vec::new(),
    };
    for (pattern, columns) in needed {
        let name = pattern.with(captured);
        let Some(table) = catalog.table(schema, &name) else {
            fit.missing.push(format!("{} {name}", layout.engine.table_noun()));
            continue;
        };
        if !table.readable {
            fit.notes.push(format!("this user may not read {name}"));
        }
        for (column, classes) in columns {
            match table.column(column) {
                None => fit.missing.push(format!("{name}.{column}")),
                Some(found) if !classes.is_empty() && !classes.contains(&found.class) && !is_mixed(layout, found) => {
                    fit.missing.push(format!("{name}.{column} of another type than {}", found.kind));
                }
                Some(_) => fit.columns += 1,
            }
        }
    }
    notes(layout, events, &mut fit);
    Some(fit)
}

/// Returns true for a field with values of several types in the sampled documents. One bad value does not prevent the fit.
fn is_mixed(layout: &Layout, column: &ForeignColumn) -> bool {
    layout.engine == Engine::Mongodb && column.class == ColumnClass::Other
}

/// Notes the missing indexes of a table of events.
fn notes(layout: &Layout, table: &ForeignTable, fit: &mut Fit) {
    let rows = &layout.events.rows;
    let position = layout.events.position.as_ref().filter(|position| is_of(position, &rows.alias));
    if let Some(position) = position
        && !gives_order(table, rows, &[&position.name])
    {
        fit.notes.push(format!("no index of {} begins with {}: reading all in order sorts the table", table.name, position.name));
        let columns = vec![position.name.clone()];
        fit.missing_indexes.push(MissingIndex { table: table.name.clone(), columns, unique: false });
    }
    let Some(key) = key_of_version(layout) else { return };
    let covers = |columns: &[String]| key.iter().all(|name| columns.iter().any(|column| column == name));
    if !table.indexes.iter().any(|index| index.unique && covers(&index.columns)) {
        fit.notes.push(format!("no unique index of {} has {}: a version may be there twice", table.name, key.join(", ")));
        let columns = key.into_iter().map(str::to_owned).collect();
        fit.missing_indexes.push(MissingIndex { table: table.name.clone(), columns, unique: true });
    }
}

/// Returns the columns of stream and version in the table of events; `None` if they are not all there.
fn key_of_version(layout: &Layout) -> Option<Vec<&str>> {
    let events = &layout.events;
    let (stream, alias) = (events.stream.as_ref()?, &events.rows.alias);
    let one = layout.one_stream.as_ref().filter(|one| one.rows.from == events.rows.from);
    let version = one.and_then(|one| one.version.as_ref()).or(events.version.as_ref())?.column.as_ref();
    if version.is_none() && events.unwind.is_none() {
        return None;
    }
    let number = one.and_then(|one| one.number.as_ref()).or(stream.number.as_ref());
    let names = match (number, stream.key.is_empty()) {
        (Some(number), _) => std::slice::from_ref(&number.column),
        (None, true) => &stream.parts,
        (None, false) => &stream.key,
    };
    let columns = names.iter().chain(version);
    columns.map(|column| is_of(column, alias).then_some(column.name.as_str())).collect()
}

/// Returns true for a column of the table with an alias. Fields of MongoDB have none.
fn is_of(column: &ColumnRef, alias: &str) -> bool {
    column.alias.is_empty() || column.alias == alias
}
