//! Responses to queries: a state with its version as ETag, or a page of a list with a link to the next page.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use url::form_urlencoded;
use uuid::Uuid;

use crate::event::Version;
use crate::event::text_hash;
use crate::ops::ListPage;
use crate::server::jobs::Job;

/// Every caller has its own view, and the data changes. A cached response must be revalidated before use.
const CACHING: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers with a state at a version. A caller that has this version gets 304, unless the state changes with time.
pub fn at_version<T: Serialize>(
    headers: &HeaderMap,
    version: Version,
    left_out: &[Uuid],
    changes_with_time: bool,
    body: &T,
) -> Response {
    let tag = etag(version, left_out);
    let known = !changes_with_time && tag.to_str().is_ok_and(|tag| is_known(headers, tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { Json(body).into_response() };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, CACHING);
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// Returns the version of a stream as an entity tag. A hash of the ids of left-out events follows the version:
/// `"7-0a1b2c3d"`.
pub(in crate::server) fn etag(version: Version, left_out: &[Uuid]) -> HeaderValue {
    let ids: Vec<String> = left_out.iter().map(Uuid::to_string).collect();
    let tag = match ids.as_slice() {
        [] => format!("\"{version}\""),
        ids => format!("\"{version}-{}\"", &text_hash(&ids.join(" ")).to_string()[..8]),
    };
    let tag = HeaderValue::try_from(tag);
    // Quoted digits and dashes are a valid header value.
    tag.unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Answers with a job that has begun, and with the address of its status.
pub fn accepted(job: &Job) -> Response {
    let place = format!("/api/jobs/{}", job.id);
    (StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(job)).into_response()
}

/// Answers with data that changes and has no version of its own.
pub fn fresh<T: Serialize>(body: &T) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, CACHING);
    response
}

/// Returns true if the caller has this version already (RFC 9110, 13.1.2: weak comparison of tags).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Answers with a page of a list, and with a link to the next page if there is one.
pub fn page<T: Serialize>(uri: &Uri, page: &ListPage<T>) -> Response {
    let mut response = fresh(page);
    let link = page.next.as_ref().map(|next| HeaderValue::try_from(format!("<{}>; rel=\"next\"", link_to(uri, next))));
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// Returns the address of the same query, after an item.
fn link_to(uri: &Uri, after: &str) -> String {
    let params = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.filter(|(name, _)| name != "after"));
    query.append_pair("after", after);
    format!("{}?{}", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::StatusCode;
    use axum::http::header;

    use super::at_version;
    use super::etag;
    use super::link_to;
    use crate::event::Version;

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let cases = [
            ("\"7\"", false, StatusCode::NOT_MODIFIED),
            ("\"6\", W/\"7\"", false, StatusCode::NOT_MODIFIED),
            ("*", false, StatusCode::NOT_MODIFIED),
            ("\"7\"", true, StatusCode::OK),
            ("\"6\"", false, StatusCode::OK),
            ("7", false, StatusCode::OK),
        ];
        for (known, changes_with_time, status) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
            let response = at_version(&headers, Version(7), &[], changes_with_time, &1);
            assert_eq!((response.status(), response.headers()[header::ETAG].as_bytes()), (status, &b"\"7\""[..]), "{known}");
        }
    }

    #[test]
    fn the_tag_contains_the_events_that_are_left_out() {
        let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let tags = [etag(Version(7), &[]), etag(Version(7), &[one]), etag(Version(7), &[one, other]), etag(Version(7), &[other])];
        assert_eq!(tags[0].as_bytes(), b"\"7\"");
        assert_eq!(tags.iter().collect::<std::collections::HashSet<_>>().len(), 4);
        assert!(tags[1..].iter().all(|tag| tag.to_str().unwrap().starts_with("\"7-")));
    }

    #[test]
    fn the_link_keeps_what_was_asked() {
        let uri = "/api/resources?owner=a%26b&after=x&limit=2".parse().unwrap();
        assert_eq!(link_to(&uri, "é 1"), "/api/resources?owner=a%26b&limit=2&after=%C3%A9+1");
        assert_eq!(link_to(&"/api/games".parse().unwrap(), "g"), "/api/games?after=g");
    }
}
