//! The parts of JSON text, with the order of its members and the digits of its numbers.

use serde_json::value::RawValue;

use crate::event::JsonMembers;

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
            Some(b'{') => {
                let JsonMembers(members) = serde_json::from_str(json)?;
                Self::Object(members.into_iter().map(|(name, text)| (name.into_owned(), text)).collect())
            }
            Some(b'[') => Self::Array(serde_json::from_str(json)?),
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            _ => Self::Plain(serde_json::from_str::<&RawValue>(json)?.get()),
        })
    }
}
