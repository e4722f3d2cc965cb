//! JSON text taken apart without losing the order of its members or the digits of its numbers.

use std::fmt;

use serde::de::Deserialize;
use serde::de::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;

/// The members of a JSON object, in the order of the text.
pub(crate) struct Fields<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Fields(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// One JSON value, taken apart one level deep.
pub(crate) enum Node<'a> {
    /// An object's members.
    Object(Vec<(String, &'a RawValue)>),
    /// An array's elements.
    Array(Vec<&'a RawValue>),
    /// A string's value.
    Text(String),
    /// A number, a boolean or null, as it is written.
    Plain(&'a str),
}

impl<'a> Node<'a> {
    /// Takes JSON text apart.
    pub(crate) fn of(json: &'a str) -> Result<Self, serde_json::Error> {
        let json = json.trim();
        Ok(match json.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str::<Fields<'a>>(json)?.0),
            Some(b'[') => Self::Array(serde_json::from_str(json)?),
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            _ => Self::Plain(serde_json::from_str::<&RawValue>(json)?.get()),
        })
    }
}
