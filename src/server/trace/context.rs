//! The trace context of a request (W3C Trace Context), and the correlation id of its events.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::event::is_unsafe;
use crate::server::commands::MAX_KEY_BYTES;

/// The header that names the trace of a request.
const TRACEPARENT: &str = "traceparent";
/// The header that names the correlation id of a request.
pub(super) const CORRELATION: &str = "x-correlation-id";

/// The trace and the correlation id of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hexadecimal digits, from the caller or generated.
    pub trace_id: String,
    /// The correlation id of the events: from `X-Correlation-Id`, else the caller's trace id. Without it the first
    /// event of a command begins a new correlation.
    pub correlation_id: Option<String>,
}

impl TraceContext {
    /// Reads the headers of a request. Malformed ones are ignored.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let given = text(TRACEPARENT).and_then(trace_id);
        let named = text(CORRELATION).filter(|id| is_correlation(id));
        Self {
            correlation_id: named.or(given).map(str::to_owned),
            trace_id: given.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned),
        }
    }
}

/// Returns the trace id of `VERSION-TRACE-PARENT-FLAGS`. Later versions may append more parts.
fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
    let complete = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    let first_version_ends = version != "00" || parts.next().is_none();
    (complete && version != "ff" && first_version_ends && !is_zero(trace) && !is_zero(parent)).then_some(trace)
}

fn is_correlation(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_KEY_BYTES && !id.chars().any(is_unsafe)
}

impl<S: Send + Sync> FromRequestParts<S> for TraceContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::HeaderName;

    use super::TraceContext;
    use crate::server::commands::MAX_KEY_BYTES;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(headers: &[(&'static str, &str)]) -> TraceContext {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        TraceContext::of(&headers.collect::<HeaderMap>())
    }

    #[test]
    fn a_trace_of_the_callers_is_taken_over_and_correlates() {
        let trace = of(&[("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"))]);
        assert_eq!(trace, TraceContext { trace_id: TRACE.into(), correlation_id: Some(TRACE.into()) });
        let later = of(&[("traceparent", &format!("01-{TRACE}-00f067aa0ba902b7-01-more"))]);
        assert_eq!(later.trace_id, TRACE);
    }

    #[test]
    fn a_correlation_id_counts_more_than_a_trace() {
        let trace = of(&[("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01")), ("x-correlation-id", "buy-18")]);
        assert_eq!(trace, TraceContext { trace_id: TRACE.into(), correlation_id: Some("buy-18".into()) });
    }

    #[test]
    fn what_is_no_trace_is_passed_over() {
        let zero = "0".repeat(32);
        for bad in [
            "",
            TRACE,
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{zero}-00f067aa0ba902b7-01"),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
        ] {
            let trace = of(&[("traceparent", bad)]);
            assert_ne!(trace.trace_id, TRACE, "{bad}");
            assert_eq!((trace.trace_id.len(), trace.correlation_id), (32, None), "{bad}");
        }
        assert_eq!(of(&[("x-correlation-id", &"x".repeat(MAX_KEY_BYTES + 1))]).correlation_id, None);
        assert_eq!(of(&[("x-correlation-id", "")]).correlation_id, None);
    }
}
