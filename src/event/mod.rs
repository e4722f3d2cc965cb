//! The event and its envelope: names, versions, positions, times, canonical form and hash.
//!
//! All layers above use these types. This layer does no I/O and knows no database, no domain and no clock.

mod chunk;
mod decimal;
mod envelope;
mod hash;
mod id;
mod json;
mod json_members;
mod name;
mod text;
mod time;
mod version;

pub use chunk::EventChunk;
pub use decimal::survives_as_float;
pub use envelope::EventView;
pub use envelope::NewEvent;
pub use envelope::RecordedEvent;
pub use hash::Hash;
pub use hash::chain_hash;
pub use hash::content_hash;
pub use hash::text_hash;
pub use id::new_id;
pub use json::JsonError;
pub use json::JsonObject;
pub use json::MAX_DEPTH;
pub use json::canonical_json;
pub use json::check_number;
pub use json::check_numbers;
pub(crate) use json_members::JsonMembers;
pub use name::EventType;
pub use name::MAX_NAME_BYTES;
pub use name::NameError;
pub use name::RESERVED_STREAMS;
pub use name::StreamName;
pub use name::category_of;
pub use text::escape_unsafe;
pub use text::is_blank;
pub use text::is_unsafe;
pub use text::nfc;
pub use text::same_text;
pub use time::TimeError;
pub use time::Timestamp;
pub use version::ExpectedVersion;
pub use version::ExpectedVersionError;
pub use version::Position;
pub use version::Version;
