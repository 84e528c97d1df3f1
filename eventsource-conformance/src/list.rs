//! The list of all tests. The only one: the table and the `#[test]` functions are made from it.

/// Calls the macro of this crate that is named first with what is given second, and the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __every_test {
    ($then:ident $input:tt) => {
        $crate::$then! { $input
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
                what_conflicted_can_be_appended_later_under_the_same_event_ids,
                streams_have_versions_of_their_own,
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
            empty_appends {
                an_empty_append_checks_the_expected_version,
                an_empty_append_gets_the_stream_as_it_stands,
                an_empty_append_to_an_empty_stream_gets_version_zero_at_the_start,
                an_empty_append_stores_nothing,
                an_empty_append_under_a_key_is_remembered,
            }
            several_streams {
                several_streams_are_appended_as_one,
                receipts_come_in_the_order_of_the_streams_given,
                one_conflict_among_several_streams_leaves_all_of_them_unchanged,
                of_several_conflicts_the_first_in_the_order_given_is_named,
                a_stream_given_no_events_is_checked_among_several,
                five_hundred_streams_fit_in_one_append,
                the_log_has_the_streams_of_an_append_each_in_its_order,
                an_append_that_names_no_stream_is_refused,
                an_append_that_names_a_stream_twice_is_refused,
                an_append_with_one_event_id_twice_is_refused,
            }
            limits {
                an_event_type_that_cannot_be_kept_is_refused,
                a_schema_version_that_cannot_be_kept_is_refused,
                an_idempotency_key_that_cannot_be_kept_is_refused,
                a_payload_above_the_limit_is_refused,
                metadata_that_cannot_be_kept_is_refused,
                what_cannot_be_kept_is_refused_before_anything_else_is_looked_at,
                the_longest_stream_ids_are_kept_and_told_apart,
                the_longest_event_types_and_keys_are_kept,
                a_nul_character_names_no_stream,
            }
            stream_ids {
                every_strange_id_is_a_stream_of_its_own,
                every_strange_category_is_one_of_its_own,
                category_and_id_are_not_run_together,
                conflicts_and_receipts_keep_a_strange_id,
                a_numeric_id_is_a_text,
            }
            payloads {
                escaped_characters_stay_as_they_were_written,
                numbers_stay_as_they_were_written,
                keys_stay_in_their_order_and_duplicates_stay,
                whitespace_stays_as_it_was_written,
                a_payload_may_be_any_json_value,
                payloads_that_look_like_a_databases_own_syntax_stay,
                a_payload_nested_a_thousand_deep_is_kept,
                a_payload_of_ten_megabytes_is_kept,
                many_large_payloads_fit_in_one_append,
            }
            metadata {
                each_event_of_an_append_has_metadata_of_its_own,
                notes_hold_any_text,
                a_thousand_notes_and_a_note_of_a_megabyte_are_kept,
                an_event_id_may_be_any_uuid,
            }
        }
    };
}
