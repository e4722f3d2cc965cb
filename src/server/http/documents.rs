//! `GET /api/documents` and `/api/documents/{id}`: current and past documents.

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
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::Moment;
use crate::server::http::params::PageLimit;
use crate::server::http::params::PathParam;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::params::list_source;
use crate::server::http::params::until;

/// The filter of a list of documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDocumentsParams {
    /// States at this time. `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only documents after this id.
    after: Option<String>,
    /// Maximum number of documents.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
}

/// List documents
#[utoipa::path(get, path = "/api/documents", tag = "documents", operation_id = "listDocuments", params(ListDocumentsParams),
    responses((status = 200, description = "A page of documents, in the order of their ids", body = ListPage<DocumentReport>), CommonErrors))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    QueryParams(params): QueryParams<ListDocumentsParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let source = list_source(&server, params.at).await?;
    let page = list_documents(&source, params.after, params.limit.items()).await?;
    Ok(answer::page(&uri, &page))
}

/// The version of a document to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShowDocumentParams {
    /// State at this time. `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// State at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<VersionParam>,
}

/// Show a document
///
/// The version is the ETag.
#[utoipa::path(get, path = "/api/documents/{id}", tag = "documents", operation_id = "showDocument",
    params(("id" = String, Path, description = "The id of the document"), ShowDocumentParams,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has cached")),
    responses((status = 200, description = "The document", body = DocumentReport, headers(("ETag" = String, description = "The version, quoted"))),
        (status = 304, description = "Not modified"), CommonErrors, NotFoundError))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    PathParam(id): PathParam,
    headers: HeaderMap,
    QueryParams(params): QueryParams<ShowDocumentParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let until = until(params.at, params.version)?;
    let document = get_document(&server.store, &id, until).await?;
    Ok(answer::at_version(&headers, document.version, &document.left_out, false, &document))
}
