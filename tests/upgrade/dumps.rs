//! The parts that the dumps of all backends share.

use esctl::store::Store;
use esctl::store::StoreUrl;
use esctl::store::open;

use crate::conformance::kit::TIMEOUT;

/// A copy of a dump, loaded in a place of its own. It is removed with the value.
pub trait Dump: Sized {
    /// The schema version of the store.
    const VERSION: u32;

    /// The hash of the last event, as the program that made the dump knew it.
    const HEAD: &str;

    /// A copy of its own for one test.
    async fn load() -> Self;

    /// Returns the URL.
    fn url(&self) -> String;

    /// A handle that shares no memory with any other one.
    fn open(&self) -> Store {
        open(&self.url().parse::<StoreUrl>().unwrap(), TIMEOUT).unwrap()
    }
}

/// Runs each test on a dump.
macro_rules! upgrade {
    ($dump:ident $(, $mark:meta)?) => {
        crate::upgrade::dumps::upgrade! { $dump [$($mark)?]
            promises::an_old_store_is_read_as_it_is
            promises::init_brings_it_up_to_date_once
            promises::every_kind_of_write_brings_it_up_to_date
            promises::what_was_there_is_there_afterwards
            promises::events_go_on_behind_those_that_were_there
            promises::a_read_model_goes_on_and_a_rebuild_that_was_broken_off_is_finished
            promises::snapshots_are_trusted_as_before
            promises::what_the_new_version_adds_works
            promises::a_program_of_this_version_knows_what_the_columns_mean
            promises::of_many_that_bring_it_up_to_date_at_once_one_does
            killed::a_migration_that_is_killed_at_any_moment_is_done_or_not
        }
    };
    ($dump:ident $mark:tt $($module:ident::$test:ident)+) => {
        $(crate::upgrade::dumps::upgrade! { one $dump $mark $module $test })+
    };
    (one $dump:ident [$($mark:meta)?] $module:ident $test:ident) => {
        #[test]
        $(#[$mark])?
        fn $test() {
            crate::upgrade::dumps::run(crate::upgrade::$module::$test::<$dump>());
        }
    };
}
pub(crate) use upgrade;

/// Runs a test to its end.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
