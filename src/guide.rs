//! The guide, chapter by chapter. Every example is compiled.
//!
//! New here? The crate's [front page](crate) has a first model and a first read model.

// A definition of a link that comes first is the one that counts. Here `links.md` leads to items of the crate; the
// definitions at the end of a chapter are for those who read the file in the repository.

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/events.md")]
pub mod events {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/read_models.md")]
pub mod read_models {}

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
#[doc = include_str!("../docs/guide/features.md")]
pub mod features {}

#[doc = include_str!("../docs/guide/links.md")]
#[doc = include_str!("../docs/guide/performance.md")]
pub mod performance {}
