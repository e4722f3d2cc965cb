//! The messages on the channels of Redis.

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::AppendedEvent;

/// The prefix of a channel. The name of the stream follows.
pub(super) const CHANNELS: &str = "esctl:events:";

/// A notice that a stream has new events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    stream: StreamName,
    version: Version,
    position: Position,
}

/// A notice as it is sent.
#[derive(Serialize)]
struct NoticeMessage<'a> {
    stream: &'a StreamName,
    version: Version,
    position: Position,
    from: Uuid,
}

/// The part of a message that is read: its sender. The other fields are for other consumers, because an instance reads
/// the store anyway.
#[derive(Deserialize)]
struct Sender {
    from: Uuid,
}

impl Notice {
    /// Creates the notice of an append from its last event.
    pub(super) fn of(stream: StreamName, last: &AppendedEvent) -> Self {
        Self { stream, version: last.version, position: last.position }
    }

    pub(super) fn channel(&self) -> String {
        format!("{CHANNELS}{}", self.stream)
    }

    /// Returns the text of a message from an instance.
    pub(super) fn text(&self, from: Uuid) -> String {
        let message = NoticeMessage { stream: &self.stream, version: self.version, position: self.position, from };
        // Names and numbers always serialize.
        serde_json::to_string(&message).unwrap_or_default()
    }
}

/// Returns true if an instance sent this message itself. A malformed message counts as foreign.
pub(super) fn is_own(text: &[u8], instance: Uuid) -> bool {
    serde_json::from_slice::<Sender>(text).is_ok_and(|sender| sender.from == instance)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Notice;
    use super::is_own;
    use crate::event::Position;
    use crate::event::StreamName;
    use crate::event::Version;

    #[test]
    fn an_instance_knows_its_own_words() {
        let stream = StreamName::parse("order-\"17\"").unwrap();
        let notice = Notice { stream, version: Version(3), position: Position(9) };
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = notice.text(one);
        assert_eq!(text, r#"{"stream":"order-\"17\"","version":3,"position":9,"from":"00000000-0000-0000-0000-000000000001"}"#);
        assert!(is_own(text.as_bytes(), one));
        assert!(!is_own(text.as_bytes(), other));
        assert!(!is_own(b"rubbish", one));
        assert_eq!(notice.channel(), "esctl:events:order-\"17\"");
    }
}
