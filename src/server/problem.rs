//! How a request that cannot be answered is answered: status, code, message, what to do.
//!
//! The codes are those of the command line. What went wrong inside is for the log, not for clients.

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

/// When to try again what cannot be done now, unless something better is known.
const SOON: Duration = Duration::from_secs(1);

/// Why a request is not answered as it was meant to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status of HTTP.
    pub status: StatusCode,
    /// When to try again, where that may help.
    pub retry_after: Option<Duration>,
    /// What is said.
    pub error: Box<ErrorDetail>,
}

/// The body of an answer that is a problem.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// Stable, in snake_case, for programs.
    #[schema(value_type = String, example = "resource_locked")]
    pub code: &'static str,
    /// One sentence, for people.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The particulars, for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl Problem {
    /// A problem of a status, with a code and a message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code, message: message.into(), hint: None, details: Map::new() };
        Self { status, retry_after: None, error: error.into() }
    }

    /// The request itself cannot be (400).
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Nobody knows who asks (401).
    pub fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// Not for this caller (403).
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// There is no such thing (404).
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Too much at once (413).
    pub fn too_large(what: &str, limit: usize) -> Self {
        let message = format!("{what} is over the limit of {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).with("limit", limit)
    }

    /// Too often (429).
    pub fn too_often(wait: Duration) -> Self {
        let message = "too many requests from this client";
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message) }
    }

    /// Not now (503).
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self { retry_after: Some(SOON), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message) }
    }

    /// The server stops (503).
    pub fn stopping() -> Self {
        Self::unavailable("stopping", "this server is stopping").hint("send it again, to another instance or a little later")
    }

    /// A command was sent, and nobody knows what became of it (504).
    pub fn outcome_unknown() -> Self {
        let message = "nobody knows yet whether the command was applied";
        let made = Self::new(StatusCode::GATEWAY_TIMEOUT, FailureKind::OutcomeUnknown.name(), message);
        made.hint("send it again with the same Idempotency-Key: it counts once")
    }

    /// Corrects the hint for a command without an idempotency key: a command that is sent again could count twice.
    #[must_use]
    pub fn of_command_without_key(self) -> Self {
        if self.error.code != FailureKind::OutcomeUnknown.name() {
            return self;
        }
        self.hint("no Idempotency-Key was sent: read the stream before you send it again, or it may count twice")
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    /// One particular, for programs.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.error.details.insert(key.to_owned(), value.into());
        self
    }
}

/// The status of a kind of failure.
fn status(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::Usage => StatusCode::BAD_REQUEST,
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::Conflict => StatusCode::CONFLICT,
        FailureKind::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
        FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::OutcomeUnknown => StatusCode::GATEWAY_TIMEOUT,
        // The caller cannot do anything about these: the database refuses the server, or is not as it should be.
        FailureKind::NotAllowed | FailureKind::Integrity | FailureKind::Unsupported | FailureKind::Bug => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        // A store that is not there is no thing that a client asked for.
        let kind = match failure.code {
            "store_not_found" => FailureKind::Unavailable,
            // The server cannot do it, and the application can.
            "maintained_by_application" => FailureKind::Conflict,
            // The client's cursor names an event that is not there.
            CURSOR_BEYOND_END if failure.kind == FailureKind::Integrity => FailureKind::NotFound,
            _ => failure.kind,
        };
        let status = status(kind);
        if !status.is_server_error() {
            let Failure { code, message, hint, details, .. } = failure;
            return Self { status, retry_after: None, error: ErrorDetail { code, message, hint, details }.into() };
        }
        // Where the store is and what it said is nothing for clients.
        let said = [vec![failure.message], failure.causes].concat().join(": ");
        tracing::error!(code = failure.code, "{}", escape_unsafe(&said));
        match kind {
            FailureKind::OutcomeUnknown => Self::outcome_unknown(),
            FailureKind::Unavailable => Self::unavailable(failure.code, "the store cannot be reached at the moment"),
            _ => Self::new(status, failure.code, "the server cannot do this; its log says why"),
        }
    }
}

/// Everything that is a failure at the command line is a problem here.
macro_rules! failures {
    ($($error:ty)+) => {
        $(impl From<$error> for Problem {
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

impl IntoResponse for Problem {
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
    use super::Problem;
    use super::StatusCode;
    use crate::store::StoreError;

    #[test]
    fn clients_are_not_told_where_the_store_is() {
        let place = || "postgres://db.internal/shop".to_owned();
        let away = StoreError::Unavailable { message: format!("cannot connect to {}", place()), source: None };
        for error in [StoreError::NoStore(place()), away] {
            let problem = Problem::from(error);
            assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(problem.retry_after.is_some() && !format!("{problem:?}").contains("internal"), "{problem:?}");
        }
    }
}
