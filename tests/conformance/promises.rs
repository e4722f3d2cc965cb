//! The list of all tests, and the macros that make them for a backend. A test that is not listed is dead code, and
//! so a warning.

/// Makes all tests for one backend: its name, its subject, whether other handles can open the same store (`shared`)
/// or not (`alone`), and a mark for each test, such as `ignore = "needs a server"`.
///
/// A test that needs a second handle and cannot have one stays in the list, ignored, in a module whose name says why.
macro_rules! conformance {
    ($backend:ident: $subject:ident, shared $(, $($mark:tt)+)?) => {
        mod $backend {
            crate::conformance::promises::each_chapter! { [case $($($mark)+)?] [case $($($mark)+)?] $subject }
        }
    };
    ($backend:ident: $subject:ident, alone $(, $($mark:tt)+)?) => {
        mod $backend {
            crate::conformance::promises::each_chapter! { [case $($($mark)+)?] [skip] $subject }
        }
    };
}

/// The chapters: tests that need one handle, then those that need several.
macro_rules! each_chapter {
    ($one:tt $several:tt $subject:ident) => {
        crate::conformance::promises::chapter! { $one $several $subject append [
            a_batch_is_recorded_in_its_order_and_each_event_is_answered
            everything_an_event_brings_comes_back
            what_is_refused_leaves_nothing_behind
            ten_thousand_events_are_one_append
            appends_made_together_each_have_their_own_outcome
            an_append_whose_future_is_dropped_happens_wholly_or_not_at_all
        ] [
            what_one_handle_appends_another_one_reads_at_once
            what_was_appended_is_there_when_the_store_is_opened_again
        ]}
        crate::conformance::promises::chapter! { $one $several $subject expected_version [
            each_expectation_is_met_or_answered_with_the_actual_version
            a_conflict_names_stream_expected_and_actual_version
            of_sixteen_appends_at_once_exactly_one_wins
        ] [
            of_eight_handles_at_once_exactly_one_wins
            a_handle_decides_on_what_another_one_has_appended_since
            a_handle_that_has_long_been_alone_refuses_and_gives_way_as_any_other
        ]}
        crate::conformance::promises::chapter! { $one $several $subject idempotency [
            the_same_batch_again_answers_with_the_first_result_whatever_it_expects
            other_content_under_a_known_id_is_a_conflict_that_names_the_event
            a_known_id_in_another_stream_is_a_conflict_that_names_the_stream
            a_batch_known_in_part_says_how_much_of_it_is_known
            a_part_of_a_known_batch_has_been_applied_with_it
            a_known_batch_with_given_times_is_known_again
            the_same_batch_twice_in_one_transaction_is_applied_once
            the_same_batch_many_times_at_once_is_applied_once
            the_same_events_in_another_order_or_apart_are_a_conflict_that_says_so
        ] [
            the_same_batch_from_eight_handles_at_once_is_applied_once
        ]}
        crate::conformance::promises::chapter! { $one $several $subject positions [
            no_refusal_leaves_a_hole
            an_event_is_found_at_its_position_and_nothing_beyond_the_head
            readers_that_remember_only_their_position_miss_nothing_of_twelve_writers
        ] [
            readers_miss_nothing_of_twelve_writers_with_handles_of_their_own
        ]}
        crate::conformance::promises::chapter! { $one $several $subject time [
            events_of_a_batch_are_a_microsecond_apart_at_least
            time_grows_also_when_the_callers_clock_goes_back
            a_store_clock_that_is_behind_is_reported_and_time_still_grows
            the_store_clock_is_that_of_now
            given_times_are_kept_to_the_microsecond
            given_times_that_do_not_grow_are_refused
            the_store_at_a_moment_is_exactly_a_prefix_of_it
            an_empty_store_is_empty_at_every_moment
            appends_that_share_a_transaction_do_not_make_the_clock_look_behind
            a_time_after_which_none_could_grow_is_refused
            nothing_is_recorded_at_the_first_moment_there_is
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject clock [] [
            a_clock_that_contradicts_its_reference_is_refused_before_the_append
            a_smaller_difference_is_warned_about_once
            a_clock_that_agrees_is_not_spoken_of
            a_clock_out_of_range_is_refused_when_the_store_is_opened
            a_clock_that_leaves_its_range_later_is_refused_before_the_append
            a_clock_that_jumps_later_is_refused_before_the_append
            a_store_that_is_not_there_is_not_made_by_a_refused_append
            a_clock_of_the_callers_own_is_not_compared
        ]}
        crate::conformance::promises::chapter! { $one $several $subject reading [
            the_store_is_read_from_anywhere_to_anywhere_in_both_directions
            a_stream_is_read_from_anywhere_to_anywhere_in_both_directions
            a_reading_ends_behind_all_that_was_acknowledged_before_it_began
            a_limit_takes_the_first_events_of_what_is_asked
            a_limit_counts_what_the_filters_let_through
            nothing_is_lost_or_doubled_where_chunks_end
            filters_let_through_exactly_their_categories_and_types
            a_filter_that_matches_one_of_many_events_finds_it_and_one_that_matches_none_ends
            chunks_of_large_events_stay_small
            a_scan_under_way_neither_loses_nor_doubles_while_events_are_appended
            an_unknown_stream_has_no_events_and_version_0
            events_are_found_by_id_in_the_order_of_their_positions
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject chain [
            the_whole_chain_can_be_recomputed_from_the_events
            the_same_history_has_the_same_head_hash_however_it_was_batched
            the_answer_to_an_append_is_its_link_in_the_chain
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject json [
            hostile_strings_come_back_as_values_and_as_keys
            numbers_come_back_as_they_were_written
            shapes_come_back_with_their_keys_in_canonical_order
            the_same_key_order_is_kept_for_keys_that_differ_only_in_case_or_form
            hostile_names_name_streams_and_types_of_their_own
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject streams [
            to_a_reserved_stream_only_esctl_appends_and_it_is_read_like_any_other
            category_prefix_after_and_limit_choose_exactly_what_they_say
            each_stream_is_listed_with_its_category_version_and_last_event
            pages_of_any_size_together_are_the_whole_list
            names_that_only_begin_like_the_category_do_not_fill_its_page
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject snapshots [
            the_newest_at_or_below_a_version_comes_back_as_it_was
            one_of_the_same_version_is_replaced
            the_list_is_in_order_and_in_pages
            deleting_takes_exactly_those_named_and_no_event
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject read_models [
            rows_come_back_by_key_and_are_replaced
            a_commit_from_elsewhere_writes_neither_rows_nor_checkpoint
            a_commit_by_other_logic_writes_neither_rows_nor_checkpoint
            two_runners_of_one_projection_cannot_both_advance_it
            what_is_built_beside_is_not_seen_until_it_takes_the_place_of_the_old_one
            dropping_takes_one_read_model_and_never_events
            a_commit_from_0_goes_on_with_a_read_model_that_is_there
        ] [
            two_runners_with_handles_of_their_own_cannot_both_advance_it
            a_reader_sees_the_old_or_the_new_read_model_and_never_none
            what_is_swapped_in_has_its_rows_while_another_one_tidies_up
        ]}
        crate::conformance::promises::chapter! { $one $several $subject read_model_rows [
            rows_are_paged_in_the_order_of_their_keys
            names_that_are_no_plain_words_are_refused
            filters_find_rows_by_the_value_and_the_kind_of_a_field
            fields_may_have_any_name
            read_models_whose_names_and_fields_run_together_stay_apart
            a_row_whose_key_is_empty_is_a_row
            large_rows_come_back_and_are_found
        ] [
            a_read_model_that_is_dropped_while_it_is_read_has_its_rows_or_none
        ]}
        crate::conformance::promises::chapter! { $one $several $subject failed_events [
            problems_come_back_as_they_were_and_are_replaced_and_solved
            a_commit_that_is_refused_changes_no_problem
            problems_stay_with_the_read_model_they_are_of
            the_read_model_before_the_last_rebuild_can_be_gone_back_to
        ] [
            of_two_that_try_an_event_again_at_once_one_does
        ]}
        crate::conformance::promises::chapter! { $one $several $subject projections [
            it_stops_right_before_an_event_that_cannot_be_applied
            it_stops_right_before_an_event_that_makes_a_row_too_large
            an_event_that_is_skipped_stays_left_out_also_of_rebuilds
            a_parked_stream_is_held_back_and_the_others_go_on
            skipping_a_parked_event_lets_the_rest_of_its_stream_in
            a_rebuild_that_stops_leaves_the_old_read_model_and_goes_on_later
            a_paused_projection_stays_where_it_is
            a_skip_that_is_taken_back_is_missing_until_a_rebuild
            what_was_left_out_of_a_rebuild_under_way_or_of_the_read_model_before_is_not_forgotten
            a_caller_that_cannot_write_gets_the_answer_of_the_read_model
            what_was_worked_out_for_one_who_cannot_write_is_not_answered_again_once_the_read_model_is_another_one
            a_reader_without_write_access_learns_what_is_stopped_and_what_is_parked
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject projections_at_once [] [
            runners_operators_and_rebuilds_at_once_take_each_event_in_once
            a_rebuild_that_another_one_ends_and_a_third_one_restarts_lacks_no_event
            a_first_build_that_another_one_discards_is_restarted
            a_pause_holds_while_a_read_model_is_built
            a_read_model_that_another_one_has_built_sooner_does_not_go_back
            a_read_model_that_is_dropped_while_it_is_run_does_not_come_back_without_its_events
            an_event_that_is_tried_again_while_another_one_rebuilds_counts_once
            a_skip_that_is_taken_back_while_another_one_rebuilds_is_taken_back
        ]}
        crate::conformance::promises::chapter! { $one $several $subject loads [
            loaded_rows_replace_all_rows_together_with_the_checkpoint
            a_load_is_invisible_until_it_is_finished
            a_load_ends_when_another_one_begins
            a_load_ends_with_a_swap_and_with_a_drop
            a_load_of_another_checkpoint_changes_nothing
            large_rows_are_loaded
            a_build_has_the_same_rows_however_it_is_written
            a_build_continues_with_loaded_rows
        ] [
            rebuilds_at_once_by_loads_take_each_event_in_once
        ]}
        crate::conformance::promises::chapter! { $one $several $subject records [
            records_are_listed_by_kind_in_the_order_of_their_names
            a_record_is_replaced_and_deleted_and_nothing_else_is
            a_record_that_cannot_be_kept_everywhere_is_refused
        ] [
            one_record_put_by_many_at_once_is_there_once
        ]}
        crate::conformance::promises::chapter! { $one $several $subject grouping [
            sixty_four_appends_at_once_are_all_applied
            neither_a_conflict_nor_a_known_id_touches_its_neighbours
            each_of_many_groups_is_answered_in_its_own_order
            a_cancelled_caller_does_not_cut_its_neighbours
            appending_goes_on_when_the_runtime_of_an_earlier_caller_has_ended
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject limits [
            an_event_of_a_mebibyte_is_taken_and_one_byte_more_is_not
            the_limit_of_an_event_can_be_set
            a_batch_of_nothing_is_refused
            ids_that_cannot_be_are_refused
            one_request_that_cannot_be_refuses_those_made_together_with_it
            the_longest_names_are_taken
        ] []}
        crate::conformance::promises::chapter! { $one $several $subject no_store [
            a_new_store_is_empty_and_whole
            reading_answers_no_store_and_makes_nothing
            init_makes_the_store_once
        ] [
            a_handle_that_found_no_store_finds_it_once_another_one_has_made_it
            of_many_that_init_at_once_one_makes_the_store_and_readers_see_none_or_a_whole_one
        ]}
        crate::conformance::promises::chapter! { $one $several $subject schema [] [
            a_store_as_it_is_made_has_no_faults
            without_a_unique_index_nothing_is_written_until_it_is_put_back
            what_prevents_an_index_from_being_put_back_is_named
            a_copy_without_indexes_is_put_right
            each_other_rule_that_is_lost_is_named_refused_and_put_back
            what_others_have_added_is_named_and_not_removed
            a_missing_view_is_named_and_does_not_prevent_writes
        ]}
        crate::conformance::promises::chapter! { $one $several $subject replaced [] [
            an_append_into_a_store_that_was_put_back_is_refused
            a_store_that_was_put_back_and_has_gone_on_is_another_one
            what_was_only_read_is_missed_as_well
            writes_beside_the_events_are_refused_as_well
            a_store_that_was_removed_and_made_again_is_another_one
            a_store_without_events_that_was_removed_is_made_whole_or_refused
        ]}
    };
}

macro_rules! chapter {
    ($one:tt $several:tt $subject:ident $chapter:ident [$($alone:ident)*] [$($shared:ident)*]) => {
        mod $chapter {
            $(crate::conformance::promises::promise! { $one $subject $chapter $alone })*
            crate::conformance::promises::of_several! { $several $subject $chapter [$($shared)*] }
        }
    };
}

macro_rules! of_several {
    ([skip] $subject:ident $chapter:ident []) => {};
    ([skip] $subject:ident $chapter:ident [$($name:ident)+]) => {
        mod not_possible_with_one_handle {
            $(
                #[test]
                #[ignore = "this store cannot be opened twice"]
                fn $name() {}
            )+
        }
    };
    ($case:tt $subject:ident $chapter:ident [$($name:ident)*]) => {
        $(crate::conformance::promises::promise! { $case $subject $chapter $name })*
    };
}

macro_rules! promise {
    ([case] $subject:ident $chapter:ident $name:ident) => {
        crate::conformance::promises::promise! { [case test] $subject $chapter $name }
    };
    ([case ignore = $why:literal] $subject:ident $chapter:ident $name:ident) => {
        crate::conformance::promises::promise! { [case test, ignore = $why] $subject $chapter $name }
    };
    ([case test $(, $($mark:tt)+)?] $subject:ident $chapter:ident $name:ident) => {
        #[test]
        $(#[$($mark)+])?
        fn $name() {
            let subject = <crate::conformance::subjects::$subject as crate::conformance::kit::Subject>::fresh();
            crate::conformance::kit::run(crate::conformance::$chapter::$name(subject));
        }
    };
}

pub(crate) use chapter;
pub(crate) use conformance;
pub(crate) use each_chapter;
pub(crate) use of_several;
pub(crate) use promise;
