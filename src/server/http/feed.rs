//! `GET /api/events` with `Accept: text/event-stream`: what happens in the whole store, as it happens.

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
use crate::server::Problem;
use crate::server::Server;
use crate::server::http::seen::EventHead;
use crate::server::live;
use crate::store::Source;
use crate::store::no_store_is_empty;

/// Events read at once.
const AT_ONCE: u64 = 500;
/// How often whoever follows is given a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// When a store that was away is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// A comment.
const ALIVE: &str = ":\n\n";

/// Answers with a line for each event after a position, and then each new one as it comes.
///
/// # Errors
/// The server stops, there is no room for another client, the store is not as far as that position, or as the store says.
pub async fn follow(server: &Server, caller: &Caller, after: Position) -> Result<Response, Problem> {
    let there = head(server).await?;
    check_cursor(&server.store, &Source::All, after.0, there.0).await?;
    let here = live::take_place(server)?;
    let following = Following {
        head: server.live.head(),
        expires: live::expires(server, caller),
        server: server.clone(),
        after,
        begun: false,
        ended: false,
        _here: here,
    };
    let next = |mut following: Following| async move { following.next().await.map(|text| (text, following)) };
    Ok(live::event_stream(unfold(following, next)))
}

/// Somebody who follows.
struct Following {
    server: Server,
    /// Where the store ends.
    head: watch::Receiver<Position>,
    /// The last position that was told.
    after: Position,
    expires: Option<Instant>,
    begun: bool,
    /// The client was told why it is over.
    ended: bool,
    _here: live::Place,
}

impl Following {
    /// The next text; none: it is over, and the client comes back by itself.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if !self.begun {
            self.begun = true;
            return Some(Bytes::from_static(ALIVE.as_bytes()));
        }
        let alive = Instant::now() + SIGN_OF_LIFE;
        loop {
            let mut until = self.expires.unwrap_or(alive).min(alive);
            // Also while there is more and more to tell.
            if self.server.is_stopping() || self.expires.is_some_and(|expires| expires <= Instant::now()) {
                return None;
            }
            match self.tell().await {
                Ok(Some(text)) => return Some(text),
                Ok(None) => {}
                // A store that is away is told of by the silence of its events, and asked again when it is back.
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => until = until.min(Instant::now() + AGAIN),
                // What lasts is in the log by now.
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
                return Some(Bytes::from_static(ALIVE.as_bytes()));
            }
        }
    }

    /// Whether the store was put back to an earlier state. What is known of its head may be old; it is asked.
    async fn is_ahead(&self) -> bool {
        let known = *self.head.borrow();
        known < self.after && head(&self.server).await.is_ok_and(|there| there < self.after)
    }

    /// What has happened since.
    async fn tell(&mut self) -> Result<Option<Bytes>, Problem> {
        self.server.store.check_not_replaced()?;
        if *self.head.borrow_and_update() <= self.after {
            return Ok(None);
        }
        let input = EventsAfter { source: Source::All, after: Some(self.after.0), limit: AT_ONCE, backwards: false };
        let heads = events_page(&self.server.store, &input, |event| Ok((event.position, EventHead::of(event)))).await?.items;
        let mut text = String::new();
        for (position, head) in heads {
            self.after = position;
            // Names, numbers and texts are JSON.
            let json = serde_json::to_string(&head).unwrap_or_default();
            text.push_str(&format!("id: {position}\ndata: {json}\n\n"));
        }
        Ok((!text.is_empty()).then(|| text.into()))
    }
}

/// Where the store ends.
async fn head(server: &Server) -> Result<Position, Problem> {
    Ok(no_store_is_empty(server.store.head().await)?.position)
}
