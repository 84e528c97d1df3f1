//! The only list of all tests of stores that keep read models.

/// Calls the given macro of this crate with the given input and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_projection_test {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
            generations {
                the_first_generation_of_a_name_is_live,
                a_generation_is_kept_as_it_was_defined,
                a_higher_version_is_built_beside_the_live_one,
                an_existing_version_is_not_made_again,
                a_lower_version_makes_no_generation,
                a_rebuild_makes_the_same_version_again,
                a_rebuild_makes_no_generation_while_one_is_building,
                an_earlier_version_that_is_building_is_abandoned_with_a_later_one,
                one_of_the_concurrent_makers_makes_the_generation,
                a_generation_that_was_not_committed_does_not_exist,
                a_new_projection_starts_where_its_definition_says,
                generations_are_listed_by_name_and_number,
                the_automatic_swap_of_a_generation_can_be_changed,
            }
            leases {
                an_unclaimed_partition_can_be_claimed,
                a_partition_of_a_live_worker_cannot_be_claimed,
                a_partition_of_an_expired_worker_can_be_claimed,
                a_worker_that_sends_heartbeats_keeps_its_partitions,
                a_worker_may_claim_its_own_partition_again,
                epochs_rise_from_one_owner_to_the_next,
                a_released_partition_can_be_claimed_immediately,
                a_lost_lease_changes_nothing,
                the_partitions_of_a_worker_that_left_can_be_claimed,
                a_partition_is_not_claimed_while_a_transaction_holds_it,
                a_stopped_partition_cannot_be_claimed_until_it_is_resumed,
                a_stopped_partition_is_claimed_by_a_worker_that_can_continue,
                a_stop_of_another_epoch_is_not_ended,
                every_reason_to_stop_is_kept_as_it_was_given,
                resuming_returns_how_many_partitions_were_stopped,
                exactly_one_of_the_racers_for_a_partition_gets_it,
                partitions_are_claimed_separately,
                a_heartbeat_returns_all_live_workers,
                a_missing_partition_cannot_be_claimed,
            }
            widenings {
                a_generation_keeps_the_event_types_it_was_defined_with,
                a_widened_generation_keeps_the_types_of_both_programs,
                widening_revokes_the_leases_under_which_events_may_be_skipped,
                a_widening_that_is_rolled_back_changes_nothing,
                no_partition_is_claimed_or_advances_during_a_widening,
                events_can_be_read_during_a_widening,
                a_missing_generation_is_not_widened,
            }
            transactions {
                rows_and_checkpoint_commit_together,
                a_transaction_that_is_dropped_leaves_nothing,
                a_transaction_that_is_rolled_back_leaves_nothing,
                a_transaction_begins_where_the_last_one_ended,
                applied_events_are_counted,
                the_position_of_a_generation_is_that_of_its_slowest_partition,
                an_error_is_noted_until_something_is_applied,
                a_noted_error_can_be_cleared,
            }
            random_transactions {
                a_random_sequence_of_transactions_leaves_what_it_leaves_in_the_reference_store,
            }
            parked_events {
                parked_events_are_kept_as_they_were_given,
                parked_events_are_listed_by_position,
                parked_events_are_read_in_pages,
                parked_events_are_counted_by_partition,
                a_request_without_a_key_is_for_every_parked_key,
                events_are_parked_with_the_rest_of_the_transaction,
                a_request_for_a_parked_key_reaches_its_worker,
                a_key_that_no_store_can_keep_is_not_parked,
                a_request_for_a_key_that_is_not_parked_returns_false,
                an_applied_event_is_no_longer_parked,
                a_request_stays_until_no_event_of_its_key_is_left,
                a_discarded_event_stays_on_record,
                a_request_to_discard_is_for_one_event,
                no_other_event_is_discarded_than_the_requested_one,
                an_event_that_fails_again_loses_its_request,
                an_event_is_unparked_with_the_rest_of_the_transaction,
            }
            swaps {
                a_building_generation_is_not_read,
                generations_have_separate_rows,
                a_swap_becomes_visible_to_all_readers_when_it_commits,
                no_reader_sees_half_a_swap,
                a_generation_that_is_behind_is_not_swapped,
                a_generation_that_is_ahead_of_the_live_one_is_swapped,
                a_swap_does_not_wait_for_a_transaction_on_either_generation,
                neither_generation_advances_during_a_swap,
                a_swap_that_is_rolled_back_changes_nothing,
                the_lease_of_the_new_generation_stays_valid_after_the_swap,
                a_retired_generation_is_kept_and_not_processed,
                a_kept_generation_can_be_revived_and_swapped_back,
                only_a_retired_generation_is_revived_if_none_is_building,
                an_abandoned_generation_is_deleted_with_its_rows,
                a_retired_generation_can_be_abandoned,
                only_a_building_generation_is_swapped,
                projections_are_swapped_separately,
            }
            changed_columns {
                a_generation_is_checked_on_its_own_table,
                a_generation_is_checked_on_its_own_table_after_a_swap,
                rows_of_changed_columns_are_kept_beside_the_live_ones,
                tables_of_other_columns_are_compared_by_key,
                a_generation_of_changed_columns_can_be_abandoned,
            }
            comparisons {
                equal_rows_compare_as_equal,
                differing_rows_are_counted_and_named,
                at_most_ten_differing_keys_are_named_in_order,
                a_comparison_reports_the_position_of_each_generation,
            }
            inline_appends {
                events_and_rows_commit_together,
                an_inline_append_returns_the_recorded_events,
                an_inline_append_that_is_rolled_back_leaves_nothing,
                a_repeated_inline_append_returns_no_events,
                an_inline_append_that_conflicts_leaves_nothing,
                an_append_without_an_inline_projection_is_refused,
                an_append_with_a_projection_that_is_not_inline_is_refused,
                an_import_is_refused_while_a_projection_is_inline,
                several_projections_commit_with_one_append,
                one_of_the_inline_appends_racing_for_a_version_wins,
                appends_wait_during_a_promotion,
                a_promotion_that_is_rolled_back_changes_nothing,
                a_promotion_moves_rows_and_checkpoint_too,
                a_lost_lease_promotes_nothing,
                an_inline_projection_is_not_processed_under_a_lease,
                a_promotion_among_writers_misses_nothing,
                a_demoted_projection_follows_from_the_end_of_the_log,
                demoting_a_following_projection_moves_no_checkpoint,
            }
            lease_appends {
                events_and_checkpoint_commit_together,
                an_append_of_a_lease_that_is_rolled_back_leaves_nothing,
                an_append_of_a_lease_that_conflicts_leaves_nothing,
                a_repeated_append_of_a_lease_appends_nothing,
                a_lost_lease_appends_nothing,
                an_append_of_a_lease_updates_exactly_the_inline_projections,
                readers_skip_no_append_of_a_lease,
                one_of_the_appends_of_leases_racing_for_a_version_wins,
            }
            timers {
                timers_are_listed_by_due_time_key_and_name,
                timers_are_read_in_pages,
                a_timer_that_is_set_again_is_moved,
                cancelled_timers_are_removed,
                timers_are_changed_in_the_order_of_the_changes,
                a_timer_fires_only_as_it_is,
                timers_commit_with_the_rest_of_the_transaction,
                a_lost_lease_changes_no_timers,
                timers_are_kept_as_they_were_given,
                a_name_that_no_store_can_keep_is_refused,
                ten_thousand_timers_are_set_and_fire_in_one_transaction,
                a_timer_is_changed_without_a_lease,
                a_timer_that_is_moved_while_it_fires_is_not_lost,
                each_generation_has_its_own_timers,
            }
            instances {
                an_instance_has_a_record_from_its_first_step,
                a_step_makes_of_an_instance_what_the_rules_say,
                an_instance_that_only_ignores_gets_no_record,
                a_request_makes_of_an_instance_what_the_rules_say,
                suspended_instances_are_listed_by_partition,
                instances_are_read_in_pages_the_oldest_first,
                an_aborted_instance_loses_its_timers,
                an_instance_that_is_aborted_during_a_step_has_no_timers,
                steps_of_instances_commit_with_the_rest_of_the_transaction,
                instances_are_deleted_with_their_generation,
            }
            messages {
                the_outcome_of_a_message_is_kept_until_it_is_replaced,
                what_a_message_appends_and_its_outcome_commit_together,
                one_of_the_receivers_of_a_message_handles_it,
                old_outcomes_are_purged_in_batches_and_positions_stay,
                an_append_under_a_purged_key_is_appended_again,
                keys_are_purged_in_batches_beside_appends,
            }
            moments {
                the_end_of_a_moment_settles_to_the_last_event_before_it,
                the_end_of_a_moment_is_not_settled_during_an_append_below_it,
                what_was_recorded_before_a_moment_is_not_above_its_end,
            }
            read_model_rows {
                rows_are_found_and_loaded_by_key,
                a_transaction_sees_what_it_wrote,
                a_row_replaces_the_one_with_its_key,
                the_last_of_several_writes_of_one_key_stays,
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
                a_worker_that_leaves_releases_only_its_own_partitions,
                a_release_affects_one_partition,
                an_error_is_noted_for_one_partition,
                a_stop_affects_one_partition,
                an_advance_moves_one_checkpoint,
                a_request_is_for_one_key_of_one_generation,
                an_event_is_applied_for_one_generation,
                abandoning_a_generation_affects_no_other,
                changing_the_automatic_swap_of_a_generation_affects_no_other,
                reviving_a_generation_affects_no_other,
                one_inline_generation_is_promoted_or_demoted,
            }
            projection_capabilities {
                a_projection_is_promoted_if_inline_ones_are_declared_and_refused_otherwise,
                timers_and_messages_are_kept_if_that_is_declared_and_refused_otherwise,
            }
            hints {
                an_append_wakes_the_listeners,
                no_transaction_holds_the_horizon_while_nothing_is_appended,
                an_error_of_the_projection_itself_is_no_outage,
            }
        }
    };
}
