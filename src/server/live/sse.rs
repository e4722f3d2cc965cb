//! `GET /api/streams/{stream}/events` with `Accept: text/event-stream`: the events of a stream, continued with new
//! ones.

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
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::live::live_events::ClientSlot;
use crate::server::live::subscription::Delivery;
use crate::server::live::subscription::Subscription;
use crate::server::live::text::EventFormat;
use crate::server::live::topic::Notifier;
use crate::server::visibility::EventVisibility;
use crate::store::ReadSource;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies not to buffer the response.
const NO_BUFFERING: (HeaderName, HeaderValue) = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// The first text: reconnect after a second.
const BEGIN: &str = "retry: 1000\n\n";
/// A comment that shows clients and proxies that the connection is alive.
const HEARTBEAT: &str = ":\n\n";
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// Delay before an unavailable store is read again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Returns true if a request accepts a stream of events.
pub fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream")))
}

/// Answers with the events of a stream after a version, and continues with new ones. `Last-Event-ID` takes precedence
/// over `after`.
///
/// # Errors
/// An invalid request if `Last-Event-ID` is not a version. Not found if it is beyond the end of the stream. Unavailable
/// if the server has the maximum number of clients.
pub async fn stream_events(
    server: &Server,
    caller: &Caller,
    visibility: EventVisibility,
    stream: StreamName,
    after: Option<Version>,
    headers: &HeaderMap,
) -> Result<Response, HttpProblem> {
    let after = last_event_id(headers)?.or(after).unwrap_or(Version::ZERO);
    let there = no_store_is_empty(server.store.stream_version(stream.clone()).await)?;
    check_cursor(&server.store, &ReadSource::Stream(stream.clone()), after.0, there.0).await?;
    let slot = server.claim_slot()?;
    let notifier = Notifier::default();
    // The first turn sends all events there are.
    notifier.notify_one();
    let client = SseClient {
        subscription: server.live.subscribe(&stream, after, notifier.clone()),
        notifier,
        visibility,
        expires: expires(server, caller),
        heartbeat: Instant::now() + HEARTBEAT_EVERY,
        retry_at: None,
        ended: false,
        server: server.clone(),
        _slot: slot,
    };
    let begin = stream::once(async { Bytes::from_static(BEGIN.as_bytes()) });
    let next = |mut client: SseClient| async move { client.next().await.map(|text| (text, client)) };
    Ok(event_stream(begin.chain(stream::unfold(client, next))))
}

/// Returns a response that continues with texts.
pub(in crate::server) fn event_stream(texts: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        NO_BUFFERING,
    ];
    (headers, Body::from_stream(Box::pin(texts.map(Ok::<_, Infallible>)))).into_response()
}

/// Returns the version or position in `Last-Event-ID`.
///
/// # Errors
/// An invalid request if it is not a number.
pub(in crate::server) fn last_event_id(headers: &HeaderMap) -> Result<Option<Version>, HttpProblem> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let version = id.to_str().ok().and_then(|id| id.parse().ok());
    let wrong = || HttpProblem::bad_request("bad_request", "Last-Event-ID must be a number, like 41");
    version.map(|version| Some(Version(version))).ok_or_else(wrong)
}

/// Returns the time at which the token of a caller expires.
pub(in crate::server) fn expires(server: &Server, caller: &Caller) -> Option<Instant> {
    let micros = caller.expires?.micros().saturating_sub((server.clock)().micros());
    Instant::now().checked_add(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Returns the last message of a stream that ends with an error.
pub(in crate::server) fn problem_text(problem: &HttpProblem) -> Bytes {
    let json = serde_json::to_string(&problem.failure).unwrap_or_default();
    format!("event: problem\ndata: {json}\n\n").into()
}

/// A client that follows a stream.
struct SseClient {
    server: Server,
    subscription: Subscription,
    notifier: Notifier,
    visibility: EventVisibility,
    expires: Option<Instant>,
    heartbeat: Instant,
    retry_at: Option<Instant>,
    /// Set once the client has been sent the error that ends its stream.
    ended: bool,
    _slot: ClientSlot,
}

/// The reason for which a client is woken.
enum SseEvent {
    Stop,
    Notified,
    Timeout,
}

impl SseClient {
    /// Returns the next text; `None` at the end of the stream, after which the client reconnects.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        loop {
            match self.turn().await {
                SseEvent::Stop => return None,
                SseEvent::Notified => {
                    if let Some(text) = self.tell().await? {
                        return Some(text);
                    }
                }
                SseEvent::Timeout if self.expires.is_some_and(|expires| expires <= Instant::now()) => return None,
                SseEvent::Timeout if self.retry_at.take_if(|retry_at| *retry_at <= Instant::now()).is_some() => {
                    self.notifier.notify_one()
                }
                SseEvent::Timeout => {
                    self.heartbeat = Instant::now() + HEARTBEAT_EVERY;
                    return Some(Bytes::from_static(HEARTBEAT.as_bytes()));
                }
            }
        }
    }

    async fn turn(&mut self) -> SseEvent {
        let until = [Some(self.heartbeat), self.expires, self.retry_at].into_iter().flatten().min();
        tokio::select! {
            () = self.server.stopped() => SseEvent::Stop,
            () = self.notifier.notified() => SseEvent::Notified,
            () = tokio::time::sleep_until(until.unwrap_or(self.heartbeat)) => SseEvent::Timeout,
        }
    }

    /// Returns the next events as text; `Some(None)` if there are none now.
    async fn tell(&mut self) -> Option<Option<Bytes>> {
        let events = match self.subscription.step().await {
            Ok(Delivery::Events(events)) => events,
            Ok(Delivery::CaughtUp) => Vec::new(),
            Ok(Delivery::Idle) => return Some(self.restated()),
            Ok(Delivery::TooSlow | Delivery::BeyondEnd) => return None,
            Err(StoreError::Unavailable { .. }) => {
                self.retry_at = Some(Instant::now() + RETRY_DELAY);
                return Some(None);
            }
            Err(error) => {
                // The error was logged when it was converted.
                self.ended = true;
                return Some(Some(problem_text(&error.into())));
            }
        };
        // There may be more events.
        self.notifier.notify_one();
        let mut text = String::new();
        for event in events {
            text.push_str(&event.text(EventFormat::ServerSent, self.visibility).map_err(HttpProblem::from).ok()?);
        }
        Some((!text.is_empty()).then(|| text.into()))
    }

    /// Returns a message that the state has changed without a new version, because an event was quarantined or
    /// released.
    fn restated(&mut self) -> Option<Bytes> {
        let (stream, version) = (self.subscription.stream().clone(), self.subscription.seen());
        let changed = self.subscription.take_restated();
        changed.then(|| format!("event: state\ndata: {}\n\n", json!({ "stream": stream, "version": version })).into())
    }
}
