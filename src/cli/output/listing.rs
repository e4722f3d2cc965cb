//! The layout of a list.

use crate::cli::output::cell::Cell;

/// The number of rows of a page.
pub(crate) const PAGE_ROWS: usize = 500;
/// The size at which a page of large rows ends.
pub(crate) const PAGE_BYTES: usize = 256 << 10;

/// The layout of a list.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(crate) columns: Vec<String>,
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) has_header: bool,
    pub(crate) empty: String,
    pub(crate) unlimited: bool,
}

impl Listing {
    /// Returns a list with these columns in table format, in upper case.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = T>) -> Self {
        let columns = columns.into_iter().map(|name| Cell::new(name.into()).text.to_uppercase()).collect();
        Self { columns, fields: None, has_header: true, empty: "nothing found".into(), unlimited: false }
    }

    /// Sets the note about an empty list in table format, for stderr.
    #[must_use]
    pub fn empty(mut self, text: impl Into<String>) -> Self {
        self.empty = text.into();
        self
    }

    /// Sets the CSV header. Without it the header has the fields of the items of the first page.
    #[must_use]
    pub fn fields<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Removes the header in table format, for rows that explain themselves.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Removes the limit on a terminal: for a list with `--limit`, or that follows.
    #[must_use]
    pub fn unlimited(mut self) -> Self {
        self.unlimited = true;
        self
    }
}
