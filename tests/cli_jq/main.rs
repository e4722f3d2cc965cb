//! jq as operators meet it: conditions, reducers, bisect, on streams of any application.

#[path = "../common/backend.rs"]
mod backend;
mod bisect;
#[path = "../common/mod.rs"]
mod common;
mod conditions;
mod hostile;
mod projections;
mod reducers;
