//! One client: what it says, what it is told, and when it is over.

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
use crate::server::Problem;
use crate::server::Server;
use crate::server::admit::Sender;
use crate::server::live;
use crate::server::live::socket::close::End;
use crate::server::live::socket::commanding::Answer;
use crate::server::live::socket::commanding::Table;
use crate::server::live::socket::following::Following;
use crate::server::live::socket::messages::Said;
use crate::server::live::socket::messages::Told;
use crate::server::live::socket::messages::read;
use crate::server::live::socket::messages::refusal;
use crate::server::live::socket::out::Out;
use crate::server::metrics::Direction;
use crate::server::sight::Sight;

/// After so many more messages that were too many than messages that were taken, the connection ends.
const MOST_REFUSED: u32 = 100;
/// A message that is too many is read for its `requestId` only if it is no longer than this: refusing is to cost little.
const READ_REFUSED: usize = 1 << 10;

/// One client.
pub(super) struct Session {
    pub(super) server: Server,
    pub(super) caller: Caller,
    sender: Sender,
    pub(super) sight: Sight,
    pub(super) table: Option<Table>,
    pub(super) out: Out,
    following: Following,
    /// The command under way. The next message is read when it is done: what a client sends is done in its order.
    running: Option<JoinHandle<Answer>>,
    heartbeat: Instant,
    heard: bool,
    refused: u32,
}

/// What happens next.
enum Turn {
    Stop,
    Answer(Box<Answer>),
    News,
    Said(Option<Result<Message, axum::Error>>),
    Time,
}

impl Session {
    pub(super) fn new(
        server: &Server,
        caller: Caller,
        sender: Sender,
        sight: Sight,
        table: Option<Table>,
        socket: WebSocket,
    ) -> Self {
        Self {
            server: server.clone(),
            caller,
            sender,
            sight,
            table,
            out: Out::new(socket, server.metrics.clone(), server.settings.client_patience),
            following: Following::default(),
            running: None,
            heartbeat: Instant::now() + server.settings.heartbeat,
            heard: true,
            refused: 0,
        }
    }

    /// Talks with the client until one of them ends it.
    pub(super) async fn run(&mut self, stream: Option<StreamName>, last_event_id: Option<Version>) {
        let connected = self.server.metrics.connected();
        let first = match stream {
            Some(stream) => Box::pin(self.follow_first(stream, last_event_id)).await,
            None => Ok(()),
        };
        let Err(end) = (match first {
            Ok(()) => self.talk().await,
            Err(end) => Err(end),
        }) else {
            return;
        };
        // Before it is counted as dropped: it is never both.
        drop(connected);
        if let Some(why) = end.dropped() {
            self.server.metrics.dropped(why);
        }
        self.following = Following::default();
        Box::pin(self.out.say_goodbye(&end)).await;
    }

    /// What the client has connected for; if that cannot be, there is nothing to talk about.
    async fn follow_first(&mut self, stream: StreamName, last_event_id: Option<Version>) -> Result<(), End> {
        let sight = self.sight.clone();
        match self.following.begin(&self.server, &mut self.out, stream, last_event_id, sight, None).await? {
            Ok(()) => Ok(()),
            Err(problem) => Err(End::Refused(problem)),
        }
    }

    async fn talk(&mut self) -> Result<(), End> {
        let server = self.server.clone();
        let mut stopped = Box::pin(server.stopped());
        let expires = live::expires(&server, &self.caller);
        loop {
            let until = [Some(self.heartbeat), expires, self.following.again].into_iter().flatten().min();
            let turn = tokio::select! {
                () = &mut stopped => Turn::Stop,
                answer = answer(&mut self.running) => Turn::Answer(Box::new(answer)),
                () = self.following.bell.notified() => Turn::News,
                said = self.out.socket.recv(), if self.running.is_none() => Turn::Said(said),
                () = sleep_until(until.unwrap_or(self.heartbeat)) => Turn::Time,
            };
            match turn {
                Turn::Stop => return Box::pin(self.finish()).await,
                Turn::Answer(answer) => self.answered(*answer).await?,
                // Much may be missed by a client that takes it slowly: the end does not wait for that.
                Turn::News => tokio::select! {
                    biased;
                    () = &mut stopped => return Box::pin(self.finish()).await,
                    () = at(expires) => return Err(End::Expired),
                    told = self.following.tell(&mut self.out) => told?,
                },
                Turn::Said(said) => self.hear(said).await?,
                Turn::Time if expires.is_some_and(|expires| expires <= Instant::now()) => return Err(End::Expired),
                Turn::Time => self.look_at_the_clock().await?,
            }
        }
    }

    /// The command under way is still answered.
    async fn finish(&mut self) -> Result<(), End> {
        if self.running.is_some() {
            let answer = answer(&mut self.running).await;
            self.answered(answer).await?;
        }
        Err(End::Restart)
    }

    async fn look_at_the_clock(&mut self) -> Result<(), End> {
        if self.following.again.take_if(|again| *again <= Instant::now()).is_some() {
            self.following.bell.notify_one();
        }
        if self.heartbeat > Instant::now() {
            return Ok(());
        }
        self.heartbeat = Instant::now() + self.server.settings.heartbeat;
        // While its command is under way, nobody listens to it.
        if !self.heard && self.running.is_none() {
            // What it has said may be here, and only not be read yet.
            tokio::select! {
                biased;
                said = self.out.socket.recv() => self.hear(said).await?,
                () = std::future::ready(()) => return Err(End::Silent),
            }
        }
        self.heard = false;
        self.out.ping().await
    }

    async fn hear(&mut self, said: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let message = match said {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(error, self.server.settings.max_message_bytes)),
            Some(Ok(message)) => message,
        };
        // The answer to a ping is not something that the client wants.
        let asked_for = !self.heard && matches!(message, Message::Pong(_));
        self.heard = true;
        if asked_for {
            return Ok(());
        }
        self.server.metrics.messages(Direction::In, 1);
        if let Err(wait) = self.server.rate.take(&self.sender) {
            return self.too_often(&message, wait).await;
        }
        // Not forgiven all at once: in any flood some are taken.
        self.refused = self.refused.saturating_sub(1);
        match message {
            Message::Text(text) => {
                let (request_id, said) = read(&text);
                Box::pin(self.understand(request_id, said)).await
            }
            Message::Binary(_) => Err(End::NotText),
            Message::Close(_) => Err(End::Left),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    async fn too_often(&mut self, message: &Message, wait: Duration) -> Result<(), End> {
        self.refused += 1;
        match message {
            _ if self.refused > MOST_REFUSED => Err(End::Flood),
            Message::Close(_) => Err(End::Left),
            Message::Text(text) => {
                let request_id = if text.len() <= READ_REFUSED { read(text).0 } else { None };
                self.refuse(request_id.as_ref(), None, &Problem::too_often(wait)).await
            }
            _ => Ok(()),
        }
    }

    async fn understand(&mut self, request_id: Option<Value>, said: Result<Said, Problem>) -> Result<(), End> {
        let done = match said {
            Err(problem) => Err(problem),
            Ok(Said::Ping {}) => return self.out.say(&Told::Pong { request_id: request_id.as_ref() }).await,
            Ok(Said::Subscribe { stream, last_event_id, player_id }) => {
                return self.subscribe(request_id, &stream, last_event_id, player_id.as_deref()).await;
            }
            Ok(Said::Unsubscribe { stream }) => {
                self.following.end(&stream);
                return self.out.say(&Told::Unsubscribed { request_id: request_id.as_ref(), stream: &stream }).await;
            }
            Ok(command) => self.command_of(command),
        };
        match done {
            Ok(request) => {
                self.running = Some(self.start(request_id, request));
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
    ) -> Result<(), End> {
        let sight = match player {
            None => Ok(self.sight.clone()),
            player => Sight::of(&self.caller, player, false),
        };
        let name = StreamName::parse(stream).map_err(Problem::from);
        let begun = match name.and_then(|name| Ok((name, sight?))) {
            Ok((name, sight)) => {
                let id = request_id.clone();
                self.following.begin(&self.server, &mut self.out, name, last_event_id, sight, id).await?
            }
            Err(problem) => Err(problem),
        };
        match begun {
            Ok(()) => Ok(()),
            Err(problem) => self.refuse(request_id.as_ref(), Some(stream), &problem).await,
        }
    }

    async fn answered(&mut self, answer: Answer) -> Result<(), End> {
        let Answer { request_id, outcome } = answer;
        match outcome {
            Ok(outcome) => self.out.say(&Told::Result { request_id: request_id.as_ref(), outcome: &outcome }).await,
            Err(problem) => self.refuse(request_id.as_ref(), None, &problem).await,
        }
    }

    async fn refuse(&mut self, request_id: Option<&Value>, stream: Option<&str>, problem: &Problem) -> Result<(), End> {
        self.out.say(&refusal(request_id, stream, problem)).await
    }
}

/// Waits until a moment; without one for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The answer to the command under way; without one it never comes.
async fn answer(running: &mut Option<JoinHandle<Answer>>) -> Answer {
    let Some(command) = running else { return std::future::pending().await };
    let answer = command.await;
    *running = None;
    // Only a mistake of this program ends it otherwise.
    let failed = |_| Answer { request_id: None, outcome: Err(Problem::outcome_unknown()) };
    answer.unwrap_or_else(failed)
}

/// Why nothing more can be read.
fn broken(error: axum::Error, limit: usize) -> End {
    let error = error.into_inner();
    match error.downcast_ref::<ProtocolError>() {
        Some(ProtocolError::Capacity(_)) => End::TooLarge(limit),
        Some(ProtocolError::Utf8(_)) => End::NotText,
        _ => End::Gone,
    }
}
