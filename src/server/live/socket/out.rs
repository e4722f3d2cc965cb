//! The way to a client, which is never waited for longer than a limit.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Message;
use axum::extract::ws::Utf8Bytes;
use axum::extract::ws::WebSocket;
use futures_util::SinkExt;
use serde::Serialize;
use tokio::time::timeout;

use crate::server::live::socket::MOST_TOLD;
use crate::server::live::socket::close::End;
use crate::server::live::socket::messages::refusal;
use crate::server::metrics::Direction;
use crate::server::metrics::Metrics;

/// How long a client may take to hear why its connection ends, and to say that it has.
const GOODBYE: Duration = Duration::from_secs(2);

/// The connection of one client.
pub(super) struct Out {
    pub(super) socket: WebSocket,
    metrics: Metrics,
    /// How long the client may take nothing of what it is sent.
    patience: Duration,
}

impl Out {
    pub(super) fn new(socket: WebSocket, metrics: Metrics, patience: Duration) -> Self {
        Self { socket, metrics, patience }
    }

    /// Puts a text behind those that are waiting to be sent.
    pub(super) async fn put(&mut self, text: Utf8Bytes) -> Result<(), End> {
        if text.len() > MOST_TOLD {
            // Otherwise the connection would end without a word, and again each time that the client comes back.
            tracing::warn!(bytes = text.len(), "a message is too large to be sent to a client");
            return Err(End::TooLargeToTell(MOST_TOLD));
        }
        self.metrics.messages(Direction::Out, 1);
        patiently(self.patience, self.socket.feed(Message::Text(text))).await
    }

    /// Sends what is waiting.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        patiently(self.patience, self.socket.flush()).await
    }

    /// Says something, at once.
    pub(super) async fn say(&mut self, said: &impl Serialize) -> Result<(), End> {
        // Nothing that is said here can fail to be JSON.
        let text = serde_json::to_string(said).unwrap_or_default();
        self.put(text.into()).await?;
        self.flush().await
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        patiently(self.patience, self.socket.send(Message::Ping(Bytes::new()))).await
    }

    /// Says why the connection ends, and waits a little for the client to have heard it.
    pub(super) async fn say_goodbye(&mut self, end: &End) {
        let goodbye = async {
            if let Some(problem) = end.problem() {
                self.say(&refusal(None, None, &problem)).await?;
            }
            match end.frame() {
                Some(frame) => patiently(GOODBYE, self.socket.send(frame)).await?,
                None => self.flush().await?,
            }
            // A connection that is closed with something unread in it takes away what was sent last.
            while let Some(Ok(_)) = self.socket.recv().await {}
            Ok::<_, End>(())
        };
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

async fn patiently(patience: Duration, sending: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    match timeout(patience, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::TooSlow),
    }
}
