//! Access to the streams of a domain for callers of a server that are no administrators.
//!
//! A domain without a declared access is hidden: its fields may be private, and only the domain knows which.

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
    /// Only an administrator may set this field of the payload. The server draws it for other callers.
    Drawn(&'static str),
    /// The caller must be an administrator.
    Administrator,
}

/// The part of a domain that callers may see, and the permissions that its commands need.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// Reduces a complete state to the part that a viewer may see.
    pub state: fn(Value, &Viewer) -> Value,
    /// Reduces the data of an event of a type to the part that every caller may see.
    pub event: fn(&str, Map<String, Value>) -> Map<String, Value>,
    /// Returns the permission that a command needs.
    pub command: fn(&str) -> Permission,
    /// True if some fields are hidden.
    pub hides: bool,
}

impl Access {
    /// Shows nothing, and accepts commands of administrators only.
    pub const HIDDEN: Self =
        Self { state: |_, _| Value::Null, event: |_, _| Map::new(), command: |_| Permission::Administrator, hides: true };

    /// Shows everything, and accepts commands of every caller.
    pub const OPEN: Self = Self { state: |state, _| state, event: |_, data| data, command: |_| Permission::Anyone, hides: false };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Access;
    use super::Permission;
    use super::Viewer;

    #[test]
    fn hidden_shows_nothing_and_needs_an_administrator() {
        let state = json!({"secret": 1});
        for viewer in [Viewer::Player("ann".into()), Viewer::Watcher] {
            assert_eq!((Access::HIDDEN.state)(state.clone(), &viewer), json!(null));
            assert_eq!((Access::OPEN.state)(state.clone(), &viewer), state);
        }
        let data = state.as_object().unwrap().clone();
        assert!((Access::HIDDEN.event)("user.registered", data.clone()).is_empty());
        assert_eq!((Access::OPEN.event)("user.registered", data.clone()), data);
        assert_eq!((Access::HIDDEN.command)("user.register"), Permission::Administrator);
        assert_eq!((Access::OPEN.command)("user.register"), Permission::Anyone);
    }
}
