//! Up to where: a moment, a version, a position, or everything.

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::no_stream;
use crate::runtime::version_at;
use crate::store::ReadQuery;
use crate::store::Store;

/// Up to and including what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Until {
    /// Everything there is.
    #[default]
    Head,
    /// What was recorded at or before this moment.
    Time(Timestamp),
    /// This version of the stream.
    Version(Version),
    /// This position of the store.
    Position(Position),
}

impl Until {
    /// The last version of a stream that belongs to it; 0: the stream was not there yet.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream, [`OpsError::NotThere`] when the stream or the store
    /// does not reach that far, or as the store says.
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
            Self::Time(_) | Self::Position(_) => match self.position(store).await? {
                Some(position) => Ok(version_at(store, stream, position).await?),
                None => Ok(last),
            },
        }
    }

    /// As [`Until::version`], where the stream must have been there.
    ///
    /// # Errors
    /// As [`Until::version`]; [`OpsError::NotThere`] when it was not there yet.
    pub(in crate::ops) async fn existing_version(self, store: &Store, stream: &StreamName) -> Result<Version, OpsError> {
        match self.version(store, stream).await? {
            Version::ZERO => Err(self.too_early(store, stream).await?),
            version => Ok(version),
        }
    }

    /// The last position that belongs to it; none: this says nothing of positions.
    ///
    /// # Errors
    /// [`OpsError::NotThere`] when the store does not reach that far, or as the store says.
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

    /// The moment a state of it is shown for.
    pub(in crate::ops) fn moment(self, now: Timestamp, last_event: Timestamp) -> Timestamp {
        match self {
            Self::Head => now.present(last_event),
            Self::Time(moment) => moment,
            Self::Version(_) | Self::Position(_) => last_event,
        }
    }

    /// The moment, where it is one.
    pub(super) fn time(self) -> Option<Timestamp> {
        if let Self::Time(moment) = self { Some(moment) } else { None }
    }

    async fn too_early(self, store: &Store, stream: &StreamName) -> Result<OpsError, OpsError> {
        let first = store.first(ReadQuery::stream(stream.clone())).await?;
        let first = first.map_or_else(String::new, |event| {
            format!(": its first event was recorded at {}, position {}", event.recorded_at, event.position)
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
