//! The numbers that a store may give out twice.

use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::TableRows;
use crate::store::read::ReadSource;

/// Returns a note if no unique index prevents that two events have one number: a later one with a number that was passed is not
/// found.
pub(super) fn not_unique(opened: &Opened, source: &ReadSource) -> Option<String> {
    let position = opened.position().filter(|_| *source == ReadSource::All);
    if let (Some(position), Some(table)) = (position, opened.tables.first()) {
        let name = position.column.name;
        return (!is_unique(opened, &table.all, &[&name])).then(|| note(&table.all, &name, "position"));
    }
    // The place in an array is there once, and versions that are counted are no values.
    let mut tables = opened.tables.iter().filter(|table| table.counted.is_none() && table.one.version.is_some());
    tables.find_map(|table| {
        let rows = &table.one;
        let number = opened.number(rows).map(|(column, _)| vec![column]);
        let parts = number.unwrap_or_else(|| rows.parts.clone());
        let names: Vec<&str> = parts.iter().chain(&rows.version).map(|column| column.name.as_str()).collect();
        (!is_unique(opened, rows, &names)).then(|| note(rows, &names.join(", "), "version of a stream"))
    })
}

/// Returns true if a unique index is over no other columns than these.
fn is_unique(opened: &Opened, rows: &TableRows, names: &[&str]) -> bool {
    let is_one = |name: &String| names.contains(&name.as_str());
    let table = opened.table(&rows.plan.query.from);
    table.is_some_and(|table| table.indexes.iter().any(|index| index.unique && index.columns.iter().all(is_one)))
}

fn note(rows: &TableRows, names: &str, noun: &str) -> String {
    let from = &rows.plan.query.from;
    format!("no unique index of {from} is over {names}: an event that comes later with an earlier {noun} is not shown")
}
