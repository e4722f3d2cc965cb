//! The baseline of a store that another program wrote: its database hands out the same columns, which nothing decodes.

use crate::store::error::StoreError;
use crate::store::foreign::BareScan;
use crate::store::layout_store::layout_tables::LayoutTables;

impl LayoutTables {
    /// Reads all rows of all tables of events and discards them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the layout does not fit.
    pub async fn bare_scan(&self) -> Result<BareScan, StoreError> {
        let mut all = BareScan { rows: 0, statement: String::new() };
        for table in &self.opened().await?.tables {
            let BareScan { rows, statement } = self.opening.database.bare_scan(table.all.query(0)).await?;
            all.rows += rows;
            if !all.statement.is_empty() {
                all.statement.push_str("; ");
            }
            all.statement.push_str(&statement);
        }
        Ok(all)
    }
}
