//! The history of a game, limited to what a viewer may see.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::game::Viewer;
use crate::domain::game::event_as_seen;
use crate::event::EventView;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::games::show::game_at;
use crate::ops::games::show::game_stream;
use crate::ops::games::show::known;
use crate::runtime::LoadOptions;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;

/// An entry of the history of a game.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GameHistoryEntry {
    /// The version of the event.
    pub version: Version,
    /// The position of the event.
    pub position: Position,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The client that sent the command.
    pub client_id: Option<String>,
    /// The player that moved.
    pub player_id: Option<String>,
    /// The visible part of the data.
    pub data: Map<String, Value>,
    /// The event id.
    pub event_id: Uuid,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

/// A reader of the history of a game, in chunks.
pub struct GameHistory {
    scan: Scan,
    viewer: Viewer,
}

impl GameHistory {
    /// Begins at the first event.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such game or no such player in it.
    pub async fn open(store: &Store, id: &str, viewer: Viewer) -> Result<Self, OpsError> {
        let stream = game_stream(store, id).await?;
        known(game_at(store, &stream, LoadOptions::default().up_to).await?.0.state(), &viewer)?;
        Ok(Self { scan: store.scan(ReadQuery::stream(stream)), viewer })
    }

    /// Returns the next entries; none after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<GameHistoryEntry>>, OpsError> {
        let Some(chunk) = self.scan.next().await? else { return Ok(None) };
        Ok(Some(chunk.iter().map(|event| entry(&event, &self.viewer)).collect()))
    }
}

fn entry(event: &EventView<'_>, viewer: &Viewer) -> GameHistoryEntry {
    let data: Map<String, Value> = serde_json::from_str(event.data).unwrap_or_default();
    GameHistoryEntry {
        version: event.version,
        position: event.position,
        recorded_at: event.recorded_at,
        event_type: event.event_type.to_owned(),
        client_id: event.client_id(),
        player_id: data.get("player_id").and_then(Value::as_str).map(str::to_owned),
        data: event_as_seen(event.event_type, data, viewer),
        event_id: event.event_id,
        quarantined: event.quarantined,
    }
}
