//! Many processes on one store, and processes that are killed.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::common::process::said;
use crate::common::process::start;
use crate::conformance::kit::put;
use crate::conformance::kit::run;
use crate::conformance::kit::whole;
use crate::faults_mongodb::helper::OTHER_PROCESS;
use crate::faults_mongodb::helper::Place;

fn ids_of(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_a_killed_process_was_acknowledged_is_there_once_and_appends_continue() {
    run(async {
        let place = Place::new();
        let mut acknowledged: HashSet<String> = HashSet::new();
        for round in 0..6_usize {
            let mut children = [start(OTHER_PROCESS, "append 3", &place.url()), start(OTHER_PROCESS, "append 700", &place.url())];
            let mut lines: Vec<_> = children.iter_mut().map(said).collect();
            for (line, count) in lines.iter_mut().zip([1 + 5 * round, 1 + round % 3]) {
                acknowledged.extend(line.take(count).flat_map(|line| ids_of(&line)));
            }
            std::thread::sleep(std::time::Duration::from_micros(1700 * round as u64));
            for child in &mut children {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            acknowledged.extend(lines.into_iter().flatten().flat_map(|line| ids_of(&line)));

            let store = place.store();
            // The server may still be at work on what a killed process has sent: an append settles that, either behind it
            // or in its place.
            put(&store, "after-1", 1).await;
            let there = whole(&store).await;
            let ids: HashSet<String> = there.iter().map(|event| event.event_id.to_string()).collect();
            assert_eq!(ids.len(), there.len(), "each event once");
            assert!(acknowledged.is_subset(&ids), "an acknowledged event is not there");
            assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        }
        assert!(acknowledged.len() > 500);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn of_five_processes_exactly_one_wins_each_version() {
    run(async {
        let place = Place::new();
        let mut children: Vec<_> = (0..5).map(|_| start(OTHER_PROCESS, "race", &place.url())).collect();
        let mut winners: HashMap<String, usize> = HashMap::new();
        for child in &mut children {
            for line in said(child) {
                *winners.entry(line).or_default() += 1;
            }
        }
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let expected: HashMap<String, usize> = (0..25).map(|version| (format!("won {version}"), 1)).collect();
        assert_eq!(winners, expected);
        assert_eq!(whole(&place.store()).await.len(), 25);
    });
}
