//! The layouts that are part of this program.

use crate::store::error::StoreError;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::Origin;
use crate::store::layout::format::parse;
use crate::store::layout::model::Layout;

/// A layout that is part of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name.
    pub name: &'static str,
    /// The text in TOML.
    pub text: &'static str,
}

const fn layout(name: &'static str, text: &'static str) -> BuiltIn {
    BuiltIn { name, text }
}

const BUILT_IN: [BuiltIn; 19] = [
    layout("cqrs-event-store", include_str!("built_in/cqrs-event-store.toml")),
    layout("game-events", include_str!("built_in/game-events.toml")),
    layout("eventsync", include_str!("built_in/eventsync.toml")),
    layout("message-db", include_str!("built_in/message-db.toml")),
    layout("marten", include_str!("built_in/marten.toml")),
    layout("emmett-postgresql", include_str!("built_in/emmett-postgresql.toml")),
    layout("emmett-sqlite", include_str!("built_in/emmett-sqlite.toml")),
    layout("emmett-mongodb", include_str!("built_in/emmett-mongodb.toml")),
    layout("eventsourcing-postgres", include_str!("built_in/eventsourcing-postgres.toml")),
    layout("eventsourcing-sqlite", include_str!("built_in/eventsourcing-sqlite.toml")),
    layout("node-eventstore", include_str!("built_in/node-eventstore.toml")),
    layout("postgres-es", include_str!("built_in/postgres-es.toml")),
    layout("sqlite-es", include_str!("built_in/sqlite-es.toml")),
    layout("commanded", include_str!("built_in/commanded.toml")),
    layout("rails-event-store", include_str!("built_in/rails-event-store.toml")),
    layout("eventuous-postgres", include_str!("built_in/eventuous-postgres.toml")),
    layout("akka-persistence-jdbc", include_str!("built_in/akka-persistence-jdbc.toml")),
    layout("esrs", include_str!("built_in/esrs.toml")),
    layout("eventhorizon-v2", include_str!("built_in/eventhorizon-v2.toml")),
];

/// Returns the built-in layouts.
pub fn built_in() -> &'static [BuiltIn] {
    &BUILT_IN
}

impl BuiltIn {
    /// Returns the model.
    ///
    /// # Errors
    /// Never: a test parses each layout.
    pub fn layout(&self) -> Result<Layout, LayoutError> {
        parse(self.text, Origin::BuiltIn)
    }

    /// Returns the model for use.
    ///
    /// # Errors
    /// [`StoreError::Bug`]: never, as for [`BuiltIn::layout`].
    pub fn model(&self) -> Result<Layout, StoreError> {
        self.layout().map_err(|error| StoreError::Bug(format!("built-in layout {}: {error}", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::built_in;

    #[test]
    fn each_layout_is_valid_and_has_a_rule_for_following() {
        for built_in in built_in() {
            let layout = built_in.layout().unwrap_or_else(|error| {
                panic!("{}:{}:{}: {error}", built_in.name, error.line, error.column);
            });
            assert!(layout.follow.is_some(), "{}", built_in.name);
        }
    }
}
