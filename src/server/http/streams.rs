//! `GET /api/streams` and what is below: the streams there are, their events, what was missed, what a version was like.

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
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::AskedVersion;
use crate::server::http::asked::Limit;
use crate::server::http::asked::Named;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;
use crate::server::http::seen::MissingEvents;
use crate::server::http::seen::SeenState;
use crate::server::live;
use crate::server::sight::SeenEvent;
use crate::server::sight::Sight;
use crate::store::Source;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// Which streams.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAsked {
    /// Only of this category.
    category: Option<String>,
    /// Only names that start with this.
    prefix: Option<String>,
    /// Only those after this name.
    after: Option<String>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// List streams
#[utoipa::path(get, path = "/api/streams", tag = "streams", operation_id = "listStreams", params(ListAsked),
    responses((status = 200, description = "A page of streams, in the order of their names", body = ListPage<StreamInfo>), Refused))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    Asked(asked): Asked<ListAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let ListAsked { category, prefix, after, limit } = asked;
    let query = StreamQuery { category, prefix, after, limit: limit.items() };
    Ok(answer::page(&uri, &list_streams(&server.store, query).await?))
}

/// Which events of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsAsked {
    /// Only those after this version; backwards: only those before it.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after: Option<AskedVersion>,
    /// At most so many; fewer where they are large.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
    /// From the last to the first.
    #[serde(default)]
    backwards: bool,
    /// As they are recorded, for administrators.
    #[serde(default)]
    server: bool,
}

/// Read a stream's events
///
/// `next` is the version to go on after, in the same direction; null: there are no more. With `Accept: text/event-stream` the answer
/// goes on with each new event as it comes, and begins after `Last-Event-ID` where that is given.
#[utoipa::path(get, path = "/api/streams/{stream}/events", tag = "streams", operation_id = "readEvents",
    params(("stream" = String, Path, description = "Its name"), EventsAsked),
    responses((status = 200, description = "A page of events", body = ListPage<SeenEvent>), Refused, NotThere))]
pub async fn events(
    State(server): State<Server>,
    caller: Caller,
    Named(name): Named,
    uri: Uri,
    headers: HeaderMap,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, None, asked.server)?.events();
    let stream = StreamName::parse(&name)?;
    let EventsAsked { after, limit, backwards, .. } = asked;
    let after = after.map(|AskedVersion(version)| version);
    if live::wants_stream(&headers) {
        return live::stream_events(&server, &caller, sight, stream, after, &headers).await;
    }
    let after = after.map(|version| version.0);
    let input = EventsAfter { source: Source::Stream(stream), after, limit: limit.events(), backwards };
    let EventsPage { items, next, .. } = events_page(&server.store, &input, |event| Ok(sight.event(event)?)).await?;
    Ok(answer::page(&uri, &ListPage::new(items, next.map(|version| version.to_string()))))
}

/// What a client has seen of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct MissingAsked {
    /// The version of the last event that the client has seen; 0: none.
    #[param(value_type = u64, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    after_version: AskedVersion,
    /// At most so many; fewer where they are large.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
    /// As they are recorded, for administrators.
    #[serde(default)]
    server: bool,
}

/// Read what a client has not seen of a stream
///
/// Of a document the events are the patches that the client's copy lacks. `next` is the version to ask after again, until it
/// is null: then the client is at `version`. Who has seen a version that the stream has not reached looks at another store.
#[utoipa::path(get, path = "/api/streams/{stream}/missing", tag = "streams", operation_id = "readMissing",
    params(("stream" = String, Path, description = "Its name"), MissingAsked),
    responses((status = 200, description = "The events that the client has not seen", body = MissingEvents), Refused, NotThere))]
pub async fn missing(
    State(server): State<Server>,
    caller: Caller,
    Named(name): Named,
    Asked(asked): Asked<MissingAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, None, asked.server)?.events();
    let stream = StreamName::parse(&name)?;
    let AskedVersion(after_version) = asked.after_version;
    let page = missing_events(&server.store, &stream, after_version, asked.limit.events(), |event| Ok(sight.event(event)?));
    let EventsPage { last, items, next } = page.await?;
    let next = next.map(|version| version.to_string());
    let missing = MissingEvents { stream, after_version, version: Version(last), items, next };
    Ok(answer::fresh(&missing))
}

/// Which version of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StateAsked {
    /// Which version; the last one unless told.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<AskedVersion>,
    /// As this player sees it; the one that the caller is unless told.
    player_id: Option<String>,
    /// In full, for administrators.
    #[serde(default)]
    server: bool,
}

/// Show what a version of a stream was like
///
/// The event that made it, the state after it, and what it changed. Streams that no domain is for show their events' data laid
/// one over the other.
#[utoipa::path(get, path = "/api/streams/{stream}/state", tag = "streams", operation_id = "showState",
    params(("stream" = String, Path, description = "Its name"), StateAsked),
    responses((status = 200, description = "The version", body = SeenState), Refused, NotThere))]
pub async fn state(
    State(server): State<Server>,
    caller: Caller,
    Named(name): Named,
    Asked(asked): Asked<StateAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, asked.player_id.as_deref(), asked.server)?;
    let stream = StreamName::parse(&name)?;
    let version = match asked.version {
        Some(AskedVersion(version)) => version,
        // One that is not there is found out below.
        None => server.store.stream_version(stream.clone()).await?.max(Version(1)),
    };
    let report = state_at(&server.store, &stream, version).await?;
    Ok(answer::fresh(&SeenState::of(report, &sight)?))
}
