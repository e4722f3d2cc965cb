//! Typed commands of a domain.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde_json::Value;

/// The typed commands of a domain. [`commands!`](crate::commands) defines them.
///
/// Commands under the same idempotency key are compared by their serialised form.
pub trait DomainCommand: Serialize + Sized + Send + Sync {
    /// The names of the commands on the command bus: `category.verb`.
    const NAMES: &'static [&'static str];

    /// Reads the payload of the command with this name; none: the domain has no such command.
    ///
    /// # Errors
    /// The payload does not have the form of the command.
    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>>;
}

/// No commands, for a domain whose events come from elsewhere.
impl DomainCommand for () {
    const NAMES: &'static [&'static str] = &[];

    fn from_payload(_name: &str, _payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        None
    }
}

/// Reads the payload of a command. An `id` in it is ignored; that of the stream is used.
///
/// # Errors
/// The payload is not a JSON object or does not have the form of the command.
pub fn read_payload<T: DeserializeOwned>(payload: &Value) -> Result<T, serde_json::Error> {
    let Value::Object(members) = payload else { return Err(Error::custom("expected a JSON object")) };
    let mut members = members.clone();
    members.shift_remove("id");
    T::deserialize(Value::Object(members))
}
