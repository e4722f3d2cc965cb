//! Access to games: a player sees its own hand and moves only for itself. The seed determines the decks, so the server
//! draws it.

use crate::domain::access::Access;
use crate::domain::access::Permission;
use crate::domain::access::Viewer;
use crate::domain::game::schema::event_as_seen;
use crate::domain::game::schema::state_as_seen;

/// The access to games.
pub const ACCESS: Access =
    Access::new(state_as_seen, |event_type, data| event_as_seen(event_type, data, &Viewer::Watcher), permission);

fn permission(command: &str) -> Permission {
    match command {
        "game.create" => Permission::Seed("seed"),
        _ => Permission::ActsAs("player_id"),
    }
}
