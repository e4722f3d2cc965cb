//! The serializers of list items, one for each format.

use serde::Serialize;

use crate::cli::output::cell::Cell;
use crate::cli::output::csv_row;
use crate::cli::output::grid::Grid;
use crate::cli::output::listing::Listing;
use crate::cli::output::listing::PAGE_BYTES;
use crate::cli::output::listing::PAGE_ROWS;
use crate::cli::output::safe_json::json_of;
use crate::cli::output::safe_json::write_json;
use crate::cli::output::settings::Format;
use crate::cli::output::settings::OutputSettings;
use crate::cli::output::yaml;

/// The items of a list, on their way into a buffer.
pub(crate) enum ListBody {
    /// Rows of the page that is being filled.
    Table { grid: Grid, rows: Vec<Vec<Cell>>, bytes: usize },
    /// `{"items":[`, one item a line.
    Json,
    /// One item a line.
    Ndjson,
    /// `items:`, one element an item.
    Yaml,
    /// Rows that wait for the header, then rows.
    Csv(CsvBody),
}

#[derive(Default)]
pub(crate) struct CsvBody {
    header: Vec<String>,
    written: bool,
    fixed: bool,
    waiting: Vec<Vec<(String, String)>>,
    lost: Option<String>,
    reported: bool,
}

impl ListBody {
    pub(crate) fn new(format: Format, listing: Listing) -> Self {
        match format {
            Format::Table => {
                let grid = Grid::new(listing.columns);
                let grid = if listing.has_header { grid } else { grid.without_header() };
                Self::Table { grid, rows: Vec::new(), bytes: 0 }
            }
            Format::Json => Self::Json,
            Format::Ndjson => Self::Ndjson,
            Format::Yaml => Self::Yaml,
            Format::Csv => {
                let fixed = listing.fields.is_some();
                Self::Csv(CsvBody { header: listing.fields.unwrap_or_default(), fixed, ..CsvBody::default() })
            }
        }
    }

    /// Adds an item.
    pub(crate) fn push<T: Serialize + ?Sized>(
        &mut self,
        buffer: &mut Vec<u8>,
        first: bool,
        item: &T,
        cells: impl FnOnce() -> Vec<Cell>,
    ) -> Result<(), serde_json::Error> {
        match self {
            Self::Table { rows, bytes, .. } => {
                let row = cells();
                *bytes += row.iter().map(|cell| cell.text.len()).sum::<usize>();
                rows.push(row);
            }
            Self::Json => {
                buffer.extend_from_slice(if first { b"{\"items\":[\n" } else { b",\n" });
                write_json(buffer, item)?;
            }
            Self::Ndjson => {
                write_json(buffer, item)?;
                buffer.push(b'\n');
            }
            Self::Yaml => {
                let element = yaml::element(&json_of(item)?)?;
                buffer.extend_from_slice(if first { b"items:\n" } else { b"" });
                buffer.extend_from_slice(element.as_bytes());
            }
            Self::Csv(csv) => csv.push(buffer, csv_row::cells(&json_of(item)?)?),
        }
        Ok(())
    }

    /// Returns true if the waiting rows make a page.
    pub(crate) fn page_is_full(&self) -> bool {
        match self {
            Self::Table { rows, bytes, .. } => rows.len() >= PAGE_ROWS || *bytes >= PAGE_BYTES,
            _ => false,
        }
    }

    /// Moves waiting rows into the buffer. Returns the name of a field that the CSV header lacks, once.
    pub(crate) fn draw(&mut self, buffer: &mut Vec<u8>, settings: &OutputSettings) -> Option<String> {
        match self {
            Self::Table { grid, rows, bytes } => {
                if !rows.is_empty() {
                    buffer.extend_from_slice(grid.page(std::mem::take(rows), settings).as_bytes());
                    *bytes = 0;
                }
                None
            }
            Self::Csv(csv) => csv.draw(buffer),
            Self::Json | Self::Ndjson | Self::Yaml => None,
        }
    }

    /// Ends the list.
    pub(crate) fn end(&mut self, buffer: &mut Vec<u8>, empty: bool, next: Option<&str>) {
        match self {
            Self::Json => {
                buffer.extend_from_slice(if empty { b"{\"items\":[" } else { b"\n" });
                buffer.extend_from_slice(b"],\"next\":");
                // An optional text always serializes.
                let _ = write_json(buffer, &next);
                buffer.extend_from_slice(b"}\n");
            }
            Self::Yaml => {
                buffer.extend_from_slice(if empty { b"items: []\n" } else { b"" });
                let next = next.map_or_else(|| "null".to_owned(), yaml::text);
                buffer.extend_from_slice(format!("next: {next}\n").as_bytes());
            }
            Self::Csv(csv) if csv.fixed => csv.write_header(buffer),
            Self::Table { .. } | Self::Ndjson | Self::Csv(_) => {}
        }
    }
}

impl CsvBody {
    fn push(&mut self, buffer: &mut Vec<u8>, row: Vec<(String, String)>) {
        if self.written {
            self.write(buffer, row);
            return;
        }
        if !self.fixed {
            for (name, _) in &row {
                if !self.header.contains(name) {
                    self.header.push(name.clone());
                }
            }
        }
        self.waiting.push(row);
    }

    fn draw(&mut self, buffer: &mut Vec<u8>) -> Option<String> {
        if !self.waiting.is_empty() {
            self.write_header(buffer);
            for row in std::mem::take(&mut self.waiting) {
                self.write(buffer, row);
            }
        }
        if self.reported {
            return None;
        }
        self.reported = self.lost.is_some();
        self.lost.take()
    }

    fn write_header(&mut self, buffer: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.written, true) {
            csv_row::write_row(buffer, self.header.iter().map(|name| csv_row::header(name)));
        }
    }

    fn write(&mut self, buffer: &mut Vec<u8>, mut row: Vec<(String, String)>) {
        // The fields usually come in the order of the header.
        if !row.iter().map(|(name, _)| name).eq(self.header.iter()) {
            if let Some((name, _)) = row.iter().find(|(name, _)| !self.header.contains(name)) {
                self.lost.get_or_insert_with(|| name.clone());
            }
            let cell = |name: &String| row.iter().find(|(other, _)| other == name).map(|(_, cell)| cell.clone());
            row = self.header.iter().map(|name| (name.clone(), cell(name).unwrap_or_default())).collect();
        }
        csv_row::write_row(buffer, row.into_iter().map(|(_, cell)| cell));
    }
}
