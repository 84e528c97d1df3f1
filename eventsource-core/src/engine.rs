//! What only the engine in `eventsource` uses. It is no part of the public interface, and may change with any release.

pub use crate::{
    json::{CanonicalFault, canonical, without_values},
    projection::{Keys, Session, folding, with_causes},
    schema::covers,
    snapshot::is_first_fault,
    store::seconds,
};
