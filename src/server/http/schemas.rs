//! Schemas of states, for the OpenAPI description. The domains and `visibility` make the states themselves. A test
//! compares every answer with these schemas.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::Schema;

use crate::domain::game::GameView;
use crate::domain::resource::ResourceView;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Change;
use crate::ops::ListCaveat;
use crate::ops::browse::StateReport;
use crate::ops::show_resource::StateCaveats;
use crate::server::visibility::Visibility;
use crate::server::visibility::VisibleEvent;
use crate::store::StoreError;

/// A version of a stream, as a caller sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = State)]
pub struct VisibleState {
    /// The stream.
    #[schema(value_type = String)]
    stream: StreamName,
    /// The version of the stream.
    last: Version,
    /// The event of this version.
    event: VisibleEvent,
    /// The reducer of the state: the domain of the category, else `merge`.
    reducer: String,
    /// The state after the event, at the time of the event. Null if there is none.
    state: Value,
    /// The changes from the previous state.
    changes: Vec<Change>,
    /// The reason why there is no state: an event failed to apply.
    #[schema(required = true)]
    unreadable: Option<String>,
    /// The caveats of the state. Empty if there are none.
    caveats: Vec<ListCaveat>,
}

impl VisibleState {
    /// Returns the visible part of a version.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if the event is not JSON.
    pub fn of(report: StateReport, visibility: &Visibility) -> Result<Self, StoreError> {
        let category = report.stream.category().to_owned();
        let caveats = ListCaveat::left_out(report.left_out.len()).into_iter().collect();
        let StateReport { stream, last, event, reducer, state, changes, unreadable, .. } =
            report.visible(|state| visibility.state(&category, state));
        // The error may quote hidden fields of the event.
        let unreadable = unreadable.map(|why| match visibility.sees_all_of(&category) {
            true => why,
            false => "an event failed to apply".to_owned(),
        });
        let event = visibility.events().event(&event.view())?;
        Ok(Self { stream, last, event, reducer, state, changes, unreadable, caveats })
    }
}

/// An event without its data.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventHead {
    /// The position in the store.
    position: Position,
    /// The stream.
    stream: String,
    /// The version in the stream.
    version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    event_type: String,
    /// The time at which the event was recorded.
    recorded_at: Timestamp,
}

impl EventHead {
    /// Returns the part of an event that every caller may see.
    pub fn of(event: &EventView<'_>) -> Self {
        Self {
            position: event.position,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            recorded_at: event.recorded_at,
        }
    }
}

/// The events of a stream that a client has not seen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingEvents {
    /// The stream.
    #[schema(value_type = String)]
    pub stream: StreamName,
    /// The version that the client has seen.
    pub after_version: Version,
    /// The version of the stream.
    pub version: Version,
    /// The events after the version that the client has seen.
    pub items: Vec<VisibleEvent>,
    /// The version to continue after. Null if there are no more events.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// The state of a domain, with the caveats that [`with_left_out`](crate::ops::show_resource::with_left_out) adds.
pub struct StateWithCaveats<T>(PhantomData<T>);

/// A resource, as responses have it.
pub type ResourceState = StateWithCaveats<ResourceView<'static>>;
/// A game, as responses have it.
pub type GameState = StateWithCaveats<GameView<'static>>;

impl<T: ToSchema> PartialSchema for StateWithCaveats<T> {
    fn schema() -> RefOr<Schema> {
        let mut state = T::schema();
        if let (RefOr::T(Schema::Object(state)), RefOr::T(Schema::Object(caveats))) = (&mut state, StateCaveats::schema()) {
            state.properties.extend(caveats.properties);
        }
        state
    }
}

impl<T: ToSchema> ToSchema for StateWithCaveats<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        StateCaveats::schemas(schemas);
    }
}
