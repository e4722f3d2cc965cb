//! `GET /api/streams` and the routes below it: streams, their events, missing events and past states.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::ListPage;
use crate::ops::browse::state_at;
use crate::ops::events_page::EventsAfter;
use crate::ops::events_page::EventsPage;
use crate::ops::events_page::events_page;
use crate::ops::events_page::missing_events;
use crate::ops::list_streams::list_streams;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::PageLimit;
use crate::server::http::params::PathParam;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::schemas::MissingEvents;
use crate::server::http::schemas::VisibleState;
use crate::server::live;
use crate::server::visibility::Visibility;
use crate::server::visibility::VisibleEvent;
use crate::store::ReadSource;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// The filter of a list of streams.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListStreamsParams {
    /// Only streams of this category.
    category: Option<String>,
    /// Only streams whose name starts with this prefix.
    prefix: Option<String>,
    /// Only streams after this name.
    after: Option<String>,
    /// Maximum number of streams.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
}

/// List streams
#[utoipa::path(get, path = "/api/streams", tag = "streams", operation_id = "listStreams", params(ListStreamsParams),
    responses((status = 200, description = "A page of streams, in the order of their names", body = ListPage<StreamInfo>), CommonErrors))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    QueryParams(params): QueryParams<ListStreamsParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let ListStreamsParams { category, prefix, after, limit } = params;
    let query = StreamQuery { category, prefix, after, token: None, limit: limit.items() };
    Ok(answer::page(&uri, &list_streams(&server.store, query).await?))
}

/// The page of events to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamEventsParams {
    /// Only events after this version, or before it if `backwards` is set.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after: Option<VersionParam>,
    /// Maximum number of events. A page of large events has fewer.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
    /// Newest first.
    #[serde(default)]
    backwards: bool,
    /// Show events as recorded. For administrators.
    #[serde(default)]
    server: bool,
}

/// Read the events of a stream
///
/// `next` is the version after which to continue in the same direction, or null at the end. With `Accept:
/// text/event-stream` the response continues with new events, and begins after `Last-Event-ID`.
#[utoipa::path(get, path = "/api/streams/{stream}/events", tag = "streams", operation_id = "readEvents",
    params(("stream" = String, Path, description = "The name of the stream"), StreamEventsParams),
    responses((status = 200, description = "A page of events", body = ListPage<VisibleEvent>), CommonErrors, NotFoundError))]
pub async fn events(
    State(server): State<Server>,
    caller: Caller,
    PathParam(name): PathParam,
    uri: Uri,
    headers: HeaderMap,
    QueryParams(params): QueryParams<StreamEventsParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, None, params.server)?.events();
    let stream = StreamName::parse(&name)?;
    let StreamEventsParams { after, limit, backwards, .. } = params;
    let after = after.map(|VersionParam(version)| version);
    if live::wants_stream(&headers) {
        return live::stream_events(&server, &caller, visibility, stream, after, &headers).await;
    }
    let after = after.map(|version| version.0);
    let input = EventsAfter { source: ReadSource::Stream(stream), after, limit: limit.events(), backwards };
    let EventsPage { items, next, .. } = events_page(&server.store, &input, |event| Ok(visibility.event(event)?)).await?;
    Ok(answer::page(&uri, &ListPage::new(items, next.map(|version| version.to_string()))))
}

/// The version that a client has seen of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct MissingParams {
    /// The version of the last event that the client has seen. 0 if none.
    #[param(value_type = u64, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after_version: VersionParam,
    /// Maximum number of events. A page of large events has fewer.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
    /// Show events as recorded. For administrators.
    #[serde(default)]
    server: bool,
}

/// Read the events of a stream that a client has not seen
///
/// For a document these are the patches that the client's copy lacks. `next` is the version to continue after. If it is
/// null, the client is at `version`. A client that has seen a later version than the stream's has followed another
/// store.
#[utoipa::path(get, path = "/api/streams/{stream}/missing", tag = "streams", operation_id = "readMissing",
    params(("stream" = String, Path, description = "The name of the stream"), MissingParams),
    responses((status = 200, description = "The events that the client has not seen", body = MissingEvents), CommonErrors, NotFoundError))]
pub async fn missing(
    State(server): State<Server>,
    caller: Caller,
    PathParam(name): PathParam,
    QueryParams(params): QueryParams<MissingParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, None, params.server)?.events();
    let stream = StreamName::parse(&name)?;
    let VersionParam(after_version) = params.after_version;
    let page = missing_events(&server.store, &stream, after_version, params.limit.events(), |event| Ok(visibility.event(event)?));
    let EventsPage { last, items, next } = page.await?;
    let next = next.map(|version| version.to_string());
    let missing = MissingEvents { stream, after_version, version: Version(last), items, next };
    Ok(answer::fresh(&missing))
}

/// The version and view of a stream to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StateParams {
    /// The version. Default: the last one.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<VersionParam>,
    /// The player whose view is shown. Default: the player that the caller acts as.
    player_id: Option<String>,
    /// Show the state in full. For administrators.
    #[serde(default)]
    server: bool,
}

/// Show the state of a stream at a version
///
/// Returns the event of the version, the state after it, and the changes. The state of a stream without a domain is its
/// events' data, merged.
#[utoipa::path(get, path = "/api/streams/{stream}/state", tag = "streams", operation_id = "showState",
    params(("stream" = String, Path, description = "The name of the stream"), StateParams),
    responses((status = 200, description = "The version", body = VisibleState), CommonErrors, NotFoundError))]
pub async fn state(
    State(server): State<Server>,
    caller: Caller,
    PathParam(name): PathParam,
    QueryParams(params): QueryParams<StateParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, params.player_id.as_deref(), params.server)?;
    let stream = StreamName::parse(&name)?;
    let version = match params.version {
        Some(VersionParam(version)) => version,
        // A stream that does not exist is reported below.
        None => server.store.stream_version(stream.clone()).await?.max(Version(1)),
    };
    let report = state_at(&server.store, &stream, version).await?;
    Ok(answer::fresh(&VisibleState::of(report, &visibility)?))
}
