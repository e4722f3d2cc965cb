//! The parts of JSON text, with the order of its members and the digits of its numbers.

use std::fmt;

use serde::de::Deserialize;
use serde::de::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;

/// The members of a JSON object, in the order of the text.
pub(crate) struct JsonMembers<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = JsonMembers<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(JsonMembers(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A JSON value, split one level deep.
pub(crate) enum JsonParts<'a> {
    /// The members of an object.
    Object(Vec<(String, &'a RawValue)>),
    /// The elements of an array.
    Array(Vec<&'a RawValue>),
    /// The value of a string.
    Text(String),
    /// A number, a boolean or null, as it is written.
    Plain(&'a str),
}

impl<'a> JsonParts<'a> {
    /// Splits JSON text.
    pub(crate) fn of(json: &'a str) -> Result<Self, serde_json::Error> {
        let json = json.trim();
        Ok(match json.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str::<JsonMembers<'a>>(json)?.0),
            Some(b'[') => Self::Array(serde_json::from_str(json)?),
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            _ => Self::Plain(serde_json::from_str::<&RawValue>(json)?.get()),
        })
    }
}
