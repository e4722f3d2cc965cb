//! What is said on a channel.

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::AppendedEvent;

/// How the channels are named, a stream's name behind it.
pub(super) const CHANNELS: &str = "esctl:events:";

/// A stream has new events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcement {
    stream: StreamName,
    version: Version,
    position: Position,
}

/// An announcement as it is written.
#[derive(Serialize)]
struct Message<'a> {
    stream: &'a StreamName,
    version: Version,
    position: Position,
    from: Uuid,
}

/// The one part that is read: the rest is for people and programs outside, since the store is asked in any case.
#[derive(Deserialize)]
struct Sender {
    from: Uuid,
}

impl Announcement {
    /// Of the last event that was appended.
    pub(super) fn of(stream: StreamName, last: &AppendedEvent) -> Self {
        Self { stream, version: last.version, position: last.position }
    }

    pub(super) fn channel(&self) -> String {
        format!("{CHANNELS}{}", self.stream)
    }

    /// As text, said by an instance.
    pub(super) fn text(&self, from: Uuid) -> String {
        let message = Message { stream: &self.stream, version: self.version, position: self.position, from };
        // Names and numbers can always be written.
        serde_json::to_string(&message).unwrap_or_default()
    }
}

/// Whether an instance said this itself. What cannot be read was said by somebody else.
pub(super) fn is_own(text: &[u8], instance: Uuid) -> bool {
    serde_json::from_slice::<Sender>(text).is_ok_and(|sender| sender.from == instance)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Announcement;
    use super::is_own;
    use crate::event::Position;
    use crate::event::StreamName;
    use crate::event::Version;

    #[test]
    fn an_instance_knows_its_own_words() {
        let stream = StreamName::parse("order-\"17\"").unwrap();
        let announcement = Announcement { stream, version: Version(3), position: Position(9) };
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = announcement.text(one);
        assert_eq!(text, r#"{"stream":"order-\"17\"","version":3,"position":9,"from":"00000000-0000-0000-0000-000000000001"}"#);
        assert!(is_own(text.as_bytes(), one));
        assert!(!is_own(text.as_bytes(), other));
        assert!(!is_own(b"rubbish", one));
        assert_eq!(announcement.channel(), "esctl:events:order-\"17\"");
    }
}
