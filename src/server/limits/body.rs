//! Reading request bodies: limited size, limited time, and JSON that every store can hold.

use std::error::Error;

use axum::body::Body;
use axum::body::HttpBody;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::event::JsonObject;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::limits::timeout::Deadline;

/// An extractor for a body that is a JSON object of type `T`.
pub(in crate::server) struct JsonBody<T>(pub(in crate::server) T);

impl<T: DeserializeOwned> FromRequest<Server> for JsonBody<T> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, HttpProblem> {
        let Deadline(deadline) = request.extensions().get().copied().unwrap_or_else(|| server.deadline());
        let reading = read(request.into_body(), server.settings.max_body_bytes);
        let late = |_| HttpProblem::bad_request("timeout", "timed out reading the body").status(StatusCode::REQUEST_TIMEOUT);
        let text = tokio::time::timeout_at(deadline, reading).await.map_err(late)??;
        Ok(Self(parse(&text)?))
    }
}

async fn read(body: Body, limit: usize) -> Result<String, HttpProblem> {
    let too_large = || HttpProblem::too_large("body", limit);
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|error| {
        let over_limit = error.source().is_some_and(|source| source.is::<LengthLimitError>());
        if over_limit { too_large() } else { HttpProblem::bad_request("body_broken_off", "body ended early") }
    })?;
    String::from_utf8(bytes.into()).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        HttpProblem::bad_request("not_utf8", format!("body is not UTF-8 at byte {offset}")).with("offset", offset)
    })
}

/// Parses a JSON object. Duplicate keys, deep nesting and values that some store cannot hold are refused.
///
/// # Errors
/// An invalid request (400) if the text is not such an object.
pub(in crate::server) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, HttpProblem> {
    let object = JsonObject::parse(text)?;
    serde_json::from_str(object.as_str()).map_err(|error| {
        // The position refers to the canonical form, not to the text that the client sent.
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said);
        HttpProblem::bad_request("bad_request", format!("invalid body: {said}"))
    })
}
