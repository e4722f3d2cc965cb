//! Ids that grow with time, also where the clock is wrong.

use std::time::SystemTime;

use uuid::Uuid;

/// Returns a new id: a UUIDv7, which grows with time. Where the clock says a time before 1970, which no UUIDv7 can hold, it is
/// random.
pub fn new_id() -> Uuid {
    if SystemTime::now() < SystemTime::UNIX_EPOCH { Uuid::new_v4() } else { Uuid::now_v7() }
}
