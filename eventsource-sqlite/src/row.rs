//! Decoding of rows, and encoding of binds.

use eventsource_sql::Decoder;

pub(crate) use eventsource_sql::{
    contains_nul, count_types, decode_error, instance_state, limit, owner, receipt, signed, snapshot, stored,
    unsigned, worker,
};

/// A time is stored in microseconds after 1970-01-01.
pub(crate) const DECODER: Decoder = Decoder::since(0);
