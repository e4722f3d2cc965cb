//! `GET /api/events`: the events of the whole store, without their data.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::event::Position;
use crate::ops::ListPage;
use crate::ops::events_page::EventsAfter;
use crate::ops::events_page::EventsPage;
use crate::ops::events_page::events_page;
use crate::server::Caller;
use crate::server::ErrorBody;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::feed;
use crate::server::http::params::PageLimit;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::schemas::EventHead;
use crate::server::live;
use crate::store::ReadSource;

/// The page of events to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AllEventsParams {
    /// Only events after this position, or before it if `backwards` is set.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after: Option<VersionParam>,
    /// Maximum number of events.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
    /// Newest first.
    #[serde(default)]
    backwards: bool,
}

/// List the events of the store
///
/// Returns an entry for each event, without its data. With `Accept: text/event-stream` the response continues with new
/// events, and begins after `Last-Event-ID`. `next` is the position after which to continue in the same direction.
#[utoipa::path(get, path = "/api/events", tag = "streams", operation_id = "listEvents", params(AllEventsParams),
    responses((status = 200, description = "A page of events", body = ListPage<EventHead>), CommonErrors,
        (status = 404, description = "The position to follow from is beyond the head", body = ErrorBody)))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    QueryParams(params): QueryParams<AllEventsParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let AllEventsParams { after, limit, backwards } = params;
    let after = after.map(|VersionParam(position)| position.0);
    if live::wants_stream(&headers) && !backwards {
        let seen = live::last_event_id(&headers)?.map(|position| position.0);
        return feed::follow(&server, &caller, Position(seen.or(after).unwrap_or(0))).await;
    }
    let input = EventsAfter { source: ReadSource::All, after, limit: limit.events(), backwards };
    let EventsPage { items, next, .. } = events_page(&server.store, &input, |event| Ok(EventHead::of(event))).await?;
    Ok(answer::page(&uri, &ListPage::new(items, next.map(|position| position.to_string()))))
}
