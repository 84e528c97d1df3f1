//! The only list of all tests: the table and the `#[test]` functions are generated from it.

/// Calls the given macro of this crate with the given input and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_test {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
            aggregate_snapshots {
                a_snapshot_is_written_each_time_the_frequency_is_reached,
                a_load_begins_with_the_snapshot_and_applies_the_later_events,
                a_command_is_handled_on_the_snapshot_and_the_later_events,
                a_snapshot_of_another_form_is_ignored_and_replaced,
                a_snapshot_of_another_history_is_ignored_and_replaced,
                an_undecodable_snapshot_is_ignored_and_replaced,
                the_past_is_folded_from_the_events_and_not_from_a_snapshot,
                a_command_does_not_fail_with_its_snapshot,
                a_snapshot_that_does_not_keep_the_whole_state_is_not_written,
                flush_waits_for_the_snapshots_in_progress,
            }
            append_each {
                each_append_of_a_list_gets_its_receipt_in_the_order_given,
                an_append_of_a_list_sees_the_version_left_by_the_earlier_ones,
                a_failed_append_of_a_list_fails_only_the_appends_that_depend_on_it,
                an_append_that_depends_on_a_failed_one_conflicts_even_if_the_version_matches,
                each_append_of_a_list_has_its_own_key,
                a_list_that_is_repeated_gets_the_first_receipts,
                an_append_that_is_twice_in_a_list_happens_once,
                an_append_to_several_streams_has_its_place_in_a_list,
                an_append_without_events_has_its_place_in_a_list,
                an_empty_list_of_appends_appends_nothing,
                an_invalid_append_is_refused_and_the_rest_of_the_list_is_stored,
                an_event_id_in_use_is_refused_and_the_rest_of_the_list_is_stored,
                a_list_of_three_hundred_appends_is_stored_in_its_order,
                a_dropped_list_stores_no_later_append_without_the_earlier_ones,
                concurrent_lists_on_the_same_streams_are_each_stored_in_order,
            }
            atomically {
                commands_on_several_aggregates_are_recorded_as_one,
                one_rejection_rejects_all_and_is_named,
                a_command_is_handled_on_the_state_left_by_the_commands_before_it,
                a_conflict_on_one_aggregate_has_all_commands_handled_again,
                an_atomic_execution_repeated_under_its_key_gets_the_first_receipts,
                other_commands_executed_as_one_under_a_used_key_are_not_executed,
                concurrent_atomic_executions_on_the_same_aggregates_all_count,
            }
            batches {
                a_batch_is_numbered_from_the_version_of_the_stream_without_gaps,
                a_batch_is_read_back_in_the_order_it_was_given,
                a_receipt_names_the_last_event_of_the_append,
                positions_begin_above_the_start_and_increase_within_a_batch,
                positions_increase_from_one_append_to_the_next,
                a_batch_of_ten_thousand_events_is_stored_whole,
                events_of_different_types_and_versions_share_an_append,
                an_event_is_stamped_with_the_time_once,
            }
            cancellation {
                a_dropped_append_is_stored_whole_or_not_at_all_and_can_be_repeated,
                a_dropped_append_that_was_never_polled_stores_nothing,
                a_dropped_read_leaves_the_store_usable,
                a_dropped_snapshot_is_kept_whole_or_not_at_all,
                nothing_acknowledged_is_lost_among_calls_that_are_dropped,
            }
            capabilities {
                a_durable_store_has_its_events_when_it_is_opened_again_and_no_other_has,
                several_processes_open_the_store_if_that_is_declared_and_not_otherwise,
                an_import_is_stored_if_imports_are_declared_and_refused_otherwise,
            }
            command_metadata {
                events_get_a_correlation_and_a_causation_by_default,
                a_caused_event_inherits_the_correlation_and_the_trace,
                an_event_without_a_correlation_becomes_the_origin_of_what_it_causes,
                metadata_given_with_a_command_is_stored,
                events_of_one_atomic_execution_share_their_origin,
            }
            commands {
                a_command_records_its_events_and_gets_their_receipt,
                a_rejected_command_records_nothing,
                a_command_without_events_gets_the_current_version_and_position,
                a_command_is_handled_again_after_a_conflict,
                a_command_that_is_impossible_after_a_conflict_is_rejected,
                a_conflict_is_returned_when_the_time_for_retries_is_over,
                commands_of_one_program_on_one_aggregate_do_not_conflict,
                one_of_the_mutually_exclusive_commands_of_one_program_is_accepted,
                a_cached_state_does_not_hide_the_events_of_other_programs,
                forty_concurrent_commands_on_one_aggregate_all_count,
                two_hundred_concurrent_commands_on_one_aggregate_all_count,
                one_of_the_mutually_exclusive_commands_is_accepted,
                a_command_repeated_under_its_key_gets_the_first_receipt,
                another_command_under_a_used_key_is_not_executed,
                another_content_under_a_used_key_is_not_executed,
                a_key_of_a_command_is_free_for_other_aggregates,
                a_rejection_does_not_use_up_the_key,
                a_command_under_a_key_that_cannot_be_stored_is_refused,
                one_of_the_commands_racing_under_one_key_counts,
                a_command_whose_answer_was_lost_counts_once,
                a_command_whose_append_was_lost_is_appended_again,
                a_dropped_command_under_a_key_counts_once_when_it_is_repeated,
            }
            correlations {
                a_correlation_without_events_reads_as_empty,
                the_events_of_a_correlation_are_read_in_the_order_of_the_log,
                a_causation_id_is_no_correlation_id,
                the_event_whose_id_is_the_correlation_belongs_to_it,
                an_origin_that_comes_after_its_events_is_in_the_order_of_the_log,
                a_correlation_of_many_events_is_read_page_by_page,
                limits_and_positions_of_a_correlation_may_be_any_number,
            }
            empty_appends {
                an_empty_append_checks_the_expected_version,
                an_empty_append_gets_the_current_version_and_position,
                an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start,
                an_empty_append_stores_nothing,
                the_key_of_an_empty_append_is_stored,
            }
            event_ids {
                a_repeated_append_gets_the_first_receipt_and_stores_nothing,
                a_first_append_can_be_repeated,
                a_repeated_append_is_recognised_after_later_appends,
                stored_event_ids_are_recognised_under_another_expectation,
                a_repeated_append_to_several_streams_gets_the_first_receipts,
                a_repetition_is_recognised_even_with_a_stream_without_new_events,
                an_append_that_is_repeated_concurrently_happens_once,
                an_event_id_of_another_stream_is_refused,
                event_ids_that_are_stored_only_in_part_are_refused,
                a_repetition_of_half_an_append_to_several_streams_is_refused,
                a_conflict_reports_the_actual_version_even_if_the_ids_are_stored,
                event_ids_that_have_changed_streams_are_refused,
            }
            expected_versions {
                append_expecting_no_stream_is_accepted_on_an_empty_one,
                append_expecting_no_stream_conflicts_on_an_existing_one,
                append_expecting_a_stream_is_accepted_on_an_existing_one,
                append_expecting_a_stream_conflicts_on_an_empty_one,
                append_with_the_current_version_is_accepted,
                append_with_a_stale_version_conflicts,
                append_with_a_version_not_reached_yet_conflicts,
                expecting_version_zero_is_expecting_no_stream,
                append_expecting_any_version_is_accepted_on_every_stream,
                versions_beyond_every_stream_conflict_and_are_named,
                a_conflict_names_the_stream_the_expectation_and_the_version,
                a_conflict_stores_nothing,
                a_conflicting_append_can_be_repeated_later_under_the_same_event_ids,
                streams_have_versions_of_their_own,
            }
            histories {
                a_stream_without_events_has_an_empty_history,
                a_history_equals_the_stream_read_after_a_version,
                a_history_of_any_length_is_read_to_its_end,
                a_history_ends_where_the_visitor_stops,
                a_history_has_all_events_acknowledged_before_the_read,
                concurrent_histories_do_not_affect_each_other,
                a_panic_of_the_visitor_leaves_the_store_usable,
            }
            history {
                an_aggregate_without_events_is_its_default_at_version_zero,
                an_aggregate_is_loaded_as_of_a_version,
                an_aggregate_is_loaded_as_of_a_position,
                an_aggregate_is_loaded_as_of_a_time,
                as_of_a_time_is_what_was_recorded_by_then_in_whatever_order,
                old_names_and_versions_are_upcast_on_every_path,
                a_history_has_the_events_with_their_context,
                a_replay_has_the_events_of_a_set_in_the_order_of_the_log,
                an_undecodable_event_ends_a_history_with_an_error,
                ten_thousand_events_are_loaded_and_replayed_to_the_last,
            }
            horizon {
                a_reader_among_writers_gets_every_event_once,
                a_reader_among_writers_gets_each_stream_in_order,
                nothing_appears_later_at_or_below_a_horizon,
                a_filtering_reader_among_writers_gets_every_admitted_event_once,
                readers_at_different_speeds_get_the_same_events,
                a_failed_append_does_not_hold_the_horizon_back,
            }
            idempotency_keys {
                a_repeated_key_gets_the_first_receipt_and_stores_nothing,
                a_used_key_takes_precedence_over_the_version,
                a_key_is_free_on_other_streams,
                other_keys_append_again,
                the_receipt_of_a_key_can_be_found,
                the_request_of_a_key_is_kept_with_its_receipts,
                a_key_that_cannot_be_stored_is_not_found,
                a_conflict_does_not_use_up_the_key,
                a_key_holds_for_all_streams_of_its_append,
                a_key_used_on_some_of_the_streams_only_is_refused,
                one_of_the_appends_racing_under_one_key_happens,
                one_of_the_appends_racing_under_one_key_on_several_streams_happens,
            }
            import_source {
                a_history_is_imported_in_chunks_of_the_requested_size,
                typed_and_raw_events_are_imported_together,
                an_import_is_repeated_under_the_name_of_its_source,
                an_event_without_an_id_needs_the_name_of_its_source,
                a_refused_event_is_named_by_its_number_and_the_chunks_before_it_stay,
                an_import_with_an_unknown_outcome_is_repeated,
                the_events_of_another_store_are_imported_unchanged,
                an_event_of_the_program_that_cannot_be_decoded_is_refused,
                events_that_the_named_set_cannot_decode_are_refused,
                a_dropped_import_resumes_when_it_is_repeated,
            }
            imports {
                an_imported_event_is_kept_as_it_was,
                each_time_of_an_imported_event_is_kept_to_the_microsecond,
                an_imported_event_without_a_time_is_stamped,
                the_log_has_imported_events_in_the_order_given,
                imported_versions_follow_on_from_their_stream,
                an_import_reports_what_it_has_done,
                a_gap_before_an_imported_event_is_refused,
                an_imported_version_of_another_event_is_refused,
                a_repeated_import_stores_nothing,
                an_interrupted_import_resumes,
                an_imported_id_of_another_event_is_refused,
                an_id_twice_in_an_import_is_refused,
                an_event_that_is_stored_before_one_that_precedes_it_is_refused,
                an_event_that_cannot_be_stored_is_refused_by_its_number,
                a_dropped_import_is_stored_whole_or_not_at_all,
                concurrent_imports_of_the_same_events_store_each_event_once,
                a_reader_among_imports_and_appends_gets_every_event_once,
                appends_continue_after_the_imported_events,
                a_large_import_is_stored_whole,
            }
            limits {
                an_event_type_that_cannot_be_stored_is_refused,
                a_schema_version_that_cannot_be_stored_is_refused,
                an_idempotency_key_that_cannot_be_stored_is_refused,
                a_command_name_that_cannot_be_stored_is_refused,
                a_payload_above_the_limit_is_refused,
                a_payload_nested_too_deep_is_refused,
                metadata_that_cannot_be_stored_is_refused,
                an_invalid_append_is_refused_before_anything_else_is_checked,
                the_longest_stream_ids_are_stored_and_distinguished,
                the_longest_event_types_and_keys_are_stored,
                a_nul_character_names_no_stream,
            }
            metadata {
                each_event_of_an_append_has_metadata_of_its_own,
                metadata_entries_hold_any_text,
                a_thousand_metadata_entries_and_an_entry_of_a_megabyte_are_kept,
                an_event_id_may_be_any_uuid,
            }
            payloads {
                escaped_characters_stay_as_they_were_written,
                numbers_stay_as_they_were_written,
                keys_stay_in_their_order_and_duplicates_stay,
                whitespace_stays_as_it_was_written,
                a_payload_may_be_any_json_value,
                payloads_that_look_like_a_databases_own_syntax_stay,
                a_payload_nested_as_deep_as_allowed_is_kept,
                a_payload_of_ten_megabytes_is_kept,
                many_large_payloads_fit_in_one_append,
            }
            racers {
                one_of_64_racers_for_a_new_stream_wins_and_the_others_conflict_with_version_one,
                one_of_64_racers_for_a_version_wins_and_the_others_conflict_with_the_next,
                all_of_64_racers_that_expect_any_version_win,
                all_of_64_racers_that_expect_an_existing_stream_win,
                batches_that_race_for_one_stream_are_not_interleaved,
                racers_for_overlapping_streams_append_to_all_of_their_streams_or_none,
                racers_that_name_the_same_streams_in_different_orders_all_succeed,
            }
            random_operations {
                a_random_sequence_of_operations_is_answered_as_by_the_reference_store,
            }
            reading_log {
                an_empty_log_ends_at_its_start,
                the_log_has_the_events_of_all_streams_in_order_of_position,
                the_log_is_read_after_the_position_given,
                a_page_of_the_log_has_as_many_events_as_the_limit_allows,
                a_page_that_leaves_events_out_ends_at_its_last_event,
                a_page_with_room_left_is_at_the_head,
                a_page_ends_with_the_event_that_reaches_the_size_limit,
                reading_page_by_page_gets_every_event_once,
                a_filter_admits_the_types_it_names_and_no_others,
                a_filter_admits_the_events_of_its_categories_whatever_their_type,
                a_filter_that_names_no_type_admits_no_event,
                excluded_events_advance_the_horizon,
                reading_page_by_page_with_a_filter_gets_every_admitted_event_once,
                unusual_type_names_can_be_filtered_for,
                a_type_name_that_cannot_be_stored_matches_no_event,
                reading_after_the_horizon_gets_the_new_events,
                acknowledged_events_are_in_the_log_once_no_append_is_running,
                the_horizon_is_never_below_the_requested_position,
            }
            reading_streams {
                a_stream_without_events_reads_as_empty,
                reading_forwards_begins_after_the_version_given,
                reading_backwards_begins_before_the_version_given,
                versions_beyond_every_stream_read_like_its_end,
                a_read_of_a_stream_gives_as_many_events_as_the_limit_allows,
                pages_forwards_and_backwards_get_every_event_once,
                a_stream_reads_without_the_events_of_others,
                acknowledged_events_are_visible_to_the_next_reader,
                every_way_of_reading_gives_the_same_event,
            }
            schema_checks {
                stored_events_are_reported_by_type_and_version,
                an_unknown_type_is_reported,
                a_newer_version_is_reported,
                a_broken_payload_is_reported,
                a_check_of_all_events_finds_every_fault,
                events_of_other_categories_are_listed_and_are_no_failure,
                a_category_that_was_renamed_is_a_failure,
                a_category_without_events_is_no_failure,
            }
            several_streams {
                several_streams_are_appended_as_one,
                receipts_come_in_the_order_of_the_streams_given,
                one_conflict_among_several_streams_leaves_all_of_them_unchanged,
                the_first_of_several_conflicts_in_the_order_given_is_named,
                a_stream_without_new_events_is_checked_among_several,
                five_hundred_streams_fit_in_one_append,
                the_log_has_the_streams_of_an_append_each_in_its_order,
                an_append_that_names_no_stream_is_refused,
                an_append_that_names_a_stream_twice_is_refused,
                an_append_with_one_event_id_twice_is_refused,
            }
            snapshots {
                a_stream_has_no_snapshot_before_one_is_kept,
                a_snapshot_is_kept_as_it_was_given,
                the_state_of_a_snapshot_is_kept_byte_for_byte,
                streams_have_snapshots_of_their_own,
                a_newer_snapshot_replaces_an_older_one,
                an_older_snapshot_does_not_replace_a_newer_one,
                a_snapshot_of_another_form_replaces_even_a_newer_one,
                the_newest_of_concurrently_stored_snapshots_stays,
                a_snapshot_changes_neither_the_stream_nor_the_log,
                it_is_known_whether_the_stream_has_the_event_of_a_snapshot,
                an_older_snapshot_replaces_one_of_another_history,
            }
            stored_types {
                an_empty_store_has_no_types,
                every_type_and_version_is_counted_in_order,
                events_of_one_type_are_counted_by_category,
                samples_are_stored_events_of_their_type_and_no_more_than_requested,
                no_samples_are_returned_unless_requested,
                all_events_of_a_rare_type_are_samples,
                samples_are_spread_over_the_log,
                every_event_is_a_sample_at_times,
            }
            stream_ids {
                every_unusual_id_is_a_separate_stream,
                every_unusual_category_is_separate,
                category_and_id_are_not_concatenated,
                conflicts_and_receipts_return_an_unusual_id_unchanged,
                a_numeric_id_is_a_text,
            }
            written_versions {
                an_event_is_stored_in_the_older_version_that_the_program_writes,
                the_state_in_the_cache_is_that_of_the_events_as_they_are_read_back,
                a_command_is_handled_on_the_events_of_the_commands_before_it_as_they_are_read_back,
                the_newest_version_is_read_by_a_program_that_writes_an_older_one,
                a_command_whose_events_the_older_version_cannot_express_appends_nothing,
            }
        }
    };
}
