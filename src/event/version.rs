//! Versions, positions, and the version that an append expects.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;
use thiserror::Error;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The value before the first event.
            pub const ZERO: Self = Self(0);
            /// No value: the store of another program has none for the event. Its JSON is null. No store of esctl has it.
            pub const NONE: Self = Self(u64::MAX);

            /// Returns the next value.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// Returns true unless this is [`Self::NONE`].
            pub fn is_some(self) -> bool {
                self != Self::NONE
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.is_some() { serializer.serialize_u64(self.0) } else { serializer.serialize_none() }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.is_some() { self.0.fmt(f) } else { "-".fmt(f) }
            }
        }
    };
}

counter! {
    /// The place of an event in its stream, from 1. A stream's version is its number of events; 0 means no stream.
    Version
}

counter! {
    /// The place of an event in the whole store, from 1, without holes. A store's head is at its last position; 0 means no
    /// events.
    Position
}

/// The expected version of a stream in an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpectedVersion {
    /// Any version.
    #[default]
    Any,
    /// The stream has no events.
    NoStream,
    /// The stream has at least one event.
    Exists,
    /// The stream is at exactly this version (0 is the same as [`ExpectedVersion::NoStream`]).
    Exact(Version),
}

impl ExpectedVersion {
    /// Returns true if a stream at this version meets the expectation.
    pub fn holds(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == Version::ZERO,
            Self::Exists => actual > Version::ZERO,
            Self::Exact(version) => actual == version,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::NoStream => f.write_str("none"),
            Self::Exists => f.write_str("exists"),
            Self::Exact(version) => version.fmt(f),
        }
    }
}

/// The error for a text that is not an expected version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected a version (0, 1, 2 …), any, none or exists")]
pub struct ExpectedVersionError;

impl FromStr for ExpectedVersion {
    type Err = ExpectedVersionError;
    fn from_str(text: &str) -> Result<Self, ExpectedVersionError> {
        match text {
            "any" => Ok(Self::Any),
            "none" => Ok(Self::NoStream),
            "exists" => Ok(Self::Exists),
            // Stores keep versions as signed 64-bit integers.
            number => match number.parse::<i64>() {
                Ok(version) if version >= 0 => Ok(Self::Exact(Version(version.unsigned_abs()))),
                _ => Err(ExpectedVersionError),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExpectedVersion;
    use super::Version;

    #[test]
    fn expectations_hold_as_named() {
        let cases = [("any", true, true), ("none", true, false), ("exists", false, true), ("0", true, false), ("3", false, true)];
        for (text, at_zero, at_three) in cases {
            let expected: ExpectedVersion = text.parse().unwrap();
            assert_eq!(expected.holds(Version(0)), at_zero, "{text} at 0");
            assert_eq!(expected.holds(Version(3)), at_three, "{text} at 3");
            assert_eq!(expected.to_string(), text);
        }
        for bad in ["", "-1", "+", "1.0", "ANY", "9223372036854775808"] {
            assert!(bad.parse::<ExpectedVersion>().is_err(), "{bad}");
        }
    }
}
