//! Sending to a client, within a time limit.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Message;
use axum::extract::ws::Utf8Bytes;
use axum::extract::ws::WebSocket;
use futures_util::SinkExt;
use serde::Serialize;
use tokio::time::timeout;

use crate::server::live::socket::close::CloseReason;
use crate::server::live::socket::messages::error_message;
use crate::server::metrics::Direction;
use crate::server::metrics::ServerMetrics;

/// Size of the write buffer of a client, in bytes.
pub(super) const WRITE_BUFFER: usize = 8 << 10;
/// Maximum number of bytes that wait to be written to a client.
pub(super) const MAX_WAITING_BYTES: usize = 4 << 20;
/// Maximum size of a message to a client. It must fit behind the buffered ones.
const MAX_SENT_BYTES: usize = MAX_WAITING_BYTES - 4 * WRITE_BUFFER;
/// Time limit for the close message and the client's answer to it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The sending side of a connection.
pub(super) struct Outgoing {
    pub(super) socket: WebSocket,
    metrics: ServerMetrics,
    /// Time for which the client may accept no data.
    patience: Duration,
}

impl Outgoing {
    pub(super) fn new(socket: WebSocket, metrics: ServerMetrics, patience: Duration) -> Self {
        Self { socket, metrics, patience }
    }

    /// Queues a text.
    pub(super) async fn queue(&mut self, text: Utf8Bytes) -> Result<(), CloseReason> {
        if text.len() > MAX_SENT_BYTES {
            // Otherwise the connection would end without a reason, again at each reconnect.
            tracing::warn!(bytes = text.len(), "message too large for a client");
            return Err(CloseReason::TooLargeToSend(MAX_SENT_BYTES));
        }
        self.metrics.messages(Direction::Out, 1);
        within(self.patience, self.socket.feed(Message::Text(text))).await
    }

    /// Sends the queued texts.
    pub(super) async fn flush(&mut self) -> Result<(), CloseReason> {
        within(self.patience, self.socket.flush()).await
    }

    /// Sends a message at once.
    pub(super) async fn send(&mut self, message: &impl Serialize) -> Result<(), CloseReason> {
        // These messages always serialize.
        let text = serde_json::to_string(message).unwrap_or_default();
        self.queue(text.into()).await?;
        self.flush().await
    }

    /// Sends a ping.
    pub(super) async fn ping(&mut self) -> Result<(), CloseReason> {
        within(self.patience, self.socket.send(Message::Ping(Bytes::new()))).await
    }

    /// Sends the reason for which the connection ends, and waits briefly for the client to read it.
    pub(super) async fn close(&mut self, reason: &CloseReason) {
        let closing = async {
            if let Some(problem) = reason.problem() {
                self.send(&error_message(None, None, &problem)).await?;
            }
            match reason.frame() {
                Some(frame) => within(CLOSE_TIMEOUT, self.socket.send(frame)).await?,
                None => self.flush().await?,
            }
            // Closing a connection with unread data would discard what was sent last.
            while let Some(Ok(_)) = self.socket.recv().await {}
            Ok::<_, CloseReason>(())
        };
        let _ = timeout(CLOSE_TIMEOUT, closing).await;
    }
}

async fn within(patience: Duration, sending: impl Future<Output = Result<(), axum::Error>>) -> Result<(), CloseReason> {
    match timeout(patience, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(CloseReason::Gone),
        Err(_) => Err(CloseReason::TooSlow),
    }
}
