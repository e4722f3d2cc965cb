//! What a request asks for in its path and its query, read strictly: what is not known is refused, not passed over.

use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::extract::Query;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error as _;

use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::replay::PointInTime;
use crate::server::Problem;

/// Items of a page unless told.
const PAGE: u64 = 100;
/// Items of a page at most.
const MAX_PAGE: u64 = 1000;

/// The query of a request.
#[derive(Debug, Clone)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => {
                let made = Problem::bad_request("bad_parameter", reason(&error));
                Err(made.hint("/openapi.json lists the parameters of every call"))
            }
        }
    }
}

/// The one name in the path of a request: an id, a stream, a projection.
#[derive(Debug, Clone)]
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(error) => {
                let made = Problem::bad_request("bad_name", format!("the name in the path cannot be read: {}", reason(&error)));
                Err(made.hint("names are UTF-8, percent-encoded: / is written %2F"))
            }
        }
    }
}

/// What lies behind the words of the framework.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// How many items a page has: from 1 to 1000, 100 unless told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u64);

impl Limit {
    /// As a count of items.
    pub fn items(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// As a count of events.
    pub fn events(self) -> u64 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(PAGE)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = |found: &dyn std::fmt::Display| D::Error::custom(format_args!("{found}; wanted 1 to {MAX_PAGE}"));
        match u64::deserialize(deserializer) {
            Ok(limit @ 1..=MAX_PAGE) => Ok(Self(limit)),
            Ok(limit) => Err(wanted(&limit)),
            Err(error) => Err(wanted(&error)),
        }
    }
}

/// A version of a stream: a whole number from 0 to 2^63-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedVersion(pub Version);

impl<'de> Deserialize<'de> for AskedVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted =
            |found: &dyn std::fmt::Display| D::Error::custom(format_args!("{found}; wanted a version: 0, 1, 2 … up to 2^63-1"));
        match u64::deserialize(deserializer) {
            Ok(version) if i64::try_from(version).is_ok() => Ok(Self(Version(version))),
            Ok(version) => Err(wanted(&version)),
            Err(error) => Err(wanted(&error)),
        }
    }
}

/// A moment, in RFC 3339, or `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The head, shown as of the wall clock.
    Now,
    /// The time.
    Time(Timestamp),
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "now" {
            return Ok(Self::Now);
        }
        let wanted = "wanted now, or a time like 2025-12-03T16:46:43Z (in a URL the + of an offset is written %2B)";
        text.parse().map(Self::Time).map_err(|error| D::Error::custom(format_args!("{error}; {wanted}")))
    }
}

/// The one moment or version that is asked for; neither: everything there is.
///
/// # Errors
/// Both are asked for.
pub fn until(at: Option<Moment>, version: Option<AskedVersion>) -> Result<PointInTime, Problem> {
    match (at, version) {
        (None | Some(Moment::Now), None) => Ok(PointInTime::Head),
        (Some(Moment::Time(at)), None) => Ok(PointInTime::Time(at)),
        (None, Some(AskedVersion(version))) => Ok(PointInTime::Version(version)),
        (Some(_), Some(_)) => {
            let made = Problem::bad_request("bad_parameter", "at and version both say up to where");
            Err(made.hint("ask for one of them"))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use serde::Deserialize;

    use super::AskedVersion;
    use super::Limit;
    use super::Moment;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct All {
        #[serde(default)]
        limit: Limit,
        version: Option<AskedVersion>,
        at: Option<Moment>,
    }

    fn read(query: &str) -> Result<All, String> {
        let uri = format!("/x?{query}").parse().unwrap();
        Query::try_from_uri(&uri).map(|Query(all)| all).map_err(|error| super::reason(&error))
    }

    #[test]
    fn what_is_asked_is_read() {
        let all = read("limit=1000&version=9223372036854775807&at=2025-12-03T16:46:43%2B01:00").unwrap();
        assert_eq!((all.limit.items(), all.version.unwrap().0.0), (1000, 9_223_372_036_854_775_807));
        let at = "2025-12-03T15:46:43.000000Z".parse().unwrap();
        assert_eq!(all.at, Some(Moment::Time(at)));
        assert_eq!(read("at=now").unwrap().at, Some(Moment::Now));
        assert_eq!(read("").unwrap().limit, Limit::default());
    }

    #[test]
    fn a_refusal_names_the_parameter_and_what_is_wanted() {
        let cases = [
            ("limit=0", "limit", "1 to 1000"),
            ("limit=1001", "limit", "1 to 1000"),
            ("limit=x", "limit", "1 to 1000"),
            ("version=-1", "version", "a version"),
            ("version=9223372036854775808", "version", "a version"),
            ("at=2026-02-30T00:00:00Z", "at", "a time like"),
            ("at=2025-12-03T16:46:43+01:00", "at", "%2B"),
            ("limt=1", "limt", "limit"),
            ("limit=1&limit=2", "limit", "duplicate"),
        ];
        for (query, name, wanted) in cases {
            let reason = read(query).unwrap_err();
            assert!(reason.contains(name) && reason.contains(wanted), "{query}: {reason}");
        }
    }
}
