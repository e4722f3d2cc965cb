//! The baseline of a store that another program wrote: its database hands out the same columns, which nothing decodes.

use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::foreign::BareScan;
use crate::store::foreign::open_foreign;
use crate::store::layout_store::opening::LayoutChoice;
use crate::store::layout_store::opening::Opening;
use crate::store::options::OpenOptions;
use crate::store::url::StoreUrl;

/// The tables of events of a layout, without the layout.
pub struct LayoutBaseline {
    opening: Opening,
}

impl LayoutBaseline {
    /// Returns the baseline at a URL. Sends no request.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a store in memory.
    pub fn new(url: &StoreUrl, choice: LayoutChoice, options: impl Into<OpenOptions>) -> Result<Self, StoreError> {
        let options = options.into();
        let database = open_foreign(url, &options)?;
        Ok(Self { opening: Opening::new(database, choice, Arc::clone(&options.warn)) })
    }

    /// Reads all rows of all tables of events and discards them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no layout fits; [`StoreError::Invalid`] if there are several places for it.
    pub async fn scan(&self) -> Result<BareScan, StoreError> {
        let mut all = BareScan { rows: 0, statement: String::new() };
        for table in &self.opening.opened().await?.tables {
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
