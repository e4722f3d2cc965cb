//! A writer of another process that is held open in mid-transaction.

use std::time::Duration;

use rusqlite::Connection;

use crate::common::process::start;
use crate::history::helper::OTHER_PROCESS;
use crate::history::trial::Area;
use crate::history::trial::all_held;
use crate::history::trial::block_on;
use crate::history::trial::history;
use crate::history::trial::unavailable;

/// The other process: takes the lock of the writer, changes the head, and lets go of it all, three times.
pub fn hold(url: &str) {
    let connection = Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    for _ in 0..3 {
        connection.execute_batch("BEGIN IMMEDIATE; UPDATE store_head SET position = position + 7").unwrap();
        std::thread::sleep(Duration::from_millis(900));
        connection.execute_batch("ROLLBACK").unwrap();
        std::thread::sleep(Duration::from_millis(400));
    }
}

#[test]
fn a_writer_held_in_mid_transaction_hides_nothing_and_leaves_no_gap() {
    block_on(async {
        let area = Area::sqlite();
        let url = area.url.clone();
        let holding = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let mut child = start(OTHER_PROCESS, "hold", &url);
            assert!(tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap().success());
            Vec::new()
        };
        let history = history(std::slice::from_ref(&area.url), Duration::from_millis(300), holding).await;
        all_held(&history);
        assert!(unavailable(&history) > 0, "no append had to wait");
    });
}
