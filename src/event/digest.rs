//! The digest of events: their number, and the sum of a hash of each. It depends on neither their order nor the database.
//!
//! ```text
//! digest = the sum modulo 2^256 of the hashes of the events, as 32 bytes big-endian
//! hash   = SHA-256(f(stream) ‖ f(version) ‖ f(type) ‖ f(original id) ‖ f(time) ‖ f(data) ‖ f(metadata))
//!          where f(x) = length of x as 8 bytes big-endian ‖ x; a missing value is eight bytes 0xff
//!          and version and time (in microseconds since 1970) are 8 bytes big-endian, data and metadata exact JSON
//! ```
//!
//! It proves that no event is missing, doubled or changed by mistake. It is no protection against an adversary; the hash chain is.

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeStruct;
use sha2::Digest as _;
use sha2::Sha256;

use crate::event::exact_json::exact_json;
use crate::event::hash::Hash;
use crate::event::json::JsonError;
use crate::event::original::Original;

/// The digest of a number of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// The number of events.
    pub events: u64,
    /// The sum of their hashes.
    pub sum: Hash,
}

impl Digest {
    /// Adds an event by its hash.
    pub fn add(&mut self, hash: Hash) {
        self.events += 1;
        let mut carry = 0;
        for (sum, byte) in self.sum.0.iter_mut().zip(hash.0).rev() {
            let total = u16::from(*sum) + u16::from(byte) + carry;
            *sum = total.to_be_bytes()[1];
            carry = total >> 8;
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digest = serializer.serialize_struct("Digest", 2)?;
        digest.serialize_field("events", &self.events)?;
        digest.serialize_field("digest", &self.sum)?;
        digest.end()
    }
}

/// Returns the hash of an event in a digest.
///
/// # Errors
/// The data or the metadata are no JSON.
pub fn digest_hash(event: &Original<'_>) -> Result<Hash, JsonError> {
    let (data, metadata) = (exact_json(&event.data)?, exact_json(&event.metadata)?);
    let version = event.version.map(u64::to_be_bytes);
    let time = event.time.map(|time| time.micros().to_be_bytes());
    let fields = [
        Some(event.stream.as_bytes()),
        version.as_ref().map(<[u8; 8]>::as_slice),
        Some(event.event_type.as_bytes()),
        event.id.as_deref().map(str::as_bytes),
        time.as_ref().map(<[u8; 8]>::as_slice),
        Some(data.as_bytes()),
        Some(metadata.as_bytes()),
    ];
    let mut content = Vec::with_capacity(data.len() + metadata.len() + event.stream.len() + event.event_type.len() + 128);
    for field in fields {
        match field {
            Some(field) => {
                content.extend_from_slice(&(field.len() as u64).to_be_bytes());
                content.extend_from_slice(field);
            }
            None => content.extend_from_slice(&[0xff; 8]),
        }
    }
    Ok(Hash(Sha256::digest(&content).into()))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Digest;
    use super::digest_hash;
    use crate::event::hash::Hash;
    use crate::event::original::Original;
    use crate::event::time::Timestamp;

    /// The vector of docs/copy.md.
    #[test]
    fn the_published_vector_holds() {
        let event = Original {
            stream: "order-1",
            version: Some(1),
            event_type: "Placed",
            id: None,
            time: Some(Timestamp::from_micros_saturating(1_793_527_200_000_000)),
            data: Cow::Borrowed(r#"{"total": 12.50}"#),
            metadata: Cow::Borrowed("{}"),
        };
        let hash = digest_hash(&event).unwrap();
        assert_eq!(hash.to_string(), "26ac8bf50654f3f0da4a10cf8cd541f99c64acde2bdd984322a343dee3b64d7b");
    }

    #[test]
    fn the_sum_has_no_order_and_overflows_to_zero() {
        let (mut one, mut other) = (Digest::default(), Digest::default());
        let hashes = [Hash([0xff; 32]), Hash([0x80; 32]), Hash([1; 32])];
        hashes.iter().for_each(|hash| one.add(*hash));
        hashes.iter().rev().for_each(|hash| other.add(*hash));
        assert_eq!(one, other);
        let mut zero = Digest::default();
        let mut least = [0; 32];
        least[31] = 1;
        zero.add(Hash([0xff; 32]));
        zero.add(Hash(least));
        assert_eq!((zero.events, zero.sum), (2, Hash::ZERO));
    }
}
