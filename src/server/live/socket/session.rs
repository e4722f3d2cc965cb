//! The session of one WebSocket client.

use std::time::Duration;

use axum::extract::ws::Message;
use axum::extract::ws::WebSocket;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_tungstenite::tungstenite::Error as ProtocolError;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::limits::rate::RateKey;
use crate::server::live;
use crate::server::live::socket::close::CloseReason;
use crate::server::live::socket::commands::CommandReply;
use crate::server::live::socket::commands::GameConnection;
use crate::server::live::socket::commands::start;
use crate::server::live::socket::messages::ClientMessage;
use crate::server::live::socket::messages::ServerMessage;
use crate::server::live::socket::messages::error_message;
use crate::server::live::socket::messages::read;
use crate::server::live::socket::outgoing::Outgoing;
use crate::server::live::socket::subscriptions::Subscriptions;
use crate::server::metrics::Direction;
use crate::server::visibility::Visibility;

/// Maximum number of refused messages in excess of accepted ones. Beyond it the connection ends.
const MAX_REFUSED: u32 = 100;
/// Maximum length of a refused message that is parsed for its `requestId`. Refusing must be cheap.
const MAX_PARSED_REFUSED: usize = 1 << 10;

/// The session of a client.
pub(super) struct ClientSession {
    server: Server,
    caller: Caller,
    rate_key: RateKey,
    visibility: Visibility,
    game: Option<GameConnection>,
    out: Outgoing,
    subscriptions: Subscriptions,
    /// The command under way. The next message is read when it has ended, so messages are processed in order.
    running: Option<JoinHandle<CommandReply>>,
    heartbeat: Instant,
    heard: bool,
    refused: u32,
}

/// The next event of a session.
enum SessionEvent {
    Stop,
    Replied(Box<CommandReply>),
    Notified,
    Received(Option<Result<Message, axum::Error>>),
    Timeout,
}

impl ClientSession {
    pub(super) fn new(
        server: &Server,
        caller: Caller,
        rate_key: RateKey,
        visibility: Visibility,
        game: Option<GameConnection>,
        socket: WebSocket,
    ) -> Self {
        Self {
            server: server.clone(),
            caller,
            rate_key,
            visibility,
            game,
            out: Outgoing::new(socket, server.metrics.clone(), server.settings.client_patience),
            subscriptions: Subscriptions::default(),
            running: None,
            heartbeat: Instant::now() + server.settings.heartbeat,
            heard: true,
            refused: 0,
        }
    }

    /// Serves the client until one side ends the connection.
    pub(super) async fn run(&mut self, stream: Option<StreamName>, last_event_id: Option<Version>) {
        let connected = self.server.metrics.connected();
        let first = match stream {
            Some(stream) => Box::pin(self.follow_first(stream, last_event_id)).await,
            None => Ok(()),
        };
        let Err(reason) = (match first {
            Ok(()) => self.serve().await,
            Err(reason) => Err(reason),
        }) else {
            return;
        };
        // A client is never counted as connected and dropped at the same time.
        drop(connected);
        if let Some(label) = reason.dropped() {
            self.server.metrics.dropped(label);
        }
        self.subscriptions = Subscriptions::default();
        Box::pin(self.out.close(&reason)).await;
    }

    /// Follows the stream that the client has connected for. If that fails, the connection ends.
    async fn follow_first(&mut self, stream: StreamName, last_event_id: Option<Version>) -> Result<(), CloseReason> {
        let visibility = self.visibility.clone();
        match self.subscriptions.begin(&self.server, &mut self.out, stream, last_event_id, visibility, None).await? {
            Ok(()) => Ok(()),
            Err(problem) => Err(CloseReason::Refused(problem)),
        }
    }

    async fn serve(&mut self) -> Result<(), CloseReason> {
        let server = self.server.clone();
        let mut stopped = Box::pin(server.stopped());
        let expires = live::expires(&server, &self.caller);
        loop {
            let until = [Some(self.heartbeat), expires, self.subscriptions.retry_at].into_iter().flatten().min();
            let event = tokio::select! {
                () = &mut stopped => SessionEvent::Stop,
                reply = reply(&mut self.running) => SessionEvent::Replied(Box::new(reply)),
                () = self.subscriptions.notifier.notified() => SessionEvent::Notified,
                message = self.out.socket.recv(), if self.running.is_none() => SessionEvent::Received(message),
                () = sleep_until(until.unwrap_or(self.heartbeat)) => SessionEvent::Timeout,
            };
            match event {
                SessionEvent::Stop => return Box::pin(self.finish()).await,
                SessionEvent::Replied(reply) => self.answer(*reply).await?,
                // A slow client may have missed many events. The end of the session does not wait for them.
                SessionEvent::Notified => tokio::select! {
                    biased;
                    () = &mut stopped => return Box::pin(self.finish()).await,
                    () = at(expires) => return Err(CloseReason::Expired),
                    sent = self.subscriptions.send(&mut self.out) => sent?,
                },
                SessionEvent::Received(message) => self.receive(message).await?,
                SessionEvent::Timeout if expires.is_some_and(|expires| expires <= Instant::now()) => {
                    return Err(CloseReason::Expired);
                }
                SessionEvent::Timeout => self.handle_timeout().await?,
            }
        }
    }

    /// Waits for the command under way and answers it.
    async fn finish(&mut self) -> Result<(), CloseReason> {
        if self.running.is_some() {
            let reply = reply(&mut self.running).await;
            self.answer(reply).await?;
        }
        Err(CloseReason::Restart)
    }

    async fn handle_timeout(&mut self) -> Result<(), CloseReason> {
        if self.subscriptions.retry_at.take_if(|retry_at| *retry_at <= Instant::now()).is_some() {
            self.subscriptions.notifier.notify_one();
        }
        if self.heartbeat > Instant::now() {
            return Ok(());
        }
        self.heartbeat = Instant::now() + self.server.settings.heartbeat;
        // While a command is under way, messages are not read.
        if !self.heard && self.running.is_none() {
            // A message may have arrived but not been read yet.
            tokio::select! {
                biased;
                message = self.out.socket.recv() => self.receive(message).await?,
                () = std::future::ready(()) => return Err(CloseReason::Silent),
            }
        }
        self.heard = false;
        self.out.ping().await
    }

    async fn receive(&mut self, received: Option<Result<Message, axum::Error>>) -> Result<(), CloseReason> {
        let message = match received {
            None => return Err(CloseReason::Gone),
            Some(Err(error)) => return Err(broken(error, self.server.settings.max_message_bytes)),
            Some(Ok(message)) => message,
        };
        // The answer to a ping is not a message of the client.
        let is_answer = !self.heard && matches!(message, Message::Pong(_));
        self.heard = true;
        if is_answer {
            return Ok(());
        }
        self.server.metrics.messages(Direction::In, 1);
        if let Err(wait) = self.server.rate.take(&self.rate_key) {
            return self.refuse_rate(&message, wait).await;
        }
        // Decreases by one at a time, because even in a flood some messages are accepted.
        self.refused = self.refused.saturating_sub(1);
        match message {
            Message::Text(text) => {
                let (request_id, message) = read(&text);
                Box::pin(self.handle(request_id, message)).await
            }
            Message::Binary(_) => Err(CloseReason::NotText),
            Message::Close(_) => Err(CloseReason::Left),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    async fn refuse_rate(&mut self, message: &Message, wait: Duration) -> Result<(), CloseReason> {
        self.refused += 1;
        match message {
            _ if self.refused > MAX_REFUSED => Err(CloseReason::Flood),
            Message::Close(_) => Err(CloseReason::Left),
            Message::Text(text) => {
                let request_id = if text.len() <= MAX_PARSED_REFUSED { read(text).0 } else { None };
                self.refuse(request_id.as_ref(), None, &HttpProblem::too_often(wait)).await
            }
            _ => Ok(()),
        }
    }

    async fn handle(
        &mut self,
        request_id: Option<Value>,
        message: Result<ClientMessage, HttpProblem>,
    ) -> Result<(), CloseReason> {
        let done = match message {
            Err(problem) => Err(problem),
            Ok(ClientMessage::Ping {}) => return self.out.send(&ServerMessage::Pong { request_id: request_id.as_ref() }).await,
            Ok(ClientMessage::Subscribe { stream, last_event_id, player_id }) => {
                return self.subscribe(request_id, &stream, last_event_id, player_id.as_deref()).await;
            }
            Ok(ClientMessage::Unsubscribe { stream }) => {
                self.subscriptions.end(&stream);
                return self.out.send(&ServerMessage::Unsubscribed { request_id: request_id.as_ref(), stream: &stream }).await;
            }
            Ok(command) => GameConnection::request_of(self.game.as_ref(), command),
        };
        match done {
            Ok(request) => {
                self.running = Some(start(&self.server, &self.caller, &self.visibility, request_id, request));
                Ok(())
            }
            Err(problem) => self.refuse(request_id.as_ref(), None, &problem).await,
        }
    }

    async fn subscribe(
        &mut self,
        request_id: Option<Value>,
        stream: &str,
        last_event_id: Option<Version>,
        player: Option<&str>,
    ) -> Result<(), CloseReason> {
        let visibility = match player {
            None => Ok(self.visibility.clone()),
            player => Visibility::of(&self.caller, player, false),
        };
        let name = StreamName::parse(stream).map_err(HttpProblem::from);
        let begun = match name.and_then(|name| Ok((name, visibility?))) {
            Ok((name, visibility)) => {
                let id = request_id.clone();
                self.subscriptions.begin(&self.server, &mut self.out, name, last_event_id, visibility, id).await?
            }
            Err(problem) => Err(problem),
        };
        match begun {
            Ok(()) => Ok(()),
            Err(problem) => self.refuse(request_id.as_ref(), Some(stream), &problem).await,
        }
    }

    async fn answer(&mut self, reply: CommandReply) -> Result<(), CloseReason> {
        let CommandReply { request_id, outcome } = reply;
        match outcome {
            Ok(outcome) => self.out.send(&ServerMessage::Result { request_id: request_id.as_ref(), outcome: &outcome }).await,
            Err(problem) => self.refuse(request_id.as_ref(), None, &problem).await,
        }
    }

    async fn refuse(
        &mut self,
        request_id: Option<&Value>,
        stream: Option<&str>,
        problem: &HttpProblem,
    ) -> Result<(), CloseReason> {
        self.out.send(&error_message(request_id, stream, problem)).await
    }
}

/// Waits until a time; forever without one.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Waits for the answer to the command under way; forever without one.
async fn reply(running: &mut Option<JoinHandle<CommandReply>>) -> CommandReply {
    let Some(command) = running else { return std::future::pending().await };
    let reply = command.await;
    *running = None;
    // The task fails only after a panic.
    let failed = |_| CommandReply { request_id: None, outcome: Err(HttpProblem::outcome_unknown()) };
    reply.unwrap_or_else(failed)
}

/// Returns the reason for which nothing more can be read.
fn broken(error: axum::Error, limit: usize) -> CloseReason {
    let error = error.into_inner();
    match error.downcast_ref::<ProtocolError>() {
        Some(ProtocolError::Capacity(_)) => CloseReason::TooLarge(limit),
        Some(ProtocolError::Utf8(_)) => CloseReason::NotText,
        _ => CloseReason::Gone,
    }
}
