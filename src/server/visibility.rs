//! The part of states and events that a caller may see, for queries, replays and live connections alike.
//!
//! An administrator sees everything on request. Every other caller sees the client's schema of a resource, and a game
//! as the player that it acts as or as a spectator. Of an event it sees neither the hash nor the idempotency key. A
//! hash would allow guessing a hidden field that has few possible values, and a key is private to its client.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain;
use crate::domain::Access;
use crate::domain::Viewer;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::JsonObject;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::ops::BrokenStream;
use crate::runtime::CommandOutcome;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::store::StoreError;

/// The fields of an event's metadata that clients see.
const CLIENT_METADATA: [&str; 3] = ["client_id", "correlation_id", "causation_id"];

/// The visibility of states for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    viewer: Viewer,
    /// Set for an administrator, also without the server's view. It sees domains that declare no access.
    administrator: bool,
    /// Set if the request names the player, who must then take part in the game.
    named: bool,
}

/// The visibility of events. All callers of one kind see an event in the same way, so its text is shared between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventVisibility {
    /// All fields, as recorded.
    Server,
    /// As a client, but with the data of domains that declare no access.
    Administrator,
    /// Without hidden fields.
    Client,
}

/// An event as a caller sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct VisibleEvent {
    /// The position of the event in the store, from 1.
    pub position: Position,
    /// The id of the event, unique in the store.
    pub event_id: Uuid,
    /// The name of the stream.
    pub stream: String,
    /// The version of the event in its stream, from 1.
    pub version: Version,
    /// The type of the event, in the past tense.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of the schema of `data`.
    pub schema_version: u32,
    /// The time at which the event was recorded.
    pub recorded_at: Timestamp,
    /// The data of the event.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
    /// The client and the ids that connect the event with others.
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
    /// The link of the event in the hash chain. Only for administrators who ask for the server's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub hash: Option<Hash>,
}

impl Visibility {
    /// Returns the visibility of a caller: the server's view on request, else that of the player which it names or acts
    /// as, else that of a spectator.
    ///
    /// # Errors
    /// Forbidden if the caller asks for the server's view and is no administrator, or names a player that it does not
    /// act as.
    pub fn of(caller: &Caller, player: Option<&str>, server: bool) -> Result<Self, HttpProblem> {
        if server {
            caller.may(Scope::Admin)?;
            return Ok(Self { viewer: Viewer::Server, administrator: true, named: false });
        }
        if let Some(player) = player {
            caller.must_be(player)?;
        }
        let own = caller.acts_as.as_deref();
        let viewer = player.or(own).map_or(Viewer::Watcher, |player| Viewer::Player(player.to_owned()));
        Ok(Self { viewer, administrator: caller.is_trusted(), named: player.is_some() })
    }

    /// Returns the visibility of a caller that asks for no view in particular.
    pub fn plain(caller: &Caller) -> Self {
        let viewer = caller.acts_as.clone().map_or(Viewer::Watcher, Viewer::Player);
        Self { viewer, administrator: caller.is_trusted(), named: false }
    }

    /// Returns the viewer of a game.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Returns true if the request names the player, who must then take part in the game.
    pub fn names_player(&self) -> bool {
        self.named
    }

    /// Returns the broken streams of a category, as the caller may see them.
    pub fn broken(&self, category: &str, broken: Vec<BrokenStream>) -> Vec<BrokenStream> {
        let hides = !self.sees_all_of(category);
        broken.into_iter().map(|stream| if hides { stream.without_details() } else { stream }).collect()
    }

    /// Returns true if this is the server's view, which hides nothing.
    pub fn is_server(&self) -> bool {
        self.viewer == Viewer::Server
    }

    /// Returns true if no field of the category is hidden from this caller.
    pub fn sees_all_of(&self, category: &str) -> bool {
        self.is_server() || !access(category).hides_from(self.administrator)
    }

    /// Returns the visible part of a state. `state` is complete, as its domain shows it.
    pub fn state(&self, category: &str, state: Value) -> Value {
        if self.is_server() { state } else { access(category).state(state, &self.viewer, self.administrator) }
    }

    /// Returns the same caller's visibility of events.
    pub fn events(&self) -> EventVisibility {
        match self.administrator {
            _ if self.is_server() => EventVisibility::Server,
            true => EventVisibility::Administrator,
            false => EventVisibility::Client,
        }
    }

    /// Returns the visible part of the outcome of a command.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if the data of an event is not JSON.
    pub fn outcome(&self, mut outcome: CommandOutcome) -> Result<CommandOutcome, StoreError> {
        let category = outcome.stream.category();
        for event in &mut outcome.events {
            let data = self
                .events()
                .data(category, &event.event_type, event.data.as_str())
                .map_err(|error| unreadable(event.version, &error))?;
            event.data = JsonObject::parse(data.get()).map_err(|error| unreadable(event.version, &error))?;
        }
        outcome.state = self.state(category, outcome.state);
        Ok(outcome)
    }
}

impl EventVisibility {
    /// Returns the visible part of an event.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if its data or metadata is not JSON.
    pub fn event(self, event: &EventView<'_>) -> Result<VisibleEvent, StoreError> {
        let damaged = |error: serde_json::Error| unreadable(event.position, &error);
        Ok(VisibleEvent {
            position: event.position,
            event_id: event.event_id,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            schema_version: event.schema_version,
            recorded_at: event.recorded_at,
            data: self.data(category_of(event.stream), event.event_type, event.data).map_err(damaged)?,
            metadata: self.metadata(event.metadata).map_err(damaged)?,
            hash: (self == Self::Server).then_some(event.hash),
        })
    }

    fn data(self, category: &str, event_type: &str, data: &str) -> Result<Box<RawValue>, serde_json::Error> {
        let administrator = match self {
            Self::Server => return serde_json::from_str(data),
            Self::Administrator => true,
            Self::Client => false,
        };
        let access = access(category);
        if !access.hides_from(administrator) {
            return serde_json::from_str(data);
        }
        to_raw_value(&access.event(event_type, serde_json::from_str(data)?, administrator))
    }

    fn metadata(self, metadata: &str) -> Result<Box<RawValue>, serde_json::Error> {
        if self == Self::Server {
            return serde_json::from_str(metadata);
        }
        let mut members: Map<String, Value> = serde_json::from_str(metadata)?;
        members.retain(|field, _| CLIENT_METADATA.contains(&field.as_str()));
        to_raw_value(&members)
    }
}

/// Returns the access to the streams of a category. One without a domain has no fields that are known to be hidden.
fn access(category: &str) -> Access {
    domain::of_category(category).map_or(Access::OPEN, |domain| domain.access)
}

fn unreadable(place: impl std::fmt::Display, error: &dyn std::error::Error) -> StoreError {
    StoreError::integrity(format!("event {place} is unreadable: {error}"))
}
