//! Event ids that grow with time.

use std::time::SystemTime;

use uuid::Uuid;

/// Returns a new UUIDv7. Where the clock is before 1970, which no UUIDv7 can represent, the id is random.
pub fn new_id() -> Uuid {
    if SystemTime::now() < SystemTime::UNIX_EPOCH { Uuid::new_v4() } else { Uuid::now_v7() }
}
