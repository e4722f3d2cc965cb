//! `GET /api/documents` and `/api/documents/{id}`: documents, as they are or were.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::ListPage;
use crate::ops::documents::DocumentReport;
use crate::ops::documents::get_document;
use crate::ops::documents::list_documents;
use crate::ops::documents::list_documents_at;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::AskedVersion;
use crate::server::http::asked::Limit;
use crate::server::http::asked::Moment;
use crate::server::http::asked::Named;
use crate::server::http::asked::until;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAsked {
    /// As they were at this moment; `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only those after this id.
    after: Option<String>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// List documents
#[utoipa::path(get, path = "/api/documents", tag = "documents", operation_id = "listDocuments", params(ListAsked),
    responses((status = 200, description = "A page of documents, in the order of their ids", body = ListPage<DocumentReport>), Refused))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    Asked(asked): Asked<ListAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let (after, limit) = (asked.after, asked.limit.items());
    let page = match asked.at {
        Some(Moment::Time(at)) => list_documents_at(&server.store, after, limit, at).await?,
        Some(Moment::Now) | None => list_documents(&server.queries().await?, after, limit, (server.clock)()).await?,
    };
    Ok(answer::page(&uri, &page))
}

/// How one document is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShowAsked {
    /// As it was at this moment; `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// As it was at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<AskedVersion>,
}

/// Show a document
///
/// Its version is the ETag.
#[utoipa::path(get, path = "/api/documents/{id}", tag = "documents", operation_id = "showDocument",
    params(("id" = String, Path, description = "Its id"), ShowAsked,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has")),
    responses((status = 200, description = "The document", body = DocumentReport, headers(("ETag" = String, description = "Its version, quoted"))),
        (status = 304, description = "The client has it"), Refused, NotThere))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    Named(id): Named,
    headers: HeaderMap,
    Asked(asked): Asked<ShowAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let until = until(asked.at, asked.version)?;
    let document = get_document(&server.store, &id, until).await?;
    Ok(answer::at_version(&headers, document.version, &document.left_out, false, &document))
}
