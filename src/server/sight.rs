//! What a caller may see: the one place that says it, for every door (queries, events, what was missed, replay, live).
//!
//! The server's own people see everything where they ask for it. Everybody else sees the client's schema of a resource,
//! a game as the player he is, or as one who watches, and of an event neither its hash nor its idempotency key: out
//! of the chain somebody could work out a hidden field that has few possible values, and a key is its client's own.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::game;
use crate::domain::game::Viewer;
use crate::domain::resource;
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
use crate::server::Problem;
use crate::server::Scope;
use crate::store::StoreError;

/// The fields of an event's metadata that clients see.
const CLIENT_METADATA: [&str; 3] = ["client_id", "correlation_id", "causation_id"];

/// How somebody looks at states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    viewer: Viewer,
    /// Whether the caller himself has named the player.
    named: bool,
}

/// How somebody looks at events. All clients see the same ones in the same way, so what is sent to many is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSight {
    /// As they are recorded.
    Server,
    /// Without what is hidden.
    Client,
}

/// An event as somebody sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct SeenEvent {
    /// Its place in the store, from 1.
    pub position: Position,
    /// Its id, unique in the store.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: String,
    /// Its place in its stream, from 1.
    pub version: Version,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Which shape `data` has.
    pub schema_version: u32,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The fact.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
    /// Who, and in connection with what.
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
    /// Its link in the hash chain. Only in the server's view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub hash: Option<Hash>,
}

impl Sight {
    /// How a caller looks: as the server's own people where he asks for that, as the player he is or names, else as one
    /// who watches.
    ///
    /// # Errors
    /// When he asks for the server's view and is no administrator, or names a player that he is not.
    pub fn of(caller: &Caller, player: Option<&str>, server: bool) -> Result<Self, Problem> {
        if server {
            caller.may(Scope::Admin)?;
            return Ok(Self { viewer: Viewer::Server, named: false });
        }
        if let Some(player) = player {
            caller.must_be(player)?;
        }
        let own = caller.acts_as.as_deref();
        let viewer = player.or(own).map_or(Viewer::Watcher, |player| Viewer::Player(player.to_owned()));
        Ok(Self { viewer, named: player.is_some() })
    }

    /// How a caller looks who asks for nothing in particular.
    pub fn plain(caller: &Caller) -> Self {
        let viewer = caller.acts_as.clone().map_or(Viewer::Watcher, Viewer::Player);
        Self { viewer, named: false }
    }

    /// Who looks at a game.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Whether the caller himself has named the player, who must then play in the game.
    pub fn names_player(&self) -> bool {
        self.named
    }

    /// Returns the broken streams of a category as the caller may see them.
    pub fn broken(&self, category: &str, broken: Vec<BrokenStream>) -> Vec<BrokenStream> {
        let hides = !self.sees_all_of(category);
        broken.into_iter().map(|stream| if hides { stream.without_details() } else { stream }).collect()
    }

    /// Whether it is the server's own view.
    pub fn is_server(&self) -> bool {
        self.viewer == Viewer::Server
    }

    /// Whether everything of a category is shown to everybody: no field of it is the server's alone.
    pub fn sees_all_of(&self, category: &str) -> bool {
        self.is_server() || !["resource", "game"].contains(&category)
    }

    /// A state in full, as its domain shows it, as it is seen.
    pub fn state(&self, category: &str, state: Value) -> Value {
        match category {
            _ if self.is_server() => state,
            "resource" => resource::client_schema(&state),
            "game" => game::state_as_seen(state, &self.viewer),
            _ => state,
        }
    }

    /// How the same caller looks at events.
    pub fn events(&self) -> EventSight {
        if self.is_server() { EventSight::Server } else { EventSight::Client }
    }

    /// What became of a command, as it is seen.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when an event is no JSON.
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

impl EventSight {
    /// An event, as it is seen.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when it is no JSON.
    pub fn event(self, event: &EventView<'_>) -> Result<SeenEvent, StoreError> {
        let damaged = |error: serde_json::Error| unreadable(event.position, &error);
        Ok(SeenEvent {
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
        let members = || serde_json::from_str::<Map<String, Value>>(data);
        match (self, category) {
            (Self::Client, "resource") => to_raw_value(&resource::client_event(event_type, members()?)),
            (Self::Client, "game") => to_raw_value(&game::event_as_seen(event_type, members()?, &Viewer::Watcher)),
            _ => serde_json::from_str(data),
        }
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

fn unreadable(place: impl std::fmt::Display, error: &dyn std::error::Error) -> StoreError {
    StoreError::integrity(format!("event {place} cannot be read: {error}"))
}
