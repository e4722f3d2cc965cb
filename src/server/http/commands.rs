//! `POST /api/commands`

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
use crate::server::Problem;
use crate::server::Server;
use crate::server::http::answer::etag;
use crate::server::limits::body::JsonBody;
use crate::server::limits::timeout::Deadline;
use crate::server::trace::Trace;

/// A key under which a command counts once.
pub(in crate::server) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// How the outcome of a command is described.
#[derive(ToSchema)]
#[schema(as = CommandOutcome)]
#[expect(dead_code, reason = "only its shape is used: the outcome itself comes from the command bus")]
pub(in crate::server) struct OutcomeSchema {
    /// `applied`; `already_applied`, when the same key was used before; `unchanged`, when there was nothing to change.
    outcome: String,
    /// Which one.
    id: String,
    /// Its stream.
    stream: String,
    /// Where the stream is after it.
    version: u64,
    /// Where its last event is in the store.
    #[schema(required = true)]
    position: Option<u64>,
    /// Its events.
    events: Vec<EventSchema>,
    /// Notes for the sender about the events; absent where there are none.
    #[schema(nullable = false)]
    notes: Option<Vec<Note>>,
    /// The state after it, as the caller may see it; null where there is none.
    #[schema(value_type = Option<Object>, required = true)]
    state: (),
    /// The ids of quarantined events that the state leaves out; absent where there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<String>>,
}

#[derive(ToSchema)]
#[schema(as = OutcomeEvent)]
#[expect(dead_code, reason = "only its shape is used")]
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
        ("Idempotency-Key" = Option<String>, Header, description = "Sent twice with the same key, a command on one stream counts once; another command with the key is a conflict"),
        ("If-Match" = Option<String>, Header, description = "Where the stream must be: its version, in quotes"),
        ("X-Correlation-Id" = Option<String>, Header, description = "What the events belong to"),
    ),
    responses(
        (status = 201, description = "Applied, now or before with the same key", body = OutcomeSchema),
        (status = 200, description = "There was nothing to change", body = OutcomeSchema),
        (status = 400, description = "The request cannot be", body = ErrorBody),
        (status = 401, description = "No token, or none that counts", body = ErrorBody),
        (status = 403, description = "Not for this caller", body = ErrorBody),
        (status = 404, description = "There is no such thing", body = ErrorBody),
        (status = 409, description = "The stream is not where it was expected, or the key was used for another command", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 422, description = "A rule of the domain said no", body = ErrorBody),
        (status = 429, description = "Too many requests; Retry-After says how long to wait", body = ErrorBody),
        (status = 503, description = "Not now; nothing was done", body = ErrorBody),
        (status = 504, description = "Nobody knows whether it was applied; send it again with the same key", body = ErrorBody),
    ),
)]
pub(in crate::server) async fn send(
    State(server): State<Server>,
    caller: Caller,
    trace: Trace,
    deadline: Deadline,
    headers: HeaderMap,
    JsonBody(mut request): JsonBody<CommandRequest>,
) -> Result<Response, Problem> {
    let key = text(&headers, &IDEMPOTENCY_KEY)?;
    request.command_id = one_of("the idempotency key", key, request.command_id)?;
    request.expect_version = one_of("the expected version", if_match(&headers)?, request.expect_version)?;
    let correlation_id = one_of("the correlation id", text(&headers, &CORRELATION_ID)?, request.correlation_id)?;
    request.correlation_id = correlation_id.or(trace.correlation_id);
    Ok(answer(server.send(&caller, request, deadline).await?))
}

/// The answer to a command that came out.
pub(in crate::server) fn answer(outcome: CommandOutcome) -> Response {
    let status = match outcome.outcome {
        CommandResult::Applied | CommandResult::AlreadyApplied => StatusCode::CREATED,
        CommandResult::Unchanged | CommandResult::DryRun => StatusCode::OK,
    };
    (status, [(header::ETAG, etag(outcome.version, &outcome.left_out))], Json(outcome)).into_response()
}

/// The version in `If-Match`; none: any will do.
pub(in crate::server) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(tag) = text(headers, &header::IF_MATCH)? else { return Ok(None) };
    if tag == "*" {
        return Ok(None);
    }
    let number = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(&tag);
    let wrong = |_| Problem::bad_request("bad_request", "If-Match must be a version in quotes, as in ETag");
    // What follows a dash names the events that the state leaves out: the version is what must match.
    number.split('-').next().unwrap_or(number).parse().map(Some).map_err(wrong)
}

/// The text of a header.
pub(in crate::server) fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (first, more) = (values.next(), values.next());
    if more.is_some() {
        return Err(Problem::bad_request("bad_request", format!("the header {name} is there twice")));
    }
    let text = first.map(|value| value.to_str().map(str::to_owned));
    text.transpose().map_err(|_| Problem::bad_request("bad_request", format!("the header {name} is no plain text")))
}

/// What was said in one place or the other, and not differently in both.
fn one_of<T: PartialEq>(what: &str, header: Option<T>, body: Option<T>) -> Result<Option<T>, Problem> {
    match (header, body) {
        (Some(one), Some(other)) if one != other => {
            Err(Problem::bad_request("bad_request", format!("{what} is one thing in the header and another in the body")))
        }
        (header, body) => Ok(header.or(body)),
    }
}
