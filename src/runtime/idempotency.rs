//! Event ids that are derived from an idempotency key. The scope of a key is the stream.
//!
//! The derivation knows no store. It is the same in every process and every version of esctl.

use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

use crate::event::StreamName;

/// The UUIDv5 namespace of the derived event ids.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x6573_6374_6c00_5000_8000_6964_656d_706f);

/// Returns the id of an event that is appended to a stream under an idempotency key. The first event has index 0.
///
/// A repeated command is recognized by these ids, so this derivation never changes.
pub fn key_event_id(stream: &StreamName, key: &str, index: usize) -> Uuid {
    Uuid::new_v5(&KEY_NAMESPACE, format!("{stream}\0{key}\0{index}").as_bytes())
}

/// Returns the digest by which commands under one idempotency key are compared. It is recorded with the events and
/// never changes.
pub(super) fn content_of(command: &str, payload: &str) -> String {
    let digest = Sha256::digest(format!("{command}\0{payload}").as_bytes());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::content_of;
    use super::key_event_id;
    use crate::event::StreamName;

    /// Computed by another program: Python's `uuid.uuid5` and `hashlib`.
    #[test]
    fn the_derivation_of_ids_never_changes() {
        let id = |stream: &str, key, index| key_event_id(&StreamName::parse(stream).unwrap(), key, index).to_string();
        assert_eq!(id("resource-gold", "quest-7", 0), "480e3849-31b2-5710-aa5d-736c43bc9887");
        assert_eq!(id("resource-gold", "quest-7", 1), "4ee39359-056c-5eb5-96e9-6b95e9bc6d05");
        assert_eq!(id("resource-silver", "quest-7", 0), "31420ff8-f46f-514b-81d8-9cf7b63c81b3");
        assert_eq!(id("order-1", "é 世", 12), "ce65dd68-7c63-5a27-b191-4241f43ad857");
        assert_eq!(content_of("resource.add", r#"{"amount":5}"#), "3245e667344fd27e1fd087eb5077bc5b");
    }
}
