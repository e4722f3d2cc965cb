//! `GET /api/events`: what happens in the whole store, a line for each event and nothing of its data.

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
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::AskedVersion;
use crate::server::http::asked::Limit;
use crate::server::http::feed;
use crate::server::http::refused::Refused;
use crate::server::http::seen::EventHead;
use crate::server::live;
use crate::store::Source;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsAsked {
    /// Only those after this position; backwards: only those before it.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after: Option<AskedVersion>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
    /// From the last to the first.
    #[serde(default)]
    backwards: bool,
}

/// Say what happened in the store
///
/// A line for each event, without its data. With `Accept: text/event-stream` it goes on as it happens, and honours
/// `Last-Event-ID`. `next` is the position to go on after, in the same direction.
#[utoipa::path(get, path = "/api/events", tag = "streams", operation_id = "listEvents", params(EventsAsked),
    responses((status = 200, description = "A page of what happened", body = ListPage<EventHead>), Refused,
        (status = 404, description = "To follow: the store is not as far as that", body = ErrorBody)))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let EventsAsked { after, limit, backwards } = asked;
    let after = after.map(|AskedVersion(position)| position.0);
    if live::wants_stream(&headers) && !backwards {
        let seen = live::last_event_id(&headers)?.map(|position| position.0);
        return feed::follow(&server, &caller, Position(seen.or(after).unwrap_or(0))).await;
    }
    let input = EventsAfter { source: Source::All, after, limit: limit.events(), backwards };
    let EventsPage { items, next, .. } = events_page(&server.store, &input, |event| Ok(EventHead::of(event))).await?;
    Ok(answer::page(&uri, &ListPage::new(items, next.map(|position| position.to_string()))))
}
