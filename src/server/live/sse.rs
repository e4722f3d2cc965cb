//! `GET /api/streams/{stream}/events` with `Accept: text/event-stream`: the events after one, and then each new one as it comes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::Stream;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;
use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::check_cursor;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Server;
use crate::server::live::Bell;
use crate::server::live::Form;
use crate::server::live::Place;
use crate::server::live::Step;
use crate::server::live::Subscription;
use crate::server::live::take_place;
use crate::server::sight::EventSight;
use crate::store::Source;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// For proxies: what is said is for now.
const NO_BUFFERING: (HeaderName, HeaderValue) = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// The first thing that is said: come back after a second, if this ends.
const BEGIN: &str = "retry: 1000\n\n";
/// A comment, so that everybody in between sees that the connection is alive.
const HEARTBEAT: &str = ":\n\n";
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// When a store that was not reachable is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// Whether a request wants to follow live.
pub fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream")))
}

/// Answers with a stream's events after one, and then each new one as it comes. `Last-Event-ID` says which, else `after` does.
///
/// # Errors
/// `Last-Event-ID` is no version, or none of this stream; there is no room for another client; or as the store says.
pub async fn stream_events(
    server: &Server,
    caller: &Caller,
    sight: EventSight,
    stream: StreamName,
    after: Option<Version>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(headers)?.or(after).unwrap_or(Version::ZERO);
    let there = no_store_is_empty(server.store.stream_version(stream.clone()).await)?;
    check_cursor(&server.store, &Source::Stream(stream.clone()), after.0, there.0).await?;
    let here = take_place(server)?;
    let bell = Bell::default();
    // Everything there is to tell is told at the first look.
    bell.notify_one();
    let following = Following {
        subscription: server.live.subscribe(&stream, after, bell.clone()),
        bell,
        sight,
        expires: expires(server, caller),
        heartbeat: Instant::now() + HEARTBEAT_EVERY,
        again: None,
        ended: false,
        server: server.clone(),
        _here: here,
    };
    let begin = stream::once(async { Bytes::from_static(BEGIN.as_bytes()) });
    let next = |mut following: Following| async move { following.next().await.map(|text| (text, following)) };
    Ok(event_stream(begin.chain(stream::unfold(following, next))))
}

/// An answer that goes on.
pub(in crate::server) fn event_stream(texts: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        NO_BUFFERING,
    ];
    (headers, Body::from_stream(Box::pin(texts.map(Ok::<_, Infallible>)))).into_response()
}

/// Where a client goes on.
///
/// # Errors
/// `Last-Event-ID` is no number.
pub(in crate::server) fn last_event_id(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let version = id.to_str().ok().and_then(|id| id.parse().ok());
    let wrong = || Problem::bad_request("bad_request", "Last-Event-ID is the version of an event, like 41");
    version.map(|version| Some(Version(version))).ok_or_else(wrong)
}

/// When the token of a caller ends.
pub(in crate::server) fn expires(server: &Server, caller: &Caller) -> Option<Instant> {
    let micros = caller.expires?.micros().saturating_sub((server.clock)().micros());
    Instant::now().checked_add(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Returns the last message of a stream that ends because of a problem.
pub(in crate::server) fn problem_text(problem: &Problem) -> Bytes {
    let json = serde_json::to_string(&problem.error).unwrap_or_default();
    format!("event: problem\ndata: {json}\n\n").into()
}

/// One client.
struct Following {
    server: Server,
    subscription: Subscription,
    bell: Bell,
    sight: EventSight,
    expires: Option<Instant>,
    heartbeat: Instant,
    again: Option<Instant>,
    /// The client was told why it is over.
    ended: bool,
    _here: Place,
}

/// What happens next.
enum Turn {
    Stop,
    News,
    Time,
}

impl Following {
    /// The next text; none: it is over, and the client comes back by itself.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        loop {
            match self.turn().await {
                Turn::Stop => return None,
                Turn::News => {
                    if let Some(text) = self.tell().await? {
                        return Some(text);
                    }
                }
                Turn::Time if self.expires.is_some_and(|expires| expires <= Instant::now()) => return None,
                Turn::Time if self.again.take_if(|again| *again <= Instant::now()).is_some() => self.bell.notify_one(),
                Turn::Time => {
                    self.heartbeat = Instant::now() + HEARTBEAT_EVERY;
                    return Some(Bytes::from_static(HEARTBEAT.as_bytes()));
                }
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let until = [Some(self.heartbeat), self.expires, self.again].into_iter().flatten().min();
        tokio::select! {
            () = self.server.stopped() => Turn::Stop,
            () = self.bell.notified() => Turn::News,
            () = tokio::time::sleep_until(until.unwrap_or(self.heartbeat)) => Turn::Time,
        }
    }

    /// The next events as one text; `None` within: there are none now.
    async fn tell(&mut self) -> Option<Option<Bytes>> {
        let events = match self.subscription.step().await {
            Ok(Step::Events(events)) => events,
            Ok(Step::CaughtUp) => Vec::new(),
            Ok(Step::Idle) => return Some(self.restated()),
            Ok(Step::TooSlow | Step::NeverWas) => return None,
            Err(StoreError::Unavailable { .. }) => {
                self.again = Some(Instant::now() + AGAIN);
                return Some(None);
            }
            Err(error) => {
                // A problem is logged as it is made.
                self.ended = true;
                return Some(Some(problem_text(&error.into())));
            }
        };
        // There may be more.
        self.bell.notify_one();
        let mut text = String::new();
        for event in events {
            text.push_str(&event.text(Form::ServerSent, self.sight).map_err(Problem::from).ok()?);
        }
        Some((!text.is_empty()).then(|| text.into()))
    }

    /// Returns a message that the state is another one although the version is the same: an event that it is made of was
    /// quarantined or released.
    fn restated(&mut self) -> Option<Bytes> {
        let (stream, version) = (self.subscription.stream().clone(), self.subscription.seen());
        let changed = self.subscription.take_restated();
        changed.then(|| format!("event: state\ndata: {}\n\n", json!({ "stream": stream, "version": version })).into())
    }
}
