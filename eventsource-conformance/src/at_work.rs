//! The tests of running projections, one file per theme: what an `EventSource` does with a store that keeps read
//! models. Every test is listed in `at_work_list.rs`.

pub(crate) mod changed_handlers;
pub(crate) mod changed_processes;
pub(crate) mod changed_versions;
pub(crate) mod deliveries;
pub(crate) mod effects_once;
pub(crate) mod event_types;
pub(crate) mod failing;
pub(crate) mod figures;
pub(crate) mod following;
pub(crate) mod handler_commands;
pub(crate) mod handlers;
pub(crate) mod held_instances;
pub(crate) mod inboxes;
pub(crate) mod inline_projections;
pub(crate) mod neighbours;
pub(crate) mod newer_programs;
pub(crate) mod old_policies;
pub(crate) mod old_processes;
pub(crate) mod operating;
pub(crate) mod parking;
pub(crate) mod policies;
pub(crate) mod process_timers;
pub(crate) mod processes;
pub(crate) mod rebuilding;
pub(crate) mod refused_starts;
pub(crate) mod scheduled;
pub(crate) mod several_rows;
pub(crate) mod sharing;
pub(crate) mod stored_rows;
pub(crate) mod trying_again;
pub(crate) mod undeclared;
pub(crate) mod upcast_to_several;
pub(crate) mod waiting;
pub(crate) mod watching;
pub(crate) mod watching_changes;
