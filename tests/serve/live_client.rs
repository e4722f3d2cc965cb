//! A client of the WebSocket, as a test needs it: says what it likes, and hears every message.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// The time that a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client.
pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
    /// The code that the server has closed with.
    pub closed: Option<u16>,
}

impl Client {
    /// Connects with a query: `stream=a-1&lastEventId=3`.
    pub async fn connect(to: SocketAddr, query: &str) -> Self {
        Self::try_connect(to, query, &[]).await.unwrap()
    }

    /// The same with subprotocols.
    pub async fn try_connect(to: SocketAddr, query: &str, protocols: &[&str]) -> Result<Self, Error> {
        let connection = TcpStream::connect(to).await.map_err(Error::Io)?;
        let mut request = format!("ws://{to}/ws?{query}").into_client_request()?;
        if !protocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", protocols.join(", ").parse().unwrap());
        }
        let (socket, _) = client_async(request, connection).await?;
        Ok(Self { socket, closed: None })
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message; none when the connection is over.
    pub async fn hear(&mut self) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
            match next {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => self.closed = frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next message, which is of this type.
    #[track_caller]
    pub fn expect<'c>(&'c mut self, kind: &'c str) -> impl Future<Output = Value> + 'c {
        let caller = std::panic::Location::caller();
        async move {
            let message = self.hear().await;
            let message = message.unwrap_or_else(|| panic!("{caller}: no {kind}, but the end: {:?}", self.closed));
            assert_eq!(message["type"], kind, "{caller}: {message}");
            message
        }
    }

    /// The next message of this type, whatever comes before it.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = self.hear().await.unwrap_or_else(|| panic!("no {kind}: {:?}", self.closed));
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Sends a command under an id; what is answered to it.
    pub async fn command(&mut self, command: &str, id: &str, with: Value) -> Value {
        self.say(json!({"type": "command", "requestId": id, "command": command, "id": id, "with": with})).await;
        loop {
            let message = self.hear().await.expect("no answer");
            if message["requestId"] == id {
                return message;
            }
        }
    }

    /// Reads to the end; the code it was closed with.
    pub async fn end(&mut self) -> Option<u16> {
        while self.hear().await.is_some() {}
        self.closed
    }
}
