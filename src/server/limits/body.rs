//! Bodies: a limited number of bytes, in a limited time, of JSON that every store can hold.

use std::error::Error;

use axum::body::Body;
use axum::body::HttpBody;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::event::JsonObject;
use crate::server::Problem;
use crate::server::Server;
use crate::server::limits::timeout::Deadline;

/// The body of a request: a JSON object of this shape.
pub(in crate::server) struct JsonBody<T>(pub(in crate::server) T);

impl<T: DeserializeOwned> FromRequest<Server> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        let Deadline(deadline) = request.extensions().get().copied().unwrap_or_else(|| server.deadline());
        let reading = read(request.into_body(), server.settings.max_body_bytes);
        let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not come in time");
        let text = tokio::time::timeout_at(deadline, reading).await.map_err(late)??;
        Ok(Self(parse(&text)?))
    }
}

async fn read(body: Body, limit: usize) -> Result<String, Problem> {
    let too_large = || Problem::too_large("the body", limit);
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|error| {
        let over_limit = error.source().is_some_and(|source| source.is::<LengthLimitError>());
        if over_limit { too_large() } else { Problem::bad_request("body_broken_off", "the body could not be read to its end") }
    })?;
    String::from_utf8(bytes.into()).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Problem::bad_request("not_utf8", format!("the body is no UTF-8: byte {offset}")).with("offset", offset)
    })
}

/// Reads a JSON object: no key twice, nothing too deep, nothing that some store cannot hold.
///
/// # Errors
/// It is none (400).
pub(in crate::server) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let object = JsonObject::parse(text)?;
    serde_json::from_str(object.as_str()).map_err(|error| {
        // Where it is in the canonical form is nothing to whoever sent another one.
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said);
        Problem::bad_request("bad_request", format!("the body is not what it should be: {said}"))
    })
}
