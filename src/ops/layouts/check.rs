//! Checks a layout against a database: tables, columns, types and indexes, the number of events, and the first events.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::ops::layouts::not_readable::not_readable;
use crate::store::StoreError;
use crate::store::foreign::Catalog;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignDatabase;
use crate::store::layout::EventMapper;
use crate::store::layout::EventPlan;
use crate::store::layout::Fit;
use crate::store::layout::Layout;
use crate::store::layout::MappedEvent;
use crate::store::layout::MissingIndex;
use crate::store::layout::fits;
use crate::store::layout_store::QueryPlan;
use crate::store::layout_store::query_plans;

/// The number of rows of each table that are mapped.
const MAPPED_ROWS: usize = 100;
/// The maximum number of events in a report.
const SHOWN_EVENTS: usize = 5;
/// The maximum number of findings about rows.
const MAX_ROW_FINDINGS: usize = 20;

/// The number of events up to which a database rightly reads a whole table.
const SMALL_TABLE: u64 = 10_000;

/// The report on a layout and a database. It is ok if nothing prevents the reading of events.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The name of the layout.
    pub layout: String,
    /// The location of the database.
    pub store: String,
    /// True if no finding is an error.
    pub ok: bool,
    /// The tables of events.
    pub tables: Vec<CheckedTable>,
    /// The plans of the database for the queries with which the store is read.
    pub plans: Vec<QueryPlan>,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// A table of events.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedTable {
    /// The table, with its schema.
    pub table: String,
    /// The number of events; `None` if the database did not count them in time.
    pub events: Option<u64>,
    /// The number of rows that were mapped.
    pub mapped: usize,
    /// The number of mapped events that the store hides.
    pub hidden: usize,
    /// True if the rows were read in an order that an index gives.
    pub in_order: bool,
    /// The first events.
    pub first_events: Vec<MappedEvent<'static>>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind: `missing`, `index`, `row`, `double` or `plan`.
    pub kind: &'static str,
    /// True if it prevents the reading of events.
    pub error: bool,
    /// The finding.
    pub message: String,
    /// The statement that helps.
    pub statement: Option<String>,
}

impl Finding {
    fn error(kind: &'static str, message: String) -> Self {
        Self { kind, error: true, message, statement: None }
    }
}

/// Checks a layout against a database.
///
/// # Errors
/// [`OpsError::NotThere`] if the layout does not even nearly fit.
pub async fn check(name: &str, layout: &Layout, database: &Arc<dyn ForeignDatabase>) -> Result<CheckReport, OpsError> {
    let place = database.place();
    if layout.engine != database.engine() {
        let message = format!("layout {name} is for {}, and {place} is on {}", layout.engine, database.engine());
        return Err(OpsError::Invalid(message));
    }
    let catalog = database.catalog().await?;
    let found = fits(layout, &catalog);
    let (complete, near): (Vec<&Fit>, Vec<&Fit>) = found.iter().partition(|fit| fit.is_complete());
    if found.is_empty() {
        let (noun, from) = (layout.engine.table_noun(), &layout.events.rows.from);
        let columns = layout.engine.column_noun();
        let unreadable = not_readable(&catalog);
        let message = format!("layout {name} does not fit {place}: no {noun} {from} with most of its {columns}s{unreadable}");
        return Err(OpsError::NotThere { kind: "layout", message });
    }
    let mut findings = Vec::new();
    if complete.is_empty() {
        let missing = near.iter().flat_map(|fit| &fit.missing);
        findings.extend(missing.map(|missing| Finding::error("missing", format!("missing: {missing}"))));
    }
    let mut tables = Vec::new();
    for fit in &complete {
        let index = |index: &MissingIndex| missing_index(&catalog, &fit.schema, index);
        findings.extend(fit.missing_indexes.iter().map(index));
        for table in &fit.tables {
            let plan = EventPlan::new(layout, &catalog, &fit.schema, table, MAPPED_ROWS);
            tables.push(check_table(layout, &catalog, &**database, &plan, &mut findings).await?);
        }
    }
    // With several places, none of them is the one to read.
    let plans = match complete.as_slice() {
        [_] if !findings.iter().any(|finding| finding.error) => match query_plans(database, name, layout).await {
            // The queries need values of rows, which a view may not give in time.
            Err(StoreError::Unavailable { .. }) => Vec::new(),
            plans => plans?,
        },
        _ => Vec::new(),
    };
    let is_large = tables.iter().any(|table| table.events.is_none_or(|events| events > SMALL_TABLE));
    findings.extend(plans.iter().filter(|_| is_large).filter_map(slow_plan));
    let ok = !findings.iter().any(|finding| finding.error);
    Ok(CheckReport { layout: name.to_owned(), store: place, ok, tables, plans, findings })
}

/// Returns the finding of a plan that takes longer the more events there are.
fn slow_plan(QueryPlan { query, plan }: &QueryPlan) -> Option<Finding> {
    let how = match (plan.scans, plan.sorts) {
        (false, false) => return None,
        (true, false) => "reads a whole table",
        (false, true) => "sorts rows",
        (true, true) => "reads a whole table and sorts its rows",
    };
    let message = format!("reading {query} {how}: {}", plan.lines.join("; "));
    Some(Finding { kind: "plan", error: false, message, statement: None })
}

async fn check_table(
    layout: &Layout,
    catalog: &Catalog,
    database: &dyn ForeignDatabase,
    plan: &EventPlan,
    findings: &mut Vec<Finding>,
) -> Result<CheckedTable, OpsError> {
    let query = &plan.query;
    let table = catalog.table(&query.schema, &query.from).map_or_else(|| query.from.clone(), |table| table.full_name());
    let rows = database.rows(query.clone()).await?;
    let events = match database.count(query.clone()).await {
        Ok(count) => Some(count),
        Err(StoreError::Unavailable { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mapper = EventMapper::new(layout, plan);
    let (mut mapped, mut versions) = (Vec::new(), BTreeSet::new());
    for (number, row) in rows.iter().enumerate() {
        match mapper.map_in_order(&row.values, row.place) {
            Ok(event) => {
                if let (Some(stream), Some(version)) = (&event.stream, event.version)
                    && !versions.insert((stream.clone(), version))
                {
                    findings.push(Finding::error("double", format!("{table}: stream {stream} has version {version} twice")));
                }
                mapped.push(event);
            }
            Err(error) => {
                let name = mapper.name(&row.values).map(|name| format!(" ({name})")).unwrap_or_default();
                findings.push(Finding::error("row", format!("{table}, row {}{name}: {error}", number + 1)));
            }
        }
        if findings.iter().filter(|finding| ["row", "double"].contains(&finding.kind)).count() >= MAX_ROW_FINDINGS {
            break;
        }
    }
    let hidden = mapped.iter().filter(|event| event.hidden).count();
    let (in_order, mapped_rows) = (!query.order.is_empty(), mapped.len());
    let first_events = mapped.into_iter().take(SHOWN_EVENTS).map(MappedEvent::into_owned).collect();
    Ok(CheckedTable { table, events, mapped: mapped_rows, hidden, in_order, first_events })
}

/// Returns the finding of a missing index, with the statement that creates it.
fn missing_index(catalog: &Catalog, schema: &str, index: &MissingIndex) -> Finding {
    let MissingIndex { table, columns, unique } = index;
    let (is_view, is_partitioned) =
        catalog.table(schema, table).map_or((false, false), |table| (table.is_view, table.is_partitioned));
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let kind = if *unique { "UNIQUE INDEX" } else { "INDEX" };
    let list = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let statement = match catalog.engine {
        Engine::Postgres if is_partitioned => format!("CREATE {kind} ON {}.{} ({list})", quoted(schema), quoted(table)),
        Engine::Postgres => format!("CREATE {kind} CONCURRENTLY ON {}.{} ({list})", quoted(schema), quoted(table)),
        Engine::Sqlite => {
            let name = quoted(&format!("{table}_{}", columns.join("_")));
            format!("CREATE {kind} {name} ON {} ({list})", quoted(table))
        }
        Engine::Mongodb => {
            let text = |name: &String| serde_json::Value::from(name.as_str()).to_string();
            let keys = columns.iter().map(|column| format!("{}: 1", text(column))).collect::<Vec<_>>().join(", ");
            format!("db.getCollection({}).createIndex({{ {keys} }}, {{ unique: {unique} }})", text(table))
        }
    };
    let columns = columns.join(", ");
    let message = match unique {
        true => format!("no unique index of {table} has {columns}: a version may be there twice"),
        false => format!("no index of {table} begins with {columns}: reading all in order sorts the table"),
    };
    // A view has no indexes of its own.
    Finding { kind: "index", error: false, message, statement: (!is_view).then_some(statement) }
}
