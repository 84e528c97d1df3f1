//! The list of all tests of stores that keep read models. The only one.

/// Calls the macro of this crate that is named first with what is given second, and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_projection_test {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
            generations {
                the_first_generation_of_a_name_is_live,
                a_generation_is_kept_as_it_was_defined,
                a_higher_version_is_built_beside_the_live_one,
                a_version_that_is_there_is_not_made_again,
                a_lower_version_makes_no_generation,
                a_rebuild_makes_the_same_version_again,
                a_rebuild_while_one_is_building_makes_none,
                an_earlier_version_that_is_building_is_abandoned_with_a_later_one,
                of_those_who_make_a_generation_at_once_one_makes_it,
                a_generation_that_was_not_committed_was_never_made,
                a_new_projection_starts_where_its_definition_says,
                generations_are_listed_by_name_and_number,
                whether_a_generation_is_swapped_by_itself_can_be_changed,
            }
            leases {
                a_partition_that_nobody_holds_can_be_claimed,
                a_partition_that_a_living_worker_holds_cannot_be_claimed,
                a_partition_of_a_worker_that_lives_no_more_can_be_claimed,
                a_worker_that_sends_heartbeats_keeps_what_it_holds,
                a_worker_may_claim_again_what_it_holds,
                epochs_rise_from_one_holder_to_the_next,
                a_released_partition_can_be_claimed_at_once,
                a_lost_lease_changes_nothing,
                what_a_worker_held_can_be_claimed_once_it_has_left,
                a_partition_is_not_claimed_while_a_transaction_is_at_it,
                a_stopped_partition_cannot_be_claimed_until_it_is_resumed,
                every_reason_to_stop_is_kept_as_it_was_given,
                resuming_tells_how_many_partitions_were_stopped,
                of_racers_for_one_partition_exactly_one_gets_it,
                partitions_are_held_each_by_itself,
                a_heartbeat_is_answered_with_all_who_live,
                what_is_not_there_cannot_be_claimed,
            }
            transactions {
                rows_and_checkpoint_commit_together,
                a_transaction_that_is_dropped_leaves_nothing,
                a_transaction_that_is_rolled_back_leaves_nothing,
                a_transaction_begins_where_the_last_one_ended,
                applied_events_are_counted,
                a_generation_is_as_far_as_its_last_partition,
                an_error_is_noted_until_something_is_applied,
                a_noted_error_can_be_cleared,
            }
            parked_events {
                parked_events_are_kept_as_they_were_given,
                parked_events_are_listed_by_position,
                parked_events_are_counted_by_partition,
                events_are_parked_with_the_rest_of_the_transaction,
                a_request_for_a_parked_key_reaches_its_worker,
                a_request_for_a_key_that_is_not_parked_is_answered_so,
                an_applied_event_is_parked_no_more,
                a_request_stays_until_nothing_of_its_key_is_left,
                a_discarded_event_stays_on_record,
                a_request_to_discard_is_for_one_event,
                an_event_that_fails_again_loses_its_request,
                an_event_is_settled_with_the_rest_of_the_transaction,
            }
            swaps {
                what_is_building_is_not_read,
                generations_have_rows_of_their_own,
                a_swap_is_for_all_at_once_when_it_commits,
                nobody_reads_half_a_swap,
                what_is_behind_is_not_swapped,
                what_is_further_than_the_live_one_is_swapped,
                a_swap_does_not_wait_for_who_is_at_one_of_the_two,
                neither_moves_during_a_swap,
                a_swap_that_is_given_up_changes_nothing,
                a_lease_goes_on_with_its_generation_after_the_swap,
                a_retired_generation_is_kept_and_not_worked,
                a_kept_generation_can_be_revived_and_put_back,
                only_a_retired_generation_is_revived_where_none_is_building,
                an_abandoned_generation_is_gone_with_its_rows,
                a_retired_generation_can_be_given_up,
                what_is_not_building_is_not_swapped,
                projections_are_swapped_each_by_itself,
            }
            comparisons {
                equal_rows_compare_as_equal,
                differing_rows_are_counted_and_named,
                ten_differing_keys_at_most_are_named_in_order,
                a_comparison_tells_how_far_each_was,
            }
            inline_appends {
                events_and_rows_commit_together,
                an_inline_append_gives_the_events_as_they_are_recorded,
                an_inline_append_that_is_given_up_leaves_nothing,
                a_repeated_inline_append_gives_no_events,
                an_inline_append_that_conflicts_leaves_nothing,
                an_append_that_does_not_keep_what_is_inline_is_refused,
                an_append_that_keeps_what_is_not_inline_is_refused,
                an_import_is_refused_while_a_projection_is_inline,
                several_projections_commit_with_one_append,
                of_inline_appends_racing_for_one_version_one_wins,
                appends_wait_while_something_is_promoted,
                a_promotion_that_is_given_up_changes_nothing,
                a_promotion_moves_rows_and_checkpoint_too,
                a_lost_lease_promotes_nothing,
                an_inline_projection_is_not_worked_by_a_lease,
                a_promotion_under_writers_misses_nothing,
                what_is_demoted_follows_from_the_end,
                demoting_what_follows_already_moves_nothing,
            }
            read_model_rows {
                rows_are_found_and_loaded_by_key,
                a_transaction_sees_what_it_wrote,
                a_row_replaces_the_one_with_its_key,
                of_several_writes_of_one_key_the_last_stays,
                rows_are_deleted_by_key,
                keys_may_have_several_columns,
                texts_stay_as_they_were_written,
                numbers_stay_as_they_were_written,
                every_kind_of_column_keeps_its_values,
                each_time_in_a_column_is_kept_to_the_microsecond,
                json_of_any_form_is_kept,
                a_column_may_be_null_where_it_says_so,
                a_column_is_not_null_where_it_does_not_say_so,
                two_thousand_rows_fit_in_one_batch,
                all_rows_are_ordered_by_key,
                a_table_that_is_not_as_expected_is_named,
            }
            others {
                a_worker_that_leaves_gives_back_only_what_it_held,
                a_release_gives_back_one_partition,
                an_error_is_noted_of_one_partition,
                a_stop_is_of_one_partition,
                an_advance_moves_one_checkpoint,
                a_request_is_for_one_key_of_one_generation,
                an_event_is_applied_for_one_generation,
                abandoning_one_generation_leaves_others,
                whether_one_generation_is_swapped_is_not_said_of_others,
                reviving_one_generation_leaves_others,
                one_inline_generation_is_promoted_or_demoted,
            }
            hints {
                an_append_wakes_who_listens,
                nobody_holds_the_horizon_while_nothing_is_appended,
                what_a_projection_fails_with_by_itself_is_no_outage,
            }
        }
    };
}
