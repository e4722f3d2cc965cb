//! The rules of Caravan, as tables and as properties over whole games of bots. No store, no clock.

mod properties;
mod rules;
mod support;
mod views;
