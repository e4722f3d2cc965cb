//! jq as operators meet it: conditions, reducers, bisect, on streams of any application.

mod bisect;
mod conditions;
mod hostile;
mod projections;
mod reducers;
