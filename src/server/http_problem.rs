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
    /// The failure. The client gets its public fields.
    pub failure: Box<Failure>,
}

/// The body of an error response.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: Failure,
}

impl HttpProblem {
    /// Returns an error with the status of its kind.
    pub fn new(kind: FailureKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { status: status(kind), retry_after: None, failure: Failure::new(kind, message).code(code).into() }
    }

    /// Sets a status that is narrower than the one of the kind.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Returns an error for an invalid request (400).
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, code, message)
    }

    /// Returns an error for a caller that is not authenticated (401).
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotAllowed, code, message).status(StatusCode::UNAUTHORIZED)
    }

    /// Returns an error for a request that this caller may not send (403).
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotAllowed, code, message).status(StatusCode::FORBIDDEN)
    }

    /// Returns an error for something that does not exist (404).
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotFound, code, message)
    }

    /// Returns an error for input that exceeds a size limit (413).
    pub fn too_large(what: &str, limit: usize) -> Self {
        let message = format!("{what} exceeds the limit of {limit} bytes");
        Self::new(FailureKind::Usage, "too_large", message).status(StatusCode::PAYLOAD_TOO_LARGE).with("limit", limit)
    }

    /// Returns an error for a client that exceeds its rate (429).
    pub fn too_often(wait: Duration) -> Self {
        let made = Self::unavailable("rate_limited", "too many requests from this client");
        Self { retry_after: Some(wait), ..made.status(StatusCode::TOO_MANY_REQUESTS) }
    }

    /// Returns an error for something that is unavailable at the moment (503).
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self { retry_after: Some(SOON), ..Self::new(FailureKind::Unavailable, code, message) }
    }

    /// Returns the error of a server that is stopping (503).
    pub fn stopping() -> Self {
        Self::unavailable("stopping", "the server is stopping").hint("retry later or on another instance")
    }

    /// Returns the error of a command whose outcome is unknown (504).
    pub fn outcome_unknown() -> Self {
        let message = "outcome unknown: the command may or may not have been applied";
        let made = Self::new(FailureKind::OutcomeUnknown, FailureKind::OutcomeUnknown.name(), message);
        made.hint("send the command again with the same Idempotency-Key; it is applied once")
    }

    /// Corrects the hint for a command without an idempotency key, which could be applied twice if it is repeated.
    #[must_use]
    pub fn of_command_without_key(self) -> Self {
        if self.failure.code != FailureKind::OutcomeUnknown.name() {
            return self;
        }
        self.hint("read the stream before you send the command again: without an Idempotency-Key it may be applied twice")
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.failure.hint = Some(hint.into());
        self
    }

    /// Adds a value for programs.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.failure.details.insert(key.to_owned(), value.into());
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
        // Only the command line ends with these.
        FailureKind::CheckFailed
        | FailureKind::Partial
        | FailureKind::Interrupted
        | FailureKind::Terminated
        | FailureKind::ReaderGone => StatusCode::INTERNAL_SERVER_ERROR,
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
            return Self { status, retry_after: None, failure: Failure { kind, ..failure }.into() };
        }
        // Clients must not learn where the store is or what it answered.
        let said = [vec![failure.message], failure.causes].concat().join(": ");
        tracing::error!(code = failure.code, "{}", escape_unsafe(&said));
        match kind {
            FailureKind::OutcomeUnknown => Self::outcome_unknown(),
            FailureKind::Unavailable => Self::unavailable(failure.code, "the store is unavailable"),
            _ => Self::new(kind, failure.code, "internal error; the reason is in the log of the server"),
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
        let Self { status, retry_after, failure } = self;
        let mut response = (status, Json(ErrorBody { error: *failure })).into_response();
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
    fn clients_do_not_learn_where_the_store_is() {
        let place = || "postgres://db.internal/shop".to_owned();
        let away = StoreError::Unavailable { message: format!("cannot connect to {}", place()), source: None };
        for error in [StoreError::NoStore(place()), away] {
            let problem = HttpProblem::from(error);
            assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(problem.retry_after.is_some() && !format!("{problem:?}").contains("internal"), "{problem:?}");
        }
    }
}
