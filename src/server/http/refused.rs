//! The answers that calls have in common when they are not answered as they were meant to be, for the description.

use utoipa::IntoResponses;

use crate::server::ErrorBody;

/// What every call may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes: a problem answers for itself")]
pub enum Refused {
    /// The request cannot be: a parameter, a name or a body is not what it should be
    #[response(status = 400)]
    BadRequest(ErrorBody),
    /// Nobody knows who asks: there is no token, or one that does not count
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// Not for this caller
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// Too often; Retry-After says when to come back
    #[response(status = 429)]
    TooOften(ErrorBody),
    /// The server cannot do it, and its log says why
    #[response(status = 500)]
    Failed(ErrorBody),
    /// Not now: the store is away, or the server stops; Retry-After says when to come back
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// What a call about one thing may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes: a problem answers for itself")]
pub enum NotThere {
    /// There is no such thing, or not at that version or moment
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// What a call with a body may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes: a problem answers for itself")]
pub enum BadBody {
    /// The body did not come in time
    #[response(status = 408)]
    BodyTooLate(ErrorBody),
    /// The body is too large
    #[response(status = 413)]
    TooLarge(ErrorBody),
}
