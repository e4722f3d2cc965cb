//! The raw database under a scratch store, which `esctl bench` compares with the store. Part of the feature `bench`.

mod contract;
mod open;

pub use contract::Baseline;
pub use contract::BaselineEvent;
pub use contract::BaselineWork;
pub use open::open_baseline;
