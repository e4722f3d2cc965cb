//! The hash chain. It reveals any modification, removal or reordering of events, and each hash covers all events before it.
//!
//! ```text
//! content = SHA-256(f(stream) ‖ f(event id, 16 bytes) ‖ f(type) ‖ f(schema version, 8 bytes) ‖ f(data) ‖ f(metadata))
//!           where f(x) = length of x as 8 bytes big-endian ‖ x, and data and metadata are canonical JSON
//! hash    = SHA-256(hash of the event before, 32 zero bytes for the first ‖ position ‖ version ‖ recorded_at ‖ content)
//!           where the integers are 8 bytes big-endian and recorded_at is in microseconds
//! ```

use std::fmt;
use std::fmt::Write;

use serde::Serialize;
use serde::Serializer;
use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

use crate::event::time::Timestamp;
use crate::event::version::Position;
use crate::event::version::Version;

/// A SHA-256 hash, shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The predecessor of the first event of a store.
    pub const ZERO: Self = Self([0; 32]);

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in self.0 {
            f.write_char(char::from(DIGITS[usize::from(byte >> 4)]))?;
            f.write_char(char::from(DIGITS[usize::from(byte & 15)]))?;
        }
        Ok(())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Returns the hash of a text.
pub fn text_hash(text: &str) -> Hash {
    Hash(Sha256::digest(text.as_bytes()).into())
}

/// Returns the hash of the content of an event: all of it except position, version and time.
///
/// `data` and `metadata` must be canonical (see [`canonical_json`](crate::event::canonical_json)).
pub fn content_hash(stream: &str, event_id: Uuid, event_type: &str, schema_version: u32, data: &str, metadata: &str) -> Hash {
    // Hashed in one piece: copying a small text costs less than another call.
    let names = stream.len() + event_type.len();
    let mut content = Vec::with_capacity(names + data.len() + metadata.len() + 16 + 7 * size_of::<u64>());
    let mut field = |bytes: &[u8]| {
        content.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        content.extend_from_slice(bytes);
    };
    field(stream.as_bytes());
    field(event_id.as_bytes());
    field(event_type.as_bytes());
    field(&u64::from(schema_version).to_be_bytes());
    field(data.as_bytes());
    field(metadata.as_bytes());
    Hash(Sha256::digest(&content).into())
}

/// Returns the hash of an event in the chain, from the hash before it, its position, version and time, and its content.
pub fn chain_hash(previous: Hash, position: Position, version: Version, recorded_at: Timestamp, content: Hash) -> Hash {
    let mut block = [0_u8; 88];
    block[..32].copy_from_slice(&previous.0);
    block[32..40].copy_from_slice(&position.0.to_be_bytes());
    block[40..48].copy_from_slice(&version.0.to_be_bytes());
    block[48..56].copy_from_slice(&recorded_at.micros().to_be_bytes());
    block[56..].copy_from_slice(&content.0);
    Hash(Sha256::digest(block).into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Hash;
    use super::chain_hash;
    use super::content_hash;
    use crate::event::time::Timestamp;
    use crate::event::version::Position;
    use crate::event::version::Version;

    /// The test vector of docs/adr/0005-hash-chain.md, which derives it with `sha256sum`.
    #[test]
    fn the_published_vector_holds() {
        let id = Uuid::parse_str("018c2f5e-7a00-7000-8000-000000000001").unwrap();
        let content = content_hash("resource-gold", id, "resource.locked", 1, r#"{"reason":"audit"}"#, r#"{"client_id":"ann"}"#);
        assert_eq!(content.to_string(), "b6b4b7371cc4cc39cda8793d1b465ec3a3de2736511a1ee0cb905bcae3121adf");
        let at: Timestamp = "2025-12-03T16:46:43.437Z".parse().unwrap();
        let first = chain_hash(Hash::ZERO, Position(1), Version(1), at, content);
        assert_eq!(first.to_string(), "0edbacd0377254efe696734edfd69795c4531415d8ec77fd86af0ef484f94b66");
    }

    #[test]
    fn hexadecimal_reads_back() {
        let hash = Hash([0xab; 32]);
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        assert_eq!(Hash::parse("ab"), None);
        assert_eq!(Hash::parse(&"+a".repeat(32)), None);
    }
}
