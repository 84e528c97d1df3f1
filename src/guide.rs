//! The guide, chapter by chapter. Every example is compiled.
//!
//! New here? The crate's [front page](crate) has a first model. Then read on:
//!
//! 1. Modelling: [events that change](events), [kinds of change](schema_changes), [commands], [read models](read_models), [reacting],
//!    [process managers and timers](processes), [event handlers](event_handlers).
//! 2. Getting data in: [importing], [moving to another store](moving).
//! 3. Running it: [deploying], [operating], [performance], [Cargo features](features).
//! 4. Serving it: the crate `eventsource-axum`, for commands, queries and live rows over HTTP. The chapter `checkout.md` of the
//!    repository's guide builds a shop with it.
//! 5. Extending it: [the store contract](stores), [writing a store](writing_a_store).

// The first definition of a link wins. Here `links.md` leads to items of the crate; the definitions at the end of a
// chapter are for readers of the file in the repository.

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/events.md")]
pub mod events {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/schema_changes.md")]
pub mod schema_changes {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/commands.md")]
pub mod commands {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/read_models.md")]
pub mod read_models {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/reacting.md")]
pub mod reacting {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/processes.md")]
pub mod processes {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/event_handlers.md")]
pub mod event_handlers {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/importing.md")]
pub mod importing {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/moving.md")]
pub mod moving {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/operating.md")]
pub mod operating {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/stores.md")]
pub mod stores {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/writing_a_store.md")]
pub mod writing_a_store {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/features.md")]
pub mod features {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/performance.md")]
pub mod performance {}
