//! The only list of all tests of running projections.

/// Calls the given macro of this crate with the given input and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_test_at_work {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
            following {
                a_projection_catches_up_and_follows_new_events,
                several_projections_follow_one_log,
                unwanted_events_advance_only_the_checkpoint,
                a_history_of_many_batches_is_applied_once_and_in_order,
                a_projection_that_is_registered_later_catches_up,
                old_events_reach_it_upcast,
                appends_of_other_processes_are_seen_without_an_announcement,
                it_resumes_when_it_is_started_again,
            }
            sharing {
                partitions_are_spread_evenly_and_taken_over,
                the_partitions_of_a_crashed_program_are_taken_over,
                events_of_a_key_stay_in_order_while_partitions_move,
                a_stalled_program_whose_lease_was_taken_applies_nothing,
                events_are_partitioned_by_the_key_of_the_projection,
                an_event_without_a_key_is_not_applied,
            }
            undeclared {
                a_start_with_an_inline_projection_is_refused_unless_they_are_declared,
                a_start_with_a_process_is_refused_unless_reactions_are_declared,
            }
            inline_projections {
                an_inline_projection_is_read_as_soon_as_the_command_returns,
                a_command_fails_with_its_inline_projection,
                a_panic_of_an_inline_projection_is_an_error_of_the_command,
                forty_concurrent_commands_are_forty_in_the_read_models,
                a_thousand_commands_of_many_tasks_are_a_thousand_in_the_read_model,
                rows_shared_by_streams_lose_no_update,
                a_promotion_during_commands_has_no_gap_and_no_repetition,
                a_program_without_the_projection_cannot_append_until_it_is_demoted,
                a_program_that_registers_it_as_following_demotes_it,
                a_program_that_follows_is_seen_before_it_demotes,
                commands_executed_atomically_commit_with_inline_projections,
                a_command_repeated_under_its_key_is_applied_once,
                a_rejected_command_leaves_inline_projections_unchanged,
                an_event_that_is_written_in_an_older_version_is_applied_as_it_is_read_back,
            }
            failing {
                it_stops_before_the_event_and_says_why,
                a_stopped_projection_is_retried_by_the_next_start,
                a_panic_stops_it_like_an_error,
                an_undecodable_event_stops_it,
                an_undecodable_event_stops_it_even_if_failing_events_are_parked,
                an_event_that_fails_twice_and_then_succeeds_is_applied_once,
                an_error_is_shown_while_the_event_is_retried,
                a_stopped_projection_does_not_affect_others,
                a_stopped_partition_does_not_affect_others,
            }
            policies {
                a_policy_reacts_to_each_event_once_and_in_the_order_of_its_key,
                a_policy_reacts_once_although_it_crashes,
                programs_share_the_partitions_of_a_policy,
                users_and_a_policy_command_the_same_aggregate,
                commands_of_a_reaction_see_those_before_them,
                a_rejected_command_stops_a_policy_that_does_not_accept_it,
                a_policy_decides_on_the_state_that_other_programs_have_left,
                a_reaction_without_events_is_decided_on_the_state_that_others_have_left,
                a_reaction_that_panics_is_parked_and_retried,
                a_command_to_an_id_that_is_refused_stops_the_policy,
                policies_that_trigger_each_other_end,
                reactions_update_inline_projections,
                a_new_policy_begins_at_its_configured_start,
                a_policy_without_an_inline_projection_of_the_store_says_so_and_skips_nothing,
            }
            processes {
                each_step_of_a_process_is_made_once_and_in_order,
                a_process_makes_each_step_once_although_it_crashes,
                programs_share_the_partitions_of_a_process,
                a_rejection_comes_back_to_the_process_once,
                a_decision_without_events_is_made_on_the_state_that_others_have_left,
                a_step_that_fails_parks_its_instance_and_the_others_go_on,
                a_command_that_must_not_be_rejected_fails_its_step,
                an_event_that_does_not_fit_the_instance_is_an_error,
                a_completed_instance_ignores_and_counts_what_comes_later,
                a_process_that_says_so_starts_a_completed_instance_again,
                processes_and_policies_that_trigger_each_other_end,
            }
            held_instances {
                an_instance_is_suspended_resumed_and_aborted,
                an_instance_that_another_program_resumes_makes_up_for_what_it_missed,
                the_parked_events_of_a_suspended_instance_are_not_retried,
                an_aborted_instance_ignores_what_is_parked_and_what_comes_later,
            }
            process_timers {
                a_timer_fires_once_when_it_is_due,
                what_a_timer_causes_belongs_to_the_trace_of_the_event_that_set_it,
                a_timer_is_moved_and_cancelled,
                the_timers_of_a_completed_instance_are_removed,
                a_timer_is_fired_after_what_was_recorded_before_it_was_due,
                a_timer_of_a_suspended_or_parked_instance_waits,
                a_process_warms_up_without_commands,
                a_timer_that_is_cancelled_by_one_of_the_same_time_does_not_fire,
                timers_that_are_due_together_are_fired_in_order_until_the_instance_ends,
                a_timer_that_is_fired_sets_itself_again,
                an_instance_that_starts_again_has_only_its_new_timers,
                a_timer_that_fails_is_tried_again_and_the_others_are_fired,
                a_cascade_ends_at_a_timer,
            }
            scheduled {
                a_scheduled_command_is_executed_once_when_it_is_due,
                a_scheduled_command_is_replaced_moved_and_cancelled,
                scheduled_commands_are_listed_by_type,
                a_scheduled_command_that_is_rejected_waits_for_an_operator,
                a_scheduled_command_that_cannot_be_decoded_is_kept,
                programs_execute_a_scheduled_command_once,
                a_command_that_is_not_registered_is_not_scheduled,
                a_scheduled_command_to_an_id_that_is_refused_waits_for_an_operator,
                a_scheduled_command_has_the_origin_of_the_one_who_scheduled_it,
                a_scheduled_command_is_either_cancelled_or_moved_or_executed,
            }
            old_policies {
                a_policy_waits_for_a_program_that_knows_the_type_of_an_event_of_its_aggregate,
                a_policy_waits_for_a_program_that_knows_the_version_of_an_event_of_its_aggregate,
                a_partition_that_an_old_program_cannot_continue_with_is_left_to_a_newer_one,
                a_policy_stops_at_an_aggregate_with_an_event_that_no_program_can_decode,
            }
            old_processes {
                a_process_waits_for_a_program_that_knows_the_type_of_an_event_of_its_instance,
            }
            changed_processes {
                a_deploy_of_other_effects_and_another_version_makes_each_step_once,
            }
            upcast_to_several {
                a_policy_parks_only_the_key_that_fails,
                a_process_parks_only_the_instance_that_fails,
            }
            parking {
                a_key_that_fails_is_parked_with_all_its_later_events,
                a_parked_key_is_applied_in_order_once_it_is_fixed,
                a_discarded_event_is_skipped_and_stays_on_record,
                two_failing_events_are_discarded_separately,
                parked_events_stay_parked_when_another_program_takes_over,
                keys_are_parked_in_their_own_partitions,
                many_failing_keys_are_each_tried_once,
                all_parked_keys_are_retried_in_order,
                all_parked_keys_are_discarded_once,
                a_key_that_is_not_parked_is_an_error,
                an_event_that_is_parked_behind_another_one_is_not_discarded,
                an_operation_on_an_unknown_projection_names_those_that_are_there,
            }
            rebuilding {
                a_rebuilt_read_model_has_the_same_rows,
                readers_never_see_less_while_it_is_rebuilt,
                a_higher_version_replaces_a_lower_one,
                a_lower_version_does_not_affect_a_higher_one,
                an_interrupted_rebuild_resumes,
                a_rebuild_that_fails_leaves_the_live_generation_unchanged,
                both_generations_can_be_compared_before_the_swap,
                a_correct_rebuild_compares_as_equal,
                a_kept_generation_can_be_restored,
                an_inline_projection_is_rebuilt_during_commands,
                operations_without_a_generation_are_refused,
            }
            changed_versions {
                columns_change_beside_the_old_program,
                columns_change_after_the_old_program,
                columns_of_an_inline_projection_change_beside_the_old_program,
                columns_of_an_inline_projection_change_after_the_old_program,
                the_way_back_from_an_added_column,
                the_way_back_from_a_removed_column,
                the_way_back_from_another_key,
                the_way_back_to_an_inline_projection_with_other_columns,
                a_rebuild_with_other_columns_can_be_abandoned,
                a_rolled_back_program_gets_an_error_that_names_the_live_version,
                a_program_whose_columns_are_missing_gets_an_error_that_names_the_live_version,
                a_rolled_back_program_gets_an_error_that_says_that_its_version_was_kept,
                a_new_program_gets_an_error_that_names_the_earlier_live_version,
                a_command_of_a_program_with_a_superseded_inline_version_fails,
            }
            newer_programs {
                an_event_of_a_new_type_waits_for_the_program_that_knows_it,
                each_partition_waits_for_the_program_that_knows_the_new_type,
                an_event_of_a_new_schema_version_waits_for_the_program_that_knows_it,
                an_event_under_a_new_name_waits_for_the_program_that_knows_it,
                a_new_program_that_runs_continues_where_the_old_one_stops,
                a_program_that_does_not_know_the_event_does_not_resume_it,
                a_program_without_the_type_is_resumed_by_hand_only,
                an_event_that_a_program_does_not_know_is_not_parked,
                a_rebuild_is_continued_by_the_program_that_knows_the_event,
                a_fold_on_demand_fails_at_an_event_of_an_unknown_type,
            }
            event_types {
                a_partial_set_skips_the_other_types,
                a_read_model_that_has_skipped_a_type_cannot_begin_to_read_it,
                a_new_member_of_a_set_is_refused_once_its_events_were_skipped,
                a_type_whose_events_come_later_is_read_from_the_start_of_the_program_that_knows_it,
                a_handler_begins_to_read_a_type_with_the_events_that_come_later,
                a_new_type_of_a_complete_category_disturbs_no_program,
                an_inline_projection_begins_to_read_another_category_with_a_new_version,
                a_rebuild_by_a_program_that_reads_fewer_types_is_refused,
                a_kept_generation_that_has_skipped_a_type_is_not_restored,
                an_event_of_a_removed_type_is_read_as_nothing,
            }
            refused_starts {
                a_start_whose_setup_fails_changes_nothing,
                a_start_whose_tables_do_not_fit_changes_nothing,
            }
            stored_rows {
                rows_do_not_depend_on_batches_and_restarts,
                a_row_that_cannot_be_kept_is_refused_at_its_event,
            }
            several_rows {
                an_event_is_applied_once_to_each_of_its_rows,
                an_inline_event_is_applied_to_all_of_its_rows,
                several_rows_do_not_depend_on_batches_and_crashes,
                an_event_is_parked_for_the_row_that_fails,
                no_row_has_an_event_at_which_the_projection_stops,
            }
            handlers {
                each_event_is_handled_once_and_in_the_order_of_its_key,
                an_event_is_delivered_again_under_its_key_after_a_crash,
                a_failed_event_is_delivered_again_under_its_key,
                two_handlers_have_separate_keys,
                a_new_handler_begins_at_its_configured_start,
                a_partition_that_catches_up_later_misses_nothing,
                a_handler_is_neither_rebuilt_nor_part_of_a_rebuild,
            }
            deliveries {
                events_of_different_keys_are_handled_at_the_same_time,
                a_concurrency_of_zero_is_one,
                each_key_stays_in_order_beside_the_others,
                a_slow_key_does_not_delay_the_others,
                what_was_not_committed_is_delivered_again_after_a_crash,
                each_event_is_committed_before_the_next_if_a_handler_says_so,
                a_key_that_fails_is_parked_beside_the_others,
                a_key_that_is_retried_stays_in_order_beside_a_slow_one,
                it_stops_before_the_first_event_that_fails_although_later_ones_were_handled,
            }
            effects_once {
                a_later_delivery_gets_the_outcome_of_an_effect_and_does_not_repeat_it,
                an_effect_that_a_crash_has_interrupted_is_unknown,
                an_effect_without_a_report_is_unknown_and_one_that_did_not_happen_is_fresh,
                outcomes_of_effects_are_found_after_the_handler_was_renamed,
                outcomes_that_a_delivery_may_ask_for_are_not_removed,
            }
            inboxes {
                a_message_is_executed_once_and_returns_its_first_receipt,
                concurrent_deliveries_of_a_message_are_executed_once,
                messages_and_commands_of_racing_programs_lose_nothing,
                a_rejection_executes_nothing_and_the_message_can_be_received_later,
                a_rejection_that_is_accepted_is_kept_and_not_executed_after_a_compensation,
                a_receive_that_is_dropped_is_executed_once_by_the_next_one,
                a_shard_of_a_log_continues_after_its_last_offset,
                programs_that_receive_the_same_shard_execute_each_offset_once,
                an_inbox_updates_inline_projections,
                events_of_a_message_have_its_metadata,
                messages_are_forgotten_after_the_retention_and_positions_of_logs_never,
                a_command_is_executed_again_under_a_key_that_was_purged,
            }
            handler_commands {
                a_handler_executes_commands_and_is_dropped_with_its_event_source,
            }
            changed_handlers {
                a_renamed_handler_continues_under_the_same_keys,
                a_program_with_the_former_name_no_longer_handles_events,
                a_former_name_that_is_in_use_is_refused,
                a_handler_with_another_number_of_partitions_skips_no_event,
                only_a_handler_with_a_free_name_is_changed,
            }
            trying_again {
                a_parked_key_is_retried_without_a_request,
                parked_keys_are_retried_by_the_next_program,
                a_stopped_partition_continues_without_a_resume,
                an_error_decides_what_follows,
                a_test_moves_the_time_of_what_is_tried_again,
            }
            waiting {
                an_included_position_is_not_waited_for,
                an_unknown_name_is_not_waited_for,
                a_wait_that_times_out_reports_the_position,
                a_stopped_projection_is_not_waited_for_in_any_program,
                a_program_can_wait_for_commands_of_another,
                a_read_model_on_demand_is_what_would_be_stored,
                a_read_model_on_demand_can_end_at_a_time,
                what_was_recorded_later_is_left_out_wherever_it_stands,
            }
            watching {
                a_watch_begins_with_all_rows_and_follows_their_changes,
                a_watch_of_keys_reports_their_rows_only,
                rows_that_are_deleted_and_made_again_are_reported,
                a_watch_resumes_with_the_rows_that_have_changed,
                a_watch_that_has_seen_more_than_the_store_knows_begins_again,
                a_row_that_may_not_be_seen_is_neither_reported_nor_named,
                a_watch_follows_rows_that_another_program_applies,
                a_read_model_that_is_not_registered_is_not_watched,
            }
            watching_changes {
                a_rebuilt_read_model_is_reported_from_the_start,
                many_watches_show_no_row_that_is_older_than_their_position,
                a_slow_watch_gets_the_latest_state_of_each_row,
                a_parked_event_that_is_applied_later_is_reported,
                an_inline_read_model_is_watched,
                a_watch_ends_when_a_later_version_is_live,
            }
            operating {
                the_status_shows_owners_and_positions,
                the_status_shows_the_state_of_each_generation,
                parked_events_are_counted_in_the_status,
                workers_release_their_leases_when_they_shut_down,
                a_running_batch_is_completed_before_the_workers_shut_down,
                workers_shut_down_although_application_code_hangs,
                two_projections_of_one_name_are_refused,
            }
            neighbours {
                only_the_named_one_of_several_stopped_projections_is_resumed,
                a_rebuild_is_measured_against_the_live_generation_of_its_name,
                only_the_named_one_of_two_rebuilds_is_swapped_restored_or_abandoned,
                only_the_named_one_of_two_inline_projections_is_demoted,
                a_key_parked_by_several_is_retried_or_discarded_only_for_the_named_one,
                each_projection_is_looked_up_by_its_name,
            }
            why {
                each_event_is_below_the_event_that_caused_it,
                a_subject_without_events_has_an_empty_tree,
                an_event_without_metadata_is_the_origin_of_what_it_causes,
                events_that_cause_each_other_are_each_shown_once,
                a_correlation_of_ten_thousand_events_is_shown_page_by_page,
                of_a_stream_with_many_correlations_the_last_ones_are_shown,
                each_of_many_parked_events_is_found,
                what_a_timer_has_caused_names_the_timer,
                a_scheduled_command_is_pending_until_it_is_executed,
                of_many_scheduled_commands_the_first_ones_are_searched,
            }
            why_consumers {
                every_consumer_of_its_type_has_handled_an_event,
                an_event_is_parked_itself_or_behind_another_one,
                a_stopped_consumer_says_why,
                a_consumer_that_is_behind_says_where_it_is_and_who_processes_it,
                a_consumer_whose_worker_is_gone_says_so,
                a_partition_of_another_key_makes_it_only_possible_that_an_event_is_not_handled,
                a_generation_that_is_being_built_is_no_consumer,
                an_inline_projection_has_handled_each_event,
                a_handler_that_has_begun_later_may_not_have_handled_an_event,
                hostile_names_do_not_break_the_text,
            }
            figures {
                a_parked_event_counts_as_applied_once_it_is,
                a_batch_has_as_many_events_as_its_limit_allows,
                a_start_with_mismatched_tables_names_the_projection,
            }
        }
    };
}
