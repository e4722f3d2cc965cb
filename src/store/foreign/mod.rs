//! Databases of other programs: their tables, columns and indexes, read over connections that cannot write.
//!
//! Knows no layout and no event. Each backend reads the catalog of its own database.

mod base64;
mod catalog;
mod changes;
mod column_class;
mod database;
mod engine;
mod open;
mod plan;
mod rows_builder;
mod rows_query;
mod sample;
pub(crate) mod sql;
mod text;
mod value;

pub(crate) use base64::base64;
pub use catalog::Catalog;
pub use catalog::ForeignColumn;
pub use catalog::ForeignIndex;
pub use catalog::ForeignTable;
pub(crate) use catalog::full_name;
pub(crate) use catalog::quoted;
pub use changes::Changes;
pub use changes::ChangesQuery;
pub use column_class::ColumnClass;
pub use database::BareScan;
pub use database::ForeignDatabase;
pub use engine::Engine;
pub use open::open_foreign;
pub use plan::RowsPlan;
pub(crate) use rows_builder::RowsBuilder;
pub use rows_query::Comparison;
pub use rows_query::ForeignRow;
pub use rows_query::QueryColumn;
pub use rows_query::QueryJoin;
pub use rows_query::QueryTest;
pub use rows_query::RowsBound;
pub use rows_query::RowsQuery;
pub use rows_query::RowsRange;
pub use sample::Sample;
pub use sample::SampleQuery;
pub use sample::SampleValue;
pub use text::ForeignText;
pub use value::ForeignValue;
