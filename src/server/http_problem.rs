//! Error responses: status, code, message and hint.
//!
//! The codes are those of the command line. Internal causes go to the log, not to clients.

use std::time::Duration;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use utoipa::ToSchema;

use crate::event::escape_unsafe;
use crate::ops::CURSOR_BEYOND_END;
use crate::ops::Failure;
use crate::ops::FailureKind;

/// The default delay before a retry.
const SOON: Duration = Duration::from_secs(1);

/// An error that ends a request.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpProblem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The delay after which a retry may succeed.
    pub retry_after: Option<Duration>,
    /// The error as the client gets it.
    pub error: Box<ErrorDetail>,
}

/// The body of an error response.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// An error as the client gets it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// The stable code, in snake_case.
    #[schema(value_type = String, example = "resource_locked")]
    pub code: &'static str,
    /// The message: one sentence for people.
    pub message: String,
    /// The hint: what to do about the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The values behind the message, for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl HttpProblem {
    /// Returns an error with a status, a code and a message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code, message: message.into(), hint: None, details: Map::new() };
        Self { status, retry_after: None, error: error.into() }
    }

    /// Returns an error for an invalid request (400).
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Returns an error for a caller that is not authenticated (401).
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// Returns an error for a request that this caller may not send (403).
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// Returns an error for something that does not exist (404).
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Returns an error for input that exceeds a size limit (413).
    pub fn too_large(what: &str, limit: usize) -> Self {
        let message = format!("{what} exceeds the limit of {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).with("limit", limit)
    }

    /// Returns an error for a client that exceeds its rate (429).
    pub fn too_often(wait: Duration) -> Self {
        let message = "too many requests from this client";
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message) }
    }

    /// Returns an error for something that is unavailable at the moment (503).
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self { retry_after: Some(SOON), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message) }
    }

    /// Returns the error of a server that is stopping (503).
    pub fn stopping() -> Self {
        Self::unavailable("stopping", "the server is stopping").hint("retry later or on another instance")
    }

    /// Returns the error of a command whose outcome is unknown (504).
    pub fn outcome_unknown() -> Self {
        let message = "outcome unknown: the command may or may not have been applied";
        let made = Self::new(StatusCode::GATEWAY_TIMEOUT, FailureKind::OutcomeUnknown.name(), message);
        made.hint("send the command again with the same Idempotency-Key; it is applied once")
    }

    /// Corrects the hint for a command without an idempotency key, which could be applied twice if it is repeated.
    #[must_use]
    pub fn of_command_without_key(self) -> Self {
        if self.error.code != FailureKind::OutcomeUnknown.name() {
            return self;
        }
        self.hint("read the stream before you send the command again: without an Idempotency-Key it may be applied twice")
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    /// Adds a value for programs.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.error.details.insert(key.to_owned(), value.into());
        self
    }
}

/// Returns the status for a kind of failure.
fn status(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::Usage => StatusCode::BAD_REQUEST,
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::Conflict => StatusCode::CONFLICT,
        FailureKind::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
        FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::OutcomeUnknown => StatusCode::GATEWAY_TIMEOUT,
        // The caller cannot fix these: the database refuses the server, or the stored data is damaged.
        FailureKind::NotAllowed | FailureKind::Integrity | FailureKind::Unsupported | FailureKind::Bug => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl From<Failure> for HttpProblem {
    fn from(failure: Failure) -> Self {
        // A missing store is a fault of the server's configuration, not of the request.
        let kind = match failure.code {
            "store_not_found" => FailureKind::Unavailable,
            // The server cannot do this, but the application that maintains the read model can.
            "maintained_by_application" => FailureKind::Conflict,
            // The client's cursor names an event that does not exist.
            CURSOR_BEYOND_END if failure.kind == FailureKind::Integrity => FailureKind::NotFound,
            _ => failure.kind,
        };
        let status = status(kind);
        if !status.is_server_error() {
            let Failure { code, message, hint, details, .. } = failure;
            return Self { status, retry_after: None, error: ErrorDetail { code, message, hint, details }.into() };
        }
        // Clients must not learn where the store is or what it answered.
        let said = [vec![failure.message], failure.causes].concat().join(": ");
        tracing::error!(code = failure.code, "{}", escape_unsafe(&said));
        match kind {
            FailureKind::OutcomeUnknown => Self::outcome_unknown(),
            FailureKind::Unavailable => Self::unavailable(failure.code, "the store is unavailable"),
            _ => Self::new(status, failure.code, "internal error; the reason is in the log of the server"),
        }
    }
}

/// Converts every failure of the command line into an error response.
macro_rules! failures {
    ($($error:ty)+) => {
        $(impl From<$error> for HttpProblem {
            fn from(error: $error) -> Self {
                Failure::from(error).into()
            }
        })+
    };
}

failures! {
    crate::ops::OpsError
    crate::runtime::RuntimeError
    crate::store::StoreError
    crate::aggregate::DecideError
    crate::event::NameError
    crate::event::JsonError
}

impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        let Self { status, retry_after, error } = self;
        let mut response = (status, Json(ErrorBody { error: *error })).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"esctl\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::HttpProblem;
    use super::StatusCode;
    use crate::store::StoreError;

    #[test]
    fn clients_are_not_told_where_the_store_is() {
        let place = || "postgres://db.internal/shop".to_owned();
        let away = StoreError::Unavailable { message: format!("cannot connect to {}", place()), source: None };
        for error in [StoreError::NoStore(place()), away] {
            let problem = HttpProblem::from(error);
            assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(problem.retry_after.is_some() && !format!("{problem:?}").contains("internal"), "{problem:?}");
        }
    }
}
