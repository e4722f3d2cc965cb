//! The names of streams and of event types, checked once.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::event::text::escape_unsafe;
use crate::event::text::is_unsafe;
use crate::event::text::nfc;

/// The longest name of a stream or an event type, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 200;

/// The reason why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} name \"{}\" {reason}", escape_unsafe(.name))]
pub struct NameError {
    kind: &'static str,
    name: String,
    reason: String,
}

/// Returns the category of a stream: the part before the first `-`, or the whole name where there is none.
pub fn category_of(stream: &str) -> &str {
    stream.split_once('-').map_or(stream, |(category, _)| category)
}

/// The streams that only esctl itself appends to.
pub const RESERVED_STREAMS: [&str; 1] = ["$quarantine"];

fn check(kind: &'static str, text: &str) -> Result<String, NameError> {
    let refuse = |reason: String| {
        let name = text.chars().take(80).collect();
        Err(NameError { kind, name, reason })
    };
    if text.trim().is_empty() {
        return refuse("is empty".into());
    }
    // Before normalisation, which would be slow for a huge name.
    if text.len() > 4 * MAX_NAME_BYTES {
        return refuse(format!("has {} bytes; at most {MAX_NAME_BYTES} are allowed", text.len()));
    }
    let name = nfc(text).into_owned();
    if name.len() > MAX_NAME_BYTES {
        return refuse(format!("has {} bytes; at most {MAX_NAME_BYTES} are allowed", name.len()));
    }
    if let Some(bad) = name.chars().find(|c| is_unsafe(*c)) {
        return refuse(format!("holds U+{:04X}, which is not printable", u32::from(bad)));
    }
    if name.starts_with('$') && !(kind == "stream" && RESERVED_STREAMS.contains(&name.as_str())) {
        return refuse("starts with $, which is reserved".into());
    }
    if name.trim() != name {
        return refuse("starts or ends with white space".into());
    }
    Ok(name)
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a name and brings it into normal form C, so that equal-looking names are equal.
            ///
            /// # Errors
            /// The name is empty, longer than [`MAX_NAME_BYTES`], not printable, or starts with `$` without being one of
            /// [`RESERVED_STREAMS`].
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check($kind, text).map(Self)
            }

            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The name of a stream: `category-id`, printable, in normal form C, at most 200 bytes.
    ///
    /// ```
    /// use esctl::event::StreamName;
    /// let stream = StreamName::parse("resource-gold").unwrap();
    /// assert_eq!((stream.category(), stream.id()), ("resource", "gold"));
    /// assert!(StreamName::parse("$all").is_err());
    /// ```
    StreamName, "stream"
}

name! {
    /// The type of an event, for instance `resource.allocated`.
    EventType, "event type"
}

impl StreamName {
    /// Reads a stored stream name. Accepts the names of [`StreamName::parse`], also with a `$` before them.
    ///
    /// # Errors
    /// The name is invalid, as in [`StreamName::parse`].
    pub fn recorded(text: &str) -> Result<Self, NameError> {
        match text.strip_prefix('$') {
            Some(rest) => check("stream", rest).map(|rest| Self(format!("${rest}"))),
            None => Self::parse(text),
        }
    }

    /// Returns true for a stream that only esctl itself appends to.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('$')
    }

    /// Returns the name of a stream from its category and id.
    ///
    /// # Errors
    /// The id is empty, or the name is invalid as in [`StreamName::parse`].
    pub fn of(category: &str, id: &str) -> Result<Self, NameError> {
        if id.trim().is_empty() {
            return Err(NameError { kind: "stream", name: format!("{category}-{id}"), reason: "has an empty id".into() });
        }
        Self::parse(&format!("{category}-{id}"))
    }

    /// Returns the part before the first `-`, or the whole name where there is none.
    pub fn category(&self) -> &str {
        category_of(&self.0)
    }

    /// Returns the part after the first `-`; empty where there is none.
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::EventType;
    use super::StreamName;

    #[test]
    fn composed_and_decomposed_are_one_stream() {
        assert_eq!(StreamName::parse("doc-e\u{301}"), StreamName::parse("doc-\u{e9}"));
    }

    #[test]
    fn unprintable_empty_long_and_reserved_names_are_refused() {
        for bad in ["", "   ", "$all", "a\nb", "a\u{1b}b", "a\0b", "a\u{202e}b", " a", "a ", &"x".repeat(201)] {
            assert!(StreamName::parse(bad).is_err(), "{bad:?}");
            assert!(EventType::parse(bad).is_err(), "{bad:?}");
        }
        assert!(StreamName::parse(&"x".repeat(200)).is_ok());
    }

    #[test]
    fn reserved_streams_are_streams_and_no_event_types() {
        let stream = StreamName::parse("$quarantine").unwrap();
        assert!(stream.is_reserved() && StreamName::recorded("$quarantine") == Ok(stream));
        assert!(EventType::parse("$quarantine").is_err());
        assert!(StreamName::parse("$later").is_err());
        assert!(StreamName::recorded("$later").unwrap().is_reserved());
        assert!(StreamName::recorded("$").is_err() && StreamName::recorded("$$a").is_err());
        assert!(!StreamName::recorded("resource-gold").unwrap().is_reserved());
    }

    #[test]
    fn a_refusal_shows_the_name_escaped() {
        let error = StreamName::parse("a\u{1b}b").unwrap_err().to_string();
        assert_eq!(error, "stream name \"a\\u001bb\" holds U+001B, which is not printable");
    }

    #[test]
    fn the_category_ends_at_the_first_dash() {
        let stream = StreamName::parse("order-a-b").unwrap();
        assert_eq!((stream.category(), stream.id()), ("order", "a-b"));
        let bare = StreamName::parse("order").unwrap();
        assert_eq!((bare.category(), bare.id()), ("order", ""));
    }
}
