//! Parameters in the path and the query of a request. Unknown parameters are refused.

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
use crate::ops::ListSource;
use crate::ops::replay::PointInTime;
use crate::server::HttpProblem;
use crate::server::Server;

/// Default number of items on a page.
const PAGE: u64 = 100;
/// Maximum number of items on a page.
const MAX_PAGE: u64 = 1000;

/// An extractor for the query of a request.
#[derive(Debug, Clone)]
pub struct QueryParams<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => {
                let made = HttpProblem::bad_request("bad_parameter", reason(&error));
                Err(made.hint("see /openapi.json for the parameters of every operation"))
            }
        }
    }
}

/// An extractor for the name in the path of a request: an id, a stream or a projection.
#[derive(Debug, Clone)]
pub struct PathParam(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParam {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(error) => {
                let made = HttpProblem::bad_request("bad_name", format!("malformed name in the path: {}", reason(&error)));
                Err(made.hint("percent-encode the name as UTF-8, with / as %2F"))
            }
        }
    }
}

/// Returns the cause behind the general message of the framework.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Number of items on a page: 1 to 1000, default 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u64);

impl PageLimit {
    /// Returns the limit as a number of items.
    pub fn items(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Returns the limit as a number of events.
    pub fn events(self) -> u64 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(PAGE)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = |found: &dyn std::fmt::Display| D::Error::custom(format_args!("{found}; expected 1 to {MAX_PAGE}"));
        match u64::deserialize(deserializer) {
            Ok(limit @ 1..=MAX_PAGE) => Ok(Self(limit)),
            Ok(limit) => Err(expected(&limit)),
            Err(error) => Err(expected(&error)),
        }
    }
}

/// A version of a stream: a whole number from 0 to 2^63-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionParam(pub Version);

impl<'de> Deserialize<'de> for VersionParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected =
            |found: &dyn std::fmt::Display| D::Error::custom(format_args!("{found}; expected a version: 0, 1, 2 … up to 2^63-1"));
        match u64::deserialize(deserializer) {
            Ok(version) if i64::try_from(version).is_ok() => Ok(Self(Version(version))),
            Ok(version) => Err(expected(&version)),
            Err(error) => Err(expected(&error)),
        }
    }
}

/// A time in RFC 3339, or `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The head, shown as of the clock.
    Now,
    /// A time.
    Time(Timestamp),
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "now" {
            return Ok(Self::Now);
        }
        let expected = "expected now, or a time like 2025-12-03T16:46:43Z (in a URL the + of an offset is written %2B)";
        text.parse().map(Self::Time).map_err(|error| D::Error::custom(format_args!("{error}; {expected}")))
    }
}

/// Returns the source of a list at a moment; without one it is the present.
pub async fn list_source(server: &Server, at: Option<Moment>) -> Result<ListSource, HttpProblem> {
    match at {
        Some(Moment::Time(at)) => Ok(ListSource::Past { store: server.store.clone(), at }),
        Some(Moment::Now) | None => Ok(ListSource::Present { queries: server.queries().await?, now: (server.clock)() }),
    }
}

/// Returns the end of the range that the parameters select. Without parameters it is the head.
///
/// # Errors
/// An invalid request (400) if both are given.
pub fn until(at: Option<Moment>, version: Option<VersionParam>) -> Result<PointInTime, HttpProblem> {
    match (at, version) {
        (None | Some(Moment::Now), None) => Ok(PointInTime::Head),
        (Some(Moment::Time(at)), None) => Ok(PointInTime::Time(at)),
        (None, Some(VersionParam(version))) => Ok(PointInTime::Version(version)),
        (Some(_), Some(_)) => {
            let made = HttpProblem::bad_request("bad_parameter", "at and version exclude each other");
            Err(made.hint("pass one of them"))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use serde::Deserialize;

    use super::Moment;
    use super::PageLimit;
    use super::VersionParam;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct All {
        #[serde(default)]
        limit: PageLimit,
        version: Option<VersionParam>,
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
        assert_eq!(read("").unwrap().limit, PageLimit::default());
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
