//! Which tests are about something that not every store can do.

use eventsource::store::{Capability, EventStore};

/// Themes and tests with the capability that they need.
const NEEDS: &[(&str, Capability)] = &[
    ("imports", Capability::Import),
    ("import_source", Capability::Import),
    ("as_of_a_time_is_what_was_recorded_by_then_in_whatever_order", Capability::Import),
    ("what_was_recorded_later_is_left_out_wherever_it_stands", Capability::Import),
    ("an_import_is_refused_while_a_projection_is_inline", Capability::Import),
    ("timers", Capability::Reactions),
    ("instances", Capability::Reactions),
    ("messages", Capability::Reactions),
    ("moments", Capability::Reactions),
    ("inline_appends", Capability::InlineProjections),
    ("inline_projections", Capability::InlineProjections),
    ("an_append_of_a_lease_updates_exactly_the_inline_projections", Capability::InlineProjections),
    ("reactions_update_inline_projections", Capability::InlineProjections),
    (
        "a_policy_without_an_inline_projection_of_the_store_says_so_and_skips_nothing",
        Capability::InlineProjections,
    ),
    ("a_handler_executes_commands_and_is_dropped_with_its_event_source", Capability::InlineProjections),
    ("processes", Capability::Reactions),
    ("held_instances", Capability::Reactions),
    ("old_processes", Capability::Reactions),
    ("changed_processes", Capability::Reactions),
    ("a_process_parks_only_the_instance_that_fails", Capability::Reactions),
    ("process_timers", Capability::Reactions),
    ("scheduled", Capability::Reactions),
    ("effects_once", Capability::Reactions),
    ("what_a_timer_has_caused_names_the_timer", Capability::Reactions),
    ("a_scheduled_command_is_pending_until_it_is_executed", Capability::Reactions),
    ("of_many_scheduled_commands_the_first_ones_are_searched", Capability::Reactions),
    ("an_inline_projection_has_handled_each_event", Capability::InlineProjections),
    ("inboxes", Capability::Reactions),
    ("an_inbox_updates_inline_projections", Capability::InlineProjections),
    ("an_inline_read_model_is_watched", Capability::InlineProjections),
    ("an_inline_event_is_applied_to_all_of_its_rows", Capability::InlineProjections),
    ("one_inline_generation_is_promoted_or_demoted", Capability::InlineProjections),
    ("columns_of_an_inline_projection_change_beside_the_old_program", Capability::InlineProjections),
    ("columns_of_an_inline_projection_change_after_the_old_program", Capability::InlineProjections),
    ("the_way_back_to_an_inline_projection_with_other_columns", Capability::InlineProjections),
    ("a_command_of_a_program_with_a_superseded_inline_version_fails", Capability::InlineProjections),
    (
        "an_inline_projection_begins_to_read_another_category_with_a_new_version",
        Capability::InlineProjections,
    ),
    ("only_the_named_one_of_two_inline_projections_is_demoted", Capability::InlineProjections),
    ("the_status_shows_the_state_of_each_generation", Capability::InlineProjections),
    ("an_inline_projection_is_rebuilt_during_commands", Capability::InlineProjections),
    ("a_start_whose_setup_fails_changes_nothing", Capability::InlineProjections),
    ("a_start_whose_tables_do_not_fit_changes_nothing", Capability::InlineProjections),
];

/// The themes and tests that need a capability.
#[doc(hidden)]
pub fn needing_a_capability() -> impl Iterator<Item = &'static str> {
    NEEDS.iter().map(|(of, _)| *of)
}

/// What a test of this theme and name needs.
pub(crate) fn needed_by(theme: &str, name: &str) -> Vec<Capability> {
    NEEDS.iter().filter(|(of, _)| *of == theme || *of == name).map(|(_, capability)| *capability).collect()
}

/// Whether the store declares all of these.
pub(crate) fn are_declared<S: EventStore + ?Sized>(needs: Vec<Capability>, store: &S) -> bool {
    let declared = store.capabilities();
    needs.into_iter().all(|capability| declared.contains(capability))
}
