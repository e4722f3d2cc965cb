//! `POST /api/commands`: sending a command.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use utoipa::ToSchema;

use crate::aggregate::Note;
use crate::runtime::CommandOutcome;
use crate::runtime::CommandResult;
use crate::server::Caller;
use crate::server::CommandRequest;
use crate::server::ErrorBody;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::http::answer::etag;
use crate::server::limits::body::JsonBody;
use crate::server::limits::timeout::Deadline;
use crate::server::trace::TraceContext;

/// The header with the idempotency key.
pub(in crate::server) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The outcome of a command, for the OpenAPI description.
#[derive(ToSchema)]
#[schema(as = CommandOutcome)]
#[expect(dead_code, reason = "describes the outcome that the command bus returns")]
pub(in crate::server) struct OutcomeSchema {
    /// `applied`, `already_applied` if the same key was used before, or `unchanged` if there was nothing to change.
    outcome: String,
    /// The id of the target.
    id: String,
    /// The stream.
    stream: String,
    /// The version of the stream after the command.
    version: u64,
    /// The position of the last event in the store.
    #[schema(required = true)]
    position: Option<u64>,
    /// The events of the command.
    events: Vec<EventSchema>,
    /// Notes about the events. Absent if there are none.
    #[schema(nullable = false)]
    notes: Option<Vec<Note>>,
    /// The visible state after the command. Null if there is none.
    #[schema(value_type = Option<Object>, required = true)]
    state: (),
    /// The ids of quarantined events that the state leaves out. Absent if there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<String>>,
}

#[derive(ToSchema)]
#[schema(as = OutcomeEvent)]
#[expect(dead_code, reason = "part of a description")]
pub(in crate::server) struct EventSchema {
    event_id: String,
    r#type: String,
    version: u64,
    #[schema(value_type = Object)]
    data: (),
}

/// Send a command
#[utoipa::path(
    post,
    path = "/api/commands",
    tag = "commands",
    request_body = CommandRequest,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A command that is repeated on one stream with the same key is applied once; another command with the key is a conflict"),
        ("If-Match" = Option<String>, Header, description = "The expected version of the stream, in quotes"),
        ("X-Correlation-Id" = Option<String>, Header, description = "The correlation id of the events"),
    ),
    responses(
        (status = 201, description = "Applied, now or before with the same key", body = OutcomeSchema),
        (status = 200, description = "Nothing to change", body = OutcomeSchema),
        (status = 400, description = "Invalid request", body = ErrorBody),
        (status = 401, description = "Missing or invalid token", body = ErrorBody),
        (status = 403, description = "Not allowed for this caller", body = ErrorBody),
        (status = 404, description = "Not found", body = ErrorBody),
        (status = 409, description = "The stream is at another version, or the key was used for another command", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 422, description = "Rejected by a rule of the domain", body = ErrorBody),
        (status = 429, description = "Too many requests; retry after the time in Retry-After", body = ErrorBody),
        (status = 503, description = "Unavailable; nothing was written", body = ErrorBody),
        (status = 504, description = "Outcome unknown; repeat the command with the same key", body = ErrorBody),
    ),
)]
pub(in crate::server) async fn send(
    State(server): State<Server>,
    caller: Caller,
    trace: TraceContext,
    deadline: Deadline,
    headers: HeaderMap,
    JsonBody(mut request): JsonBody<CommandRequest>,
) -> Result<Response, HttpProblem> {
    let key = text(&headers, &IDEMPOTENCY_KEY)?;
    request.command_id = one_of("idempotency key", key, request.command_id)?;
    request.expect_version = one_of("expected version", if_match(&headers)?, request.expect_version)?;
    let correlation_id = one_of("correlation id", text(&headers, &CORRELATION_ID)?, request.correlation_id)?;
    request.correlation_id = correlation_id.or(trace.correlation_id);
    Ok(answer(server.send(&caller, request, deadline).await?))
}

/// Answers a command that succeeded.
pub(in crate::server) fn answer(outcome: CommandOutcome) -> Response {
    let status = match outcome.outcome {
        CommandResult::Applied | CommandResult::AlreadyApplied => StatusCode::CREATED,
        CommandResult::Unchanged | CommandResult::DryRun => StatusCode::OK,
    };
    (status, [(header::ETAG, etag(outcome.version, &outcome.left_out))], Json(outcome)).into_response()
}

/// Returns the expected version in `If-Match`; `None` if any version is accepted.
pub(in crate::server) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, HttpProblem> {
    let Some(tag) = text(headers, &header::IF_MATCH)? else { return Ok(None) };
    if tag == "*" {
        return Ok(None);
    }
    let number = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(&tag);
    let wrong = |_| HttpProblem::bad_request("bad_request", "If-Match must be a version in quotes, as in ETag");
    // A dash separates the version from the tag of left-out events. Only the version must match.
    number.split('-').next().unwrap_or(number).parse().map(Some).map_err(wrong)
}

/// Returns the text of a header.
pub(in crate::server) fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, HttpProblem> {
    let mut values = headers.get_all(name).iter();
    let (first, more) = (values.next(), values.next());
    if more.is_some() {
        return Err(HttpProblem::bad_request("bad_request", format!("duplicate header {name}")));
    }
    let text = first.map(|value| value.to_str().map(str::to_owned));
    text.transpose().map_err(|_| HttpProblem::bad_request("bad_request", format!("header {name} is not plain text")))
}

/// Returns a value that may be in the header or the body. Both together must be equal.
fn one_of<T: PartialEq>(what: &str, header: Option<T>, body: Option<T>) -> Result<Option<T>, HttpProblem> {
    match (header, body) {
        (Some(one), Some(other)) if one != other => {
            Err(HttpProblem::bad_request("bad_request", format!("conflicting values of the {what} in header and body")))
        }
        (header, body) => Ok(header.or(body)),
    }
}
