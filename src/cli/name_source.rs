//! The source of the names that complete an argument. An argument declares it: `#[arg(add = NameSource::STREAMS)]`.
//!
//! `complete` looks the names up. Nothing else reads the declaration.

use clap::builder::ArgExt;

use crate::ops::names::NameKind;

/// A source of names for the value of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameSource {
    /// The store.
    Store(NameKind),
    /// The configuration file.
    Contexts,
    /// The program.
    Reducers,
    /// The program, and the files of a folder.
    Layouts,
}

impl ArgExt for NameSource {}

impl NameSource {
    pub(super) const CATEGORIES: Self = Self::Store(NameKind::Categories);
    pub(super) const EVENT_TYPES: Self = Self::Store(NameKind::Types);
    pub(super) const FAILED_EVENTS: Self = Self::Store(NameKind::FailedEvents);
    pub(super) const PROJECTIONS: Self = Self::Store(NameKind::Projections);
    pub(super) const QUARANTINED_EVENTS: Self = Self::Store(NameKind::QuarantinedEvents);
    pub(super) const STORED_PROJECTIONS: Self = Self::Store(NameKind::StoredProjections);
    pub(super) const STREAMS: Self = Self::Store(NameKind::Streams);
    pub(super) const STREAMS_WITH_SNAPSHOTS: Self = Self::Store(NameKind::StreamsWithSnapshots);

    /// Returns the source of ids in the names of a category's streams.
    pub(super) const fn ids_of(category: &'static str) -> Self {
        Self::Store(NameKind::IdsOf(category))
    }
}
