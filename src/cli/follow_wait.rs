//! A wait of a follower, for people.

use crate::store::follow::FollowWait;

/// Returns the hole at which events wait, with the transactions that may still fill it.
pub(super) fn in_words(wait: &FollowWait) -> String {
    let shown: Vec<&str> = wait.writers.iter().take(3).map(String::as_str).collect();
    let more = wait.writers.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match shown.as_slice() {
        [] => format!("waiting for {}, which may still become visible", wait.at),
        [one] => format!(
            "waiting for {}, which an open transaction may still add: {one}; every follower of this store waits for it",
            wait.at
        ),
        several => format!(
            "waiting for {}, which open transactions may still add: {}{more}; every follower of this store waits for them",
            wait.at,
            several.join(", ")
        ),
    }
}
