//! The commands of one domain, typed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde_json::Value;

/// The commands of one domain, typed. [`commands!`](crate::commands) makes one.
///
/// Two commands under one idempotency key are compared by what they serialise to.
pub trait DomainCommand: Serialize + Sized + Send + Sync {
    /// The names of the commands, as the command bus knows them: `category.verb`.
    const NAMES: &'static [&'static str];

    /// Reads the payload of a command of this name. `None`: no command of this domain.
    ///
    /// # Errors
    /// When the payload does not have the shape of the command.
    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>>;
}

/// No commands: the events of the domain come from elsewhere.
impl DomainCommand for () {
    const NAMES: &'static [&'static str] = &[];

    fn from_payload(_name: &str, _payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        None
    }
}

/// Reads the payload of a command. Clients may send the `id` in it; the one that counts is the stream's.
///
/// # Errors
/// When the payload is not a JSON object, or does not have the shape of the command.
pub fn read_payload<T: DeserializeOwned>(payload: &Value) -> Result<T, serde_json::Error> {
    let Value::Object(members) = payload else { return Err(Error::custom("wanted a JSON object")) };
    let mut members = members.clone();
    members.shift_remove("id");
    T::deserialize(Value::Object(members))
}
