//! Without a fault, and with writers that are killed: the same on each backend.

use std::time::Duration;

use crate::helper::killed_writers;
use crate::trial::Area;
use crate::trial::TIMEOUT;
use crate::trial::all_held;
use crate::trial::block_on;
use crate::trial::history;
use crate::trial::nothing;
use crate::trial::unknown;

fn nobody_misses_or_doubles_anything(area: Area) {
    block_on(async {
        let history = history(std::slice::from_ref(&area.url), TIMEOUT, nothing(Duration::from_secs(4))).await;
        let verdict = all_held(&history);
        assert_eq!(unknown(&history), 0);
        // Where nothing goes wrong nothing is unknown, and all the rest was tried.
        assert!(verdict.promises.iter().all(|tried| tried.tried > 0 || tried.promise.name() == "unknown_outcomes"));
    });
}

fn a_killed_writer_leaves_whole_appends_or_none(area: Area) {
    block_on(async {
        let killing = killed_writers(area.url.clone(), 4);
        let history = history(std::slice::from_ref(&area.url), TIMEOUT, killing).await;
        all_held(&history);
        assert!(unknown(&history) > 0, "nobody was killed in mid-append");
    });
}

macro_rules! on {
    ($backend:ident, $area:expr $(, $ignored:literal)?) => {
        mod $backend {
            use crate::trial::Area;

            #[test]
            $(#[ignore = $ignored])?
            fn nobody_misses_or_doubles_anything() {
                super::nobody_misses_or_doubles_anything($area);
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
