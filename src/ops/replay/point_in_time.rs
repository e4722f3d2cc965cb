//! The end of a replay: a moment, a version, a position, or the head.

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::runtime::version_at;
use crate::store::ReadQuery;
use crate::store::Store;

/// A point in the history of a store or stream. It includes the event that it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PointInTime {
    /// The last event.
    #[default]
    Head,
    /// The last event that was recorded at or before this moment.
    Time(Timestamp),
    /// This version of the stream.
    Version(Version),
    /// This position of the store.
    Position(Position),
}

impl PointInTime {
    /// Returns the version of a stream at this point; 0: the stream did not exist yet.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream; [`OpsError::NotThere`] when the point is beyond the end of the
    /// stream or store.
    pub(crate) async fn version(self, store: &Store, stream: &StreamName) -> Result<Version, OpsError> {
        let last = store.stream_version(stream.clone()).await?;
        if last == Version::ZERO {
            return Err(no_stream(store, stream).await);
        }
        match self {
            Self::Head => Ok(last),
            Self::Version(version) if version > last => {
                let message = format!("stream {stream} is at version {last}; there is no version {version}");
                Err(OpsError::NotThere { kind: "version", message })
            }
            Self::Version(version) => Ok(version),
            Self::Time(moment) if !store.abilities().growing_times => version_before(store, stream, moment).await,
            Self::Position(_) if !store.abilities().dense => {
                let message =
                    format!("{} is read with a layout, which has no states at positions; name a version", store.place());
                Err(OpsError::Invalid(message))
            }
            Self::Time(_) | Self::Position(_) => match self.position(store).await? {
                Some(position) => Ok(version_at(store, stream, position).await?),
                None => Ok(last),
            },
        }
    }

    /// Returns the version of a stream that existed at this point.
    ///
    /// # Errors
    /// Those of [`PointInTime::version`]; [`OpsError::NotThere`] when the stream did not exist yet.
    pub(in crate::ops) async fn existing_version(self, store: &Store, stream: &StreamName) -> Result<Version, OpsError> {
        match self.version(store, stream).await? {
            Version::ZERO => Err(self.too_early(store, stream).await?),
            version => Ok(version),
        }
    }

    /// Returns the position of this point; none for the head and for a version.
    ///
    /// # Errors
    /// [`OpsError::NotThere`] when the position is beyond the head.
    pub(super) async fn position(self, store: &Store) -> Result<Option<Position>, OpsError> {
        match self {
            Self::Head | Self::Version(_) => Ok(None),
            Self::Time(moment) => Ok(Some(store.position_at(moment).await?)),
            Self::Position(position) => {
                let head = store.head().await?.position;
                if position > head {
                    let message = format!("the store ends at position {head}; there is no position {position}");
                    return Err(OpsError::NotThere { kind: "position", message });
                }
                Ok(Some(position))
            }
        }
    }

    /// Returns the moment that a state at this point is shown for.
    pub(in crate::ops) fn moment(self, now: Timestamp, last_event: Timestamp) -> Timestamp {
        match self {
            Self::Head => now.present(last_event),
            Self::Time(moment) => moment,
            Self::Version(_) | Self::Position(_) => last_event,
        }
    }

    /// Returns the moment, if the point is a moment.
    pub(super) fn time(self) -> Option<Timestamp> {
        if let Self::Time(moment) = self { Some(moment) } else { None }
    }

    async fn too_early(self, store: &Store, stream: &StreamName) -> Result<OpsError, OpsError> {
        let first = store.first(ReadQuery::stream(stream.clone())).await?;
        let first = first.map_or_else(String::new, |event| {
            let position = if event.position.is_some() { format!(", position {}", event.position) } else { String::new() };
            format!(": its first event was recorded at {}{position}", event.recorded_at)
        });
        let then = match self {
            Self::Time(moment) => format!("at {moment}"),
            Self::Position(position) => format!("at position {position}"),
            Self::Version(version) => format!("at version {version}"),
            Self::Head => "then".to_owned(),
        };
        Ok(OpsError::NotThere { kind: "stream", message: format!("stream {stream} did not exist yet {then}{first}") })
    }
}

/// Returns the version before the first event after a moment, in a stream whose times may go back.
///
/// # Errors
/// [`OpsError::Invalid`] if the store has no time for an event.
async fn version_before(store: &Store, stream: &StreamName, moment: Timestamp) -> Result<Version, OpsError> {
    let mut last = Version::ZERO;
    let mut scan = store.scan(ReadQuery::stream(stream.clone()));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            if !event.recorded_at.is_some() {
                let message = format!("stream {stream}, version {}: the event has no time; name a version", event.version);
                return Err(OpsError::Invalid(message));
            }
            if event.recorded_at > moment {
                return Ok(last);
            }
            last = event.version;
        }
    }
    Ok(last)
}
