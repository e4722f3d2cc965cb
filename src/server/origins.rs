//! From which pages a browser may use the server: its own, and those that were allowed.
//!
//! A browser says with `Origin` which page asks. A page of somebody else's is refused whatever it asks, also where the
//! browser would only hide the answer from it: a command would have been carried out. Without a key for tokens the name
//! that the server is called by must be one of this machine's too, or a page could give itself that name (DNS rebinding).

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::Version;
use axum::http::header;
use axum::response::Response;
use thiserror::Error;

use crate::server::Problem;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent, x-client-id, x-correlation-id",
);
const SHOWN: HeaderValue = HeaderValue::from_static("etag, link, location, retry-after, x-correlation-id");
/// How long a browser remembers what it may, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Origins that a server does not start with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OriginError {
    /// A text that is no origin.
    #[error("{0} is no origin")]
    Invalid(String),
    /// Every page that is open in a browser on this machine could do everything.
    #[error("without a key for tokens, * would let every page in a browser do everything")]
    AllWithoutKey,
}

/// The headers that only a proxy sends, beside those that begin with `x-forwarded`. Behind a proxy, every request seems to come
/// from this machine.
const OF_A_PROXY: [&str; 14] = [
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

/// The pages that may.
pub(super) struct Origins {
    allowed: Vec<String>,
    checks_tokens: bool,
}

impl Origins {
    /// Origins like `https://app.example`, or `*` for all.
    ///
    /// # Errors
    /// A text that is no origin, or all origins where no token is needed.
    pub(super) fn new(allowed: &[String], checks_tokens: bool) -> Result<Self, OriginError> {
        let allowed: Vec<String> = allowed.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        match allowed.iter().find(|origin| *origin != "*" && !is_origin(origin)) {
            Some(bad) => Err(OriginError::Invalid(bad.clone())),
            None if !checks_tokens && allowed.iter().any(|origin| origin == "*") => Err(OriginError::AllWithoutKey),
            None => Ok(Self { allowed, checks_tokens }),
        }
    }

    /// Whether a request may come from where it comes. Every request goes through this, WebSocket upgrades too.
    ///
    /// # Errors
    /// It may not (403).
    pub(super) fn check(&self, version: Version, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.checks_tokens && !is_this_machine(host) {
            let problem = Problem::forbidden("host_not_allowed", "this server is called by a name that is not this machine's");
            return Err(problem.hint("call it localhost or 127.0.0.1; to serve others, start it with a key for tokens"));
        }
        if !self.checks_tokens
            && let Some(sign) = sign_of_a_proxy(version, headers)
        {
            let message = format!(
                "this server has no key for tokens and serves this machine only; the request came through a proxy ({sign})"
            );
            let problem = Problem::forbidden("proxy_not_allowed", message);
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
        Err(Problem::forbidden("origin_not_allowed", "pages from this origin may not use this server")
            .hint("--allow-origin lets them"))
    }

    /// The answer, with what a browser must know to hand it to the page that asked.
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

/// A scheme, a host and perhaps a port: no path, no user.
fn is_origin(text: &str) -> bool {
    // A pattern would match no page, while its author believes that it does.
    let Ok(uri) = text.parse::<Uri>() else { return false };
    if text.contains('*') {
        return false;
    }
    let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@') && !authority.host().is_empty());
    uri.scheme().is_some() && authority && uri.path() == "/" && uri.query().is_none()
}

/// Returns what shows that a request came through a proxy. nginx adds no header unless it is configured to, but it speaks
/// HTTP/1.0 to the server behind it, which no browser and no client of today does.
fn sign_of_a_proxy(version: Version, headers: &HeaderMap) -> Option<&str> {
    if version < Version::HTTP_11 {
        return Some("HTTP/1.0");
    }
    let mut names = headers.keys().map(HeaderName::as_str);
    names.find(|name| name.starts_with("x-forwarded") || OF_A_PROXY.contains(name))
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
