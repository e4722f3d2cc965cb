//! The handlers: one file a noun. Each parses, calls a use case or the command bus, and renders.

pub(super) mod activity;
pub(super) mod answer;
pub(super) mod assets;
pub(super) mod commands;
pub(super) mod documents;
pub(super) mod error_responses;
pub(super) mod events;
pub(super) mod extract;
pub(super) mod feed;
pub(super) mod games;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod me;
pub(super) mod metrics;
pub(super) mod params;
pub(super) mod projections;
pub(super) mod replay;
pub(super) mod resources;
pub(super) mod schemas;
pub(super) mod streams;
