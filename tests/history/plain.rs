//! Without a fault, and with writers that are killed: the same on each backend.

use std::time::Duration;

use crate::history::helper::killed_writers;
use crate::history::trial::Area;
use crate::history::trial::TIMEOUT;
use crate::history::trial::all_held;
use crate::history::trial::block_on;
use crate::history::trial::history;
use crate::history::trial::nothing;
use crate::history::trial::unknown;

fn no_reader_misses_or_doubles_an_event(area: Area) {
    block_on(async {
        let history = history(std::slice::from_ref(&area.url), TIMEOUT, nothing(Duration::from_secs(4))).await;
        let verdict = all_held(&history);
        assert_eq!(unknown(&history), 0);
        // Without faults no outcome is unknown, and everything was tried.
        assert!(verdict.promises.iter().all(|tried| tried.tried > 0 || tried.promise.name() == "unknown_outcomes"));
    });
}

fn a_killed_writer_leaves_whole_appends_or_none(area: Area) {
    block_on(async {
        let killing = killed_writers(area.url.clone(), 4);
        let history = history(std::slice::from_ref(&area.url), TIMEOUT, killing).await;
        all_held(&history);
        assert!(unknown(&history) > 0, "no process was killed in mid-append");
    });
}

macro_rules! on {
    ($backend:ident, $area:expr $(, $ignored:literal)?) => {
        mod $backend {
            use crate::history::trial::Area;

            #[test]
            $(#[ignore = $ignored])?
            fn no_reader_misses_or_doubles_an_event() {
                super::no_reader_misses_or_doubles_an_event($area);
            }

            #[test]
            $(#[ignore = $ignored])?
            fn a_killed_writer_leaves_whole_appends_or_none() {
                super::a_killed_writer_leaves_whole_appends_or_none($area);
            }
        }
    };
}

on!(sqlite, Area::sqlite());
on!(postgres, Area::postgres(), "needs a server: tests/run");
on!(mongodb, Area::mongodb("ESCTL_TEST_MONGODB"), "needs a server: tests/run");
on!(mongodb_standalone, Area::mongodb("ESCTL_TEST_MONGODB_STANDALONE"), "needs a server: tests/run");
