//! The list of all tests of projections at work. The only one.

/// Calls the macro of this crate that is named first with what is given second, and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_test_at_work {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
            following {
                a_projection_catches_up_and_goes_on_as_events_come,
                several_projections_follow_one_log,
                events_that_are_not_wanted_move_it_and_nothing_else,
                a_history_of_many_batches_is_applied_once_and_in_order,
                a_projection_that_is_registered_later_catches_up,
                older_events_reach_it_as_they_are_today,
                what_others_append_is_seen_without_an_announcement,
                it_goes_on_where_it_was_when_it_is_started_again,
            }
            sharing {
                partitions_are_spread_evenly_and_taken_over,
                what_a_crashed_program_had_in_hand_is_taken_over,
                events_of_a_key_stay_in_order_while_partitions_move,
                a_stalled_program_whose_lease_was_taken_applies_nothing,
                events_are_partitioned_by_the_key_of_the_projection,
                an_event_without_a_key_is_not_applied,
            }
            inline_projections {
                an_inline_projection_is_read_as_soon_as_the_command_returns,
                a_command_fails_with_its_inline_projection,
                a_panic_of_an_inline_projection_is_an_error_of_the_command,
                forty_commands_at_once_are_forty_in_the_read_models,
                a_thousand_commands_of_many_tasks_are_a_thousand_in_the_read_model,
                rows_shared_by_streams_lose_no_update,
                history_is_taken_over_under_commands_without_a_gap_or_a_double,
                a_program_without_the_projection_cannot_append_until_it_is_demoted,
                a_program_that_registers_it_as_following_lets_it_follow,
                commands_executed_as_one_commit_with_what_is_inline,
                a_command_repeated_under_its_key_is_applied_once,
                a_rejected_command_leaves_what_is_inline_as_it_is,
            }
            failing {
                it_stops_before_the_event_and_says_why,
                what_has_stopped_is_tried_again_by_the_next_start,
                a_panic_stops_it_like_an_error,
                an_event_that_cannot_be_read_stops_it,
                an_event_that_cannot_be_read_stops_it_where_others_are_parked,
                what_fails_twice_and_then_works_is_applied_once,
                an_error_is_shown_while_it_is_tried_again,
                one_that_stops_leaves_others_alone,
                one_partition_that_stops_leaves_others_alone,
            }
            parking {
                a_key_that_fails_is_parked_with_all_that_follows_of_it,
                a_parked_key_is_applied_in_order_once_it_is_fixed,
                a_discarded_event_is_left_out_and_stays_on_record,
                of_two_that_fail_each_is_discarded_by_itself,
                what_is_parked_stays_so_when_others_take_over,
                keys_are_parked_in_the_partitions_they_are_in,
                a_key_that_is_not_parked_is_said_to_be_none,
            }
            rebuilding {
                a_rebuilt_read_model_is_what_it_was,
                readers_never_see_less_while_it_is_rebuilt,
                a_higher_version_replaces_a_lower_one,
                a_lower_version_leaves_a_higher_one_alone,
                an_interrupted_rebuild_goes_on_where_it_was,
                a_rebuild_that_fails_leaves_the_live_one_as_it_is,
                the_two_can_be_compared_before_they_are_swapped,
                a_rebuild_without_a_fault_compares_as_equal,
                what_was_kept_is_the_way_back,
                an_inline_projection_is_rebuilt_under_commands,
                what_cannot_be_rebuilt_is_refused,
            }
            handlers {
                each_event_is_handled_once_and_in_the_order_of_its_key,
                an_event_comes_again_under_its_key_after_a_crash,
                an_event_that_fails_comes_again_under_its_key,
                two_handlers_have_keys_of_their_own,
                a_new_handler_begins_where_it_is_told,
                a_partition_that_catches_up_later_misses_nothing,
                a_handler_is_not_rebuilt_and_takes_no_part_in_a_rebuild,
            }
            waiting {
                what_is_there_is_not_waited_for,
                a_name_that_nobody_knows_is_not_waited_for,
                a_wait_that_is_too_long_says_how_far_it_is,
                one_that_stopped_is_not_waited_for_anywhere,
                commands_of_one_program_are_waited_for_in_another,
                a_read_model_on_demand_is_what_would_be_stored,
                a_read_model_on_demand_can_end_at_a_time,
                what_was_recorded_later_is_left_out_wherever_it_stands,
            }
            operating {
                the_status_tells_who_works_what_and_how_far_it_is,
                the_status_tells_what_each_generation_is_doing,
                what_is_parked_is_counted_in_the_status,
                workers_that_end_give_their_leases_back_at_once,
                a_batch_in_hand_is_ended_before_the_workers_do,
                workers_end_although_the_code_of_the_application_hangs,
                two_projections_of_one_name_are_refused,
            }
            neighbours {
                of_several_that_stopped_only_the_named_one_is_resumed,
                a_rebuild_is_measured_against_the_live_one_of_its_name,
                of_two_that_are_rebuilt_only_the_named_one_is_swapped_restored_or_abandoned,
                of_two_inline_projections_only_the_named_one_is_demoted,
                of_one_key_parked_by_several_only_the_named_one_is_retried_or_discarded,
                each_projection_is_looked_up_by_its_name,
            }
            figures {
                a_parked_event_counts_as_applied_once_it_is,
                a_batch_has_as_many_events_as_it_may,
                a_start_on_tables_that_do_not_fit_names_the_projection,
            }
        }
    };
}
