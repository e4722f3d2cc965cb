//! The error responses that operations have in common, for the OpenAPI description.

use utoipa::IntoResponses;

use crate::server::ErrorBody;

/// Errors that any operation may answer with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description; the response comes from HttpProblem")]
pub enum CommonErrors {
    /// Invalid request: a parameter, a name or the body is malformed
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// Missing or invalid token
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// Not allowed for this caller
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// Too many requests. Retry-After is the time to wait
    #[response(status = 429)]
    RateLimited(ErrorBody),
    /// Internal error. The reason is in the log of the server
    #[response(status = 500)]
    Internal(ErrorBody),
    /// Unavailable: the store is unreachable, or the server is stopping. Retry-After is the time to wait
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// Additional errors of an operation on one item.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description; the response comes from HttpProblem")]
pub enum NotFoundError {
    /// Not found, or not at that version or time
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// Additional errors of an operation with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description; the response comes from HttpProblem")]
pub enum BodyErrors {
    /// Timed out reading the body
    #[response(status = 408)]
    BodyTimeout(ErrorBody),
    /// The body is too large
    #[response(status = 413)]
    TooLarge(ErrorBody),
}
