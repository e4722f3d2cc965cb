//! Inputs of programs whose parts are made when a program uses them.
//!
//! Most programs use two or three fields of an event. Making a value of all of them takes longer than such a program.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::value::RawValue;

use crate::event::JsonMembers;
use crate::jq::value::JqValue;
use crate::jq::value::from_text;

/// Maximum number of members of an object that are kept as text. The members are searched one after the other.
const MAX_MEMBERS: usize = 64;

/// A value that is borrowed or made when it is used.
#[derive(Clone)]
pub enum Lazy<'v> {
    /// An object whose members are made when they are used.
    Object(&'v dyn LazyObject),
    /// A value of another owner.
    Shared(&'v JqValue),
    /// A value.
    Owned(JqValue),
}

/// An object whose members are made when they are used.
pub trait LazyObject: Sync {
    /// Returns a member; null where there is none.
    ///
    /// # Errors
    /// The member is not JSON.
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error>;

    /// Returns the value of the object with all its members.
    ///
    /// # Errors
    /// A member is not JSON.
    fn whole(&self) -> Result<JqValue, serde_json::Error>;
}

/// JSON text whose members are read when they are used.
pub struct LazyJson<'t>(JsonContent<'t>);

enum JsonContent<'t> {
    Object { text: &'t str, members: Vec<MemberText<'t>>, whole: OnceLock<JqValue> },
    Value(JqValue),
}

struct MemberText<'t> {
    name: Cow<'t, str>,
    text: &'t RawValue,
    value: OnceLock<JqValue>,
}

impl<'t> LazyJson<'t> {
    /// Reads the outermost object of a text.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn read(text: &'t str) -> Result<Self, serde_json::Error> {
        match serde_json::from_str(text) {
            Ok(JsonMembers(members)) if members.len() <= MAX_MEMBERS => {
                let unread = |(name, text)| MemberText { name, text, value: OnceLock::new() };
                let members = members.into_iter().map(unread).collect();
                Ok(Self(JsonContent::Object { text, members, whole: OnceLock::new() }))
            }
            _ => from_text(text).map(|value| Self(JsonContent::Value(value))),
        }
    }

    /// Returns the value of the text.
    pub fn value(&self) -> Lazy<'_> {
        match &self.0 {
            JsonContent::Object { .. } => Lazy::Object(self),
            JsonContent::Value(value) => Lazy::Shared(value),
        }
    }
}

impl LazyObject for LazyJson<'_> {
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error> {
        let null = Lazy::Owned(JqValue::Null);
        let JsonContent::Object { members, .. } = &self.0 else { return Ok(null) };
        // Of two members of the same name the last one counts.
        let Some(member) = members.iter().rev().find(|member| member.name == name) else { return Ok(null) };
        made(&member.value, member.text.get()).map(Lazy::Shared)
    }

    fn whole(&self) -> Result<JqValue, serde_json::Error> {
        match &self.0 {
            JsonContent::Object { text, whole, .. } => made(whole, text).cloned(),
            JsonContent::Value(value) => Ok(value.clone()),
        }
    }
}

fn made<'v>(value: &'v OnceLock<JqValue>, text: &str) -> Result<&'v JqValue, serde_json::Error> {
    made_once(value, || from_text(text))
}

/// Returns the value of a cell, and makes it the first time. Copies of a value share its parts.
pub(crate) fn made_once<T>(
    value: &OnceLock<T>,
    make: impl FnOnce() -> Result<T, serde_json::Error>,
) -> Result<&T, serde_json::Error> {
    match value.get() {
        Some(value) => Ok(value),
        None => {
            let made = make()?;
            Ok(value.get_or_init(|| made))
        }
    }
}
