//! Databases of other programs: their tables, columns and indexes, read over connections that cannot write.
//!
//! Knows no layout and no event. Each backend reads the catalog of its own database.

mod catalog;
mod column_class;
mod database;
mod engine;
mod open;
mod sample;

pub use catalog::Catalog;
pub use catalog::ForeignColumn;
pub use catalog::ForeignIndex;
pub use catalog::ForeignTable;
pub(crate) use catalog::full_name;
pub(crate) use catalog::quoted;
pub use column_class::ColumnClass;
pub use database::ForeignDatabase;
pub use engine::Engine;
pub use open::open_foreign;
pub use sample::Sample;
pub use sample::SampleQuery;
pub use sample::SampleValue;
