//! Values of binds for which sqlx has no type of its own here.

use std::borrow::Cow;

use eventsource_core::Timestamp;
use sqlx::{
    Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, types::Oid},
};

use crate::row;

/// JSON text as `json`; sqlx encodes its own type as `jsonb`.
#[derive(Debug)]
pub(crate) struct Json<'a>(pub(crate) Cow<'a, str>);

/// A time as `timestamptz`, in the binary format: microseconds since 2000.
#[derive(Debug)]
pub(crate) struct Time(pub(crate) Timestamp);

// The oids of the types are those of
// <https://github.com/postgres/postgres/blob/REL_18_0/src/include/catalog/pg_type.dat>.
impl Type<Postgres> for Json<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(114))
    }
}

impl PgHasArrayType for Json<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(199))
    }
}

impl Encode<'_, Postgres> for Json<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let microseconds = self.0.as_microsecond().saturating_sub(row::POSTGRES_EPOCH);
        buffer.extend_from_slice(&microseconds.to_be_bytes());
        Ok(IsNull::No)
    }
}
