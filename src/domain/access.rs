//! Access to the streams of a domain for the callers of a server.
//!
//! A domain without a declared access is hidden from all but administrators: its fields may be private, and only the domain
//! knows which.

use serde_json::Map;
use serde_json::Value;

/// The viewer of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// The server, which sees everything.
    Server,
    /// The player or owner with this id.
    Player(String),
    /// A caller that acts as no player or owner.
    Watcher,
}

/// The permission that a command needs, in addition to the scope `write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// None.
    Anyone,
    /// The caller must act as the name in this field of the payload. A missing name is set to that of the caller.
    ActsAs(&'static str),
    /// The caller must act as the name in this field of the state.
    Owner(&'static str),
    /// Only an administrator may set this field of the payload, the seed of random choices. For other callers the server
    /// draws it, or repeats the one in the field of the same name of the state.
    Seed(&'static str),
    /// The caller must be an administrator.
    Administrator,
}

/// Reduces a complete state to the part that a viewer may see.
type ReduceState = fn(Value, &Viewer) -> Value;
/// Reduces the data of an event of a type to the part that every caller may see.
type ReduceEvent = fn(&str, Map<String, Value>) -> Map<String, Value>;

/// The part of a domain that callers may see, and the permissions that its commands need.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    content: Content,
    command: fn(&str) -> Permission,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    Open,
    Hidden,
    Reduced(ReduceState, ReduceEvent),
}

impl Access {
    /// Shows states and data of events to administrators only, and accepts commands of administrators only. Names of
    /// streams, types and times of events are visible to every caller.
    pub const HIDDEN: Self = Self { content: Content::Hidden, command: |_| Permission::Administrator };

    /// Shows everything, and accepts commands of every caller.
    pub const OPEN: Self = Self { content: Content::Open, command: |_| Permission::Anyone };

    /// Shows what is left by `state` of a state, and by `event` of the data of an event of a type. `command` returns the
    /// permission that a command needs.
    pub const fn new(state: ReduceState, event: ReduceEvent, command: fn(&str) -> Permission) -> Self {
        Self { content: Content::Reduced(state, event), command }
    }

    /// Returns the permission that a command needs.
    pub fn permission(&self, command: &str) -> Permission {
        (self.command)(command)
    }

    /// Returns true if something is hidden from a caller that did not ask for the server's view.
    pub fn hides_from(&self, administrator: bool) -> bool {
        match self.content {
            Content::Open => false,
            Content::Hidden => !administrator,
            Content::Reduced(..) => true,
        }
    }

    /// Returns the part of a complete state that a viewer may see.
    pub fn state(&self, state: Value, viewer: &Viewer, administrator: bool) -> Value {
        match self.content {
            Content::Reduced(reduce, _) => reduce(state, viewer),
            _ if self.hides_from(administrator) => Value::Null,
            _ => state,
        }
    }

    /// Returns the part of the data of an event that a caller may see.
    pub fn event(&self, event_type: &str, data: Map<String, Value>, administrator: bool) -> Map<String, Value> {
        match self.content {
            Content::Reduced(_, reduce) => reduce(event_type, data),
            _ if self.hides_from(administrator) => Map::new(),
            _ => data,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Access;
    use super::Permission;
    use super::Viewer;

    #[test]
    fn hidden_is_for_administrators_and_what_is_reduced_is_reduced_for_all() {
        let reduced = Access::new(|_, _| json!("less"), |_, _| serde_json::Map::new(), |_| Permission::ActsAs("name"));
        let state = json!({"secret": 1});
        let data = state.as_object().unwrap().clone();
        for (access, administrator, shown) in [
            (Access::HIDDEN, false, json!(null)),
            (Access::HIDDEN, true, state.clone()),
            (Access::OPEN, false, state.clone()),
            (reduced, false, json!("less")),
            (reduced, true, json!("less")),
        ] {
            for viewer in [Viewer::Player("ann".into()), Viewer::Watcher] {
                assert_eq!(access.state(state.clone(), &viewer, administrator), shown, "{access:?} {administrator}");
            }
            let hides = shown != state;
            assert_eq!(access.hides_from(administrator), hides, "{access:?} {administrator}");
            assert_eq!(access.event("user.registered", data.clone(), administrator).is_empty(), hides, "{access:?}");
        }
        assert_eq!(Access::HIDDEN.permission("user.register"), Permission::Administrator);
        assert_eq!(Access::OPEN.permission("user.register"), Permission::Anyone);
    }
}
