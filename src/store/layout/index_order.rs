//! The order that the indexes of a table give to its rows.

use crate::store::foreign::ForeignTable;
use crate::store::layout::model::Condition;
use crate::store::layout::model::ConditionTest;
use crate::store::layout::model::Rows;

/// Returns true if an index gives the order of these columns, after columns that have one value in all rows.
pub(super) fn gives_order(table: &ForeignTable, rows: &Rows, columns: &[&str]) -> bool {
    let is_fixed = |name: &String| {
        let fixes = |condition: &Condition| {
            condition.column.alias == rows.alias
                && condition.column.name == *name
                && matches!(condition.test, ConditionTest::Is(_))
        };
        rows.conditions.iter().any(fixes)
    };
    table.indexes.iter().any(|index| {
        let mut names = index.columns.iter().filter(|name| !is_fixed(name));
        columns.iter().all(|column| names.next().is_some_and(|name| name == column))
    })
}
