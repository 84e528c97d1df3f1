//! Workers on a store that fails at each of their calls: a call is lost, its answer is lost, or it is refused.
//! Whatever fails, the read models are correct once the store is back, and each event is applied once.

#[path = "outages/domain.rs"]
mod domain;
#[path = "outages/faulty.rs"]
mod faulty;

#[path = "outages/catching_up.rs"]
mod catching_up;
#[path = "outages/handlers.rs"]
mod handlers;
#[path = "outages/messages.rs"]
mod messages;
#[path = "outages/parked.rs"]
mod parked;
#[path = "outages/refused.rs"]
mod refused;
#[path = "outages/replaced.rs"]
mod replaced;
#[path = "outages/restored.rs"]
mod restored;
#[path = "outages/starting.rs"]
mod starting;
#[path = "outages/watching.rs"]
mod watching;
