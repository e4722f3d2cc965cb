//! `GET /api/events` with `Accept: text/event-stream`: the events of the whole store, as they are appended.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::event::Position;
use crate::ops::check_cursor;
use crate::ops::events_page::EventsAfter;
use crate::ops::events_page::events_page;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::http::schemas::EventHead;
use crate::server::live;
use crate::store::ReadSource;
use crate::store::no_store_is_empty;

/// Number of events that are read at once.
const BATCH: u64 = 500;
/// Interval of heartbeats.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// Delay before an unavailable store is read again.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// A comment, as a heartbeat.
const HEARTBEAT: &str = ":\n\n";

/// Answers with an entry for each event after a position, and continues with new ones.
///
/// # Errors
/// Unavailable if the server is stopping or has the maximum number of clients. Not found if the position is beyond the
/// head.
pub async fn follow(server: &Server, caller: &Caller, after: Position) -> Result<Response, HttpProblem> {
    let there = head(server).await?;
    check_cursor(&server.store, &ReadSource::All, after.0, there.0).await?;
    let slot = server.claim_slot()?;
    let client = FeedClient {
        head: server.live.head(),
        expires: live::expires(server, caller),
        server: server.clone(),
        after,
        begun: false,
        ended: false,
        _slot: slot,
    };
    let next = |mut client: FeedClient| async move { client.next().await.map(|text| (text, client)) };
    Ok(live::event_stream(unfold(client, next)))
}

/// A client that follows the store.
struct FeedClient {
    server: Server,
    /// The head of the store.
    head: watch::Receiver<Position>,
    /// The last position that was sent.
    after: Position,
    expires: Option<Instant>,
    begun: bool,
    /// Set once the client has been sent the error that ends its stream.
    ended: bool,
    _slot: live::ClientSlot,
}

impl FeedClient {
    /// Returns the next text; `None` at the end of the stream, after which the client reconnects.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if !self.begun {
            self.begun = true;
            return Some(Bytes::from_static(HEARTBEAT.as_bytes()));
        }
        let alive = Instant::now() + HEARTBEAT_INTERVAL;
        loop {
            let mut until = self.expires.unwrap_or(alive).min(alive);
            // Checked here as well, because there may always be more events to send.
            if self.server.is_stopping() || self.expires.is_some_and(|expires| expires <= Instant::now()) {
                return None;
            }
            match self.read().await {
                Ok(Some(text)) => return Some(text),
                Ok(None) => {}
                // While the store is unavailable, no events are sent. It is read again later.
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                    until = until.min(Instant::now() + RETRY_DELAY)
                }
                // A permanent error has been logged by now.
                Err(problem) => {
                    self.ended = true;
                    return Some(live::problem_text(&problem));
                }
            }
            if self.is_ahead().await {
                return None;
            }
            tokio::select! {
                () = self.server.stopped() => return None,
                head = self.head.changed() => head.ok()?,
                () = tokio::time::sleep_until(until) => {}
            }
            if alive <= Instant::now() {
                return Some(Bytes::from_static(HEARTBEAT.as_bytes()));
            }
        }
    }

    /// Returns true if the store was restored to an earlier state. The known head may be outdated, so the store is
    /// asked.
    async fn is_ahead(&self) -> bool {
        let known = *self.head.borrow();
        known < self.after && head(&self.server).await.is_ok_and(|there| there < self.after)
    }

    /// Returns the new events as text.
    async fn read(&mut self) -> Result<Option<Bytes>, HttpProblem> {
        self.server.store.check_not_replaced()?;
        if *self.head.borrow_and_update() <= self.after {
            return Ok(None);
        }
        let input = EventsAfter { source: ReadSource::All, after: Some(self.after.0), limit: BATCH, backwards: false };
        let heads = events_page(&self.server.store, &input, |event| Ok((event.position, EventHead::of(event)))).await?.items;
        let mut text = String::new();
        for (position, head) in heads {
            self.after = position;
            // Names, numbers and strings always serialize.
            let json = serde_json::to_string(&head).unwrap_or_default();
            text.push_str(&format!("id: {position}\ndata: {json}\n\n"));
        }
        Ok((!text.is_empty()).then(|| text.into()))
    }
}

/// Returns the position of the head.
async fn head(server: &Server) -> Result<Position, HttpProblem> {
    Ok(no_store_is_empty(server.store.head().await)?.position)
}
