//! The pages from which a browser may use the server: its own, and those of allowed origins.
//!
//! A browser names the page in `Origin`. A request from any other page is refused and not executed, also where the
//! browser would only hide the answer. Without a key for tokens the host name must be one of this machine. Otherwise a
//! page could claim that name (DNS rebinding).

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::Version;
use axum::http::header;
use axum::response::Response;
use thiserror::Error;

use crate::server::HttpProblem;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent, x-client-id, x-correlation-id",
);
const SHOWN: HeaderValue = HeaderValue::from_static("etag, link, location, retry-after, x-correlation-id");
/// Time for which a browser may cache the permissions, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// An error in the allowed origins.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OriginError {
    /// The text is not an origin.
    #[error("\"{0}\" is not an origin, such as https://app.example")]
    Invalid(String),
    /// Without a key, `*` would give every page in a browser on this machine all scopes.
    #[error("origin * requires a key for tokens; otherwise every page in a browser could send any command")]
    AllWithoutKey,
}

/// The headers that only a proxy sends, in addition to those that begin with `x-forwarded`. Behind a proxy every
/// request seems to come from this machine.
const PROXY_HEADERS: [&str; 14] = [
    "forwarded",
    "forwarded-for",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-original-url",
    "x-rewrite-url",
    "x-envoy-external-address",
    "cf-connecting-ip",
    "true-client-ip",
    "fly-client-ip",
];

/// The allowed origins.
pub(super) struct Origins {
    allowed: Vec<String>,
    checks_tokens: bool,
}

impl Origins {
    /// Parses origins such as `https://app.example`, or `*` for all.
    ///
    /// # Errors
    /// [`OriginError`] if a text is not an origin, or if all origins are allowed without tokens.
    pub(super) fn new(allowed: &[String], checks_tokens: bool) -> Result<Self, OriginError> {
        let allowed: Vec<String> = allowed.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        match allowed.iter().find(|origin| *origin != "*" && !is_origin(origin)) {
            Some(bad) => Err(OriginError::Invalid(bad.clone())),
            None if !checks_tokens && allowed.iter().any(|origin| origin == "*") => Err(OriginError::AllWithoutKey),
            None => Ok(Self { allowed, checks_tokens }),
        }
    }

    /// Checks the origin of a request, WebSocket upgrades included.
    ///
    /// # Errors
    /// Forbidden if the host, a proxy or the origin is not allowed.
    pub(super) fn check(&self, version: Version, headers: &HeaderMap) -> Result<Option<HeaderValue>, HttpProblem> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.checks_tokens && !is_this_machine(host) {
            let problem = HttpProblem::forbidden("host_not_allowed", "the Host header does not name this machine");
            return Err(problem.hint("use localhost or 127.0.0.1, or start the server with a key for tokens"));
        }
        if !self.checks_tokens
            && let Some(indicator) = proxy_indicator(version, headers)
        {
            let message = format!(
                "the request came through a proxy ({indicator}), and a server without a key for tokens serves its own machine only"
            );
            let problem = HttpProblem::forbidden("proxy_not_allowed", message);
            return Err(
                problem.hint("start the server with --jwt-secret-file or --jwt-public-key-file to serve clients behind a proxy")
            );
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
        let text = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let own = text.split_once("://").is_some_and(|(_, authority)| authority == host.to_ascii_lowercase());
        if own || self.allowed.iter().any(|allowed| *allowed == text || allowed == "*") {
            return Ok(Some(origin.clone()));
        }
        Err(HttpProblem::forbidden("origin_not_allowed", "origin not allowed")
            .hint("start the server with --allow-origin to allow it"))
    }

    /// Adds the headers that let the browser hand the answer to the page.
    pub(super) fn allow(&self, origin: Option<&HeaderValue>, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        response
    }
}

/// Returns true if a text is an origin: a scheme, a host and an optional port, without path or user.
fn is_origin(text: &str) -> bool {
    // A pattern would match no page, although its author expects that it does.
    let Ok(uri) = text.parse::<Uri>() else { return false };
    if text.contains('*') {
        return false;
    }
    let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@') && !authority.host().is_empty());
    uri.scheme().is_some() && authority && uri.path() == "/" && uri.query().is_none()
}

/// Returns the header or protocol version that reveals a proxy. nginx adds no header unless configured to, but it uses
/// HTTP/1.0 for the server behind it. No current browser or client does.
fn proxy_indicator(version: Version, headers: &HeaderMap) -> Option<&str> {
    if version < Version::HTTP_11 {
        return Some("HTTP/1.0");
    }
    let mut names = headers.keys().map(HeaderName::as_str);
    names.find(|name| name.starts_with("x-forwarded") || PROXY_HEADERS.contains(name))
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<axum::http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::HeaderName;
    use axum::http::Version;
    use axum::http::header;

    use super::OriginError;
    use super::Origins;
    use super::is_origin;

    fn check(origins: &Origins, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        origins.check(Version::HTTP_11, &headers).is_ok()
    }

    #[test]
    fn own_pages_and_allowed_ones_may_and_others_may_not() {
        let origins = Origins::new(&["https://App.example/".into()], true).unwrap();
        for (origin, may) in [
            (None, true),
            (Some("https://es.example"), true),
            (Some("https://app.example"), true),
            (Some("https://app.example.evil.test"), false),
            (Some("https://es.example.evil.test"), false),
            (Some("https://es.example:444"), false),
            (Some("http://app.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ] {
            assert_eq!(check(&origins, "es.example", origin), may, "{origin:?}");
        }
        assert!(check(&Origins::new(&["*".into()], true).unwrap(), "es.example", Some("https://any.test")));
    }

    #[test]
    fn all_pages_may_only_where_tokens_are_checked() {
        assert_eq!(Origins::new(&["*".into()], false).err(), Some(OriginError::AllWithoutKey));
        assert_eq!(Origins::new(&["x".into()], false).err(), Some(OriginError::Invalid("x".into())));
    }

    #[test]
    fn without_tokens_nothing_from_a_proxy_is_let_through() {
        for (checks_tokens, through) in [(true, true), (false, false)] {
            let origins = Origins::new(&[], checks_tokens).unwrap();
            let names = ["forwarded", "X-Forwarded-For", "x-forwarded-anything", "Via", "X-Real-IP", "CF-Connecting-IP"];
            for name in names {
                let mut headers = HeaderMap::new();
                headers.insert(header::HOST, "localhost".parse().unwrap());
                headers.insert(HeaderName::try_from(name).unwrap(), "x".parse().unwrap());
                assert_eq!(origins.check(Version::HTTP_11, &headers).is_ok(), through, "{name}");
            }
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            headers.insert(header::CONNECTION, "close".parse().unwrap());
            for (version, may) in [(Version::HTTP_10, through), (Version::HTTP_11, true), (Version::HTTP_2, true)] {
                assert_eq!(origins.check(version, &headers).is_ok(), may, "as nginx asks by default: {version:?}");
            }
        }
    }

    #[test]
    fn without_tokens_only_names_of_this_machine_count() {
        let origins = Origins::new(&[], false).unwrap();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "127.9.9.9"] {
            assert!(check(&origins, host, None), "{host}");
        }
        for host in ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test:8080", "", "192.168.0.1", "a b"] {
            assert!(!check(&origins, host, None), "{host}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for good in ["https://a.example", "http://localhost:3000", "http://[::1]:1"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["a.example", "https://", "https://a.example/path", "https://u@a.example", "https://a.example?x", ""] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
